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
}
