internal import Numerics
public import Units
public import Workload

/// Changes of an architecture for study; each changes numerics and trace alike.
///
/// Without a switch set, results are those of the unchanged model to the bit.
public struct ArchitectureSwitches: Hashable, Sendable {
  /// Layers whose attention is left out: no norm, no projections, no KV cache traffic.
  ///
  /// A layer that stands in both sets is dropped whole. Source of the idea: ShortGPT (layers),
  /// "What Matters in Transformers?" (sublayers).
  public var droppedAttention: Set<Int> = []
  /// Layers whose feed-forward network is left out.
  public var droppedFeedForward: Set<Int> = []
  /// Keys that a query sees, the last ones, itself included: one number for all layers or one each;
  /// empty keeps the model's own windows.
  ///
  /// One number a layer that falls with depth is a PyramidKV-like budget. Which keys are kept is
  /// decided by position alone, not by attention scores.
  public var windows: [Int] = []
  /// First keys that stay visible beside a window (StreamingLLM's sinks).
  public var sinks = 0
  /// Where norms stand; nil keeps the model's placement.
  ///
  /// Norms that the model has no weights for scale by one (arXiv 2502.02732 compares the three).
  public var normPlacement: NormPlacement?
  /// The share of the previous token's key in each key, before the rotary embedding; 0 is off.
  ///
  /// KV shifting: key j becomes (1 - a) key j + a key j-1, values alike. One token's keys and values are
  /// kept as state a layer and request; before the first token they are zero. The published form
  /// learns the shares by head; here they are one number each.
  public var keyShift = 0.0
  /// The share of the previous token's value in each value; 0 is off.
  public var valueShift = 0.0
  /// The element type of the KV cache: keys and values are rounded to it when they are stored.
  ///
  /// f16 and bf16 round each element; i8 and i4 share one scale a token and head, the largest
  /// magnitude over 127 or 7, stored as f16.
  public var kvType: DataType?

  public init() {}

  /// The window of a layer, or nil for the model's own.
  func window(layer: Int) -> Int? {
    if windows.isEmpty { return nil }
    return windows.count == 1 ? windows[0] : windows[layer]
  }

  /// Whether keys or values are mixed with those of the token before.
  var shiftsKV: Bool { keyShift != 0 || valueShift != 0 }

  /// - Throws: `ModelError` that names the switch.
  func validate(_ architecture: TransformerArchitecture) throws(ModelError) {
    func fail(_ message: String) -> ModelError { ModelError(architecture.name, message) }
    for layer in droppedAttention.union(droppedFeedForward).sorted()
    where layer < 0 || layer >= architecture.layers {
      throw fail("layer \(layer) cannot be dropped; the model has \(architecture.layers)")
    }
    guard windows.count <= 1 || windows.count == architecture.layers else {
      throw fail("\(windows.count) windows for \(architecture.layers) layers; give one or all")
    }
    guard windows.allSatisfy({ $0 > 0 }), sinks >= 0 else {
      throw fail("a window must be positive, and sinks not negative")
    }
    guard (0...1).contains(keyShift), (0...1).contains(valueShift) else {
      throw fail("a KV shift must lie between 0 and 1")
    }
    if let kvType, ![.f32, .f16, .bf16, .i8, .i4].contains(kvType) {
      throw fail("a KV cache of \(kvType.rawValue); known: f32, f16, bf16, i8, i4")
    }
  }
}

/// How keys and values are rounded when they are stored.
struct KVRounding: Hashable {
  let type: DataType
  let headDim: Int

  /// Whether a scale is stored for each token and head.
  static func hasScales(_ type: DataType) -> Bool { type == .i8 || type == .i4 }

  /// Replaces `count` values, whole heads, by what the cache gives back.
  func round(_ x: UnsafeMutablePointer<Float>, count: Int) {
    switch type {
    case .f16:
      for i in 0..<count { x[i] = HalfPrecision.float(fromBits: HalfPrecision.bits(of: x[i])) }
    case .bf16:
      for i in 0..<count { x[i] = Float(BFloat16(x[i])) }
    case .i8, .i4:
      let greatest: Float = type == .i8 ? 127 : 7
      for head in 0..<count / headDim {
        let x = x + head * headDim
        var largest: Float = 0
        for i in 0..<headDim { largest = max(largest, x[i].magnitude) }
        let scale = HalfPrecision.float(fromBits: HalfPrecision.bits(of: largest / greatest))
        if scale == 0 {
          for i in 0..<headDim { x[i] = 0 }
        } else {
          for i in 0..<headDim {
            let level = (x[i] / scale).rounded(.toNearestOrEven)
            x[i] = min(max(level, -greatest), greatest) * scale
          }
        }
      }
    default: break
    }
  }
}
