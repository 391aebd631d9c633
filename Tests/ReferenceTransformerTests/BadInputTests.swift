import Foundation
import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

@Suite struct BadInputTests {
  static let llama = GoldenModel(name: "tiny-llama-gqa")

  func message(_ model: TemporaryModel) -> String {
    let error = #expect(throws: ModelError.self) { try ModelLoader.load(path: model.path) }
    return error?.message ?? ""
  }

  @Test(arguments: [
    (
      "\"LlamaForCausalLM\"", "\"BertModel\"",
      "architecture \"BertModel\" is not supported; known: GPT2"
    ),
    ("\"architectures\"", "\"architecture\"", "\"architectures\" is missing"),
    (
      "\"hidden_size\"", "\"hiden_size\"",
      "\"hidden_size\" is missing; did you mean \"hiden_size\"?"
    ),
    ("\"hidden_size\": 64", "\"hidden_size\": -64", "\"hidden_size\" must be a whole number"),
    ("\"hidden_size\": 64", "\"hidden_size\": 1e30", "\"hidden_size\" must be a whole number"),
    ("\"hidden_size\": 64", "\"hidden_size\": 128", "config.json makes it"),
    ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "is missing; the nearest is"),
    ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 65000", "too few for 65000 layers"),
    ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "not a multiple of kv_heads"),
    (
      "\"hidden_act\": \"silu\"", "\"hidden_act\": \"slu\"",
      "\"hidden_act\" is \"slu\"; known: silu"
    ),
    (
      "\"rope_type\": \"default\"", "\"rope_type\": \"dynamic\"",
      "rope type \"dynamic\" is not supported"
    ),
    ("\"dtype\": \"float32\"", "\"dtype\": \"int8\"", "dtype \"int8\" is not supported"),
    ("\"vocab_size\": 256", "\"vocab_size\": 256,", "is not JSON"),
  ])
  func configurationsAreNamed(old: String, new: String, expected: String) throws {
    let model = try TemporaryModel(copying: Self.llama)
    try model.configure(old, new)
    let text = message(model)
    #expect(text.contains(expected), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test func missingFilesAndDirectoriesAreInputOutputErrors() throws {
    let error = #expect(throws: ModelError.self) { try ModelLoader.load(path: "absent") }
    #expect(error?.kind == .inputOutput)
    let model = try TemporaryModel(copying: Self.llama)
    try FileManager.default.removeItem(atPath: model.path + "/model.safetensors")
    let second = #expect(throws: ModelError.self) { try ModelLoader.load(path: model.path) }
    #expect(second?.kind == .inputOutput)
  }

  @Test func aTruncatedFileIsRefusedAtEveryLength() throws {
    let model = try TemporaryModel(copying: Self.llama)
    let bytes = try model.bytes("model.safetensors")
    for length in [0, 7, 8, 100, 3000, bytes.count / 2, bytes.count - 1] {
      try model.write(Array(bytes.prefix(length)), to: "model.safetensors")
      #expect(throws: ModelError.self) { try ModelLoader.load(path: model.path) }
    }
  }

  @Test func integerWeightsAreRefused() throws {
    let model = try TemporaryModel(copying: Self.llama)
    let file = try SafetensorsFile(path: model.path + "/model.safetensors")
    var writer = SafetensorsWriter()
    for entry in file.entries {
      if entry.name == "model.norm.weight" {
        writer.add(entry.name, NDArray<Int64>(shape: entry.shape, repeating: 1))
      } else {
        writer.add(entry.name, try file.tensor(entry.name))
      }
    }
    try writer.write(to: model.path + "/model.safetensors")
    #expect(message(model).contains("\"model.norm.weight\" holds i64"))
  }

  @Test func anIndexThatLiesIsRefused() throws {
    let model = try TemporaryModel(copying: Self.llama)
    try FileManager.default.moveItem(
      atPath: model.path + "/model.safetensors", toPath: model.path + "/a.safetensors")
    for (index, expected) in [
      ("{}", "has no \"weight_map\""),
      (#"{"weight_map":{"x":"a.safetensors"}}"#, "is not in a.safetensors"),
      (#"{"weight_map":{"x":"../a.safetensors"}}"#, "is no file name"),
      (#"{"weight_map":{"x":3}}"#, "is no file name"),
      (#"{"weight_map":{"x":"b.safetensors"}}"#, "cannot be opened"),
    ] {
      try model.write(Array(index.utf8), to: "model.safetensors.index.json")
      #expect(message(model).contains(expected))
    }
  }

  @Test func tokensAndLengthsOutOfRangeAreNamed() throws {
    let model = try Self.llama.load()
    func message(_ tokens: [Int], _ steps: Int) -> String {
      let error = #expect(throws: ModelError.self) {
        try model.generate(tokens: tokens, steps: steps)
      }
      return error?.message ?? ""
    }
    #expect(message([1, 256], 1) == "token 256 is outside the vocabulary 0...255")
    #expect(message([-1], 1).contains("token -1"))
    #expect(message([], 1).contains("at least one token"))
    #expect(message([1], -1).contains("negative"))
    #expect(message([1, 2, 3], 127).contains("a context of 129 tokens exceeds"))
    #expect(throws: Never.self) { try model.generate(tokens: [1, 2, 3], steps: 126) }
  }

  @Test(arguments: ["tiny-llama-gqa", "tiny-gpt2", "tiny-mixtral-moe", "tiny-opt"])
  func mutatedModelsLoadOrAreRefusedButNeverCrash(name: String) throws {
    let golden = GoldenModel(name: name)
    let model = try TemporaryModel(copying: golden)
    let configuration = try model.bytes("config.json")
    let weights = try model.bytes("model.safetensors")
    let header = Int(weights[0]) | Int(weights[1]) << 8
    var generator = SeededGenerator(seed: 77)
    let alphabet = Array("0123456789.eE+-,:[]{}\"truefalsn _".utf8)
    var refused = 0
    for round in 0..<400 {
      var text = configuration
      var bytes = weights
      for _ in 0...generator.next(below: 3) {
        if round % 2 == 0 {
          text[generator.next(below: text.count)] = alphabet[generator.next(below: alphabet.count)]
        } else if generator.next(below: 4) == 0 {
          bytes[generator.next(below: 8)] = UInt8(generator.next(below: 256))
        } else {
          bytes[8 + generator.next(below: header)] = alphabet[generator.next(below: alphabet.count)]
        }
      }
      try model.write(text, to: "config.json")
      if round % 2 == 1 { try model.write(bytes, to: "model.safetensors") }
      do {
        let loaded = try ModelLoader.load(path: model.path)
        if loaded.architecture.positions >= 3 && loaded.architecture.vocabulary > 2 {
          _ = try loaded.generate(tokens: [1, 2], steps: 1)
        }
      } catch let error as ModelError {
        #expect(!error.message.contains("\n"))
        refused += 1
      }
      if round % 2 == 1 { try model.write(weights, to: "model.safetensors") }
    }
    #expect(refused > 100)
  }
}
