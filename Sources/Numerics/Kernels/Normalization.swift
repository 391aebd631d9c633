/// Layer and root-mean-square normalisation of rows; sums in binary64, eight partial sums.
public enum Normalization {
  /// out = (x - mean) / sqrt(variance + epsilon) * weight + bias.
  ///
  /// Source: Ba, Kiros, Hinton, arXiv 1607.06450. In and out may be the same memory.
  public static func layerNorm(
    rows: Int, columns: Int, _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>?,
    bias: UnsafePointer<Float>?, epsilon: Double, into out: UnsafeMutablePointer<Float>
  ) {
    let count = Double(columns)
    for row in 0..<rows {
      let x = x + row * columns
      let out = out + row * columns
      let mean = sum(columns) { Double(x[$0]) } / count
      let variance =
        sum(columns) { index in
          let centred = Double(x[index]) - mean
          return centred * centred
        } / count
      let scale = 1 / (variance + epsilon).squareRoot()
      for column in 0..<columns {
        let value = Float((Double(x[column]) - mean) * scale)
        out[column] = value * (weight?[column] ?? 1) + (bias?[column] ?? 0)
      }
    }
  }

  /// out = x / sqrt(mean of squares + epsilon) * weight.
  ///
  /// Source: Zhang, Sennrich, arXiv 1910.07467. In and out may be the same memory; rows may lie
  /// further apart than they are long.
  public static func rmsNorm(
    rows: Int, columns: Int, _ x: UnsafePointer<Float>, stride: Int? = nil,
    weight: UnsafePointer<Float>?, epsilon: Double, into out: UnsafeMutablePointer<Float>
  ) {
    let stride = stride ?? columns
    for row in 0..<rows {
      let x = x + row * stride
      let out = out + row * stride
      let square = sum(columns) { Double(x[$0]) * Double(x[$0]) } / Double(columns)
      let scale = 1 / (square + epsilon).squareRoot()
      for column in 0..<columns {
        out[column] = Float(Double(x[column]) * scale) * (weight?[column] ?? 1)
      }
    }
  }

  /// The sum of `count` terms as eight partial sums in ascending order, added as a tree.
  @inline(__always)
  static func sum(_ count: Int, _ term: (Int) -> Double) -> Double {
    var partial = SIMD8<Double>(repeating: 0)
    var index = 0
    while index &+ 8 <= count {
      var terms = SIMD8<Double>()
      for lane in 0..<8 { terms[lane] = term(index &+ lane) }
      partial += terms
      index &+= 8
    }
    var lane = 0
    while index < count {
      partial[lane] += term(index)
      index &+= 1
      lane &+= 1
    }
    let half = partial.lowHalf + partial.highHalf
    let quarter = half.lowHalf + half.highHalf
    return quarter[0] + quarter[1]
  }
}
