import Units

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Seeded inputs of attention problems.
public enum AttentionData: String, CaseIterable, Hashable, Sendable {
  /// Standard normal Q, K, V: logits of deviation 1.
  case normal
  /// Q and K scaled so that logits have deviation 6: few keys dominate.
  case peaky
  /// Q and K scaled so that logits have deviation 30: exp overflows below f64 without a maximum.
  case large
  /// Standard normal Q and K, V = |normal| + 1/2: sums of one sign.
  case positive

  /// The deviation of the logits.
  public var logitDeviation: Double {
    switch self {
    case .normal, .positive: 1
    case .peaky: 6
    case .large: 30
    }
  }

  /// A problem of this kind; equal seeds give equal problems.
  public func problem(_ shape: AttentionShape, seed: UInt64) -> AttentionProblem {
    var generator = NormalGenerator(seed: seed)
    let factor = logitDeviation.squareRoot()
    func values(_ count: Int, _ factor: Double) -> [Double] {
      (0..<count).map { _ in generator.next() * factor }
    }
    let q = values(shape.heads * shape.rows * shape.dimension, factor)
    let k = values(shape.kvHeads * shape.keys * shape.dimension, factor)
    var v = values(shape.kvHeads * shape.keys * shape.dimension, 1)
    if self == .positive { v = v.map { abs($0) + 0.5 } }
    return AttentionProblem(shape: shape, q: q, k: k, v: v)
  }
}

/// Standard normal numbers by the Box-Muller transform.
///
/// Source: G. E. P. Box, M. E. Muller, Annals of Mathematical Statistics 29, 1958.
public struct NormalGenerator: Sendable {
  private var uniform: SeededGenerator
  private var spare: Double?

  public init(seed: UInt64) {
    uniform = SeededGenerator(seed: seed)
  }

  public mutating func next() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    let radius = (-2 * log(1 - uniform.nextUnit())).squareRoot()
    let angle = 2 * Double.pi * uniform.nextUnit()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
