import DRAM
import Devices
import Experiments
import Serving
import SimulationCore
import Systems
import Testing
import Units
import Workload

private func load(_ preset: String, _ overrides: [String] = []) throws -> XPUPIMSystem {
  let system = try SystemLoader.load(
    try SystemLoader.configuration(preset, overrides: overrides))
  return try #require(system as? XPUPIMSystem)
}

private func serve(_ preset: String, _ fidelity: Fidelity, _ overrides: [String] = []) throws
  -> ServiceResult
{
  let spec = ServingSpec(
    seed: 7, arrivals: ArrivalSpec(process: .closedLoop), prompt: .fixed(256),
    output: .fixed(256), batchLimit: 16, startsStaggered: true)
  return try Serve(
    system: try load(preset, overrides), architecture: try ModelPresets.load("mixtral-8x7b"),
    spec: spec, fidelity: fidelity
  ).run(stages: 3)
}

@Suite struct CommandLevelTests {
  @Test(arguments: ["gpu-paper", "duplex-paper", "bank-pim-paper"])
  func commandsNeverBeatTheirPeaks(preset: String) throws {
    let analytic = try serve(preset, .analytic)
    let cycle = try serve(preset, .cycle)
    #expect(cycle.run.time > analytic.run.time)
    // A memory that streams reaches well over half of its peak.
    #expect(cycle.run.time.picoseconds < 2 * analytic.run.time.picoseconds)
    #expect(cycle.run.tokens == analytic.run.tokens)
    #expect(cycle.run.causes.total == cycle.run.time)
    #expect(cycle.run.causes[.refresh] > .zero)
    #expect(cycle.run.causes[.rowActivation] > .zero)
    #expect(analytic.run.causes[.refresh] == .zero)
    // Work and energy do not depend on how closely time is modelled, but for what is chosen.
    #expect(cycle.run.promptTokens == analytic.run.promptTokens)
  }

  @Test func equalRunsGiveEqualBytes() throws {
    #expect(try serve("duplex-paper", .cycle).json == serve("duplex-paper", .cycle).json)
  }

  @Test func systemsWithoutAMemoryAreAnalyticOnly() throws {
    let error = #expect(throws: SystemError.self) {
      try serve("duplex-code", .cycle, ["command_level=~"])
    }
    #expect(error?.description.contains("command_level") == true)
  }

  @Test func aMemoryOfAnotherRateIsRefused() throws {
    let error = #expect(throws: SystemError.self) {
      try load("duplex-paper", ["device.stack.bandwidth=670.4 GB/s"])
    }
    #expect(error?.description.contains("command_level") == true)
  }

  /// A stream of whole rows on PIM takes 128 + 44 - 4 clocks a row, and refresh on top.
  @Test func aLongPIMStreamReachesThreeQuartersOfThePeak() throws {
    let result = try PIMStreamExperiment(
      memory: "hbm3-5.2-duplex", design: "logic-pim", bytes: ByteCount(1 << 28)
    ).run()
    let fraction = result.bandwidth / Double(result.peak.bytesPerSecond)
    #expect(abs(fraction - 128.0 / 168.0) < 0.002)
  }

  @Test func aLongXPUStreamBeatsTheReferenceController() throws {
    // The authors' controller reaches 83 to 85 % of its peak on 5 MB and more.
    let result = try PIMStreamExperiment(
      memory: "hbm3-5.2-duplex", design: "xpu", bytes: ByteCount(20_971_520)
    ).run()
    #expect(result.result.commands["RD"] == 4096)
    #expect(result.bandwidth / Double(result.peak.bytesPerSecond) > 0.85)
  }

  @Test func fewerStacksTakeAsMuchLonger() throws {
    func clocks(_ stacks: Int, _ bytes: Int) throws -> Int {
      try PIMStreamExperiment(
        memory: "hbm3-5.2-duplex", design: "logic-pim", bytes: ByteCount(bytes), stacks: stacks
      ).run().result.clocks
    }
    #expect(try clocks(5, 40_960 * 500) == clocks(1, 8_192 * 500))
  }

  /// A memory and a design that are two files and nothing else: all 16 banks of a channel at once.
  @Test func aDesignAddedByConfigurationRuns() throws {
    let result = try PIMStreamExperiment(
      memory: "gddr6-aim", design: "gddr6-aim", bytes: ByteCount(32 * 16 * 32 * 640)
    ).run()
    // 640 products in ten rows of 64: RCD, distances of CCDS, switches of RTP + RP + RCD, CL + BL.
    #expect(result.result.clocks == 1 + 24 + 630 * 2 + 9 * (4 + 24 + 24) + 24 + 2)
    #expect(result.result.commands["MACAB"] == 640)
    #expect(result.result.commands["ACTAB"] == 10)
  }

  @Test func conflictsAreMeasuredOnOneChannel() throws {
    let apart = try ConflictExperiment(
      hostBytes: ByteCount(10 << 20), pimBytes: ByteCount(30 << 20)
    ).run()
    #expect(apart.hostSlowdown >= 1 && apart.pimSlowdown >= 1)
    #expect(apart.hostSlowdown > 1 || apart.pimSlowdown > 1)
    #expect(apart.experiment.hostSpace == 1)
    let same = try ConflictExperiment(
      hostBytes: ByteCount(10 << 20), pimBytes: ByteCount(30 << 20), hostSpace: 0
    ).run()
    #expect(same.hostSlowdown + same.pimSlowdown > apart.hostSlowdown + apart.pimSlowdown)
    #expect(throws: MemoryError.self) {
      try ConflictExperiment(hostBytes: ByteCount(1), pimBytes: ByteCount(1), hostSpace: 4).run()
    }
  }
}
