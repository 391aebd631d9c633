internal import Numerics
internal import Workload

extension ForwardPass {
  /// Token rows of another width than the hidden one, brought to it by `projection`, plus position
  /// rows when they are learned.
  mutating func embed(
    tokens: [Int], count: Int, weights: ModelWeights, through projection: Linear, control: [Int]
  ) -> Value {
    let architecture = configuration.architecture
    let (width, hidden) = (projection.inputs, projection.outputs)
    var rows = makeValue([count, width], like: nil)
    if let store {
      let storage = Storage(count: count * width)
      let table = store[weights.embedding.tensor.id]
      for (row, token) in tokens.enumerated() {
        (storage.pointer + row * width).update(from: table + token * width, count: width)
      }
      rows.storage = storage
    }
    rows.producer = note(
      weights.embedding.tensor.name.removingSuffix(".weight"),
      .embedding(Embedding(tokens: count, hidden: width, vocabulary: architecture.vocabulary)), [],
      weights: [weights.embedding], outputs: [rows.tensor], control: control)
    let projected = linear(rows, projection)
    guard let positions = weights.positions else { return projected }
    var places = makeValue([count, hidden], like: nil)
    if let store {
      let storage = Storage(count: count * hidden)
      let table = store[positions.tensor.id]
      let offset = architecture.positionEmbedding.offset ?? 0
      forEachToken { row, _, position in
        (storage.pointer + row * hidden).update(
          from: table + (position + offset) * hidden, count: hidden)
      }
      places.storage = storage
    }
    places.producer = note(
      positions.tensor.name.removingSuffix(".weight"),
      .embedding(
        Embedding(tokens: count, hidden: hidden, vocabulary: positions.tensor.shape[0])), [],
      weights: [positions], outputs: [places.tensor], control: control)
    return add(projected, places, name: "position_sum", isResidual: true)
  }
}
