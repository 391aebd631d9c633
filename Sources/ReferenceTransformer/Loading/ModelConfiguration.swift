internal import Numerics
internal import Units
public import Workload

/// What a model directory says about a model: its architecture, and what only the executor needs.
public struct ModelConfiguration: Hashable, Sendable {
  public var architecture: TransformerArchitecture
  /// The sliding window of each layer; nil is full attention.
  public var windows: [Int?]
  /// Whether rotary pairs are neighbours (GGUF, llama2.c) instead of halves (Hugging Face).
  public var isRopeInterleaved: Bool
  /// Whether scores are divided by the square root of the head's width.
  public var scalesScores: Bool
  /// Whether scores are also divided by the layer's number, counted from 1 (a GPT-2 option).
  public var scalesByLayer: Bool

  /// The configuration of an architecture that was not read from a model directory.
  public init(architecture: TransformerArchitecture) {
    self.architecture = architecture
    windows = Array(repeating: architecture.window, count: architecture.layers)
    isRopeInterleaved = false
    scalesScores = true
    scalesByLayer = false
  }

  /// The factor on the scores of a layer.
  func scoreScale(layer: Int) -> Double {
    let width = scalesScores ? 1 / Double(architecture.headDim).squareRoot() : 1
    return scalesByLayer ? width / Double(layer + 1) : width
  }
}

extension ModelConfiguration {
  /// The widest hidden state, and the most layers, that a file may claim.
  static let widest = 1 << 20
  static let mostLayers = 1 << 16

  /// The `architectures` entries that are known.
  static let families: [String: ModelFamily] = [
    "LlamaForCausalLM": .llama, "MistralForCausalLM": .mistral, "MixtralForCausalLM": .mixtral,
    "Qwen2ForCausalLM": .qwen2, "Qwen3ForCausalLM": .qwen3, "GPT2LMHeadModel": .gpt2,
    "OPTForCausalLM": .opt,
  ]

  /// Reads `config.json`.
  ///
  /// - Throws: `ModelError` naming the file and the key.
  public init(file: String, name: String) throws(ModelError) {
    let json = try Self.json(file)
    guard let members = json.objectValue else { throw ModelError(file, "is no JSON object") }
    let reader = ConfigurationReader(file: file, members: members)
    let entry = members["architectures"]?.arrayValue?.first?.stringValue
    guard let entry else { throw reader.fail("\"architectures\" is missing; expected one entry") }
    guard let family = Self.families[entry] else {
      let known = Self.families.keys.sorted().joined(separator: ", ")
      throw reader.fail("architecture \"\(entry)\" is not supported; known: \(known)")
    }
    switch family {
    case .gpt2: self = try .gpt2(reader, name: name)
    case .opt: self = try .opt(reader, name: name)
    default: self = try .llamaLike(reader, family: family, name: name)
    }
    do throws(ArchitectureError) { try architecture.validate() } catch {
      throw ModelError(file, error.description)
    }
  }

  /// The file as a JSON value.
  static func json(_ file: String) throws(ModelError) -> JSONValue {
    let mapped: MappedFile
    do throws(TensorFileError) { mapped = try MappedFile(path: file) } catch {
      throw ModelError(error)
    }
    do throws(JSONError) { return try JSONValue.parse(mapped.bytes) } catch {
      throw ModelError(file, "is not JSON: \(error.message) at byte \(error.offset)")
    }
  }

  private static func activation(
    _ reader: ConfigurationReader, _ key: String, default fallback: String
  ) throws(ModelError) -> ActivationFunction {
    let name = try reader.text(key) ?? fallback
    switch name {
    case "silu", "swish": return .silu
    case "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
    case "relu": return .relu
    case "sigmoid": return .sigmoid
    case "tanh": return .tanh
    default:
      throw reader.fail(
        "\"\(key)\" is \"\(name)\"; known: silu, gelu, gelu_new, gelu_pytorch_tanh, relu, "
          + "sigmoid, tanh")
    }
  }

