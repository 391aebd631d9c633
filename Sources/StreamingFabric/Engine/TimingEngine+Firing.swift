/// Which input each firing of a merge takes.
struct MergeSelection {
  /// Input ports, one per firing.
  var ports: [UInt8] = []
}

extension TimingEngine {
  /// One firing step by step, for a row's first and last firing, merges, and blocked nodes.
  ///
  /// - Parameter partially: also take inputs when outputs have no space yet.
  /// - Returns: whether anything happened.
  func fireOnce(_ node: Int, partially: Bool) -> Bool {
    var progress = false
    if !nodes[node].isPending {
      guard let arrival = arrivalOfInputs(node) else { return false }
      guard partially || outputsHaveSpace(node) else { return false }
      nodes[node].time = max(nodes[node].time, arrival)
      takeInputs(node)
      nodes[node].isPending = true
      nodes[node].nextOutput = 0
      progress = true
    }
    if writeOutputs(node, &progress) {
      nodes[node].isPending = false
      nodes[node].fired += 1
      nodes[node].time += nodes[node].interval
      if nodes[node].hasFirst || nodes[node].hasLast { moveColumn(node, 1) }
      progress = true
    }
    return progress
  }

  /// The FIFOs that the next firing pops, in port order.
  func inputsOfNextFiring(_ node: Int) -> [Int] {
    if nodes[node].isMerge { return inputs[node].filter { !isExhausted($0) } }
    if nodes[node].hasFirst && nodes[node].column > 0 { return everyInputs[node] }
    return inputs[node]
  }

  /// The FIFOs that the current or next firing writes, in order of connection.
  func outputsOfNextFiring(_ node: Int) -> [Int] {
    let isLast = nodes[node].hasLast && nodes[node].column == nodes[node].rowLength - 1
    return isLast ? everyOutputs[node] + lastOutputs[node] : everyOutputs[node]
  }

  /// Whether a merge has taken all tokens of an input.
  private func isExhausted(_ fifo: Int) -> Bool {
    timelines[fifos[fifo].pop].count == fifos[fifo].totalTokens + fifos[fifo].initialTokens
  }

  /// The stamp of a FIFO's head.
  func headStamp(_ fifo: Int) -> Int {
    let state = fifos[fifo]
    let token = timelines[state.pop].count - state.initialTokens
    return token < 0 ? 0 : timelines[state.push][token] + state.arrival
  }

  private func arrivalOfInputs(_ node: Int) -> Int? {
    var latest = 0
    for fifo in inputsOfNextFiring(node) {
      guard available(fifo) > 0 else { return nil }
      latest = max(latest, headStamp(fifo))
    }
    return latest
  }

  private func outputsHaveSpace(_ node: Int) -> Bool {
    for fifo in outputsOfNextFiring(node) where space(fifo) <= 0 { return false }
    return true
  }

  private func takeInputs(_ node: Int) {
    let state = nodes[node]
    if state.isMerge {
      let port = Int(selections[node]?.ports[state.fired] ?? 0)
      record(fifos[inputs[node][port]].pop, state.time)
      return
    }
    if state.popEvery >= 0 { record(state.popEvery, state.time) }
    if state.hasFirst && state.column == 0 { record(state.popFirst, state.time) }
  }

  private func record(_ timeline: Int, _ cycle: Int) {
    makeRoom(timeline: timeline, 1)
    timelines[timeline].append(cycle)
  }

  /// The cycle from which the next enqueue into a FIFO has a slot.
  private func slotCycle(_ fifo: Int) -> Int {
    let state = fifos[fifo]
    guard state.depth < FIFOState.endless else { return 0 }
    let slot = timelines[state.push].count + state.initialTokens - state.depth
    return timelines[state.pop][slot] + state.response
  }

  /// Writes the pending outputs; true when all are written.
  private func writeOutputs(_ node: Int, _ progress: inout Bool) -> Bool {
    let outputs = outputsOfNextFiring(node)
    if nodes[node].isSequential {
      while nodes[node].nextOutput < outputs.count {
        let fifo = outputs[nodes[node].nextOutput]
        guard space(fifo) > 0 else { return false }
        nodes[node].time = max(nodes[node].time, slotCycle(fifo))
        record(fifos[fifo].push, nodes[node].time)
        nodes[node].nextOutput += 1
        progress = true
      }
      return true
    }
    for fifo in outputs where space(fifo) <= 0 { return false }
    for fifo in outputs { nodes[node].time = max(nodes[node].time, slotCycle(fifo)) }
    if nodes[node].pushEvery >= 0 { record(nodes[node].pushEvery, nodes[node].time) }
    if nodes[node].hasLast && nodes[node].column == nodes[node].rowLength - 1 {
      record(nodes[node].pushLast, nodes[node].time)
    }
    return true
  }
}
