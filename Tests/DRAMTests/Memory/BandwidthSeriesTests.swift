import Testing
import Units

@testable import DRAM

@Suite struct BandwidthSeriesTests {
  @Test func windowsDoubleAndNothingIsLost() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<50 {
      var series = BandwidthSeries()
      var total = 0
      var tick = 0
      for _ in 0..<200 {
        tick = min(tick + 1 + generator.next(below: 4_000), series.boundary(after: tick))
        let count = generator.next(below: 9)
        series.add(count, at: tick)
        total += count
      }
      #expect(series.bursts.reduce(0, +) == total)
      #expect(series.bursts.count <= BandwidthSeries.capacity)
      #expect(series.window * BandwidthSeries.capacity >= tick || series.window == 1024)
      var twice = BandwidthSeries()
      twice.add(series)
      twice.add(series, times: 2)
      #expect(twice.bursts.reduce(0, +) == 3 * total)
    }
  }

  @Test(arguments: [Stepping.tick, .skip, .coalesce])
  func theSeriesSumsToTheBytesHoweverTimeMoves(stepping: Stepping) throws {
    let standard = try Repository.standard("hbm2-2000")
    var outcomes: [BandwidthSeries] = []
    for piece in [0, 700, 5_000] {
      var configuration = ControllerConfiguration()
      configuration.stepping = stepping
      let memory = try MemorySystem(standard, configuration: configuration, channels: 2)
      _ = try memory.enqueue(
        source: 0, isWrite: false, [Extent(offset: 0, length: 40_000 * 32)], at: 0)
      var end = 0
      if piece > 0 {
        for _ in 0..<8 {
          end += piece
          memory.advance(to: end)
        }
      }
      memory.run()
      let statistics = memory.statistics
      #expect(statistics.series.bursts.reduce(0, +) * 32 == statistics.bytes.count)
      outcomes.append(statistics.series)
      var sum = BandwidthSeries()
      for channel in 0..<2 {
        let own = memory.series(channel: channel)
        #expect(own.window == statistics.series.window)
        #expect(own.bursts.reduce(0, +) == 20_000)
        sum.add(own)
      }
      #expect(sum == statistics.series)
    }
    #expect(Set(outcomes).count == 1)
    // Two channels with a burst every other tick fill a window but for a refresh of 350 ticks in it.
    let window = outcomes[0].window
    #expect(outcomes[0].bursts.dropLast().allSatisfy { $0 > window * 6 / 10 && $0 <= window })
  }

  @Test func latencyBucketsHoldEveryRead() throws {
    let standard = try Repository.standard("ddr4-2400")
    let compiled = try CompiledStandard(standard)
    let requests = StreamPattern.random.requests(
      3_000, on: compiled, mapping: try AddressMapping(standard: standard, channels: 1))
    let statistics = try replay(
      requests, on: compiled, configuration: ControllerConfiguration(), keepsCommands: false
    ).statistics
    let buckets = statistics.latencyBuckets
    #expect(buckets.reduce(0) { $0 + $1.reads } == 3_000)
    #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.upTo < $1.upTo })
    #expect(try #require(buckets.last).upTo >= statistics.latencyMaximum)
  }

  @Test(arguments: StreamPattern.allCases)
  func equalChannelsAreCountedAsOftenAsTheyAre(pattern: StreamPattern) throws {
    let standard = try Repository.standard("hbm2-2000")
    var counts: [[Int]] = []
    for mode in [ChannelMode.all, .symmetric] {
      let statistics = try runStream(
        pattern, count: 2_003, on: standard, configuration: ControllerConfiguration(), channels: 4,
        mode: mode)
      counts.append(
        statistics.counts + [statistics.channels, statistics.ticks]
          + statistics.series.bursts)
    }
    #expect(counts[0] == counts[1])
  }
}