  private static func dataType(_ reader: ConfigurationReader) throws(ModelError) -> DataType {
    let name = try reader.text("dtype", or: "torch_dtype") ?? "float32"
    switch name {
    case "float32": return .f32
    case "float16": return .f16
    case "bfloat16": return .bf16
    default: throw reader.fail("dtype \"\(name)\" is not supported; use float32, float16, bfloat16")
    }
  }

  private static func gpt2(
    _ reader: ConfigurationReader, name: String
  ) throws(ModelError) -> ModelConfiguration {
    let hidden = try reader.size("n_embd", most: ModelConfiguration.widest)
    let heads = try reader.size("n_head", most: ModelConfiguration.widest)
    guard hidden % heads == 0 else {
      throw reader.fail("n_embd (\(hidden)) is not a multiple of n_head (\(heads))")
    }
    if try reader.flag("add_cross_attention", default: false) {
      throw reader.fail("cross-attention is not supported")
    }
    var configuration = ModelConfiguration(
      architecture: TransformerArchitecture(
        name: name, family: .gpt2, source: reader.file,
        layers: try reader.size("n_layer", most: ModelConfiguration.mostLayers),
        hidden: hidden, heads: heads, kvHeads: heads, headDim: hidden / heads,
        intermediate: try reader.optionalSize("n_inner", most: ModelConfiguration.widest) ?? 4
          * hidden,
        vocabulary: try reader.size("vocab_size"), positions: try reader.size("n_positions"),
        positionEmbedding: .learned(), norm: .layer,
        normEpsilon: try reader.number("layer_norm_epsilon", default: 1e-5),
        activation: try activation(reader, "activation_function", default: "gelu_new"),
        gated: false, biases: .all,
        tiedEmbeddings: try reader.flag("tie_word_embeddings", default: true),
        dtype: try dataType(reader)))
    configuration.scalesScores = try reader.flag("scale_attn_weights", default: true)
    configuration.scalesByLayer = try reader.flag(
      "scale_attn_by_inverse_layer_idx", default: false)
    return configuration
  }

  private static func opt(
    _ reader: ConfigurationReader, name: String
  ) throws(ModelError) -> ModelConfiguration {
    let hidden = try reader.size("hidden_size", most: ModelConfiguration.widest)
    let heads = try reader.size("num_attention_heads", most: ModelConfiguration.widest)
    guard hidden % heads == 0 else {
      throw reader.fail(
        "hidden_size (\(hidden)) is not a multiple of num_attention_heads (\(heads))")
    }
    let width = try reader.optionalSize("word_embed_proj_dim", most: ModelConfiguration.widest)
    guard try reader.flag("layer_norm_elementwise_affine", default: true) else {
      throw reader.fail("norms without weights are not supported")
    }
    let isPre = try reader.flag("do_layer_norm_before", default: true)
    if isPre, try reader.flag("_remove_final_layer_norm", default: false) {
      throw reader.fail("_remove_final_layer_norm is not supported")
    }
    var configuration = ModelConfiguration(
      architecture: TransformerArchitecture(
        name: name, family: .opt, source: reader.file,
        layers: try reader.size("num_hidden_layers", most: ModelConfiguration.mostLayers),
        hidden: hidden, heads: heads,
        kvHeads: heads, headDim: hidden / heads,
        intermediate: try reader.size("ffn_dim", most: ModelConfiguration.widest),
        vocabulary: try reader.size("vocab_size"),
        positions: try reader.size("max_position_embeddings"),
        positionEmbedding: .learned(offset: 2), norm: .layer, normEpsilon: 1e-5,
        normPlacement: isPre ? .pre : .post,
        activation: try activation(reader, "activation_function", default: "relu"), gated: false,
        biases: try reader.flag("enable_bias", default: true) ? .all : LinearBiases(),
        tiedEmbeddings: try reader.flag("tie_word_embeddings", default: true),
        dtype: try dataType(reader)))
    if let width, width != hidden { configuration.architecture.embeddingWidth = width }
    return configuration
  }

