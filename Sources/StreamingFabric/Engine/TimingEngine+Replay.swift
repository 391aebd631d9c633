extension TimingEngine {
  /// Whether the last sweep took from each FIFO as many tokens as it put in.
  ///
  /// Then the next sweep meets the same fills, and can run without looking at them.
  func isBalancedSweep() -> Bool {
    for entry in sweep {
      for fifo in everyInputs[entry.node] {
        let state = fifos + fifo
        if !state.pointee.pushesEvery || sweptCount[state.pointee.producer] != entry.count {
          return false
        }
      }
      for fifo in everyOutputs[entry.node] {
        let state = fifos + fifo
        if !state.pointee.popsEvery || sweptCount[state.pointee.consumer] != entry.count {
          return false
        }
      }
    }
    return true
  }

  /// Repeats the last sweep as often as it stays within all rows.
  ///
  /// - Returns: the number of nodes that reached the epoch's end.
  func replay() -> Int {
    var rounds = Int.max
    for entry in sweep { rounds = min(rounds, blockLimit(entry.node) / entry.count) }
    guard rounds > 1 else { return 0 }
    for entry in sweep { makeRoom(entry.node, entry.count) }
    for entry in sweep { rounds = min(rounds, writableEntries(entry.node) / entry.count) }
    var hasGeneral = false
    for (position, entry) in sweep.enumerated() {
      (tasks + position).initialize(to: makeTask(entry.node, entry.count))
      hasGeneral = hasGeneral || nodes[entry.node].kernel == .general
    }
    if hasGeneral {
      for _ in 0..<rounds {
        for entry in sweep { runBlock(entry.node, entry.count) }
      }
    } else {
      repeatTasks(sweep.count, rounds)
      for (position, entry) in sweep.enumerated() {
        nodes[entry.node].time = tasks[position].time
        complete(entry.node, entry.count * rounds)
      }
    }
    return sweep.count { nodes[$0.node].fired == nodes[$0.node].goal }
  }

  private func repeatTasks(_ count: Int, _ rounds: Int) {
    let tasks = self.tasks
    for round in 0..<rounds {
      for position in 0..<count {
        TimingEngine.execute(&tasks[position], offset: round &* tasks[position].count)
      }
    }
  }

  private func writableEntries(_ node: Int) -> Int {
    var room = Int.max
    if nodes[node].popEvery >= 0 { room = min(room, timelines[nodes[node].popEvery].room) }
    if nodes[node].isSequential {
      for fifo in everyOutputs[node] { room = min(room, timelines[fifos[fifo].push].room) }
    } else if nodes[node].pushEvery >= 0 {
      room = min(room, timelines[nodes[node].pushEvery].room)
    }
    return room
  }
}
