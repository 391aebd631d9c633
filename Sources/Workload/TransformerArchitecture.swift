public import Units

/// The shape of a decoder-only transformer: everything that decides its operators and weights.
///
/// Encoders, cross-attention and vision parts are not covered.
public struct TransformerArchitecture: Hashable, Sendable, Codable {
  /// The name under which reports show the model.
  public var name: String
  /// Which code path and weight names the model uses.
  public var family: ModelFamily
  /// Where the numbers come from.
  public var source: String
  /// The number of decoder layers.
  public var layers: Int
  /// The width of the residual stream.
  public var hidden: Int
  /// Query heads.
  public var heads: Int
  /// Key and value heads; equal to `heads` without grouping.
  public var kvHeads: Int
  /// The width of one head; need not be hidden / heads.
  public var headDim: Int
  /// The inner width of the feed-forward network, or of one expert.
  public var intermediate: Int
  /// The number of tokens in the vocabulary.
  public var vocabulary: Int
  /// The longest context; also the number of learned positions, where there are any.
  public var positions: Int
  /// How positions enter.
  public var positionEmbedding: PositionEmbedding
  /// The kind of every norm.
  public var norm: NormFunction
  /// Added to the variance.
  public var normEpsilon: Double
  /// Where the norms of a layer stand.
  public var normPlacement: NormPlacement
  /// The non-linearity of the feed-forward network.
  public var activation: ActivationFunction
  /// Whether the feed-forward network has a gate matrix (three matrices instead of two).
  public var gated: Bool
  /// Which linear layers have biases.
  public var biases: LinearBiases
  /// Whether queries and keys are normalised per head before the rotary embedding.
  public var queryKeyNorm: Bool
  /// Whether the head uses the embedding table.
  public var tiedEmbeddings: Bool
  /// Elements of a token's row in the embedding table and of the head's input, where projections lead to
  /// and from `hidden`; `hidden` when left out.
  public var embeddingWidth: Int?
  /// Sliding-window attention: keys that a query sees, itself included.
  public var window: Int?
  /// The mixture of experts, if there is one.
  public var experts: MixtureOfExperts?
  /// The element type of weights and activations unless the user says otherwise.
  public var dtype: DataType

  public init(
    name: String, family: ModelFamily, source: String, layers: Int, hidden: Int, heads: Int,
    kvHeads: Int, headDim: Int, intermediate: Int, vocabulary: Int, positions: Int,
    positionEmbedding: PositionEmbedding, norm: NormFunction, normEpsilon: Double,
    normPlacement: NormPlacement = .pre, activation: ActivationFunction, gated: Bool,
    biases: LinearBiases = LinearBiases(), queryKeyNorm: Bool = false, tiedEmbeddings: Bool,
    window: Int? = nil, experts: MixtureOfExperts? = nil, dtype: DataType
  ) {
    self.name = name
    self.family = family
    self.source = source
    self.layers = layers
    self.hidden = hidden
    self.heads = heads
    self.kvHeads = kvHeads
    self.headDim = headDim
    self.intermediate = intermediate
    self.vocabulary = vocabulary
    self.positions = positions
    self.positionEmbedding = positionEmbedding
    self.norm = norm
    self.normEpsilon = normEpsilon
    self.normPlacement = normPlacement
    self.activation = activation
    self.gated = gated
    self.biases = biases
    self.queryKeyNorm = queryKeyNorm
    self.tiedEmbeddings = tiedEmbeddings
    self.window = window
    self.experts = experts
    self.dtype = dtype
  }

  enum CodingKeys: String, CodingKey {
    case name, family, source, layers, hidden, heads
    case kvHeads = "kv_heads"
    case headDim = "head_dim"
    case intermediate, vocabulary, positions
    case positionEmbedding = "position_embedding"
    case norm
    case normEpsilon = "norm_epsilon"
    case normPlacement = "norm_placement"
    case activation, gated, biases
    case queryKeyNorm = "query_key_norm"
    case tiedEmbeddings = "tied_embeddings"
    case embeddingWidth = "embedding_width"
    case window, experts, dtype
  }
}

/// A family of models that share code and weight names.
public enum ModelFamily: String, CaseIterable, Hashable, Sendable, Codable {
  case llama, mistral, mixtral, qwen2, qwen3, gpt2, opt, glam, grok
}

/// How positions enter a transformer.
public enum PositionEmbeddingKind: String, CaseIterable, Hashable, Sendable, Codable {
  case rope, learned, none
}

