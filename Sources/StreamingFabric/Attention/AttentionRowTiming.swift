internal import Numerics

/// The cycles that one set of attention nodes takes for rows of any lengths.
///
/// Rows of equal lengths repeat (`Stepping.periodic`). In a graph without long FIFOs a long row
/// repeats within itself too: behind its start every node fires at a steady rate, so `period`
/// firings more cost the same cycles wherever they are added. That is measured on single rows, three
/// times, before it is used; where it does not hold, and with long FIFOs, rows are stepped.
public struct AttentionRowTiming: Sendable {
  /// What a run of rows gave.
  public struct Outcome: Hashable, Sendable {
    public var cycles: Int
    /// FIFO peaks and node state, sources left out, in elements.
    public var intermediateElements: Int
  }

  public let options: AttentionOptions
  /// Firings of a row that are always stepped, and those that repeat behind them.
  private let steady: Int
  private let period: Int
  /// The cycles of `period` firings; absent where rows are not cut.
  private let cyclesPerPeriod: Int?

  /// - Throws: `GraphError` naming the option at fault.
  public init(_ options: AttentionOptions) throws(GraphError) {
    self.options = options
    let timings = options.variant.nodeNames.map(options.timing)
    let depth = options.depths.short.slots ?? 1
    let reach = timings.reduce(0) { $0 + $1.latency + $1.interval }
    period = max(1, depth)
    // Long enough for FIFOs to fill and for slots to come back through all nodes.
    steady = (4 * reach + 8 * depth + period - 1) / period * period
    guard options.variant.longFIFOs == 0 else {
      cyclesPerPeriod = nil
      return
    }
    var cycles: [Int] = []
    for periods in 0...3 {
      let run = try AttentionRowTiming.run(options, [steady + periods * period])
      guard run.deadlock == nil else {
        cyclesPerPeriod = nil
        return
      }
      cycles.append(run.cycles)
    }
    let step = cycles[1] - cycles[0]
    cyclesPerPeriod = cycles[2] - cycles[1] == step && cycles[3] - cycles[2] == step ? step : nil
  }

  private static func run(
    _ options: AttentionOptions, _ lengths: [Int]
  ) throws(GraphError) -> FabricRunResult {
    try AttentionGraph(options, rowLengths: lengths).graph.run()
  }

  /// Cycles for rows of these lengths, one after the other.
  ///
  /// - Throws: `GraphError` when the graph ends in deadlock, with its cycle and the FIFOs at fault.
  public func run(rowLengths: [Int]) throws(GraphError) -> Outcome {
    var lengths = rowLengths
    var left = 0
    if let cyclesPerPeriod {
      for (index, length) in lengths.enumerated() where length >= steady + 2 * period {
        let periods = (length - steady - period) / period
        lengths[index] -= periods * period
        left += periods * cyclesPerPeriod
      }
    }
    let attention = try AttentionGraph(options, rowLengths: lengths)
    let result = try attention.graph.run()
    if let deadlock = result.deadlock {
      throw GraphError(
        .value,
        "the attention graph is in deadlock at cycle \(deadlock.cycle): FIFOs "
          + deadlock.fullFIFOs.map(\.fifo).joined(separator: ", ") + " are too short")
    }
    return Outcome(
      cycles: result.cycles + left,
      intermediateElements: attention.intermediateBytes(peaks: result.peaks)
        / attention.precision.accumulator.bytes)
  }
}
