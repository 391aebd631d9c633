import Testing
import Workload

@testable import Experiments

/// What complete traffic costs over traffic as released, item by item.
@Suite struct TrafficExperimentTests {
  private func report(_ batch: Int, _ overrides: [String] = []) throws -> TrafficReport {
    var request = EmitRequest(model: "gpt3-7b")
    request.batch = batch
    request.context = EmitRequest.Lengths([300])
    request.layers = 1
    request.fuse = .full
    let trace = try request.emit()
    // The layer alone: no embedding, no head.
    let operators = trace.operators.filter { $0.layer == 0 }
    return try TrafficExperiment(
      configuration: SystemLoader.configuration(
        "neupims", overrides: ["attention.interleaves=false", "parallel.tensor=16"] + overrides),
      header: trace.header, operators: operators
    ).run()
  }

  @Test(arguments: [1, 40])
  func theDifferenceIsItemisedInCyclesAndBytes(batch: Int) throws {
    let report = try report(batch)
    #expect(report.steps.count == 9)
    #expect(abs(report.residualCycles) * 100 <= abs(report.cycles))
    #expect(abs(report.residualBytes) * 100 <= abs(report.bytes))
    #expect(report.bytes > 0 && report.cycles > 0)
    let costs = Dictionary(uniqueKeysWithValues: report.costs.map { ($0.name, $0) })
    // Over 16 devices 256 elements of keys a token; per device and token 4096 of results more than as released at most.
    #expect(try #require(costs["outputs"]).written > 0)
    #expect(try #require(costs["queries"]).written == 16 * batch * 512)
    #expect(try #require(costs["vector_rows"]).read == 0)
    #expect(try #require(costs["reduction"]).cycles > 0)
    #expect(report.text.contains("not itemised: 0 of"))
  }

  @Test func aSystemWithoutAnNPUIsRefused() throws {
    let error = #expect(throws: (any Error).self) {
      try TrafficExperiment(
        configuration: SystemLoader.configuration("a100", overrides: []),
        header: TraceHeader(model: "m", dtype: "f16", generator: "test"), operators: []
      ).run()
    }
    #expect(error.map { "\($0)" }?.contains("--system neupims") == true)
  }
}
