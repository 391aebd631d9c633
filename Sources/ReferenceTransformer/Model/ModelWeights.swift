internal import Numerics
internal import Units
internal import Workload

/// A weight as the trace names it, and how its matrix lies.
struct Weight: Hashable {
  var tensor: Workload.Tensor
  var layout = GEMM.Layout.transposed
}

/// A linear layer: `out = x W + b`.
struct Linear: Hashable {
  /// The place in the model, without the `.weight`.
  var name: String
  var weight: Weight
  var bias: Weight?
  var inputs: Int
  var outputs: Int
}

/// A norm; without a weight the scale is one.
struct NormLayer: Hashable {
  var name: String
  var weight: Weight?
  var bias: Weight?
}

/// Queries, keys and values from one matrix or from three.
enum AttentionProjection: Hashable {
  case merged(Linear)
  case separate(query: Linear, key: Linear, value: Linear)
}

/// One feed-forward network: gate (when gated), up, down.
struct FeedForward: Hashable {
  var gate: Linear?
  var up: Linear
  var down: Linear
}

enum FeedForwardLayer: Hashable {
  case dense(FeedForward)
  case mixture(router: Linear, experts: [FeedForward])
}

struct LayerWeights: Hashable {
  var name: String
  var attentionNorm: NormLayer
  var projection: AttentionProjection
  var queryNorm: NormLayer?
  var keyNorm: NormLayer?
  var attentionOutput: Linear
  var postAttentionNorm: NormLayer?
  var feedForwardNorm: NormLayer
  var feedForward: FeedForwardLayer
  var postFeedForwardNorm: NormLayer?
}

/// All weights of a model, declared from its architecture alone.
///
/// Addresses follow the order of declaration, each weight at a multiple of 256 bytes.
struct ModelWeights {
  private(set) var embedding: Weight
  private(set) var positions: Weight?
  private(set) var layers: [LayerWeights] = []
  private(set) var finalNorm: NormLayer?
  /// From the width of the embedding table to the hidden width and back, where they differ.
  private(set) var projectIn: Linear?
  private(set) var projectOut: Linear?
  private(set) var head: Linear
  /// Every weight once, in order of declaration; a weight's id is its place here.
  private(set) var all: [Weight]
  /// The first byte behind the weights.
  private(set) var endAddress: Int

  /// Declares the weights.
  ///
  /// - Parameter describe: the name in the file and the element type of a weight, when a file is
  ///   there; the declared name and the architecture's type otherwise.
  init(
    _ architecture: TransformerArchitecture,
    layers count: Int? = nil,
    describe: @escaping (String) -> (name: String, dtype: DataType)?
  ) {
    var builder = Builder(architecture: architecture, describe: describe)
    let naming = builder.naming
    let a = architecture
    let width = a.embeddingWidth ?? a.hidden
    let embedding = builder.weight(naming.embedding + ".weight", [a.vocabulary, width])
    self.embedding = embedding
    if a.embeddingWidth != nil {
      projectIn = builder.linear(naming.projectIn, width, a.hidden, bias: false)
    }
    if a.positionEmbedding.kind == .learned {
      positions = builder.weight(
        naming.positions + ".weight",
        [a.positions + (a.positionEmbedding.offset ?? 0), a.hidden])
    }
    for layer in 0..<(count ?? a.layers) { layers.append(builder.layer(layer)) }
    if a.normPlacement != .post { finalNorm = builder.norm(naming.finalNorm, a.hidden) }
    if a.embeddingWidth != nil {
      projectOut = builder.linear(naming.projectOut, a.hidden, width, bias: false)
    }
    if a.tiedEmbeddings {
      head = Linear(
        name: naming.head, weight: embedding, inputs: width, outputs: a.vocabulary)
    } else {
      // The head is a plain linear layer in every family, Conv1D ones included.
      head = Linear(
        name: naming.head,
        weight: builder.weight(naming.head + ".weight", [a.vocabulary, width]),
        inputs: width, outputs: a.vocabulary)
    }
    all = builder.all
    endAddress = builder.nextAddress
  }

  /// Drops the layers behind the first `count`; ids and addresses stay.
  mutating func keepFirst(layers count: Int) {
    layers.removeSubrange(count...)
  }

  /// The sum of all declared elements.
  var parameterCount: Int { all.reduce(0) { $0 + $1.tensor.shape.elements } }
}

private struct Builder {
  let architecture: TransformerArchitecture
  let describe: (String) -> (name: String, dtype: DataType)?
  let naming: WeightNaming
  var all: [Weight] = []
  var nextAddress = 0

  init(
    architecture: TransformerArchitecture,
    describe: @escaping (String) -> (name: String, dtype: DataType)?
  ) {
    self.architecture = architecture
    self.describe = describe
    naming = WeightNaming(architecture.family)
  }

