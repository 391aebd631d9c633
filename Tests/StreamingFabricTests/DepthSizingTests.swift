import Numerics
import Testing

@testable import StreamingFabric

@Suite struct DepthSizingTests {
  private func graph(
    _ variant: AttentionVariant, _ n: Int, _ depths: AttentionDepths? = nil,
    fork: ForkMode = .atomic, latencies: [String: Int] = [:]
  ) throws -> DataflowGraph {
    let shape = AttentionShape(rows: n, keys: n, dimension: 1)
    return try AttentionGraph(
      AttentionOptions(variant, shape: shape, latencies: latencies, depths: depths, fork: fork)
    ).graph
  }

  @Test func automaticDepthsAreTheClosedForm() throws {
    for (latencies, long) in [([:], 66), (["qk": 5], 70), (["sum": 4], 69), (["div": 6], 66)] {
      let naive = try graph(.naive, 64, latencies: latencies)
      let depths = try naive.fullThroughputDepths()
      let index = try #require(naive.fifo(named: "e_long"))
      #expect(depths[index] == .bounded(long))
      #expect(try naive.withDepths(depths).run().cycles == naive.run().cycles)
    }
  }

  @Test func automaticDepthsAreLeast() throws {
    let scaled = try graph(.scaled, 16)
    let depths = try scaled.fullThroughputDepths()
    let cycles = try scaled.withDepths(depths).run().cycles
    for (index, depth) in depths.enumerated() {
      let slots = try #require(depth.slots)
      guard slots > 1 else { continue }
      var less = depths
      less[index] = .bounded(slots - 1)
      let run = try scaled.withDepths(less).run()
      #expect(run.deadlock != nil || run.cycles > cycles, "\(scaled.fifos[index].name)")
    }
  }

  @Test(arguments: [(ForkMode.atomic, 64), (.sequential, 63)])
  func deadlockNamesTheLeastDepthThatFreesIt(fork: ForkMode, least: Int) throws {
    let depths = AttentionDepths(short: .bounded(2), long: .bounded(20))
    let naive = try graph(.naive, 64, depths, fork: fork)
    let report = try #require(try naive.run().deadlock)
    #expect(try naive.remedies(for: report) == [.init(fifo: "e_long", depth: least)])
    let scaled = try graph(.scaled, 64, depths, fork: fork)
    let both = try #require(try scaled.run().deadlock)
    #expect(
      try scaled.remedies(for: both) == [
        .init(fifo: "s_long", depth: least), .init(fifo: "e_long", depth: least),
      ])
  }

  @Test func deadlockReportNamesFillsAndWaits() throws {
    let depths = AttentionDepths(short: .bounded(2), long: .bounded(20))
    let report = try #require(try graph(.naive, 64, depths).run().deadlock)
    #expect(report.waitCycleFIFOs == ["e_long"])
    #expect(report.fullFIFOs.contains(.init(fifo: "e_long", fill: 20, depth: .bounded(20))))
    #expect(report.emptyFIFOs.contains("sum"))
    let fork = try #require(report.blocked.first { $0.node == "qk" })
    #expect(fork.fullOutputs == ["e_long"] && fork.firing == 20)
    let division = try #require(report.blocked.first { $0.node == "div" })
    #expect(division.emptyInputs == ["sum"])
  }

  @Test func occupancyCurveRisesToThePeakAndEndsEmpty() throws {
    let naive = try graph(.naive, 16)
    let result = try naive.run(FabricRunOptions(stepping: .step, keepsHistory: true))
    for (index, curve) in result.occupancies.enumerated() {
      #expect(curve.map(\.fill).max() == result.peaks[index])
      #expect(curve.last?.fill == 0)
      #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.cycle < $1.cycle })
    }
  }
}