/// Parameters of the position embedding.
public struct PositionEmbedding: Hashable, Sendable, Codable {
  /// The kind.
  public var kind: PositionEmbeddingKind
  /// The base of the rotary frequencies.
  public var theta: Double?
  /// Rows before the first learned position (2 in OPT).
  public var offset: Int?
  /// How rotary frequencies are stretched for long contexts.
  public var scaling: RopeScaling?

  public init(
    kind: PositionEmbeddingKind, theta: Double? = nil, offset: Int? = nil,
    scaling: RopeScaling? = nil
  ) {
    self.kind = kind
    self.theta = theta
    self.offset = offset
    self.scaling = scaling
  }

  /// Rotary embedding with base `theta`.
  public static func rope(theta: Double, scaling: RopeScaling? = nil) -> PositionEmbedding {
    PositionEmbedding(kind: .rope, theta: theta, scaling: scaling)
  }

  /// A learned table, with `offset` unused rows in front.
  public static func learned(offset: Int = 0) -> PositionEmbedding {
    PositionEmbedding(kind: .learned, offset: offset == 0 ? nil : offset)
  }
}

/// Stretching of rotary frequencies, with the parameter names of Hugging Face configurations.
public struct RopeScaling: Hashable, Sendable, Codable {
  /// The formula.
  public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
    case linear, llama3, yarn
  }

  public var kind: Kind
  public var factor: Double
  public var originalPositions: Int?
  public var lowFrequencyFactor: Double?
  public var highFrequencyFactor: Double?
  public var betaFast: Double?
  public var betaSlow: Double?
  public var attentionFactor: Double?

  public init(
    kind: Kind, factor: Double, originalPositions: Int? = nil,
    lowFrequencyFactor: Double? = nil, highFrequencyFactor: Double? = nil,
    betaFast: Double? = nil, betaSlow: Double? = nil, attentionFactor: Double? = nil
  ) {
    self.kind = kind
    self.factor = factor
    self.originalPositions = originalPositions
    self.lowFrequencyFactor = lowFrequencyFactor
    self.highFrequencyFactor = highFrequencyFactor
    self.betaFast = betaFast
    self.betaSlow = betaSlow
    self.attentionFactor = attentionFactor
  }

  enum CodingKeys: String, CodingKey {
    case kind, factor
    case originalPositions = "original_positions"
    case lowFrequencyFactor = "low_frequency_factor"
    case highFrequencyFactor = "high_frequency_factor"
    case betaFast = "beta_fast"
    case betaSlow = "beta_slow"
    case attentionFactor = "attention_factor"
  }
}

/// Where the norms of a layer stand: before each sublayer, after it, or both.
public enum NormPlacement: String, CaseIterable, Hashable, Sendable, Codable {
  case pre, post, peri
}

/// Which linear layers have biases.
public struct LinearBiases: Hashable, Sendable, Codable {
  /// Query, key and value projections.
  public var queryKeyValue: Bool
  /// The output projection of attention.
  public var attentionOutput: Bool
  /// The feed-forward network.
  public var feedForward: Bool

  public init(
    queryKeyValue: Bool = false, attentionOutput: Bool = false, feedForward: Bool = false
  ) {
    self.queryKeyValue = queryKeyValue
    self.attentionOutput = attentionOutput
    self.feedForward = feedForward
  }

  /// Biases everywhere.
  public static let all = LinearBiases(
    queryKeyValue: true, attentionOutput: true, feedForward: true)

  enum CodingKeys: String, CodingKey {
    case queryKeyValue = "query_key_value"
    case attentionOutput = "attention_output"
    case feedForward = "feed_forward"
  }
}

/// A mixture of experts in place of the feed-forward network.
public struct MixtureOfExperts: Hashable, Sendable, Codable {
  /// The number of experts of a layer.
  public var count: Int
  /// How many experts a token visits.
  public var topK: Int
  /// Every how many layers the mixture stands; the others are dense.
  public var layerStride: Int
  /// The first layer with a mixture.
  public var firstLayer: Int

  public init(count: Int, topK: Int, layerStride: Int = 1, firstLayer: Int = 0) {
    self.count = count
    self.topK = topK
    self.layerStride = layerStride
    self.firstLayer = firstLayer
  }

  enum CodingKeys: String, CodingKey {
    case count
    case topK = "top_k"
    case layerStride = "layer_stride"
    case firstLayer = "first_layer"
  }
}
