// Walking known blocks of sequential streams, and learning unknown ones.

extension ChannelController {
  /// The source whose burst numbers mark the blocks: the first that offers a range.
  private var leadingSource: Int? {
    for index in 0..<sourceCount where sources[index].available { return index }
    return nil
  }

  /// Whether the leading source has come to the end of a block.
  @inline(__always)
  var endsBlock: Bool {
    let lead = sources[0].available ? 0 : leadingSource ?? 0
    return sources[lead].position &>> SharedBlockMemo.blockShift != blockMark
  }

  /// At a block's end: learns the block just simulated and walks as many known blocks as fit before `limit`.
  /// Returns whether time has moved.
  @inline(__always)
  mutating func applyBlock(limit: Int) -> Bool {
    guard sourceCount > 0, sources[0].available || sourceCount > 1 else { return false }
    let lead = sources[0].available ? 0 : leadingSource ?? 0
    let mark = sources[lead].position &>> SharedBlockMemo.blockShift
    if mark == blockMark { return false }
    return walk(lead: lead, mark: mark, limit: limit)
  }

  @inline(never)
  private mutating func walk(lead: Int, mark: Int, limit: Int) -> Bool {
    guard let memo, rowDigit >= 0, let vector = snapshot(lead: lead) else { return false }
    blockMark = mark
    guard let state = memo.number(of: vector) else {
      observation = nil
      return false
    }
    learn(memo, endingIn: state, lead: lead)
    let moved = follow(memo, from: state, lead: lead, limit: limit)
    if blocksLearned > 512 && blocksWalked < blocksLearned / 2 {
      stopCoalescing()
      return moved != nil
    }
    observe(memo, lead: lead, state: moved ?? state)
    return moved != nil
  }

  // MARK: Learning

  private mutating func observe(_ memo: SharedBlockMemo, lead: Int, state: Int) {
    statistics.startRecording()
    observation = BlockObservation(
      state: state, now: now, refreshDistance: refreshDue - now,
      isFar: isFarFromRefresh, refreshHeldUntil: refreshHeldUntil(),
      refreshPhase: refreshCount % refreshParts, refreshCount: refreshCount,
      baseRow: sources[lead].row,
      positions: (0..<sourceCount).map { sources[$0].position },
      rows: (0..<sourceCount).map { sources[$0].row },
      remaining: (0..<sourceCount).map { sources[$0].available ? sources[$0].remaining : -1 },
      tags: (0..<sourceCount).map { sources[$0].available ? sources[$0].tag : -1 },
      taskRemaining: (0..<sourceCount).map {
        sources[$0].available ? taskRemaining[sources[$0].tag] : 0
      },
      counts: Array(UnsafeBufferPointer(start: statistics.counts, count: statistics.countSize)),
      sequence: sequence, activations: activations, logCount: log.count)
  }

  private mutating func learn(_ memo: SharedBlockMemo, endingIn next: Int, lead: Int) {
    guard let start = observation else { return }
    observation = nil
    guard statistics.isRecording else { return }
    var transition = SharedBlockMemo.Transition()
    guard start.positions.count == sourceCount else { return }
    for index in 0..<sourceCount {
      let isOpen = sources[index].available
      if isOpen != (start.remaining[index] >= 0) { return }
      if !isOpen {
        transition.accepted.append(0)
        transition.served.append(0)
        transition.rows.append(0)
        transition.completion.append(0)
        continue
      }
      let accepted = sources[index].position - start.positions[index]
      // The same segment throughout, and no digit above the row has moved.
      if sources[index].tag != start.tags[index]
        || sources[index].remaining != start.remaining[index] - accepted
        || highDigits(sources[index].position) != highDigits(start.positions[index])
      {
        return
      }
      transition.accepted.append(accepted)
      transition.served.append(start.taskRemaining[index] - taskRemaining[sources[index].tag])
      transition.rows.append(sources[index].row - start.rows[index])
      transition.completion.append(taskCompletion[sources[index].tag] - start.now)
    }
    transition.duration = now - start.now
    transition.next = next
    transition.counts = (0..<statistics.countSize).map { statistics.counts[$0] - start.counts[$0] }
    transition.latencies = statistics.recorded()
    transition.latencyMaximum = transition.latencies.map(\.latency).max() ?? 0
    transition.sequence = sequence - start.sequence
    transition.activations = activations - start.activations
    transition.refreshes = refreshCount - start.refreshCount
    for var record in log[start.logCount...] {
      record.tick -= start.now
      record.row = record.row < 0 ? Int32.min : record.row - Int32(start.baseRow)
      transition.log.append(record)
    }
    let isQuiet = transition.refreshes == 0 && start.refreshDistance > transition.duration
    // What held up refreshes at a far start is not part of that state, so it must have ended by a near end.
    if isQuiet && start.isFar && !isFarFromRefresh && start.refreshHeldUntil > now { return }
    memo.transitions.append(transition)
    let number = memo.transitions.count - 1
    blocksLearned += 1
    if isQuiet {
      if isFarFromRefresh {
        memo.states[start.state].quietFar = number
      } else {
        memo.states[start.state].quietNear = number
      }
    } else {
      let key = SharedBlockMemo.RefreshKey(
        distance: start.refreshDistance, phase: start.refreshPhase)
      memo.states[start.state].refreshing[key] = number
    }
  }

