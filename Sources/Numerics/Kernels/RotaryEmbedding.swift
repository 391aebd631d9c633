/// Rotary position embedding.
///
/// Source: Su et al., "RoFormer", arXiv 2104.09864. Pair p of a head turns by the angle
/// position * frequency[p].
public struct RotaryEmbedding: Hashable, Sendable {
  /// Which elements of a head form a pair.
  public enum Layout: Hashable, Sendable {
    /// Element p with element p + d/2, as Hugging Face checkpoints have it.
    case halfSplit
    /// Element 2p with element 2p + 1, as in the paper, llama2.c and GGUF.
    case interleaved
  }

  /// How angles are rounded before sine and cosine are taken.
  public enum AnglePrecision: Hashable, Sendable {
    /// position * frequency rounded to binary32, as common frameworks compute it.
    case single
    case double
  }

  public let layout: Layout
  /// One frequency a pair.
  public let frequencies: [Double]
  /// Factor on sine and cosine (attention scaling of YaRN); 1 otherwise.
  public let magnitude: Double
  public let anglePrecision: AnglePrecision

  public init(
    frequencies: [Double], layout: Layout, magnitude: Double = 1,
    anglePrecision: AnglePrecision = .double
  ) {
    self.frequencies = frequencies
    self.layout = layout
    self.magnitude = magnitude
    self.anglePrecision = anglePrecision
  }

  /// The plain frequencies base^(-2p/d) for heads of `headDim` elements.
  ///
  /// In single precision 2p/d, the power and its reciprocal are each rounded to binary32, as common
  /// frameworks do.
  public static func frequencies(
    headDim: Int, base: Double, precision: AnglePrecision = .double
  ) -> [Double] {
    (0..<headDim / 2).map { pair in
      switch precision {
      case .double: return ElementaryFunctions.pow(base, -Double(2 * pair) / Double(headDim))
      case .single:
        let exponent = Float(2 * pair) / Float(headDim)
        return Double(1 / Float(ElementaryFunctions.pow(base, Double(exponent))))
      }
    }
  }

  /// Writes the sines and cosines of one position, one a pair.
  public func table(
    position: Int, sines: UnsafeMutablePointer<Float>, cosines: UnsafeMutablePointer<Float>
  ) {
    for (pair, frequency) in frequencies.enumerated() {
      let angle =
        anglePrecision == .double
        ? Double(position) * frequency : Double(Float(position) * Float(frequency))
      let (sine, cosine) = ElementaryFunctions.sineAndCosine(angle)
      sines[pair] = Float(sine) * Float(magnitude)
      cosines[pair] = Float(cosine) * Float(magnitude)
    }
  }

  /// Turns `heads` heads of one token, consecutive in memory, in place.
  public func apply(
    heads: Int, _ x: UnsafeMutablePointer<Float>, sines: UnsafePointer<Float>,
    cosines: UnsafePointer<Float>
  ) {
    let half = frequencies.count
    for head in 0..<heads {
      let x = x + head * 2 * half
      switch layout {
      case .halfSplit:
        for pair in 0..<half {
          let (first, second) = (x[pair], x[half + pair])
          x[pair] = first * cosines[pair] - second * sines[pair]
          x[half + pair] = second * cosines[pair] + first * sines[pair]
        }
      case .interleaved:
        for pair in 0..<half {
          let (first, second) = (x[2 * pair], x[2 * pair + 1])
          x[2 * pair] = first * cosines[pair] - second * sines[pair]
          x[2 * pair + 1] = second * cosines[pair] + first * sines[pair]
        }
      }
    }
  }
}
