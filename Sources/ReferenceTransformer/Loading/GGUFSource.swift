internal import Numerics
internal import Units
internal import Workload

/// A GGUF file, versions 2 and 3, with f32, f16 and bf16 tensors of a Llama-like model.
///
/// Rows of query and key matrices are permuted there, so rotary pairs are neighbours for `llama`;
/// `qwen2` and `qwen3` keep the halves. Source: the GGUF specification of the ggml project.
struct GGUFSource: TensorSource {
  private enum Metadata {
    case number(Double)
    case text(String)
    case other
  }

  let place: String
  private let file: MappedFile
  private var metadata: [String: Metadata] = [:]
  private var entries: [String: SourceTensor] = [:]

  init(path: String) throws(ModelError) {
    place = path
    do throws(TensorFileError) { file = try MappedFile(path: path) } catch {
      throw ModelError(error)
    }
    var reader = ByteReader(file)
    guard try reader.integer(UInt32.self) == 0x4655_4747 else {
      throw ModelError(path, "is not a GGUF file")
    }
    let version: UInt32 = try reader.integer()
    guard version == 2 || version == 3 else {
      throw ModelError(path, "GGUF version \(version) is not supported; known: 2, 3")
    }
    // The shortest tensor description takes 24 bytes, the shortest metadata entry 13.
    let tensors = try reader.count(unit: 24)
    let pairs = try reader.count(unit: 13)
    for _ in 0..<pairs {
      let key = try reader.string()
      let type: UInt32 = try reader.integer()
      metadata[key] = try Self.value(&reader, type, depth: 0)
    }
    var described: [(name: String, shape: [Int], type: DataType, offset: Int)] = []
    for _ in 0..<tensors { described.append(try Self.tensor(&reader)) }
    var alignment = 32
    if case .number(let value) = metadata["general.alignment"] {
      guard value >= 1, value <= 1_048_576, value == value.rounded() else {
        throw ModelError(path, "general.alignment is \(value)")
      }
      alignment = Int(value)
    }
    let start = (reader.position + alignment - 1) / alignment * alignment
    for (name, shape, type, offset) in described {
      var bits = type.bits
      for extent in shape {
        let (product, overflow) = bits.multipliedReportingOverflow(by: extent)
        guard !overflow else {
          throw ModelError(path, "tensor \"\(name)\" has a shape that overflows")
        }
        bits = product
      }
      let available = file.bytes.count - start
      guard offset <= available, bits / 8 <= available - offset else {
        throw ModelError(
          path, "tensor \"\(name)\" claims \(bits / 8) bytes at \(offset); the file ends before")
      }
      let bytes = UnsafeRawBufferPointer(
        rebasing: file.bytes[start + offset..<start + offset + bits / 8])
      let entry = SourceTensor(dataType: type, shape: shape, bytes: bytes, file: file)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw ModelError(path, "tensor \"\(name)\" occurs twice")
      }
    }
    try splitExperts()
  }

  /// Gives each expert of a stacked tensor (`ffn_up_exps`, experts outermost) the name that it has in
  /// files which keep experts apart (`ffn_up.0`).
  private mutating func splitExperts() throws(ModelError) {
    for (name, stack) in entries where name.hasSuffix("_exps.weight") {
      guard stack.shape.count == 3, stack.shape[0] > 0, stack.shape[0] <= 1 << 12 else {
        throw ModelError(
          place, "tensor \"\(name)\" has shape \(stack.shape), not [experts, rows, columns]")
      }
      let size = stack.bytes.count / stack.shape[0]
      for expert in 0..<stack.shape[0] {
        entries["\(name.dropLast(12)).\(expert).weight"] = SourceTensor(
          dataType: stack.dataType, shape: Array(stack.shape.dropFirst()),
          bytes: UnsafeRawBufferPointer(
            rebasing: stack.bytes[expert * size..<(expert + 1) * size]), file: stack.file)
      }
    }
  }

  var names: [String] { entries.keys.sorted() }

  func entry(_ name: String) -> SourceTensor? { entries[name] }

  private static func tensor(
    _ reader: inout ByteReader
  ) throws(ModelError) -> (name: String, shape: [Int], type: DataType, offset: Int) {
    let name = try reader.string()
    let rank: UInt32 = try reader.integer()
    guard rank >= 1 && rank <= 4 else { throw reader.fail("a tensor of rank \(rank)") }
    var shape: [Int] = []
    for _ in 0..<rank {
      let extent: UInt64 = try reader.integer()
      guard extent <= 1 << 40 else { throw reader.fail("an extent of \(extent)") }
      shape.insert(Int(extent), at: 0)
    }
    let code: UInt32 = try reader.integer()
    let offset: UInt64 = try reader.integer()
    guard offset <= UInt64(reader.file.bytes.count) else {
      throw reader.fail("tensor \"\(name)\" lies outside the file")
    }
    switch code {
    case 0: return (name, shape, .f32, Int(offset))
    case 1: return (name, shape, .f16, Int(offset))
    case 30: return (name, shape, .bf16, Int(offset))
    default:
      throw reader.fail(
        "tensor \"\(name)\" is quantised (type \(code)); only f32, f16 and bf16 are read")
    }
  }

  private static func value(
    _ reader: inout ByteReader, _ type: UInt32, depth: Int
  ) throws(ModelError) -> Metadata {
    switch type {
    case 0: return .number(Double(try reader.integer(UInt8.self)))
    case 1: return .number(Double(try reader.integer(Int8.self)))
    case 2: return .number(Double(try reader.integer(UInt16.self)))
    case 3: return .number(Double(try reader.integer(Int16.self)))
    case 4: return .number(Double(try reader.integer(UInt32.self)))
    case 5: return .number(Double(try reader.integer(Int32.self)))
    case 6: return .number(Double(Float(bitPattern: try reader.integer(UInt32.self))))
    case 7: return .number(Double(try reader.integer(UInt8.self)))
    case 8: return .text(try reader.string())
    case 9:
      guard depth < 4 else { throw reader.fail("arrays nested too deep") }
      let element: UInt32 = try reader.integer()
      for _ in 0..<(try reader.count(unit: 1)) {
        _ = try value(&reader, element, depth: depth + 1)
      }
      return .other
    case 10: return .number(Double(try reader.integer(UInt64.self)))
    case 11: return .number(Double(try reader.integer(Int64.self)))
    case 12: return .number(Double(bitPattern: try reader.integer(UInt64.self)))
    default: throw reader.fail("unknown metadata type \(type)")
    }
  }
}

