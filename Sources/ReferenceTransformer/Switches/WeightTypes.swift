internal import Numerics
public import Units
internal import Workload

/// What a weight is for.
public enum WeightRole: String, CaseIterable, Hashable, Sendable {
  /// Projections of attention.
  case attention
  /// Dense feed-forward networks.
  case feedForward = "feed_forward"
  case experts, router, embedding, head
  /// Norms and biases.
  case vectors
}

/// The element types of weights by role; roles that are not named keep the model's.
///
/// f16 and bf16 round each element. i8 and i4 share one scale among `group` consecutive inputs of an
/// output, the largest magnitude over 127 or 7, stored as f16 in a tensor of its own.
public struct WeightTypes: Hashable, Sendable {
  public var types: [WeightRole: DataType]
  /// Inputs that share a scale; the last group of a row may be shorter.
  public var group: Int

  /// 128 inputs share a scale (assumption: what GPTQ and AWQ checkpoints usually have).
  public static let defaultGroup = 128
  /// The roles that a type alone stands for: the matrices of the layers, without routers.
  public static let layerRoles: [WeightRole] = [.attention, .feedForward, .experts]

  public init(types: [WeightRole: DataType], group: Int = WeightTypes.defaultGroup) {
    self.types = types
    self.group = group
  }

  /// The matrices of all layers in one type.
  public init(_ type: DataType, group: Int = WeightTypes.defaultGroup) {
    self.init(types: [:], group: group)
    for role in Self.layerRoles { types[role] = type }
  }

  func problem(_ architecture: TransformerArchitecture) -> String? {
    guard group > 0 && group <= 1 << 28 else { return "a group of \(group) inputs" }
    for (role, type) in types.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      guard [.f32, .f16, .bf16, .i8, .i4].contains(type) else {
        return "weights of \(type.rawValue); known: f32, f16, bf16, i8, i4"
      }
      if role == .vectors && SymmetricRounding.hasScales(type) {
        return "norms and biases cannot be \(type.rawValue); use f32, f16 or bf16"
      }
      if role == .head && architecture.tiedEmbeddings {
        return "the head is the embedding table of this model; set embedding"
      }
    }
    return nil
  }
}

/// Rounding to a narrower type, and back.
enum SymmetricRounding {
  /// Whether values share scales.
  static func hasScales(_ type: DataType) -> Bool { type == .i8 || type == .i4 }

  /// Replaces `count` values, `stride` apart, by what the type gives back; integers share one scale.
  static func round(
    _ x: UnsafeMutablePointer<Float>, count: Int, stride: Int = 1, type: DataType
  ) {
    switch type {
    case .f16:
      for i in 0..<count {
        x[i * stride] = HalfPrecision.float(fromBits: HalfPrecision.bits(of: x[i * stride]))
      }
    case .bf16:
      for i in 0..<count { x[i * stride] = Float(BFloat16(x[i * stride])) }
    case .i8, .i4:
      let greatest: Float = type == .i8 ? 127 : 7
      var largest: Float = 0
      for i in 0..<count { largest = max(largest, x[i * stride].magnitude) }
      let scale = HalfPrecision.float(fromBits: HalfPrecision.bits(of: largest / greatest))
      for i in 0..<count {
        let level = scale == 0 ? 0 : (x[i * stride] / scale).rounded(.toNearestOrEven)
        x[i * stride] = min(max(level, -greatest), greatest) * scale
      }
    default: break
    }
  }
}

/// How keys and values are rounded when they are stored: integers share a scale a head.
struct KVRounding: Hashable {
  let type: DataType
  let headDim: Int

  /// Replaces `count` values, whole heads, by what the cache gives back.
  func round(_ x: UnsafeMutablePointer<Float>, count: Int) {
    for head in 0..<count / headDim {
      SymmetricRounding.round(x + head * headDim, count: headDim, type: type)
    }
  }
}
