extension TimingEngine {
  /// How often the last sweep can be repeated before a FIFO that it fills or drains runs out.
  ///
  /// A FIFO that gets as many tokens as it loses meets the same fill each time, and needs no look.
  private func roundsWithinFills() -> Int {
    var rounds = Int.max
    for entry in sweep {
      for fifo in everyInputs[entry.node] {
        let state = fifos + fifo
        let pushed = state.pointee.pushesEvery ? sweptCount[state.pointee.producer] : 0
        let drained = entry.count - pushed
        if drained > 0 {
          let spare = available(fifo) - entry.count
          rounds = min(rounds, spare < 0 ? 0 : spare / drained + 1)
        }
      }
      for fifo in everyOutputs[entry.node] {
        let state = fifos + fifo
        let popped = state.pointee.popsEvery ? sweptCount[state.pointee.consumer] : 0
        let filled = entry.count - popped
        if filled > 0 && state.pointee.depth < FIFOState.endless {
          let spare = space(fifo) - entry.count
          rounds = min(rounds, spare < 0 ? 0 : spare / filled + 1)
        }
      }
    }
    return rounds
  }

  /// Repeats the last sweep as often as it stays within all rows and fills.
  ///
  /// - Returns: the number of nodes that reached the epoch's end.
  func replay() -> Int {
    var rounds = roundsWithinFills()
    for entry in sweep { rounds = min(rounds, blockLimit(entry.node) / entry.count) }
    guard rounds > 1 else { return 0 }
    for entry in sweep { makeRoom(entry.node, entry.count) }
    for entry in sweep { rounds = min(rounds, writableEntries(entry.node) / entry.count) }
    var hasGeneral = sweep.contains { $0.count != sweep[0].count }
    for (position, entry) in sweep.enumerated() {
      (tasks + position).initialize(to: makeTask(entry.node, entry.count))
      hasGeneral = hasGeneral || nodes[entry.node].kernel == .general
    }
    if hasGeneral {
      for _ in 0..<rounds {
        for entry in sweep { runBlock(entry.node, entry.count) }
      }
    } else {
      repeatTasks(sweep.count, of: sweep[0].count, rounds)
      for (position, entry) in sweep.enumerated() {
        nodes[entry.node].time = tasks[position].time
        complete(entry.node, entry.count * rounds)
      }
    }
    return sweep.count { nodes[$0.node].fired == nodes[$0.node].goal }
  }

  /// Runs `taskCount` blocks of `count` firings each, one after the other, `rounds` times.
  ///
  /// The counts of FIFOs of depth 1 and 2 have loops of their own, which the compiler unrolls.
  private func repeatTasks(_ taskCount: Int, of count: Int, _ rounds: Int) {
    switch count {
    case 1: TimingEngine.repeatSingles(tasks, taskCount, rounds)
    case 2: TimingEngine.repeatPairs(tasks, taskCount, rounds)
    default: TimingEngine.repeatBlocks(tasks, taskCount, of: count, rounds)
    }
  }

  /// Blocks of one firing.
  @inline(never)
  private static func repeatSingles(
    _ tasks: UnsafeMutablePointer<BlockTask>, _ taskCount: Int, _ rounds: Int
  ) {
    let end = tasks + taskCount
    for round in 0..<rounds {
      var task = tasks
      while task < end {
        TimingEngine.execute(&task.pointee, offset: round &* 1, count: 1)
        task += 1
      }
    }
  }

  /// Blocks of two firings.
  @inline(never)
  private static func repeatPairs(
    _ tasks: UnsafeMutablePointer<BlockTask>, _ taskCount: Int, _ rounds: Int
  ) {
    let end = tasks + taskCount
    for round in 0..<rounds {
      var task = tasks
      while task < end {
        TimingEngine.execute(&task.pointee, offset: round &* 2, count: 2)
        task += 1
      }
    }
  }

  /// Blocks of any number of firings.
  @inline(never)
  private static func repeatBlocks(
    _ tasks: UnsafeMutablePointer<BlockTask>, _ taskCount: Int, of count: Int, _ rounds: Int
  ) {
    let end = tasks + taskCount
    for round in 0..<rounds {
      var task = tasks
      while task < end {
        TimingEngine.execute(&task.pointee, offset: round &* count, count: count)
        task += 1
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
