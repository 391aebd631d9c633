import DRAM
import Testing
import Units

/// Long streams side by side: `coalesce` walks known blocks there and must leave the log of `skip`.
@Suite struct StreamSteppingTests {
  /// Two streams, the second a read or a write stream in rows of its own or in the same rows.
  static func run(
    _ standard: MemoryStandard, _ stepping: Stepping, _ refresh: RefreshMode, isWrite: Bool,
    apart: Bool
  ) throws -> (commands: [CommandRecord], counts: [Int], latencies: [Int]) {
    var configuration = ControllerConfiguration()
    configuration.stepping = stepping
    configuration.refresh = refresh
    let memory = try MemorySystem(
      standard, configuration: configuration, channels: 1, keepsCommands: true)
    let length = 12_000 * standard.burst.bytes.count
    let other = apart ? memory.capacity.count / 2 : length / 3
    _ = try memory.enqueue(
      source: 0, isWrite: false, [Extent(offset: 0, length: length)], at: 0)
    _ = try memory.enqueue(
      source: 1, isWrite: isWrite, [Extent(offset: other, length: length)], at: 700)
    memory.run()
    let statistics = memory.statistics
    return (
      memory.commands, statistics.counts,
      statistics.latencyHistogram.flatMap { [$0.latency, $0.reads] }
    )
  }

  @Test(arguments: Repository.standardNames, [RefreshMode.none, .allBank])
  func streamsSideBySideHaveOneSchedule(name: String, refresh: RefreshMode) throws {
    let standard = try Repository.standard(name)
    for (isWrite, apart) in [(false, true), (true, true), (false, false)] {
      let fast = try Self.run(standard, .coalesce, refresh, isWrite: isWrite, apart: apart)
      let skip = try Self.run(standard, .skip, refresh, isWrite: isWrite, apart: apart)
      try #require(fast.commands == skip.commands, "writes \(isWrite), apart \(apart)")
      #expect(fast.counts == skip.counts)
      #expect(fast.latencies == skip.latencies)
    }
  }

  /// A long read over many windows of the bandwidth series, at usual and at twice the refresh rate.
  @Test(arguments: Repository.standardNames)
  func longStreamsHaveOneScheduleAndOneSeries(name: String) throws {
    let standard = try Repository.standard(name)
    let burst = standard.burst.bytes.count
    for (refresh, hot) in [
      (RefreshMode.none, false), (.allBank, false), (.allBank, true), (.rankStaggered, false),
    ] {
      func run(_ stepping: Stepping) throws -> MemorySystem {
        var configuration = ControllerConfiguration()
        configuration.stepping = stepping
        configuration.refresh = refresh
        configuration.hotRefresh = hot
        let memory = try MemorySystem(
          standard, configuration: configuration, channels: 1, keepsCommands: true)
        _ = try memory.enqueue(
          source: 0, isWrite: false, [Extent(offset: 3 * burst, length: 50_000 * burst)], at: 0)
        memory.run()
        return memory
      }
      let fast = try run(.coalesce)
      let skip = try run(.skip)
      try #require(fast.commands == skip.commands, "\(refresh), hot \(hot)")
      #expect(fast.statistics.counts == skip.statistics.counts)
      #expect(fast.statistics.series == skip.statistics.series)
      #expect(
        fast.statistics.latencyHistogram.map(\.reads)
          == skip.statistics.latencyHistogram.map(\.reads))
    }
  }

  /// Reads that run on beside activations, end in a write, and start again later: as the oracle has them.
  @Test(arguments: Repository.standardNames)
  func runsOfReadsFollowTheOracle(name: String) throws {
    let standard = try Repository.standard(name)
    let burst = standard.burst.bytes.count
    func run(_ stepping: Stepping, _ refresh: RefreshMode) throws -> MemorySystem {
      var configuration = ControllerConfiguration()
      configuration.stepping = stepping
      configuration.refresh = refresh
      let memory = try MemorySystem(
        standard, configuration: configuration, channels: 1, keepsCommands: true)
      let half = memory.capacity.count / 2
      for (offset, count, isWrite, tick) in [
        (7, 1500, false, 0), (half / burst, 300, true, 0), (half / burst, 500, false, 0),
        (900, 600, false, 30_000),
      ] {
        _ = try memory.enqueue(
          source: 0, isWrite: isWrite, [Extent(offset: offset * burst, length: count * burst)],
          at: tick)
      }
      memory.run()
      return memory
    }
    for refresh in [RefreshMode.none, .allBank] {
      let oracle = try run(.tick, refresh)
      for stepping in [Stepping.skip, .coalesce] {
        let fast = try run(stepping, refresh)
        try #require(fast.commands == oracle.commands, "\(stepping), \(refresh)")
        #expect(fast.statistics.counts == oracle.statistics.counts)
      }
    }
  }
}
