import Numerics
import StreamingFabric
import Testing

/// Cycle counts of the streaming attention graphs; expected values were measured with two
/// independent engines that agree.
@Suite struct AttentionTimingTests {
  static func run(
    _ variant: AttentionVariant, rows: Int, keys: Int, depths: AttentionDepths?,
    fork: ForkMode = .atomic, latencies: [String: Int] = [:], stepping: Stepping = .step
  ) throws -> (graph: AttentionGraph, result: FabricRunResult) {
    let shape = AttentionShape(rows: rows, keys: keys, dimension: 1)
    let options = AttentionOptions(
      variant, shape: shape, latencies: latencies, depths: depths, fork: fork)
    let graph = try AttentionGraph(options)
    return (graph, try graph.graph.run(FabricRunOptions(stepping: stepping)))
  }

  static func depths(_ short: Int, _ long: Int) -> AttentionDepths {
    AttentionDepths(short: .bounded(short), long: .bounded(long))
  }

  @Test(arguments: ForkMode.allCases, Stepping.allCases)
  func cyclesOfAllVariantsAtFullDepth(fork: ForkMode, stepping: Stepping) throws {
    let expected: [(AttentionVariant, [Int])] = [
      (.naive, [276, 4164, 262_660]), (.scaled, [293, 4229, 263_173]),
      (.reordered, [260, 4100, 262_148]), (.memoryFree, [261, 4101, 262_149]),
    ]
    for (variant, cycles) in expected {
      for (n, count) in zip([16, 64, 512], cycles) {
        for depths in [Self.depths(2, n + 2), .unbounded] {
          let run = try Self.run(
            variant, rows: n, keys: n, depths: depths, fork: fork, stepping: stepping)
          #expect(run.result.cycles == count, "\(variant) n=\(n) \(depths)")
          #expect(run.result.deadlock == nil)
        }
      }
    }
  }

  @Test(arguments: ForkMode.allCases, Stepping.allCases)
  func longFIFOOneOrTwoTooShortCostsThatManyCyclesPerRow(fork: ForkMode, stepping: Stepping)
    throws
  {
    for (depth, cycles) in [(66, 4164), (65, 4227), (64, 4290)] {
      let run = try Self.run(
        .naive, rows: 64, keys: 64, depths: Self.depths(2, depth), fork: fork, stepping: stepping)
      #expect(run.result.cycles == cycles)
    }
  }

  @Test func sequentialForkNeedsOneSlotLessThanARow() throws {
    let run = try Self.run(
      .naive, rows: 64, keys: 64, depths: Self.depths(2, 63), fork: .sequential)
    #expect(run.result.cycles == 4353)
  }

  @Test func atomicForkDeadlocksBelowOneRow() throws {
    let run = try Self.run(.naive, rows: 64, keys: 64, depths: Self.depths(2, 63))
    let deadlock = try #require(run.result.deadlock)
    #expect(deadlock.cycle == 66)
  }

  @Test(arguments: ForkMode.allCases)
  func bothForksDeadlockTwoBelowOneRow(fork: ForkMode) throws {
    let run = try Self.run(
      .naive, rows: 64, keys: 64, depths: Self.depths(2, 62), fork: fork)
    let deadlock = try #require(run.result.deadlock)
    #expect(deadlock.fullFIFOs.map(\.fifo).contains("e_long"))
    #expect(deadlock.waitCycle.contains("qk") && deadlock.waitCycle.contains("div"))
  }

  @Test(arguments: [(66, 66, 4229), (66, 65, 4292), (65, 66, 4292), (65, 65, 4292)])
  func scaledLosesOneCyclePerRowHoweverManyLongFIFOsAreShort(long1: Int, long2: Int, cycles: Int)
    throws
  {
    let depths = AttentionDepths(
      short: .bounded(2), long1: .bounded(long1), long2: .bounded(long2))
    let run = try Self.run(.scaled, rows: 64, keys: 64, depths: depths)
    #expect(run.result.cycles == cycles)
  }

  @Test(arguments: ForkMode.allCases)
  func depthOneHalvesThroughput(fork: ForkMode) throws {
    for (variant, cycles) in [(AttentionVariant.reordered, 8195), (.memoryFree, 8196)] {
      let run = try Self.run(
        variant, rows: 64, keys: 64, depths: Self.depths(1, 1), fork: fork)
      #expect(run.result.cycles == cycles)
    }
  }

  @Test func peaksWithUnboundedFIFOs() throws {
    let run = try Self.run(.naive, rows: 64, keys: 64, depths: .unbounded)
    let peaks = Dictionary(
      uniqueKeysWithValues: zip(run.graph.graph.fifos.map(\.name), run.result.peaks))
    #expect(
      peaks == [
        "k": 2, "q": 63, "v": 68, "e_short": 2, "e_long": 66, "sum": 1, "p": 2, "o": 1,
      ])
  }

  @Test func peaksWithSufficientDepths() throws {
    let run = try Self.run(.naive, rows: 64, keys: 64, depths: Self.depths(2, 66))
    for (fifo, peak) in zip(run.graph.graph.fifos, run.result.peaks) {
      if fifo.name == "e_long" { #expect(peak == 66) } else { #expect(peak <= 2) }
    }
  }

  @Test(arguments: [([5, 1, 1], 70, 4168), ([1, 4, 1], 69, 4167), ([1, 1, 6], 66, 4169)])
  func leastLongDepthFollowsLatencyOfWriterAndReduction(
    latency: [Int], least: Int, cycles: Int
  ) throws {
    let latencies = ["qk": latency[0], "sum": latency[1], "div": latency[2]]
    let short = 2 + (latency.max() ?? 1)
    for (depth, isFull) in [(least, true), (least - 1, false)] {
      let run = try Self.run(
        .naive, rows: 64, keys: 64, depths: Self.depths(short, depth), latencies: latencies)
      #expect((run.result.cycles == cycles) == isFull)
    }
  }

  @Test func unboundedShortFIFOsChangeNothing() throws {
    for variant in [AttentionVariant.naive, .scaled, .reordered, .memoryFree] {
      let depths = AttentionDepths(short: .unbounded, long: .bounded(66))
      let bounded = try Self.run(variant, rows: 64, keys: 64, depths: Self.depths(2, 66))
      let run = try Self.run(variant, rows: 64, keys: 64, depths: depths)
      #expect(run.result.cycles == bounded.result.cycles)
      let sources = run.graph.graph.sourceFIFOs
      for (index, peak) in run.result.peaks.enumerated()
      where !sources.contains(index) && run.graph.graph.fifos[index].depth == .unbounded {
        #expect(peak <= 2)
      }
    }
  }
}
