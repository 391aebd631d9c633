import Configuration
import Experiments
import Foundation
import ResultsStore
import Testing
import Units

@Suite struct SweepSwitchTests {
  private let head = """
    name: s
    system: h100
    trace: {model: llama2-7b, batch: 4, context: 2000, layers: 2, switches: {kv_dtype: f16}}

    """

  private func run(_ yaml: String) throws -> [(text: String, run: String)] {
    let node = try ConfigurationNode(yaml: yaml, name: "sweep.yaml")
    let executor = SimulationExecutor()
    let plan = try SweepPlan(
      SweepSpecification(node, text: yaml, folder: "."), build: BuildIdentity(digest: "b"),
      executor: executor)
    #expect(Set(plan.points.map(\.identity)).count == plan.points.count)
    return try plan.points.map { ($0.coordinates[0].text, try executor.run($0)) }
  }

  private func bytesRead(_ result: String) throws -> Int {
    let data = try #require(
      try JSONSerialization.jsonObject(with: Data(result.utf8)) as? [String: Any])
    return try #require((data["memory"] as? [String: Any])?["bytes_read"] as? Int)
  }

  @Test func anAxisVariesASwitchAndTheSystemChargesItsBytes() throws {
    let results = try run(
      head + """
        axes:
          policy:
            vary: trace.switches.kv_policy
            values: [full, "window:1001", "pyramid:1001,beta=1", "blocks:64,k=2"]
        """)
    let bytes = try results.map { try bytesRead($0.run) }
    // Keys and values of 4 requests, 2 layers, 1000 tokens of 32 heads of 128 in two bytes.
    let half = 2 * 4 * 2 * 1_000 * 4_096 * 2
    #expect(bytes[0] - bytes[1] == half)
    #expect(bytes[0] - bytes[2] == half)
    #expect(bytes[3] < bytes[0])
  }

  @Test(arguments: [
    ("kv_policy: windw:4", "did you mean 'window'?"), ("kv_polcy: full", "kv_policy"),
    ("dropped_layers: [1, x]", "no layer"),
  ])
  func aWrongSwitchIsFoundBeforeAnythingRuns(text: String, word: String) throws {
    let yaml = """
      name: s
      system: h100
      trace: {model: llama2-7b, switches: {\(text)}}
      axes:
        batch: {vary: trace.batch, values: [1, 2]}
      """
    let error = #expect(throws: ConfigurationError.self) { try run(yaml) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }
}
