import Foundation
import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

/// Tiny models of every family with sizes and options that the golden models lack.
@Suite struct FamilyTests {
  static let root = GoldenModel.root + "/families"
  static let names = [
    "mistral-window", "mixtral-5-experts", "qwen2-window", "qwen3-odd-heads", "llama-llama3-rope",
    "llama-linear-rope", "llama-yarn-rope", "gpt2-options", "opt-post-norm", "opt-no-bias",
    "opt-projected",
  ]

  static func rows(_ array: NDArray<Int64>) -> [[Int]] {
    (0..<array.shape[0]).map { row in
      array.elements[row * array.shape[1]..<(row + 1) * array.shape[1]].map { Int($0) }
    }
  }

  @Test(arguments: names)
  func logitsAndGreedyTokensMatchHuggingFace(name: String) throws {
    let directory = Self.root + "/" + name
    let model = try ModelLoader.load(directory: directory)
    let reference = try SafetensorsFile(path: directory + "/reference.safetensors")
    let logits = try reference.tensor("logits")
    let prompts = Self.rows(try reference.integers("input_ids"))
    let greedy = Self.rows(try reference.integers("greedy_ids"))
    var sink = DiscardingSink()
    let run = try model.generate(batch: prompts, steps: greedy[0].count, into: &sink)
    let metrics = ErrorMetrics(
      actual: run.promptLogits.flatMap(\.elements), reference: logits.elements)
    #expect(metrics.maximumAbsolute < 2e-5, "\(metrics.maximumAbsolute)")
    #expect(try #require(metrics.relativeL2) < 1e-5)
    #expect(run.tokens == greedy)
    #expect(model.parameterCount == model.architecture.parameterCount)
  }

  @Test(arguments: names)
  func prefillAndDecodeAgreeToTheBit(name: String) throws {
    let directory = Self.root + "/" + name
    let model = try ModelLoader.load(directory: directory)
    let reference = try SafetensorsFile(path: directory + "/reference.safetensors")
    let prompt = Self.rows(try reference.integers("input_ids"))[0]
    let whole = try model.generate(tokens: prompt, steps: 2)
    for chunk in [1, 5] {
      var options = GenerationOptions()
      options.chunk = chunk
      let run = try model.generate(tokens: prompt, steps: 2, options: options)
      #expect(run.promptLogits == whole.promptLogits)
      #expect(run.stepLogits == whole.stepLogits)
    }
    for level in ComputeContext.Level.available {
      var options = GenerationOptions()
      options.context = ComputeContext(level: level, threads: 3)
      let run = try model.generate(tokens: prompt, steps: 2, options: options)
      #expect(run.promptLogits == whole.promptLogits, "\(level)")
    }
  }

  @Test func halfPrecisionWeightsAreWidenedAndKeepTheirTypeInTheTrace() throws {
    let model = try ModelLoader.load(directory: Self.root + "/llama-yarn-rope")
    #expect(model.weightTensors.allSatisfy { $0.dtype == .bf16 })
    #expect(model.copiedBytes == 4 * model.parameterCount)
    #expect(model.architecture.dtype == .bf16)
  }

  @Test func shardsAreReadThroughTheIndex() throws {
    let directory = Self.root + "/llama-llama3-rope"
    let files = try FileManager.default.contentsOfDirectory(atPath: directory)
    #expect(files.count { $0.hasSuffix(".safetensors") } > 2)
    #expect(try ModelLoader.load(directory: directory).copiedBytes == 0)
  }
}
