import Foundation
import Numerics
import ReferenceTransformer
import Testing
import Units

/// The golden Llama written as GGUF and llama2.c by this test, and read back.
@Suite struct OtherFormatTests {
  static let golden = GoldenModel(name: "tiny-llama-gqa")

  let weights: SafetensorsFile
  let model: ReferenceModel
  let path = FileManager.default.temporaryDirectory.path + "/orrery-\(UUID().uuidString)"

  init() throws {
    weights = try SafetensorsFile(path: Self.golden.directory + "/model.safetensors")
    model = try Self.golden.load()
  }

  /// Rows reordered so that pairs (p, p + d/2) of each head become neighbours.
  func interleaved(_ tensor: Tensor, heads: Int) -> Tensor {
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    let dim = rows / heads
    var result = tensor
    for head in 0..<heads {
      for pair in 0..<dim / 2 {
        for half in 0..<2 {
          let source = head * dim + half * dim / 2 + pair
          let target = head * dim + 2 * pair + half
          for column in 0..<columns { result[target, column] = tensor[source, column] }
        }
      }
    }
    return result
  }

  func tensor(_ name: String) throws -> Tensor {
    let tensor = try weights.tensor(name)
    if name.hasSuffix("q_proj.weight") { return interleaved(tensor, heads: 8) }
    if name.hasSuffix("k_proj.weight") { return interleaved(tensor, heads: 2) }
    return tensor
  }

  func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  func floats(_ tensor: Tensor) -> [UInt8] { tensor.elements.flatMap { little($0.bitPattern) } }

  func llama2c() throws -> [UInt8] {
    var bytes: [UInt8] = []
    for value in [64, 112, 2, 8, 2, -256, 128] as [Int32] { bytes += little(value) }
    bytes += floats(try tensor("model.embed_tokens.weight"))
    for part in [
      "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
      "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj",
      "mlp.up_proj",
    ] {
      for layer in 0..<2 { bytes += floats(try tensor("model.layers.\(layer).\(part).weight")) }
    }
    bytes += floats(try tensor("model.norm.weight"))
    bytes += [UInt8](repeating: 0, count: 2 * 4 * 128 * 4)
    bytes += floats(try tensor("lm_head.weight"))
    return bytes
  }

  func gguf() throws -> [UInt8] {
    func string(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }
    var metadata = string("general.architecture") + little(UInt32(8)) + string("llama")
    let numbers: [(String, Int)] = [
      ("context_length", 128), ("embedding_length", 64), ("block_count", 2),
      ("feed_forward_length", 112), ("attention.head_count", 8), ("attention.head_count_kv", 2),
    ]
    for (key, value) in numbers {
      metadata += string("llama." + key) + little(UInt32(4)) + little(UInt32(value))
    }
    for (key, value) in [
      ("attention.layer_norm_rms_epsilon", 1e-5), ("rope.freq_base", 10_000),
    ] as [(String, Float)] {
      metadata += string("llama." + key) + little(UInt32(6)) + little(value.bitPattern)
    }
    metadata += string("tokens") + little(UInt32(9)) + little(UInt32(8)) + little(UInt64(2))
    metadata += string("a") + string("b")
    let parts = [
      "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
      "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
      "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
      "mlp.down_proj": "ffn_down",
    ]
    var infos: [UInt8] = []
    var data: [UInt8] = []
    for entry in weights.entries {
      var name = [
        "model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
      ][entry.name]
      if name == nil {
        let pieces = entry.name.split(separator: ".")
        let inner = pieces[3..<pieces.count - 1].joined(separator: ".")
        name = "blk.\(pieces[2]).\(try #require(parts[inner])).weight"
      }
      infos += string(try #require(name)) + little(UInt32(entry.shape.count))
      for extent in entry.shape.reversed() { infos += little(UInt64(extent)) }
      infos += little(UInt32(0)) + little(UInt64(data.count))
      data += floats(try tensor(entry.name))
      while data.count % 32 != 0 { data.append(0) }
    }
    var bytes = Array("GGUF".utf8) + little(UInt32(3)) + little(UInt64(weights.entries.count))
    bytes += little(UInt64(numbers.count + 4)) + metadata + infos
    while bytes.count % 32 != 0 { bytes.append(0) }
    return bytes + data
  }

  func expectSameModel(_ bytes: [UInt8], suffix: String) throws {
    let file = path + suffix
    defer { unlink(file) }
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    let other = try ModelLoader.load(path: file)
    #expect(other.configuration.isRopeInterleaved)
    #expect(other.parameterCount == model.parameterCount)
    let prompt = try Self.golden.prompts()[0]
    let expected = try model.generate(tokens: prompt, steps: 12)
    let actual = try other.generate(tokens: prompt, steps: 12)
    #expect(actual.tokens == expected.tokens)
    let metrics = ErrorMetrics(
      actual: actual.promptLogits[0].elements, reference: expected.promptLogits[0].elements)
    #expect(metrics.maximumAbsolute < 5e-6)
  }

  @Test func llama2cCheckpointsGiveTheSameLogits() throws {
    try expectSameModel(try llama2c(), suffix: ".bin")
  }

  @Test func ggufFilesGiveTheSameLogitsUnderTheirOwnNames() throws {
    try expectSameModel(try gguf(), suffix: ".gguf")
  }

  @Test(arguments: [".bin", ".gguf"])
  func spoiltFilesAreRefusedButNeverCrash(suffix: String) throws {
    let file = path + suffix
    defer { unlink(file) }
    let good = suffix == ".bin" ? try llama2c() : try gguf()
    func refuses(_ bytes: [UInt8]) throws -> Bool {
      try Data(bytes).write(to: URL(fileURLWithPath: file))
      do {
        _ = try ModelLoader.load(path: file)
        return false
      } catch {
        #expect(!error.message.contains("\n"))
        return true
      }
    }
    for length in [0, 3, 20, 28, 200, 2000, good.count - 1] {
      #expect(try refuses(Array(good.prefix(length))), "\(length)")
    }
    if suffix == ".bin" { #expect(try refuses(good + [0])) }
    var generator = SeededGenerator(seed: 9)
    var refused = 0
    for _ in 0..<300 {
      var bytes = good
      for _ in 0...generator.next(below: 3) {
        let place = generator.next(below: suffix == ".bin" ? 28 : 2200)
        bytes[place] = UInt8(generator.next(below: 256))
      }
      if try refuses(bytes) { refused += 1 }
    }
    #expect(refused > 50)
  }
}
