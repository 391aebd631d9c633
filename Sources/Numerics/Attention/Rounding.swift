/// A number format, emulated on doubles: every result is rounded as the format would round it.
///
/// One double operation followed by one rounding equals the format's own operation for f32 and
/// narrower, since 53 >= 2 * 24 + 2 bits (Figueroa, "When is double rounding innocuous?", 1995).
public protocol Rounding: Sendable {
  static func round(_ value: Double) -> Double
  /// The largest finite value.
  static var greatestFinite: Double { get }
}

public enum Binary64: Rounding {
  @inlinable @inline(__always)
  public static func round(_ value: Double) -> Double { value }
  @inlinable
  public static var greatestFinite: Double { Double.greatestFiniteMagnitude }
}

public enum Binary32: Rounding {
  @inlinable @inline(__always)
  public static func round(_ value: Double) -> Double { Double(Float(value)) }
  @inlinable
  public static var greatestFinite: Double { Double(Float.greatestFiniteMagnitude) }
}

public enum Binary16: Rounding {
  @inlinable @inline(__always)
  public static func round(_ value: Double) -> Double {
    Double(HalfPrecision.float(fromBits: HalfPrecision.bits(of: Float(value))))
  }
  @inlinable
  public static var greatestFinite: Double { 65504 }
}

public enum BrainFloat16: Rounding {
  @inlinable @inline(__always)
  public static func round(_ value: Double) -> Double { Double(Float(BFloat16(Float(value)))) }
  @inlinable
  public static var greatestFinite: Double { 0x1.FEp127 }
}

/// The formats of a kernel: what tensors are stored in, and what sums are kept in.
public struct AttentionPrecision: Hashable, Sendable, CustomStringConvertible {
  public enum Format: String, CaseIterable, Hashable, Sendable {
    case f64, f32, f16, bf16

    /// The width of one element.
    public var bytes: Int {
      switch self {
      case .f64: 8
      case .f32: 4
      case .f16, .bf16: 2
      }
    }

    /// `value` in this format.
    public func round(_ value: Double) -> Double {
      switch self {
      case .f64: value
      case .f32: Binary32.round(value)
      case .f16: Binary16.round(value)
      case .bf16: BrainFloat16.round(value)
      }
    }
  }

  /// The format of Q, K, V, of the weights that meet V, and of the output.
  public let storage: Format
  /// The format of scores, running maxima and sums, and output accumulators.
  public let accumulator: Format

  public init(storage: Format, accumulator: Format) {
    self.storage = storage
    self.accumulator = accumulator
  }

  public static let f64 = AttentionPrecision(storage: .f64, accumulator: .f64)
  public static let f32 = AttentionPrecision(storage: .f32, accumulator: .f32)

  /// `storage` with the accumulator that hardware usually gives it: f32, or f64 for f64.
  public init(storage: Format) {
    self.init(storage: storage, accumulator: storage == .f64 ? .f64 : .f32)
  }

  public var description: String { "\(storage.rawValue)/\(accumulator.rawValue)" }

  /// Calls `body` with the two formats as types, so that it is compiled for each pair.
  @inlinable
  public func specialised<Result>(_ body: some PrecisionBody<Result>) -> Result {
    switch (storage, accumulator) {
    case (.f64, .f64): body.run(Binary64.self, Binary64.self)
    case (.f64, .f32): body.run(Binary64.self, Binary32.self)
    case (.f64, .f16): body.run(Binary64.self, Binary16.self)
    case (.f64, .bf16): body.run(Binary64.self, BrainFloat16.self)
    case (.f32, .f64): body.run(Binary32.self, Binary64.self)
    case (.f32, .f32): body.run(Binary32.self, Binary32.self)
    case (.f32, .f16): body.run(Binary32.self, Binary16.self)
    case (.f32, .bf16): body.run(Binary32.self, BrainFloat16.self)
    case (.f16, .f64): body.run(Binary16.self, Binary64.self)
    case (.f16, .f32): body.run(Binary16.self, Binary32.self)
    case (.f16, .f16): body.run(Binary16.self, Binary16.self)
    case (.f16, .bf16): body.run(Binary16.self, BrainFloat16.self)
    case (.bf16, .f64): body.run(BrainFloat16.self, Binary64.self)
    case (.bf16, .f32): body.run(BrainFloat16.self, Binary32.self)
    case (.bf16, .f16): body.run(BrainFloat16.self, Binary16.self)
    case (.bf16, .bf16): body.run(BrainFloat16.self, BrainFloat16.self)
    }
  }
}

/// Work that is compiled once for each pair of formats.
public protocol PrecisionBody<Result> {
  associatedtype Result
  func run<S: Rounding, A: Rounding>(_ storage: S.Type, _ accumulator: A.Type) -> Result
}