  private static func llamaLike(
    _ reader: ConfigurationReader, family: ModelFamily, name: String
  ) throws(ModelError) -> ModelConfiguration {
    let hidden = try reader.size("hidden_size", most: ModelConfiguration.widest)
    let heads = try reader.size("num_attention_heads", most: ModelConfiguration.widest)
    // What Hugging Face's configuration classes take when a key is absent.
    let defaultKVHeads =
      switch family {
      case .mistral, .mixtral: 8
      case .qwen2, .qwen3: 32
      default: heads
      }
    let isPresent = reader.members["num_key_value_heads"].map { !$0.isNull } ?? false
    let kvHeads =
      reader.members["num_key_value_heads"] == nil
      ? min(heads, defaultKVHeads)
      : isPresent ? try reader.size("num_key_value_heads", most: ModelConfiguration.widest) : heads
    var headDim = try reader.optionalSize("head_dim", most: 1 << 16)
    if headDim == nil && family == .qwen3 && reader.members["head_dim"] == nil { headDim = 128 }
    if headDim == nil && hidden % heads != 0 {
      throw reader.fail(
        "hidden_size (\(hidden)) is not a multiple of num_attention_heads (\(heads)); "
          + "give head_dim")
    }
    let layers = try reader.size("num_hidden_layers", most: ModelConfiguration.mostLayers)
    let positions = try reader.size("max_position_embeddings")
    var experts: MixtureOfExperts?
    if family == .mixtral {
      let count = try reader.optionalSize("num_local_experts", most: 1 << 12) ?? 8
      experts = MixtureOfExperts(
        count: count, topK: try reader.optionalSize("num_experts_per_tok") ?? 2)
    }
    let bias = try reader.flag("attention_bias", default: false)
    let isTied = try reader.flag("tie_word_embeddings", default: false)
    let epsilon = family == .mixtral ? 1e-5 : 1e-6
    var configuration = ModelConfiguration(
      architecture: TransformerArchitecture(
        name: name, family: family, source: reader.file, layers: layers, hidden: hidden,
        heads: heads, kvHeads: kvHeads, headDim: headDim ?? hidden / heads,
        intermediate: try reader.size("intermediate_size", most: ModelConfiguration.widest),
        vocabulary: try reader.size("vocab_size"), positions: positions,
        positionEmbedding: try rope(reader, family: family, positions: positions), norm: .rms,
        normEpsilon: try reader.number("rms_norm_eps", default: epsilon),
        activation: try activation(reader, "hidden_act", default: "silu"), gated: true,
        biases: LinearBiases(
          queryKeyValue: family == .qwen2 || (bias && family != .mistral && family != .mixtral),
          attentionOutput: bias && (family == .llama || family == .qwen3),
          feedForward: family == .llama ? try reader.flag("mlp_bias", default: false) : false),
        queryKeyNorm: family == .qwen3, tiedEmbeddings: isTied, experts: experts,
        dtype: try dataType(reader)))
    try configuration.readWindows(reader, family: family)
    return configuration
  }

  /// Which layers have a sliding window.
  private mutating func readWindows(
    _ reader: ConfigurationReader, family: ModelFamily
  ) throws(ModelError) {
    var window = try reader.optionalSize("sliding_window")
    switch family {
    case .mistral:
      if reader.members["sliding_window"] == nil { window = 4096 }
    case .mixtral: break
    case .qwen2, .qwen3:
      if reader.members["sliding_window"] == nil { window = 4096 }
      if try !reader.flag("use_sliding_window", default: false) { window = nil }
    default: window = nil
    }
    guard let window else { return }
    var layers = Array(repeating: true, count: architecture.layers)
    if family == .qwen2 || family == .qwen3 {
      if let types = reader.value("layer_types")?.arrayValue {
        guard types.count == architecture.layers else {
          throw reader.fail("\"layer_types\" must have one entry a layer")
        }
        layers = types.map { $0.stringValue == "sliding_attention" }
      } else {
        var full = 28
        if let value = reader.value("max_window_layers") {
          guard let layers = value.intValue, layers >= 0 else {
            throw reader.fail("\"max_window_layers\" must be a natural number")
          }
          full = layers
        }
        layers = (0..<architecture.layers).map { $0 >= full }
      }
    }
    windows = layers.map { $0 ? window : nil }
    if layers.allSatisfy({ $0 }) { architecture.window = window }
  }
}
