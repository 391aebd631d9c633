internal import Numerics
internal import Units
internal import Workload

extension ForwardPass {
  /// Token rows, plus position rows when they are learned.
  ///
  /// - Parameter tokens: the ids of this step's tokens, request by request; empty when shape-only.
  mutating func embed(
    tokens: [Int], count: Int, weights: ModelWeights, control: [Int]
  ) -> Value {
    let architecture = configuration.architecture
    if let projection = weights.projectIn {
      return embed(
        tokens: tokens, count: count, weights: weights, through: projection, control: control)
    }
    let hidden = architecture.hidden
    var out = makeValue([count, hidden], like: nil, isResidual: true)
    if let store {
      let storage = Storage(count: count * hidden)
      let table = store[weights.embedding.tensor.id]
      for (row, token) in tokens.enumerated() {
        (storage.pointer + row * hidden).update(from: table + token * hidden, count: hidden)
      }
      if let positions = weights.positions {
        let table = store[positions.tensor.id]
        let offset = architecture.positionEmbedding.offset ?? 0
        forEachToken { row, _, position in
          PointwiseFunctions.add(
            hidden, storage.pointer + row * hidden, table + (position + offset) * hidden)
        }
      }
      out.storage = storage
    }
    out.producer = note(
      weights.embedding.tensor.name.removingSuffix(".weight"),
      .embedding(
        Embedding(tokens: count, hidden: hidden, vocabulary: architecture.vocabulary)), [],
      weights: [weights.embedding] + [weights.positions].compactMap { $0 },
      outputs: [out.tensor], control: control)
    return out
  }

  /// Calls `body` with row, KV slot and position of each new token.
  func forEachToken(_ body: (_ row: Int, _ slot: Int, _ position: Int) -> Void) {
    var row = 0
    for run in runs {
      for request in 0..<run.count {
        for token in 0..<run.query {
          body(row, run.slot + request, run.kv - run.query + token)
          row += 1
        }
      }
    }
  }

  /// Normalised rows.
  mutating func norm(_ x: Value, _ layer: NormLayer, isResidual: Bool = false) -> Value {
    let architecture = configuration.architecture
    var out = makeValue(x.tensor.shape, like: x, isResidual: isResidual)
    if let source = x.storage?.pointer, let target = out.storage?.pointer, let store {
      let weight = layer.weight.map { store[$0.tensor.id] }
      if architecture.norm == .layer {
        Normalization.layerNorm(
          rows: x.rows, columns: x.columns, source, weight: weight,
          bias: layer.bias.map { store[$0.tensor.id] }, epsilon: architecture.normEpsilon,
          into: target)
      } else {
        Normalization.rmsNorm(
          rows: x.rows, columns: x.columns, source, weight: weight,
          epsilon: architecture.normEpsilon, into: target)
      }
    }
    out.producer = note(
      layer.name,
      .norm(Norm(rows: x.rows, columns: x.columns, function: architecture.norm)), [x],
      weights: [layer.weight, layer.bias].compactMap { $0 }, outputs: [out.tensor])
    return out
  }

  /// Each head normalised by itself.
  mutating func headNorm(_ x: Value, _ layer: NormLayer) -> Value {
    let width = configuration.architecture.headDim
    let rows = x.tensor.shape.elements / width
    var out = makeValue(x.tensor.shape, like: x)
    if let source = x.storage?.pointer, let target = out.storage?.pointer, let store {
      Normalization.rmsNorm(
        rows: rows, columns: width, source, weight: layer.weight.map { store[$0.tensor.id] },
        epsilon: configuration.architecture.normEpsilon, into: target)
    }
    out.producer = note(
      layer.name, .norm(Norm(rows: rows, columns: width, function: .rms)), [x],
      weights: [layer.weight].compactMap { $0 }, outputs: [out.tensor])
    return out
  }

  /// x + y.
  mutating func add(_ x: Value, _ y: Value, name: String, isResidual: Bool) -> Value {
    var out = makeValue(x.tensor.shape, like: x, isResidual: isResidual)
    if let first = x.storage?.pointer, let second = y.storage?.pointer,
      let target = out.storage?.pointer
    {
      let count = x.tensor.shape.elements
      target.update(from: first, count: count)
      PointwiseFunctions.add(count, target, second)
    }
    out.producer = note(
      name, .elementwise(Elementwise(rows: x.rows, columns: x.columns, function: .add)), [x, y],
      outputs: [out.tensor])
    return out
  }

  /// The non-linearity, times `up` when gated.
  mutating func activate(_ x: Value, gatedBy up: Value?, name: String) -> Value {
    let function = configuration.architecture.activation
    var out = makeValue(x.tensor.shape, like: x)
    if let source = x.storage?.pointer, let target = out.storage?.pointer {
      let count = x.tensor.shape.elements
      target.update(from: source, count: count)
      Self.apply(function, count, target)
      if let up = up?.storage?.pointer { PointwiseFunctions.multiply(count, target, by: up) }
    }
    out.producer = note(
      name,
      .activation(
        Activation(rows: x.rows, columns: x.columns, function: function, gated: up != nil)),
      [x] + [up].compactMap { $0 }, outputs: [out.tensor])
    return out
  }

  static func apply(
    _ function: ActivationFunction, _ count: Int, _ x: UnsafeMutablePointer<Float>
  ) {
    switch function {
    case .relu: PointwiseFunctions.relu(count, x)
    case .gelu: PointwiseFunctions.geluErf(count, x)
    case .geluTanh: PointwiseFunctions.geluTanh(count, x)
    case .silu: PointwiseFunctions.silu(count, x)
    case .sigmoid: PointwiseFunctions.sigmoid(count, x)
    case .tanh: PointwiseFunctions.tanh(count, x)
    }
  }

  /// The last row of each request of the runs that yield a token.
  mutating func lastRows(_ x: Value, yields: [Bool]) -> Value {
    let yielding = zip(runs, yields).filter(\.1).map(\.0)
    let requests = yielding.requestCount
    if requests == x.rows { return x }
    var out = makeValue([requests, x.columns], like: x)
    if let source = x.storage?.pointer, let target = out.storage?.pointer {
      var row = 0
      var next = 0
      for (run, isYielding) in zip(runs, yields) {
        for _ in 0..<run.count {
          row += run.query
          if !isYielding { continue }
          (target + next * x.columns).update(
            from: source + (row - 1) * x.columns, count: x.columns)
          next += 1
        }
      }
    }
    out.producer = note(
      "last_token", .gather(Gather(rows: requests, columns: x.columns)), [x],
      outputs: [out.tensor], requests: yielding)
    return out
  }
}

extension String {
  /// The text without `suffix` at its end.
  func removingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
