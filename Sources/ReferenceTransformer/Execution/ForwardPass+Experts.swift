internal import Numerics
internal import Units
internal import Workload

extension ForwardPass {
  /// Router, choice and expert networks; the outputs of a token's experts are summed by weight.
  mutating func mixture(
    _ x: Value, router: Linear, experts: [FeedForward], layer index: Int, name: String,
    routing: inout Routing, probe: Probe?
  ) -> Value {
    let architecture = configuration.architecture
    let count = experts.count
    let topK = architecture.experts?.topK ?? 1
    var logits = makeValue([x.rows, count], like: x)
    compute(x, router, into: logits)
    logits.producer = note(
      router.name, .gate(Gate(tokens: x.rows, hidden: x.columns, experts: count)), [x],
      weights: [router.weight], outputs: [logits.tensor])
    probe?.take("layer.\(index).router.logits", logits)
    var probabilities = makeValue([x.rows, count], like: nil)
    probabilities.producer = note(
      name + ".softmax", .softmax(.plain(rows: x.rows, columns: count)), [logits],
      outputs: [probabilities.tensor])
    var choice = makeValue([x.rows, topK], like: nil)
    choice.producer = note(
      name + ".top_k", .topK(TopK(rows: x.rows, columns: count, k: topK)), [probabilities],
      outputs: [choice.tensor])
    var out = makeValue(x.tensor.shape, like: x)
    let tokens: [Int]
    if x.storage != nil {
      tokens = computeExperts(x, logits, experts, topK: topK, into: out)
      routing.record(layer: index, counts: tokens)
    } else {
      tokens = routing.counts(layer: index, tokens: x.rows, experts: count, topK: topK)
    }
    let ffn = ExpertFFN(
      hidden: architecture.hidden, intermediate: architecture.intermediate,
      matrices: architecture.feedForwardMatrices, function: architecture.activation,
      tokensPerExpert: tokens)
    let weights =
      isRecording
      ? experts.flatMap { [$0.gate?.weight, $0.up.weight, $0.down.weight].compactMap { $0 } } : []
    out.producer = note(
      name + ".experts", .expertFFN(ffn), [x, choice], weights: weights, outputs: [out.tensor])
    return out
  }

  /// The arithmetic of the experts, in ascending order; returns the tokens of each.
  private func computeExperts(
    _ x: Value, _ logits: Value, _ experts: [FeedForward], topK: Int, into out: Value
  ) -> [Int] {
    guard let source = x.storage?.pointer, let logits = logits.storage?.pointer,
      let target = out.storage?.pointer
    else { return [] }
    let rows = x.rows
    let hidden = x.columns
    var ids = [Int](repeating: 0, count: rows * topK)
    var shares = [Float](repeating: 0, count: rows * topK)
    let scores = Storage(count: rows * experts.count)
    scores.pointer.update(from: logits, count: rows * experts.count)
    ExpertGate.select(
      rows: rows, experts: experts.count, topK: topK, logits: scores.pointer, renormalized: true,
      ids: &ids, weights: &shares)
    target.update(repeating: 0, count: rows * hidden)
    var counts = [Int](repeating: 0, count: experts.count)
    for (index, expert) in experts.enumerated() {
      let chosen = ids.indices.filter { ids[$0] == index }
      counts[index] = chosen.count
      if chosen.isEmpty { continue }
      let input = scratch(chosen.count, hidden)
      for (row, choice) in chosen.enumerated() {
        (input.storage?.pointer)?.advanced(by: row * hidden)
          .update(from: source + choice / topK * hidden, count: hidden)
      }
      let output = computeNetwork(input, expert)
      guard let result = output.storage?.pointer else { continue }
      for (row, choice) in chosen.enumerated() {
        let share = shares[choice]
        let sum = target + choice / topK * hidden
        for column in 0..<hidden { sum[column] += share * result[row * hidden + column] }
      }
    }
    return counts
  }

  /// Memory that no operator names.
  private func scratch(_ rows: Int, _ columns: Int) -> Value {
    Value(
      tensor: Workload.Tensor(
        id: -1, shape: [rows, columns], dtype: .f32, role: .activation, address: 0),
      storage: Storage(count: rows * columns))
  }

  private func computeNetwork(_ x: Value, _ network: FeedForward) -> Value {
    let width = network.up.outputs
    let up = scratch(x.rows, width)
    compute(x, network.up, into: up)
    var inner = up
    if let gate = network.gate {
      inner = scratch(x.rows, width)
      compute(x, gate, into: inner)
    }
    if let pointer = inner.storage?.pointer {
      Self.apply(configuration.architecture.activation, x.rows * width, pointer)
      if network.gate != nil, let up = up.storage?.pointer {
        PointwiseFunctions.multiply(x.rows * width, pointer, by: up)
      }
    }
    let out = scratch(x.rows, network.down.outputs)
    compute(inner, network.down, into: out)
    return out
  }
}
