import Testing
import Units

@testable import DRAM

/// The three steppings leave one command log, one set of completions and one set of statistics, whatever the memory,
/// the policies and the extents.
@Suite struct SteppingPropertyTests {
  /// Ten thousand workloads over all standards.
  static let count = (10_000 + Repository.standardNames.count - 1) / Repository.standardNames.count

  /// Commands, hits, forwarded reads and absorbed writes add up to the bursts that were asked for.
  static func conserves(_ outcome: RandomMemory.Outcome, _ random: RandomMemory) -> Bool {
    let counts = outcome.counts
    let moved = counts[ChannelStatistics.reads] + counts[ChannelStatistics.writes]
    let merged = counts[ChannelStatistics.forwarded] + counts[ChannelStatistics.coalesced]
    let columns = outcome.commands.count {
      let effect = random.standard.commands[Int($0.command)].effect
      return effect == .read || effect == .write
    }
    let rows =
      counts[ChannelStatistics.hits] + counts[ChannelStatistics.misses]
      + counts[ChannelStatistics.conflicts]
    return moved + merged == random.bursts && columns == moved && rows == moved
      && outcome.series.bursts.reduce(0, +) == moved
      && outcome.completions.count == random.tasks.count
  }

  /// What the checker says. Each channel is checked by itself: one that has nothing left to do is not refreshed.
  static func violations(
    _ outcome: RandomMemory.Outcome, _ random: RandomMemory
  ) throws -> [ProtocolViolation] {
    let configuration = random.configuration
    let checker = try ProtocolChecker(
      random.standard, checksRefresh: configuration.refresh != .none,
      postponement: max(
        configuration.refreshPostponement, configuration.refresh == .perBank ? 2 : 1),
      hot: configuration.hotRefresh)
    return (0..<random.channels).flatMap { channel in
      checker.violations(in: outcome.commands.filter { Int($0.channel) == channel })
    }
  }

  @Test(arguments: Repository.standardNames)
  func tickSkipAndCoalesceAgree(name: String) throws {
    let standard = try Repository.standard(name)
    var repeated = 0
    for seed in 0..<UInt64(Self.count) {
      let random = try RandomMemory(standard, seed: seed &* 7919 &+ 13)
      let coalescing = try random.makeSystem(.coalesce)
      let fast = try random.run(coalescing)
      if coalescing.repeatedBlocks > 0 { repeated += 1 }
      let skip = try random.run(random.makeSystem(.skip))
      try #require(fast == skip, "coalesce, \(random)")
      let tick = try random.run(random.makeSystem(.tick))
      try #require(skip == tick, "skip, \(random)")
      try #require(Self.conserves(fast, random), "\(random)")
      let violations = try Self.violations(fast, random)
      try #require(violations.isEmpty, "\(random): \(violations.prefix(3))")
    }
    // A good part of the workloads is long enough for blocks to repeat: 16 to 26 of 100.
    #expect(repeated * 7 >= Self.count, "blocks repeated in \(repeated) of \(Self.count)")
  }
}
