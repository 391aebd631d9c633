internal import Numerics
internal import Units
internal import Workload

/// A llama2.c checkpoint of version 0: seven 32-bit integers, then binary32 tensors in fixed order.
///
/// Rotary pairs are neighbours. The file holds no names; the trace uses those of Hugging Face.
struct Llama2CSource: TensorSource {
  let place: String
  private let architecture: TransformerArchitecture
  private var entries: [String: SourceTensor] = [:]

  init(path: String) throws(ModelError) {
    place = path
    let file: MappedFile
    do throws(TensorFileError) { file = try MappedFile(path: path) } catch {
      throw ModelError(error)
    }
    var reader = ByteReader(file)
    var header: [Int] = []
    for _ in 0..<7 { header.append(Int(try reader.integer(Int32.self))) }
    let (hidden, inner, layers, heads, kvHeads, positions) = (
      header[0], header[1], header[2], header[3], header[4], header[6]
    )
    let vocabulary = abs(header[5])
    guard
      [hidden, inner, heads, kvHeads].allSatisfy({ $0 > 0 && $0 <= ModelConfiguration.widest }),
      layers > 0, layers <= ModelConfiguration.mostLayers, vocabulary > 0,
      vocabulary <= 1 << 26, positions > 0, positions <= 1 << 26, hidden % heads == 0
    else { throw ModelError(path, "is not a llama2.c checkpoint: its header is \(header)") }
    let headDim = hidden / heads
    architecture = TransformerArchitecture(
      name: path, family: .llama, source: path, layers: layers, hidden: hidden, heads: heads,
      kvHeads: kvHeads, headDim: headDim, intermediate: inner, vocabulary: vocabulary,
      positions: positions, positionEmbedding: .rope(theta: 10_000), norm: .rms,
      normEpsilon: 1e-5, activation: .silu, gated: true, tiedEmbeddings: header[5] > 0,
      dtype: .f32)
    do throws(ArchitectureError) { try architecture.validate() } catch {
      throw ModelError(path, error.description)
    }
    func take(_ name: String, _ shape: [Int]) throws(ModelError) {
      var size = 4
      for extent in shape {
        let (product, overflow) = size.multipliedReportingOverflow(by: extent)
        guard !overflow else { throw reader.fail("\"\(name)\" overflows") }
        size = product
      }
      let start = reader.position
      try reader.skip(size)
      entries[name] = SourceTensor(
        dataType: .f32, shape: shape,
        bytes: UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + size]), file: file)
    }
    func each(_ name: String, _ shape: [Int]) throws(ModelError) {
      for layer in 0..<layers { try take("model.layers.\(layer).\(name).weight", shape) }
    }
    let keys = kvHeads * headDim
    try take("model.embed_tokens.weight", [vocabulary, hidden])
    try each("input_layernorm", [hidden])
    try each("self_attn.q_proj", [hidden, hidden])
    try each("self_attn.k_proj", [keys, hidden])
    try each("self_attn.v_proj", [keys, hidden])
    try each("self_attn.o_proj", [hidden, hidden])
    try each("post_attention_layernorm", [hidden])
    try each("mlp.gate_proj", [inner, hidden])
    try each("mlp.down_proj", [hidden, inner])
    try each("mlp.up_proj", [inner, hidden])
    try take("model.norm.weight", [hidden])
    // Two tables of rotary angles that this executor computes itself.
    try reader.skip(2 * 4 * positions * (headDim / 2))
    if header[5] < 0 { try take("lm_head.weight", [vocabulary, hidden]) }
    guard reader.remaining == 0 else {
      throw reader.fail("\(reader.remaining) bytes follow the last tensor")
    }
  }

  var names: [String] { entries.keys.sorted() }

  func entry(_ name: String) -> SourceTensor? { entries[name] }

  func configuration(name: String) -> ModelConfiguration {
    var named = architecture
    named.name = name
    var configuration = ModelConfiguration(architecture: named)
    configuration.isRopeInterleaved = true
    return configuration
  }
}