  private func highDigits(_ burst: Int) -> Int { burst / rowSpan }

  // MARK: Following

  /// Walks known blocks; returns the state reached, or nil if none was known.
  private mutating func follow(
    _ memo: SharedBlockMemo, from first: Int, lead: Int, limit: Int
  ) -> Int? {
    var state = first
    var moved = false
    let isSpread = configuration.refresh != .perBank
    let baseRow = sources[lead].row
    var rows = [Int](repeating: 0, count: sourceCount)
    var accepted = rows
    while true {
      let distance = refreshDue - now
      var number = memo.states[state].quietFar
      if number < 0 || distance - memo.transitions[number].duration < timing.horizon {
        number = memo.states[state].quietNear
        if number >= 0 {
          let left = distance - memo.transitions[number].duration
          if left <= 0 || (isSpread && left >= timing.horizon) { number = -1 }
        }
      }
      if number < 0 {
        if memo.states[state].refreshing.isEmpty { break }
        let key = SharedBlockMemo.RefreshKey(
          distance: refreshDue - now, phase: refreshCount % refreshParts)
        guard let known = memo.states[state].refreshing[key] else { break }
        number = known
      }
      let duration = memo.transitions[number].duration
      if duration > limit - now || !fits(memo.transitions[number], accepted) { break }
      if !moved {
        moved = true
        if blockUses.count < memo.transitions.count {
          blockUses += [Int](repeating: 0, count: memo.transitions.count - blockUses.count)
        }
      }
      if blockUses[number] == 0 { usedBlocks.append(number) }
      blockUses[number] &+= 1
      if isLogging {
        for var record in memo.transitions[number].log {
          record.tick += now
          record.channel = Int32(channel)
          record.row = record.row == Int32.min ? -1 : record.row + Int32(baseRow + rows[lead])
          log.append(record)
        }
      }
      for index in 0..<sourceCount {
        accepted[index] &+= memo.transitions[number].accepted[index]
        rows[index] &+= memo.transitions[number].rows[index]
        if memo.transitions[number].served[index] > 0 {
          let completion = now &+ memo.transitions[number].completion[index]
          let tag = sources[index].tag
          if completion > taskCompletion[tag] { taskCompletion[tag] = completion }
          if completion > lastCompletion { lastCompletion = completion }
        }
      }
      now &+= duration
      if memo.transitions[number].refreshes > 0 {
        refreshCount += memo.transitions[number].refreshes
        refreshDue = (refreshCount + 1) * refreshTicks / refreshParts
      }
      state = memo.transitions[number].next
    }
    if !moved { return nil }
    for number in usedBlocks {
      blocksWalked += blockUses[number]
      add(memo.transitions[number], times: blockUses[number])
      blockUses[number] = 0
    }
    usedBlocks.removeAll(keepingCapacity: true)
    for index in 0..<sourceCount where sources[index].available {
      sources[index].remaining -= accepted[index]
      sources[index].seek(sources[index].position + accepted[index], radix)
    }
    restore(memo.states[state].vector, lead: lead)
    blockMark = sources[lead].position >> SharedBlockMemo.blockShift
    return state
  }

  /// Whether every source has the block's bursts left in its segment without carrying beyond the row.
  @inline(__always)
  private func fits(_ transition: SharedBlockMemo.Transition, _ accepted: [Int]) -> Bool {
    for index in 0..<sourceCount where sources[index].available {
      let after = accepted[index] &+ transition.accepted[index]
      if after > sources[index].remaining { return false }
      if rowRoom(sources[index].position) < after { return false }
    }
    return true
  }

  /// Bursts from this one until a digit above the row moves.
  @inline(__always)
  private func rowRoom(_ position: Int) -> Int { rowSpan &- 1 &- position % rowSpan }

  private mutating func add(_ transition: SharedBlockMemo.Transition, times: Int) {
    for index in 0..<statistics.countSize {
      statistics.counts[index] += transition.counts[index] * times
    }
    for (latency, reads) in transition.latencies {
      statistics.latencies[latency] += reads * UInt32(times)
    }
    statistics.latencyMaximum = max(statistics.latencyMaximum, transition.latencyMaximum)
    sequence += transition.sequence * times
    activations += transition.activations * times
    for index in 0..<sourceCount where sources[index].available {
      taskRemaining[sources[index].tag] -= transition.served[index] * times
    }
  }
}
