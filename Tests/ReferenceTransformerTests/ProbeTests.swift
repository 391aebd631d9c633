import Foundation
import Numerics
import ReferenceTransformer
import Testing

@Suite struct ProbeTests {
  @Test func aCapturedAttentionIsEnoughToRepeatIt() throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    let model = try golden.load()
    let probe = Probe(places: ["layer.1.attention", "hidden_states.0"])
    _ = try model.generate(tokens: try golden.prompts()[0], steps: 2, probe: probe)
    let path = FileManager.default.temporaryDirectory.path + "/orrery-\(UUID().uuidString)"
    defer { unlink(path) }
    try probe.write(to: path)
    let file = try SafetensorsFile(path: path)
    let names = Set(file.entries.map(\.name))
    for part in ["input", "query", "key", "value", "probabilities", "output"] {
      #expect(names.contains("layer.1.attention.\(part).step0"))
      #expect(names.contains("layer.1.attention.\(part).step1"))
    }
    #expect(names.contains("hidden_states.0.step0"))
    #expect(!names.contains { $0.hasPrefix("layer.0") })
    // Probabilities from the captured queries and keys: 8 heads of 8, pairs of them share 2 KV heads.
    let (q, k) = (
      try file.tensor("layer.1.attention.query.step0"),
      try file.tensor("layer.1.attention.key.step0")
    )
    let probabilities = try file.tensor("layer.1.attention.probabilities.step0")
    #expect(probabilities.shape == [8, 16, 16])
    for head in 0..<8 {
      var scores = (0...15).map { key in
        (0..<8).reduce(0.0) { sum, element in
          sum + Double(q[15, head * 8 + element]) * Double(k[key, head / 4 * 8 + element])
        } / 8.0.squareRoot()
      }
      let largest = scores.max() ?? 0
      scores = scores.map { exp($0 - largest) }
      let total = scores.reduce(0, +)
      for key in 0..<16 {
        #expect((scores[key] / total - Double(probabilities[head, 15, key])).magnitude < 1e-6)
      }
    }
  }

  @Test func aPlaceThatDoesNotExistIsAnError() throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    let probe = Probe(places: ["layer.9.attention"])
    _ = try golden.load().generate(tokens: [1, 2], steps: 1, probe: probe)
    let error = #expect(throws: ModelError.self) { try probe.write(to: "nowhere") }
    #expect(error?.message.contains("nothing was captured") == true)
  }
}
