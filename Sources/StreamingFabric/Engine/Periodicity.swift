/// Finds two ends of epochs in the same relative state, by Brent's method.
///
/// The state is all that can influence later cycles: local times, responses that are still
/// outstanding at the producer's time, and stamps of tokens left in FIFOs, all relative to one
/// node. Equal states with equal work ahead give equal steps, so the stretch between them repeats.
///
/// Source: R. P. Brent, "An improved Monte Carlo factorization algorithm", BIT 20, 1980.
struct PeriodDetector {
  private var saved: [Int] = []
  private var savedEpoch = -1
  private var savedTime = 0
  private var reach = 1

  /// A proven period: this many epochs take this many cycles.
  struct Period: Hashable {
    var epochs: Int
    var cycles: Int
  }

  /// Notes the state after `epoch`; returns the period when it equals the saved one.
  mutating func note(epoch: Int, state: [Int], time: Int) -> Period? {
    if savedEpoch >= 0 && state == saved {
      return Period(epochs: epoch - savedEpoch, cycles: time - savedTime)
    }
    if savedEpoch < 0 || epoch - savedEpoch >= reach {
      if savedEpoch >= 0 { reach *= 2 }
      (saved, savedEpoch, savedTime) = (state, epoch, time)
    }
    return nil
  }
}

extension TimingEngine {
  /// The relative state at the end of an epoch, to be compared with others of the same run.
  func relativeState() -> [Int] {
    for index in groups.indices { checkOccupancy(index) }
    let reference = nodes[0].time
    var state: [Int] = []
    for node in 0..<nodeCount { state.append(nodes[node].time - reference) }
    for fifo in 0..<fifoCount {
      let entry = fifos[fifo]
      let pops = timelines[entry.pop]
      // Responses the producer has passed neither delay it nor count as fill any more.
      let passed = nodes[entry.producer].time - entry.response
      var token = pops.count
      while token > pops.origin && pops[token - 1] > passed { token -= 1 }
      state.append(pops.count - token)
      for index in token..<pops.count { state.append(pops[index] - reference) }
      let issues = timelines[entry.push]
      for index in 0..<entry.initialTokens {
        let position = issues.count - entry.initialTokens + index
        let stamp = position < 0 ? 0 : issues[position] + entry.arrival
        state.append(max(stamp, nodes[entry.consumer].time) - reference)
      }
      state.append(groups[entry.occupancy].peak)
    }
    return state
  }

  /// Jumps over `repetitions` proven periods.
  func skip(_ period: PeriodDetector.Period, repetitions: Int) {
    let cycles = period.cycles * repetitions
    var entries = [Int](repeating: 0, count: timelineCount)
    for node in 0..<nodeCount {
      let rows = plan.rows(ofNode: node) * period.epochs * repetitions
      let shape = graph.nodes[node].rows
      let firings = rows * shape.length(ofRow: shape.rows - 1)
      nodes[node].time += cycles
      nodes[node].fired += firings
      if nodes[node].hasFirst || nodes[node].hasLast {
        nodes[node].row += rows
        if nodes[node].row < shape.rows {
          nodes[node].rowLength = shape.length(ofRow: nodes[node].row)
        }
      }
      for fifo in everyOutputs[node] { entries[fifos[fifo].push] = firings }
      for fifo in lastOutputs[node] { entries[fifos[fifo].push] = rows }
      for fifo in everyInputs[node] { entries[fifos[fifo].pop] = firings }
      for fifo in firstInputs[node] { entries[fifos[fifo].pop] = rows }
    }
    for index in 0..<timelineCount {
      timelines[index].shift(cycles: cycles, entries: entries[index])
    }
    for index in groups.indices { groups[index].checked += entries[groups[index].push] }
  }
}
