import SimulationCore
import Systems
import Testing
import Units
import Workload

@testable import Experiments

@Suite struct LimitStudyTests {
  private func study(
    _ preset: String, _ fidelity: Fidelity, overrides: [String] = [], batch: Int = 8,
    workers: Int = 2
  ) throws -> LimitStudy {
    var request = EmitRequest(model: "gpt3-7b")
    request.batch = batch
    request.lengths = .shareGPT
    request.layers = 1
    request.fuse = .full
    let trace = try request.emit()
    // Attention alone is enough, and quick.
    let operators = trace.operators.filter { $0.kind == .attention || $0.kind == .memoryMove }
    let system = try SystemLoader.load(
      SystemLoader.configuration(preset, overrides: overrides))
    return LimitStudy(
      system: system, fidelity: fidelity, header: trace.header, operators: operators,
      workers: workers, allowsOversubscription: true)
  }

  @Test(arguments: ["neupims", "h100"])
  func aSavingIsTheDifferenceOfTheRunsWithAndWithoutTheLimit(preset: String) throws {
    let study = try study(preset, .cycle)
    let report = try study.run()
    #expect(report.limits.map(\.limit) == study.system.limits(.cycle))
    func time(_ ideal: Set<IdealLimit>) throws -> SystemRun {
      try study.system.run(
        OperatorSequence(study.operators), header: study.header,
        options: RunOptions(fidelity: .cycle, keepsOperators: false, slowest: 0, ideal: ideal))
    }
    let base = try time([])
    #expect(report.base.time == base.makespan)
    for limit in report.limits {
      #expect(try limit.saved == base.makespan - time([limit.limit]).makespan)
      #expect(limit.charged == base.causes[limit.limit.cause])
    }
    let refresh = try #require(report.limits.first { $0.limit == .refresh })
    #expect(refresh.saved > .zero)
  }

  @Test func workersDoNotChangeTheResult() throws {
    let one = try study("neupims", .cycle, workers: 1).run().json
    #expect(try study("neupims", .cycle, workers: 5).run().json == one)
    #expect(one.contains("orrery.limits/1"))
  }

  @Test func aSystemWithoutLimitsAtThisFidelityIsRefused() throws {
    #expect(throws: SystemError.self) { try study("h100", .analytic).run() }
  }
}
