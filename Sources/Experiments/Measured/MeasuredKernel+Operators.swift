internal import ReferenceTransformer
internal import Units
internal import Workload

extension MeasuredKernel {
  /// The operators that do the kernel's work, at addresses of their own.
  ///
  /// A decode layer is the model's first one without rotation and KV append, which the measured
  /// program does not have, and with one product for the projections of each input.
  ///
  /// - Throws: `ConfigurationError` when there is no such model, what its emitter throws.
  func operators(dtype: DataType) throws -> [Operator] {
    var space = TensorSpace(dtype: dtype)
    switch kind {
    case .gemm:
      let product = MatrixProduct(m: m ?? 1, k: k ?? 1, n: n ?? 1, batch: count ?? 1)
      let inputs = [
        space.tensor([product.batch, product.m, product.k], .activation),
        space.tensor([product.batch, product.k, product.n], .weight),
      ]
      let output = space.tensor([product.batch, product.m, product.n], .activation)
      let operation = product.m == 1 ? Operation.gemv(product) : .gemm(product)
      return [
        Operator(id: 0, name: "gemm", operation: operation, inputs: inputs, outputs: [output])
      ]
    case .decodeAttention: return [attention(query: 1, in: &space)]
    case .prefillAttention: return [attention(query: context ?? 1, in: &space)]
    case .rmsNorm: return [pointwise(.norm(norm), inputs: 1, in: &space)]
    case .gatedSilu:
      let activation = Activation(
        rows: rows ?? 1, columns: columns ?? 1, function: .silu, gated: true)
      return [pointwise(.activation(activation), inputs: 2, in: &space)]
    case .softmax:
      let softmax = Softmax.plain(rows: rows ?? 1, columns: columns ?? 1)
      return [pointwise(.softmax(softmax), inputs: 1, in: &space)]
    case .add:
      let sum = Elementwise(rows: rows ?? 1, columns: columns ?? 1, function: .add)
      return [pointwise(.elementwise(sum), inputs: 2, in: &space)]
    case .copy:
      return [pointwise(.memoryMove(MemoryMove(function: .copy)), inputs: 1, in: &space)]
    case .gather: return [gather(in: &space)]
    case .decodeLayer: return try layer(dtype: dtype)
    }
  }

  private var norm: Norm { Norm(rows: rows ?? 1, columns: columns ?? 1, function: .rms) }

  private func pointwise(
    _ operation: Operation, inputs: Int, in space: inout TensorSpace
  ) -> Operator {
    let shape: TensorShape = [rows ?? 1, columns ?? 1]
    let inputs = (0..<inputs).map { _ in space.tensor(shape, .activation) }
    return Operator(
      id: 0, name: kind.rawValue, operation: operation, inputs: inputs,
      outputs: [space.tensor(shape, .activation)])
  }

  /// Picked rows of a table, by indices of 8 bytes.
  private func gather(in space: inout TensorSpace) -> Operator {
    let (rows, columns) = (rows ?? 1, columns ?? 1)
    let inputs = [
      space.tensor([tableRows ?? 1, columns], .weight), space.tensor([rows], .activation, .i64),
    ]
    return Operator(
      id: 0, name: kind.rawValue, operation: .gather(Gather(rows: rows, columns: columns)),
      inputs: inputs, outputs: [space.tensor([rows, columns], .activation)])
  }

  private func attention(query: Int, in space: inout TensorSpace) -> Operator {
    let (batch, heads, kvHeads) = (batch ?? 1, heads ?? 1, kvHeads ?? 1)
    let (context, dim) = (context ?? 1, headDim ?? 1)
    let rows: TensorShape = [batch * query, heads * dim]
    let inputs = [
      space.tensor(rows, .activation), space.tensor([batch, context, kvHeads, dim], .kv),
      space.tensor([batch, context, kvHeads, dim], .kv),
    ]
    return Operator(
      id: 0, name: kind.rawValue,
      operation: .attention(Attention(heads: heads, kvHeads: kvHeads, headDim: dim)),
      phase: query == 1 ? .decode : .prefill,
      requests: [RequestRun(first: 0, count: batch, query: query, kv: context)], inputs: inputs,
      outputs: [space.tensor(rows, .activation)])
  }

  private func layer(dtype: DataType) throws -> [Operator] {
    var architecture = try ModelPresets.load(model ?? "")
    architecture.dtype = dtype
    var emission = TraceEmission()
    emission.batch = batch ?? 1
    emission.contexts = [max((context ?? 1) - 1, 0)]
    emission.layers = 1
    emission.steps = .decode
    emission.fusion = .full
    var collector = OperatorCollector()
    try emission.emit(ModelConfiguration(architecture: architecture), into: &collector)
    return collector.operators.compactMap { op in
      guard op.layer != nil, op.kind != .rope, op.kind != .memoryMove else { return nil }
      var op = op
      op.dataDependences = []
      op.controlDependences = []
      return op
    }
  }
}

/// Gives tensors identities and addresses, one behind the other.
private struct TensorSpace {
  let dtype: DataType
  private var count = 0
  private var end = 0

  init(dtype: DataType) { self.dtype = dtype }

  mutating func tensor(
    _ shape: TensorShape, _ role: TensorRole, _ own: DataType? = nil
  ) -> Tensor {
    let dtype = own ?? dtype
    defer {
      count += 1
      end += (dtype.bytes(shape.elements) + 4_095) & ~4_095
    }
    return Tensor(id: count, shape: shape, dtype: dtype, role: role, address: end)
  }
}
