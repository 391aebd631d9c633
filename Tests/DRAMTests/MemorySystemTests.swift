import DRAM
import Foundation
import Testing
import Units

/// Many channels, extents of several sources, and the three steppings over them.
@Suite struct MemorySystemTests {
  struct Outcome: Equatable {
    var completions: [MemorySystem.Completion]
    var commands: [CommandRecord]
    var counts: [Int]
    var histogram: [Int]
  }

  /// Runs seeded tasks; some are added only when an earlier one completes.
  static func run(
    _ standard: MemoryStandard, seed: UInt64, stepping: Stepping, mode: ChannelMode = .all,
    byCompletion: Bool
  ) throws -> Outcome {
    var generator = SeededGenerator(seed: seed)
    var configuration = Workload.configuration(
      try CompiledStandard(standard), seed: seed, stepping: stepping)
    configuration.scheduler = .frfcfsRowHit
    let channels = [1, 2, 3][generator.next(below: 3)]
    let memory = try MemorySystem(
      standard, configuration: configuration,
      mapping: "row-"
        + standard.organization.levels
        .map(\.name).joined(separator: "-") + "-column-channel", channels: channels, mode: mode,
      keepsCommands: true)
    let burst = standard.burst.bytes.count
    func task() throws -> Int {
      let bursts = 1 + generator.next(below: [40, 900, 4000][generator.next(below: 3)])
      let count = 1 + generator.next(below: 2)
      let extents = (0..<count).map { _ in
        Extent(offset: generator.next(below: 1 << 22), length: (bursts * burst) / count + 1)
      }
      return try memory.enqueue(
        source: generator.next(below: 3), isWrite: generator.next(below: 3) == 0, extents,
        at: memory.now + generator.next(below: 500))
    }
    var completions: [MemorySystem.Completion] = []
    for _ in 0..<3 { _ = try task() }
    if byCompletion {
      var more = 4
      while let done = memory.nextCompletion() {
        completions.append(done)
        #expect(done.tick >= memory.now)
        if more > 0 {
          more -= 1
          _ = try task()
        }
      }
    } else {
      memory.run()
      completions = memory.takeCompletions()
    }
    let statistics = memory.statistics
    return Outcome(
      completions: completions, commands: memory.commands, counts: statistics.counts,
      histogram: statistics.latencyHistogram.flatMap { [$0.latency, $0.reads] })
  }

  @Test(arguments: Repository.standardNames)
  func skipAndCoalesceReproduceTheOracleOverExtents(name: String) throws {
    let standard = try Repository.standard(name)
    for seed in 0..<UInt64(8) {
      let fast = try Self.run(standard, seed: seed, stepping: .coalesce, byCompletion: false)
      let skip = try Self.run(standard, seed: seed, stepping: .skip, byCompletion: false)
      let tick = try Self.run(standard, seed: seed, stepping: .tick, byCompletion: false)
      try #require(fast == skip, "seed \(seed)")
      try #require(skip == tick, "seed \(seed)")
      let checker = try ProtocolChecker(standard, checksRefresh: false)
      try #require(checker.violations(in: fast.commands).isEmpty)
    }
  }

  @Test(arguments: Repository.standardNames)
  func tasksAddedAtCompletionsGiveOneScheduleInEveryStepping(name: String) throws {
    let standard = try Repository.standard(name)
    for seed in 100..<UInt64(110) {
      let fast = try Self.run(standard, seed: seed, stepping: .coalesce, byCompletion: true)
      let skip = try Self.run(standard, seed: seed, stepping: .skip, byCompletion: true)
      try #require(fast == skip, "seed \(seed)")
      #expect(fast.completions.count == 7)
    }
  }

  @Test(arguments: Repository.standardNames)
  func symmetricChannelsGiveEqualCounts(name: String) throws {
    let standard = try Repository.standard(name)
    for seed in 200..<UInt64(206) {
      let all = try Self.run(standard, seed: seed, stepping: .skip, byCompletion: false)
      let once = try Self.run(
        standard, seed: seed, stepping: .skip, mode: .symmetric, byCompletion: false)
      try #require(all == once, "seed \(seed)")
    }
  }

  @Test func equalChannelsAreSimulatedOnce() throws {
    let standard = try Repository.standard("hbm2-neupims")
    var configuration = ControllerConfiguration()
    configuration.stepping = .coalesce
    let memory = try MemorySystem(standard, configuration: configuration, mode: .symmetric)
    _ = try memory.enqueue(
      source: 0, isWrite: false, [Extent(offset: 0, length: 1 << 24)], at: 0)
    memory.run()
    #expect(memory.simulatedChannels == 1)
    #expect(memory.statistics.bytes.count == 1 << 24)
    _ = try memory.enqueue(
      source: 0, isWrite: true, [Extent(offset: 0, length: 64)], at: 10_000_000)
    #expect(memory.simulatedChannels == 2)
    memory.run()
    #expect(memory.statistics.writes == 1)
  }

  @Test func aHundredThousandBurstsTakeThePublishedTime() throws {
    // Measured with Ramulator 2.1: sequential, bank group lowest, all-bank refresh on.
    for (name, ticks) in [
      ("hbm2-2000", 221656), ("ddr4-2400", 420727), ("hbm3-6400", 456993), ("lpddr5-6400", 214076),
    ] {
      let standard = try Repository.standard(name)
      for stepping in [Stepping.skip, .coalesce] {
        var configuration = ControllerConfiguration()
        configuration.stepping = stepping
        let memory = try MemorySystem(standard, configuration: configuration, channels: 1)
        _ = try memory.enqueue(
          source: 0, isWrite: false,
          [Extent(offset: 0, length: 100_000 * standard.burst.bytes.count)], at: 0)
        #expect(abs(memory.run() - ticks) <= 0, "\(name) \(stepping)")
      }
    }
  }

  @Test(arguments: Repository.standardNames, StreamPattern.allCases)
  func perBankRefreshIsNeverSlowerThanAllBank(name: String, pattern: StreamPattern) throws {
    let standard = try Repository.standard(name)
    guard standard.refresh.perBank != nil else { return }
    let compiled = try CompiledStandard(standard)
    let requests = pattern.requests(
      name == "hbm2-2000" ? 30_000 : 14_000, on: compiled,
      mapping: try AddressMapping(standard: standard, channels: 1))
    var configuration = ControllerConfiguration()
    let all = try replay(requests, on: compiled, configuration: configuration, keepsCommands: false)
    configuration.refresh = .perBank
    let one = try replay(requests, on: compiled, configuration: configuration)
    #expect(one.statistics.ticks <= all.statistics.ticks)
    if name == "hbm2-2000" && pattern == .sequential {
      #expect((one.statistics.busUtilization ?? 0) >= 0.937)
    }
    let checker = try ProtocolChecker(standard, checksRefresh: true)
    #expect(checker.violations(in: one.commands).isEmpty)
  }
}