extension GGUFSource {
  /// The configuration that the metadata describe.
  func configuration(name: String) throws(ModelError) -> ModelConfiguration {
    guard case .text(let architecture) = metadata["general.architecture"] else {
      throw ModelError(place, "has no general.architecture")
    }
    let families: [String: ModelFamily] = ["llama": .llama, "qwen2": .qwen2, "qwen3": .qwen3]
    guard var family = families[architecture] else {
      throw ModelError(
        place, "architecture \"\(architecture)\" is not supported; known: llama, qwen2, qwen3")
    }
    func number(_ key: String) -> Double? {
      if case .number(let value) = metadata["\(architecture).\(key)"] { value } else { nil }
    }
    func size(_ key: String, most: Int = ModelConfiguration.widest) throws(ModelError) -> Int {
      guard let value = number(key), value >= 1, value <= Double(most) else {
        throw ModelError(place, "\(architecture).\(key) is missing or out of range")
      }
      return Int(value)
    }
    var experts: MixtureOfExperts?
    if let count = number("expert_count"), count > 0 {
      guard family == .llama else {
        throw ModelError(place, "a mixture of experts of \"\(architecture)\" is not supported")
      }
      family = .mixtral
      experts = MixtureOfExperts(
        count: try size("expert_count", most: 1 << 12),
        topK: try size("expert_used_count", most: 1 << 12))
    }
    if entries["rope_freqs.weight"] != nil || number("rope.scaling.factor") ?? 1 != 1 {
      throw ModelError(place, "scaled rotary embeddings in GGUF files are not supported")
    }
    let hidden = try size("embedding_length")
    let heads = try size("attention.head_count")
    let kvHeads =
      number("attention.head_count_kv") == nil
      ? heads : try size("attention.head_count_kv")
    guard let table = entries["token_embd.weight"], table.shape.count == 2 else {
      throw ModelError(place, "tensor \"token_embd.weight\" is missing")
    }
    let headDim =
      number("attention.key_length") == nil
      ? hidden / heads : try size("attention.key_length")
    let result = TransformerArchitecture(
      name: name, family: family, source: place,
      layers: try size("block_count", most: ModelConfiguration.mostLayers), hidden: hidden,
      heads: heads, kvHeads: kvHeads, headDim: headDim,
      intermediate: try size("feed_forward_length"), vocabulary: table.shape[0],
      positions: try size("context_length", most: 1 << 28),
      positionEmbedding: .rope(theta: number("rope.freq_base") ?? 10_000), norm: .rms,
      normEpsilon: number("attention.layer_norm_rms_epsilon") ?? 1e-5, activation: .silu,
      gated: true, biases: LinearBiases(queryKeyValue: family == .qwen2),
      queryKeyNorm: family == .qwen3, tiedEmbeddings: entries["output.weight"] == nil,
      experts: experts, dtype: table.dataType)
    do throws(ArchitectureError) { try result.validate() } catch {
      throw ModelError(place, error.description)
    }
    var configuration = ModelConfiguration(architecture: result)
    configuration.isRopeInterleaved = architecture == "llama"
    return configuration
  }

  private static let parts: [String: String] = [
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "block_sparse_moe.gate": "ffn_gate_inp",
  ]
  private static let expertParts = ["w1": "ffn_gate", "w2": "ffn_down", "w3": "ffn_up"]

  func ownName(of name: String) -> String {
    switch name {
    case "model.embed_tokens.weight": return "token_embd.weight"
    case "model.norm.weight": return "output_norm.weight"
    case "lm_head.weight": return "output.weight"
    default: break
    }
    let pieces = name.split(separator: ".").map(String.init)
    guard pieces.count > 4, let suffix = pieces.last else { return name }
    if pieces.count == 8, pieces[4] == "experts", let part = Self.expertParts[pieces[6]] {
      return "blk.\(pieces[2]).\(part).\(pieces[5]).weight"
    }
    let inner = pieces[3..<pieces.count - 1].joined(separator: ".")
    return Self.parts[inner].map { "blk.\(pieces[2]).\($0).\(suffix)" } ?? name
  }
}