  mutating func weight(
    _ name: String, _ shape: TensorShape, layout: GEMM.Layout = .transposed
  ) -> Weight {
    let (name, dtype) = describe(name) ?? (name, architecture.dtype)
    let weight = Weight(
      tensor: Workload.Tensor(
        id: all.count, name: name, shape: shape, dtype: dtype, role: .weight,
        address: nextAddress),
      layout: layout)
    // A lying configuration may claim more than 2^63 bytes; its shapes are refused afterwards.
    let (end, overflow) = nextAddress.addingReportingOverflow(
      (Int(weight.tensor.bytes.count) + 255) / 256 * 256)
    nextAddress = overflow ? nextAddress : end
    all.append(weight)
    return weight
  }

  mutating func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool) -> Linear {
    let isPlain = naming.isConv1D
    let weight = weight(
      name + ".weight", isPlain ? [inputs, outputs] : [outputs, inputs],
      layout: isPlain ? .plain : .transposed)
    return Linear(
      name: name, weight: weight, bias: bias ? self.weight(name + ".bias", [outputs]) : nil,
      inputs: inputs, outputs: outputs)
  }

  mutating func norm(_ name: String, _ width: Int) -> NormLayer {
    NormLayer(
      name: name, weight: weight(name + naming.normSuffix, [width]),
      bias: architecture.norm == .layer ? weight(name + ".bias", [width]) : nil)
  }

  /// The norm of one head's queries or keys: root mean square in every family that has it.
  mutating func headNorm(_ name: String) -> NormLayer {
    NormLayer(name: name, weight: weight(name + ".weight", [architecture.headDim]))
  }

  mutating func layer(_ index: Int) -> LayerWeights {
    let a = architecture
    let name = "\(naming.layers).\(index)"
    let prefix = name + "."
    let (queries, keys) = (a.heads * a.headDim, a.kvHeads * a.headDim)
    let attentionNorm = norm(prefix + naming.attentionNorm, a.hidden)
    let projection: AttentionProjection
    let hasBias = a.biases.queryKeyValue
    if let merged = naming.queryKeyValue {
      projection = .merged(linear(prefix + merged, a.hidden, queries + 2 * keys, bias: hasBias))
    } else {
      projection = .separate(
        query: linear(prefix + naming.query, a.hidden, queries, bias: hasBias),
        key: linear(prefix + naming.key, a.hidden, keys, bias: hasBias),
        value: linear(prefix + naming.value, a.hidden, keys, bias: hasBias))
    }
    let queryNorm = a.queryKeyNorm ? headNorm(prefix + naming.queryNorm) : nil
    let keyNorm = a.queryKeyNorm ? headNorm(prefix + naming.keyNorm) : nil
    let output = linear(
      prefix + naming.attentionOutput, queries, a.hidden, bias: a.biases.attentionOutput)
    let isPeri = a.normPlacement == .peri
    let postAttention = isPeri ? norm(prefix + naming.postAttentionNorm, a.hidden) : nil
    let feedForwardNorm = norm(prefix + naming.feedForwardNorm, a.hidden)
    let feedForward = feedForward(index, prefix)
    return LayerWeights(
      name: name, attentionNorm: attentionNorm, projection: projection, queryNorm: queryNorm,
      keyNorm: keyNorm, attentionOutput: output, postAttentionNorm: postAttention,
      feedForwardNorm: feedForwardNorm, feedForward: feedForward,
      postFeedForwardNorm: isPeri ? norm(prefix + naming.postFeedForwardNorm, a.hidden) : nil)
  }

  mutating func feedForward(_ index: Int, _ prefix: String) -> FeedForwardLayer {
    let a = architecture
    guard let experts = a.experts, a.hasExperts(layer: index) else {
      let hasBias = a.biases.feedForward
      return .dense(
        FeedForward(
          gate: a.gated
            ? linear(prefix + naming.gate, a.hidden, a.intermediate, bias: hasBias) : nil,
          up: linear(prefix + naming.up, a.hidden, a.intermediate, bias: hasBias),
          down: linear(prefix + naming.down, a.intermediate, a.hidden, bias: hasBias)))
    }
    let router = linear(prefix + naming.router, a.hidden, experts.count, bias: false)
    let networks = (0..<experts.count).map { expert in
      let prefix = "\(prefix)\(naming.experts).\(expert)."
      return FeedForward(
        gate: a.gated
          ? linear(prefix + naming.expertGate, a.hidden, a.intermediate, bias: false) : nil,
        up: linear(prefix + naming.expertUp, a.hidden, a.intermediate, bias: false),
        down: linear(prefix + naming.expertDown, a.intermediate, a.hidden, bias: false))
    }
    return .mixture(router: router, experts: networks)
  }
}
