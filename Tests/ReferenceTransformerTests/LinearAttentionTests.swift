import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

@Suite struct LinearAttentionTests {
  @Test(arguments: ["tiny-llama-gqa", "tiny-gpt2"], [1.0, 0.8])
  func theStateGivesTheMaskedQuadraticForm(name: String, decay: Double) throws {
    let golden = GoldenModel(name: name)
    let model = try golden.load()
    let (heads, kvHeads, dim) = (
      model.architecture.heads, model.architecture.kvHeads, model.architecture.headDim
    )
    var options = GenerationOptions()
    options.switches = try SwitchRuns.switches(["attention=linear:\(decay)"])
    let probe = Probe(places: ["layer.0.attention"])
    _ = try model.generate(
      tokens: try golden.prompts()[0], steps: 1, options: options, probe: probe)
    func values(_ place: String) throws -> [Float] {
      try #require(probe.arrays("layer.0.attention.\(place)").first).elements
    }
    let (q, k, v) = (try values("query"), try values("key"), try values("value"))
    let context = try values("context")
    for row in 0..<16 {
      for head in 0..<heads {
        let kvHead = head / (heads / kvHeads)
        var expected = [Double](repeating: 0, count: dim)
        for key in 0...row {
          var score = 0.0
          for i in 0..<dim {
            score +=
              Double(q[(row * heads + head) * dim + i])
              * Double(k[(key * kvHeads + kvHead) * dim + i])
          }
          for _ in key..<row { score *= decay }
          for j in 0..<dim {
            expected[j] +=
              score / Double(dim).squareRoot() * Double(v[(key * kvHeads + kvHead) * dim + j])
          }
        }
        for j in 0..<dim {
          let actual = Double(context[(row * heads + head) * dim + j])
          #expect(abs(actual - expected[j]) < 1e-4 * max(1, abs(expected[j])))
        }
      }
    }
  }

  @Test(arguments: [("llama2-7b", 1), ("llama3-8b", 4)])
  func decodeIsFlatAndBreaksEvenAtHeadDimTimesGroup(preset: String, group: Int) throws {
    func moved(_ texts: [String], context: Int) throws -> Int {
      try SwitchRuns.decode(preset, texts, context: context, layers: 1)
        .filter { $0.kind == .attention || $0.kind == .scan }.flatMap(\.accesses)
        .filter { $0.tensor.role == .kv || $0.tensor.role == .state }
        .reduce(0) { $0 + Int($1.bytes.count) }
    }
    let linear = try moved(["attention=linear"], context: 100)
    #expect(try moved(["attention=linear"], context: 4_000) == linear)
    // A state read and written against keys and values read: N = d for one query head a key head.
    #expect(try moved([], context: 128 * group) == linear)
    let operators = try SwitchRuns.decode(preset, ["attention=linear"], context: 100, layers: 1)
    #expect(operators.resident(.kv) == 0)
    #expect(operators.allSatisfy { $0.kind != .attention && $0.kind != .memoryMove })
    let scan = try #require(operators.first { $0.kind == .scan })
    #expect(scan.work.flops == 4 * 4 * 4096 * 128)
  }

  @Test func linearAttentionHasNoCacheToChange() throws {
    let model = try GoldenModel(name: "tiny-llama-gqa").load()
    var options = GenerationOptions()
    options.switches = try SwitchRuns.switches(["attention=linear", "kv_dtype=i8"])
    let error = #expect(throws: ModelError.self) {
      try model.generate(tokens: [1], steps: 1, options: options)
    }
    #expect(error?.message.contains("no KV cache") == true)
  }
}
