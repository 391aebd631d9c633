import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

@Suite struct ShiftTests {
  @Test func shiftFFNMovesInputsTowardsTheTokenBefore() throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    let model = try golden.load()
    let prompt = try golden.prompts()[0]
    func inputs(_ share: Double) throws -> [Float] {
      var options = GenerationOptions()
      options.switches.feedForwardShift = share
      let probe = Probe(places: ["layer.0.feed_forward.input"])
      _ = try model.generate(tokens: prompt, steps: 1, options: options, probe: probe)
      return probe.captures[0].array.elements
    }
    let (plain, shifted) = (try inputs(0), try inputs(0.5))
    let width = model.architecture.hidden
    #expect(Array(shifted[..<width]) == Array(plain[..<width]))
    for row in 1..<16 {
      let x = plain[row * width..<(row + 1) * width].map(Double.init)
      let before = plain[(row - 1) * width..<row * width].map(Double.init)
      let product = zip(x, before).reduce(0) { $0 + $1.0 * $1.1 } / Double(width).squareRoot()
      let gate = 1 / (1 + ElementaryFunctions.exp(-product))
      for column in 0..<width {
        let expected = x[column] + 0.5 * gate * (before[column] - x[column])
        #expect(abs(Double(shifted[row * width + column]) - expected) < 1e-5)
      }
    }
  }

  @Test func shiftFFNCostsAGateAnOperatorAndOneHiddenVectorALayer() throws {
    let full = try SwitchRuns.decode("llama3-8b", [], batch: 8, context: 100, layers: 2)
    let shifted = try SwitchRuns.decode(
      "llama3-8b", ["ffn_shift=0.5"], batch: 8, context: 100, layers: 2)
    #expect(shifted.count == full.count + 4)
    // A dot product a token, and one operation an element.
    #expect(shifted.matrixFLOPs - full.matrixFLOPs == 2 * 2 * 8 * 4096)
    #expect(shifted.resident(.state) == 2 * 8 * 4096 * 2)
    #expect(full.resident(.state) == 0)
    // Less than one in a hundred, in work and in bytes.
    func bytes(_ operators: [Operator]) -> Int {
      operators.reduce(0) { $0 + Int($1.traffic.total.count) }
    }
    #expect((bytes(shifted) - bytes(full)) * 100 < bytes(full))
  }
}
