import Numerics
import StreamingFabric
import Testing
import Units

/// Rows of any lengths in closed form, against stepping every firing.
@Suite struct AttentionRowTimingTests {
  @Test func longRowsCostTheCyclesOfStepping() throws {
    var generator = SeededGenerator(seed: 11)
    func pick(_ range: ClosedRange<Int>) -> Int {
      range.lowerBound + generator.next(below: range.count)
    }
    let variants = [AttentionVariant.reordered, .memoryFree, .sigmoid, .naive, .scaled]
    for trial in 0..<120 {
      let variant = variants[trial % variants.count]
      var options = AttentionOptions(
        variant, shape: AttentionShape(rows: 1, keys: 3000, dimension: 1),
        fork: trial % 2 == 0 ? .atomic : .sequential, queryBlock: pick(1...3))
      for node in variant.nodeNames {
        options.latencies[node] = pick(1...12)
        if trial % 3 == 0 { options.intervals[node] = pick(1...3) }
      }
      options.depths = options.fullThroughputDepths
      // Also depths that cost throughput.
      if trial % 4 == 0 { options.depths.short = .bounded(pick(1...5)) }
      let lengths = (0..<pick(1...12)).map { _ in pick(1...4) == 1 ? pick(1...40) : pick(1...3000) }
      options.depths.long1 = .bounded(4000)
      options.depths.long2 = .bounded(4000)
      let graph = try AttentionGraph(options, rowLengths: lengths)
      let stepped = try graph.graph.run(FabricRunOptions(stepping: .step))
      guard stepped.deadlock == nil else { continue }
      let outcome = try AttentionRowTiming(options).run(rowLengths: lengths)
      #expect(outcome.cycles == stepped.cycles, "trial \(trial) \(options) \(lengths)")
      #expect(
        outcome.intermediateElements * 4 == graph.intermediateBytes(peaks: stepped.peaks),
        "trial \(trial)")
    }
  }

  @Test func aDeadlockIsAnError() throws {
    var options = AttentionOptions(
      .naive, shape: AttentionShape(rows: 1, keys: 100, dimension: 1))
    options.depths.long1 = .bounded(50)
    let timing = try AttentionRowTiming(options)
    let error = #expect(throws: GraphError.self) { try timing.run(rowLengths: [100]) }
    #expect(error?.message.contains("e_long") == true)
  }
}
