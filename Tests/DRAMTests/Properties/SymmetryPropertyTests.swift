import Testing
import Units

@testable import DRAM

/// Channels that are simulated once for several are indistinguishable from channels simulated one by one.
@Suite struct SymmetryPropertyTests {
  static let count = 140

  @Test(arguments: Repository.standardNames)
  func symmetricChannelsGiveTheSameCountsStatisticsAndTime(name: String) throws {
    let standard = try Repository.standard(name)
    var shared = 0
    var split = 0
    for seed in 0..<UInt64(Self.count) {
      let random = try RandomMemory(
        standard, seed: seed &* 104_729 &+ 5, channels: 6, evens: seed % 4 > 0)
      let stepping: Stepping = seed % 2 == 0 ? .coalesce : .skip
      let every = try random.makeSystem(stepping)
      let all = try random.run(every)
      let memory = try random.makeSystem(stepping, mode: .symmetric)
      let once = try random.run(memory)
      try #require(all == once, "\(random)")
      try #require(SteppingPropertyTests.conserves(once, random), "\(random)")
      try #require(every.simulatedChannels == random.channels)
      for channel in 0..<random.channels {
        let one = memory.statistics(channel: channel)
        let other = every.statistics(channel: channel)
        try #require(one.counts == other.counts && one.ticks == other.ticks, "\(random)")
        try #require(
          memory.series(channel: channel) == every.series(channel: channel),
          "channel \(channel), \(random)")
      }
      try #require(memory.causeTicks == every.causeTicks, "\(random)")
      if memory.simulatedChannels < random.channels { shared += 1 }
      if memory.simulatedChannels > 1 { split += 1 }
    }
    // Both kinds occur: channels that stay equal, and classes that are taken apart.
    #expect(shared * 3 >= Self.count, "channels shared in \(shared) of \(Self.count)")
    #expect(split * 5 >= Self.count, "classes split in \(split) of \(Self.count)")
  }
}
