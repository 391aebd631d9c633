internal import CKernels

/// Non-linearities of feed-forward networks and softmax.
///
/// The exponential is the kernels' own; so results are the same on every machine.
public enum PointwiseFunctions {
  /// max(x, 0), in place.
  public static func relu(_ count: Int, _ x: UnsafeMutablePointer<Float>) {
    for index in 0..<count where x[index] < 0 { x[index] = 0 }
  }

  /// x / (1 + exp(-x)), in place.
  public static func silu(_ count: Int, _ x: UnsafeMutablePointer<Float>) {
    sigmoidScaled(count, x) { $0 }
  }

  /// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), in place.
  ///
  /// Computed as x sigmoid(2u), which is the same and does not cancel.
  /// Source: Hendrycks, Gimpel, arXiv 1606.08415.
  public static func geluTanh(_ count: Int, _ x: UnsafeMutablePointer<Float>) {
    sigmoidScaled(count, x) { x in
      let x = Double(x)
      return Float(2 * 0.7978845608028654 * (x + 0.044715 * x * x * x))
    }
  }

  /// 0.5 x (1 + erf(x / sqrt 2)), in place.
  public static func geluErf(_ count: Int, _ x: UnsafeMutablePointer<Float>) {
    for index in 0..<count {
      let value = Double(x[index])
      x[index] = Float(
        0.5 * value * (1 + ElementaryFunctions.erf(value * 0.7071067811865476)))
    }
  }

  /// 1 / (1 + exp(-x)), in place.
  public static func sigmoid(_ count: Int, _ x: UnsafeMutablePointer<Float>) {
    for index in 0..<count { x[index] = -x[index] }
    ckernels_exp_shifted(ComputeContext.Level.best.rawValue, count, x, 0)
    for index in 0..<count { x[index] = 1 / (1 + x[index]) }
  }

  /// tanh(x), in place.
  public static func tanh(_ count: Int, _ x: UnsafeMutablePointer<Float>) {
    for index in 0..<count { x[index] = Float(ElementaryFunctions.tanh(Double(x[index]))) }
  }

  /// gate[i] = silu(gate[i]) * up[i].
  ///
  /// Source: Shazeer, "GLU variants improve transformer", arXiv 2002.05202.
  public static func swiglu(
    _ count: Int, gate: UnsafeMutablePointer<Float>, up: UnsafePointer<Float>
  ) {
    silu(count, gate)
    multiply(count, gate, by: up)
  }

  /// x[i] *= y[i].
  public static func multiply(
    _ count: Int, _ x: UnsafeMutablePointer<Float>, by y: UnsafePointer<Float>
  ) {
    for index in 0..<count { x[index] *= y[index] }
  }

  /// x[i] += y[i].
  public static func add(
    _ count: Int, _ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>
  ) {
    for index in 0..<count { x[index] += y[index] }
  }

  /// Softmax of each row, in place, and the logarithm of each row's sum of exponentials.
  ///
  /// A row of nothing but minus infinity becomes zeros, and its logarithm minus infinity.
  public static func softmax(
    rows: Int, columns: Int, _ x: UnsafeMutablePointer<Float>, stride: Int? = nil,
    logSumExp: UnsafeMutablePointer<Float>? = nil
  ) {
    for row in 0..<rows {
      let x = x + row * (stride ?? columns)
      let (largest, sum) = exponentials(columns, x)
      let scale = sum > 0 ? 1 / sum : 0
      for column in 0..<columns { x[column] = Float(Double(x[column]) * scale) }
      logSumExp?[row] = sum > 0 ? Float(Double(largest) + ElementaryFunctions.log(sum)) : -.infinity
    }
  }

  /// x = exp(x - max x); returns the maximum and the sum.
  static func exponentials(
    _ count: Int, _ x: UnsafeMutablePointer<Float>
  ) -> (largest: Float, sum: Double) {
    var largest = -Float.infinity
    for index in 0..<count where x[index] > largest { largest = x[index] }
    // A row without any key: leave zeros, not NaN.
    let shift = largest == -.infinity ? 0 : largest
    ckernels_exp_shifted(ComputeContext.Level.best.rawValue, count, x, shift)
    return (largest, Normalization.sum(count) { Double(x[$0]) })
  }

  /// x * sigmoid(scaled(x)), in blocks that stay in the first-level cache.
  @inline(__always)
  private static func sigmoidScaled(
    _ count: Int, _ x: UnsafeMutablePointer<Float>, _ scaled: (Float) -> Float
  ) {
    let level = ComputeContext.Level.best.rawValue
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 1024) { buffer in
      guard let scratch = buffer.baseAddress else { return }
      for start in stride(from: 0, to: count, by: 1024) {
        let width = min(1024, count - start)
        let x = x + start
        for index in 0..<width { scratch[index] = -scaled(x[index]) }
        ckernels_exp_shifted(level, width, scratch, 0)
        for index in 0..<width { x[index] = x[index] / (1 + scratch[index]) }
      }
    }
  }
}
