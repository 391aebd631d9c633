internal import Numerics
internal import Units
internal import Workload

/// A weight as the trace names it, and how its matrix lies.
struct Weight: Hashable {
  var tensor: Workload.Tensor
  var layout = GEMM.Layout.transposed
  /// The scales of an integer matrix, `[outputs, groups]`.
  var scale: Workload.Tensor?

  /// Whether these are the scales of the weight before.
  var isScale = false

  /// The tensors that hold it.
  var tensors: [Workload.Tensor] { [tensor] + [scale].compactMap { $0 } }
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
  /// - Parameter types: types that replace those.
  init(
    _ architecture: TransformerArchitecture,
    layers count: Int? = nil,
    types: WeightTypes? = nil,
    describe: @escaping (String) -> (name: String, dtype: DataType)?
  ) {
    var builder = Builder(architecture: architecture, types: types, describe: describe)
    let naming = builder.naming
    let a = architecture
    let width = a.embeddingWidth ?? a.hidden
    let embedding = builder.weight(
      naming.embedding + ".weight", [a.vocabulary, width], .embedding)
    self.embedding = embedding
    if a.embeddingWidth != nil {
      projectIn = builder.linear(naming.projectIn, width, a.hidden, .embedding, bias: false)
    }
    if a.positionEmbedding.kind == .learned {
      positions = builder.weight(
        naming.positions + ".weight",
        [a.positions + (a.positionEmbedding.offset ?? 0), a.hidden], .embedding)
    }
    for layer in 0..<(count ?? a.layers) { layers.append(builder.layer(layer)) }
    if a.normPlacement != .post { finalNorm = builder.norm(naming.finalNorm, a.hidden) }
    if a.embeddingWidth != nil {
      projectOut = builder.linear(naming.projectOut, a.hidden, width, .embedding, bias: false)
    }
    if a.tiedEmbeddings {
      head = Linear(
        name: naming.head, weight: embedding, inputs: width, outputs: a.vocabulary)
    } else {
      // The head is a plain linear layer in every family, Conv1D ones included.
      head = Linear(
        name: naming.head,
        weight: builder.weight(naming.head + ".weight", [a.vocabulary, width], .head),
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
  var parameterCount: Int { all.reduce(0) { $0 + ($1.isScale ? 0 : $1.tensor.shape.elements) } }
}

private struct Builder {
  let architecture: TransformerArchitecture
  let types: WeightTypes?
  let describe: (String) -> (name: String, dtype: DataType)?
  let naming: WeightNaming
  var all: [Weight] = []
  private var placed = 0
  var nextAddress = 0

  init(
    architecture: TransformerArchitecture, types: WeightTypes?,
    describe: @escaping (String) -> (name: String, dtype: DataType)?
  ) {
    self.types = types
    self.architecture = architecture
    self.describe = describe
    naming = WeightNaming(architecture.family)
  }

  mutating func weight(
    _ name: String, _ shape: TensorShape, _ role: WeightRole,
    layout: GEMM.Layout = .transposed
  ) -> Weight {
    let (name, stored) = describe(name) ?? (name, architecture.dtype)
    let dtype = types?.types[role] ?? stored
    var weight = Weight(tensor: place(name, shape, dtype), layout: layout)
    guard let types, types.types[role] != nil, SymmetricRounding.hasScales(dtype),
      shape.rank == 2
    else {
      all.append(weight)
      return weight
    }
    let (outputs, inputs) = layout == .plain ? (shape[1], shape[0]) : (shape[0], shape[1])
    let index = all.count
    all.append(weight)
    let scale = Weight(
      tensor: place(
        name + "_scale", [outputs, (inputs + types.group - 1) / types.group], .f16),
      isScale: true)
    weight.scale = scale.tensor
    all[index] = weight
    all.append(scale)
    return weight
  }

  /// The tensor of the next weight.
  private mutating func place(
    _ name: String, _ shape: TensorShape, _ dtype: DataType
  ) -> Workload.Tensor {
    defer { placed += 1 }
    let tensor = Workload.Tensor(
      id: placed, name: name, shape: shape, dtype: dtype, role: .weight, address: nextAddress)
    // A lying configuration may claim more than 2^63 bytes; its shapes are refused afterwards.
    let (end, overflow) = nextAddress.addingReportingOverflow(
      (Int(tensor.bytes.count) + 255) / 256 * 256)
    nextAddress = overflow ? nextAddress : end
    return tensor
  }

  mutating func linear(
    _ name: String, _ inputs: Int, _ outputs: Int, _ role: WeightRole, bias: Bool
  ) -> Linear {
    let isPlain = naming.isConv1D
    let weight = weight(
      name + ".weight", isPlain ? [inputs, outputs] : [outputs, inputs], role,
      layout: isPlain ? .plain : .transposed)
    return Linear(
      name: name, weight: weight,
      bias: bias ? self.weight(name + ".bias", [outputs], .vectors) : nil,
      inputs: inputs, outputs: outputs)
  }

  mutating func norm(_ name: String, _ width: Int) -> NormLayer {
    NormLayer(
      name: name, weight: weight(name + naming.normSuffix, [width], .vectors),
      bias: architecture.norm == .layer ? weight(name + ".bias", [width], .vectors) : nil)
  }

  /// The norm of one head's queries or keys: root mean square in every family that has it.
  mutating func headNorm(_ name: String) -> NormLayer {
    NormLayer(name: name, weight: weight(name + ".weight", [architecture.headDim], .vectors))
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
      projection = .merged(
        linear(prefix + merged, a.hidden, queries + 2 * keys, .attention, bias: hasBias))
    } else {
      projection = .separate(
        query: linear(prefix + naming.query, a.hidden, queries, .attention, bias: hasBias),
        key: linear(prefix + naming.key, a.hidden, keys, .attention, bias: hasBias),
        value: linear(prefix + naming.value, a.hidden, keys, .attention, bias: hasBias))
    }
    let queryNorm = a.queryKeyNorm ? headNorm(prefix + naming.queryNorm) : nil
    let keyNorm = a.queryKeyNorm ? headNorm(prefix + naming.keyNorm) : nil
    let output = linear(
      prefix + naming.attentionOutput, queries, a.hidden, .attention, bias: a.biases.attentionOutput
    )
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
            ? linear(prefix + naming.gate, a.hidden, a.intermediate, .feedForward, bias: hasBias)
            : nil,
          up: linear(prefix + naming.up, a.hidden, a.intermediate, .feedForward, bias: hasBias),
          down: linear(prefix + naming.down, a.intermediate, a.hidden, .feedForward, bias: hasBias))
      )
    }
    let router = linear(prefix + naming.router, a.hidden, experts.count, .router, bias: false)
    let networks = (0..<experts.count).map { expert in
      let prefix = "\(prefix)\(naming.experts).\(expert)."
      return FeedForward(
        gate: a.gated
          ? linear(prefix + naming.expertGate, a.hidden, a.intermediate, .experts, bias: false)
          : nil,
        up: linear(prefix + naming.expertUp, a.hidden, a.intermediate, .experts, bias: false),
        down: linear(prefix + naming.expertDown, a.intermediate, a.hidden, .experts, bias: false))
    }
    return .mixture(router: router, experts: networks)
  }
}
