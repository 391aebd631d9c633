public import Units

extension Operator {
  /// A lone matrix product: m×k activations by k×n weights, dense in memory one after the other.
  ///
  /// - Throws: `ArchitectureError` when a size is not positive or a matrix does not fit 63 bits.
  public static func singleGEMM(
    m: Int, k: Int, n: Int, dtype: DataType
  ) throws(ArchitectureError) -> Operator {
    for (name, size) in [("M", m), ("K", k), ("N", n)] where size < 1 || size > 1 << 28 {
      throw ArchitectureError("\(name) is \(size); sizes lie between 1 and 2^28")
    }
    let (work, overflow) = (m * k).multipliedReportingOverflow(by: 2 * n)
    guard !overflow, work < 1 << 62 else {
      throw ArchitectureError("\(m)x\(k)x\(n) has 2^62 operations or more")
    }
    var address = 0
    func tensor(_ id: Int, _ name: String, _ shape: TensorShape, _ role: TensorRole) -> Tensor {
      defer { address += (dtype.bytes(shape.elements) + 4_095) & ~4_095 }
      return Tensor(id: id, name: name, shape: shape, dtype: dtype, role: role, address: address)
    }
    let input = tensor(0, "input", [m, k], .activation)
    let weight = tensor(1, "weight", [k, n], .weight)
    let output = tensor(2, "output", [m, n], .activation)
    let product = MatrixProduct(m: m, k: k, n: n)
    return Operator(
      id: 0, name: m == 1 ? "gemv" : "gemm", operation: m == 1 ? .gemv(product) : .gemm(product),
      inputs: [input, weight], outputs: [output])
  }
}
