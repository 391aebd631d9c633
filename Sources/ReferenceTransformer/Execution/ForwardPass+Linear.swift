internal import Numerics
internal import Units
internal import Workload

extension ForwardPass {
  /// A product of rows with a matrix; one row is a matrix-vector product.
  private func product(_ rows: Int, _ k: Int, _ n: Int) -> Operation {
    let product = MatrixProduct(m: rows, k: k, n: n)
    return rows == 1 ? .gemv(product) : .gemm(product)
  }

  /// out = x W + b.
  ///
  /// - Parameter parts: the tensors that hold `x` when it is not one.
  mutating func linear(_ x: Value, _ layer: Linear, parts: [Value]? = nil) -> Value {
    var out = makeValue([x.rows, layer.outputs], like: x)
    compute(x, layer, into: out)
    out.producer = note(
      layer.name, product(x.rows, layer.inputs, layer.outputs), parts ?? [x],
      weights: [layer.weight] + [layer.bias].compactMap { $0 }, outputs: [out.tensor])
    return out
  }

  /// Several linear layers of one input: one operator when fused, one each otherwise.
  mutating func linears(_ x: Value, _ layers: [Linear], name: String) -> [Value] {
    guard fusion == .full && layers.count > 1 else {
      return layers.map { linear(x, $0) }
    }
    var outputs: [Value] = []
    for layer in layers {
      let out = makeValue([x.rows, layer.outputs], like: x)
      compute(x, layer, into: out)
      outputs.append(out)
    }
    let columns = layers.reduce(0) { $0 + $1.outputs }
    let id = note(
      name, product(x.rows, x.columns, columns), [x],
      weights: layers.flatMap { [$0.weight] + [$0.bias].compactMap { $0 } },
      outputs: outputs.map(\.tensor))
    for index in outputs.indices { outputs[index].producer = id }
    return outputs
  }

  /// The one product of a merged projection, cut into columns of the given widths.
  mutating func mergedLinear(_ x: Value, _ layer: Linear, widths: [Int]) -> [Value] {
    var outputs = widths.map { width in makeValue([x.rows, width], like: x) }
    if x.storage != nil {
      let whole = Value(
        tensor: Workload.Tensor(
          id: -1, shape: [x.rows, layer.outputs], dtype: .f32, role: .activation, address: 0),
        storage: Storage(count: x.rows * layer.outputs))
      compute(x, layer, into: whole)
      var start = 0
      for (width, output) in zip(widths, outputs) {
        if let source = whole.storage?.pointer, let target = output.storage?.pointer {
          for row in 0..<x.rows {
            (target + row * width).update(from: source + row * layer.outputs + start, count: width)
          }
        }
        start += width
      }
    }
    let id = note(
      layer.name, product(x.rows, layer.inputs, layer.outputs), [x],
      weights: [layer.weight] + [layer.bias].compactMap { $0 }, outputs: outputs.map(\.tensor))
    for index in outputs.indices { outputs[index].producer = id }
    return outputs
  }

  /// The arithmetic of a linear layer, when there is storage.
  func compute(_ x: Value, _ layer: Linear, into out: Value) {
    guard let source = x.storage?.pointer, let target = out.storage?.pointer, let store else {
      return
    }
    let rows = x.rows
    GEMM.multiply(
      m: rows, n: layer.outputs, k: layer.inputs, source, lda: layer.inputs,
      store[layer.weight.tensor.id],
      ldb: layer.weight.layout == .transposed ? layer.inputs : layer.outputs,
      layout: layer.weight.layout, into: target, ldc: layer.outputs, context: context)
    if let bias = layer.bias {
      let values = store[bias.tensor.id]
      for row in 0..<rows {
        PointwiseFunctions.add(layer.outputs, target + row * layer.outputs, values)
      }
    }
  }

  /// The logits of the rows that yield a token.
  mutating func head(_ x: Value, _ layer: Linear, requests: [RequestRun]) -> Value {
    var out = makeValue([x.rows, layer.outputs], like: x)
    compute(x, layer, into: out)
    out.producer = note(
      layer.name,
      .head(Embedding(tokens: x.rows, hidden: layer.inputs, vocabulary: layer.outputs)), [x],
      weights: [layer.weight], outputs: [out.tensor], requests: requests)
    return out
  }
}
