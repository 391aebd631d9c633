// Walking known blocks of sequential streams, and learning unknown ones.

extension ChannelController {
  /// Blocks that may be learned without one being walked, before a pause; and the pause.
  private static var patience: Int { 512 }
  private static var pause: Int { 6144 }

  /// The first source that offers something, or 0.
  var leadingSource: Int {
    for index in 0..<sourceCount where sources[index].available { return index }
    return 0
  }

  /// The number of the present block: the sources' positions together, in blocks.
  @inline(__always)
  private var mark: Int {
    if sourceCount == 1 { return sources[0].position &>> SharedBlockMemo.blockShift }
    var sum = 0
    for index in 0..<sourceCount where sources[index].available {
      sum &+= sources[index].position
    }
    return sum &>> SharedBlockMemo.blockShift
  }

  /// Whether the sources have come to the end of a block.
  @inline(__always)
  var endsBlock: Bool { mark != blockMark }

  /// At a block's end: learns the block just simulated and walks as many known blocks as fit before `limit`.
  /// Returns whether time has moved.
  @inline(__always)
  mutating func applyBlock(limit: Int) -> Bool {
    if sourceCount == 0 || !endsBlock { return false }
    blockMark = mark
    if blocksToSkip > 0 {
      blocksToSkip &-= 1
      return false
    }
    return walk(limit: limit)
  }

  @inline(never)
  private mutating func walk(limit: Int) -> Bool {
    guard let memo, rowDigit >= 0, sources[leadingSource].available, let count = snapshot(),
      let state = memo.number(of: vector, count: count)
    else {
      observation = nil
      return false
    }
    learn(memo, endingIn: state)
    let reached = follow(memo, from: state, limit: limit)
    if reached == nil {
      blockPatience -= 1
      if blockPatience < 0 {
        // Nothing repeats here: look again later.
        blockPatience = Self.patience / 2
        blocksToSkip = Self.pause
        observation = nil
        return false
      }
    }
    if reached != nil && now >= limit && crossesLimit {
      // The walk goes on from here.
      observation = nil
      blockMark = -1
      return true
    }
    observe(state: reached ?? state)
    return reached != nil
  }

  // MARK: Learning

  /// Notes the state of affairs at a block's start.
  private mutating func observe(state: Int) {
    statistics.startRecording()
    observation = BlockObservation(
      state: state, now: now, refreshDistance: refreshDue - now, isFar: isFarFromRefresh,
      refreshHeldUntil: refreshHeldUntil(), refreshPhase: refreshCount % refreshParts,
      refreshCount: refreshCount, sourceCount: sourceCount, activations: activations,
      logCount: log.count)
    var place = observed
    for index in 0..<sourceCount {
      let source = sources + index
      let isOpen = source.pointee.available
      place[0] = source.pointee.position
      place[1] = source.pointee.row
      place[2] = isOpen ? source.pointee.remaining : -1
      place[3] = source.pointee.tag
      place[4] = isOpen ? taskRemaining[source.pointee.tag] : 0
      place += 5
    }
    place.update(from: statistics.counts, count: statistics.countSize)
  }

  private mutating func learn(_ memo: SharedBlockMemo, endingIn next: Int) {
    guard let start = observation else { return }
    observation = nil
    guard statistics.isRecording, start.sourceCount == sourceCount else { return }
    var place = observed
    for index in 0..<sourceCount {
      let source = sources + index
      if source.pointee.available != (place[2] >= 0) { return }
      // The same segment throughout, and no digit above the row has moved.
      if source.pointee.available
        && (source.pointee.tag != place[3]
          || source.pointee.remaining != place[2] - (source.pointee.position - place[0])
          || source.pointee.position / rowSpan != place[0] / rowSpan)
      {
        return
      }
      place += 5
    }
    var transition = SharedBlockMemo.Transition()
    transition.duration = now - start.now
    transition.refreshes = refreshCount - start.refreshCount
    let isQuiet = transition.refreshes == 0 && start.refreshDistance > transition.duration
    // What held up refreshes at a far start is not part of that state, so it must have ended by a near end.
    if isQuiet && start.isFar && !isFarFromRefresh && start.refreshHeldUntil > now { return }
    if !appendLog(&transition, start) { return }
    transition.next = next
    transition.activations = activations - start.activations
    transition.sources = memo.figures.count
    place = observed
    for index in 0..<sourceCount {
      let source = sources + index
      if source.pointee.available {
        memo.figures.append(source.pointee.position - place[0])
        memo.figures.append(place[4] - taskRemaining[source.pointee.tag])
        memo.figures.append(source.pointee.row - place[1])
        memo.figures.append(taskCompletion[source.pointee.tag] - start.now)
      } else {
        for _ in 0..<SharedBlockMemo.figures { memo.figures.append(0) }
      }
      place += 5
    }
    transition.counts = memo.figures.count
    for index in 0..<statistics.countSize {
      memo.figures.append(statistics.counts[index] - place[index])
    }
    let first = memo.latencies.count
    transition.latencyMaximum = statistics.stopRecording(into: &memo.latencies)
    transition.latencies = first..<memo.latencies.count
    let firstColumn = memo.columns.count
    for tick in statistics.columns { memo.columns.append(Int32(tick - start.now)) }
    transition.columns = firstColumn..<memo.columns.count
    memo.transitions.append(transition)
    let number = memo.transitions.count - 1
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

  /// Takes over the block's commands; returns false if one is for a row of nobody.
  private mutating func appendLog(
    _ transition: inout SharedBlockMemo.Transition, _ start: BlockObservation
  ) -> Bool {
    if log.count == start.logCount { return true }
    let areApart = findSpans()
    for var record in log[start.logCount...] {
      record.tick -= start.now
      record.channel = 0
      if record.row >= 0 {
        let owner = owner(of: Int(record.row), areApart: areApart)
        if owner < 0 { return false }
        record.channel = Int32(owner)
        record.row -= Int32(observed[owner * 5 + 1])
      } else {
        record.row = Int32.min
      }
      transition.log.append(record)
    }
    return true
  }

  // MARK: Following

  /// Walks known blocks; returns the state reached, or nil if none was known.
  private mutating func follow(_ memo: SharedBlockMemo, from first: Int, limit: Int) -> Int? {
    var state = first
    var moved = false
    let isSpread = configuration.refresh != .perBank
    let walked = self.walked
    walked.update(repeating: 0, count: 2 * Self.sourceLimit)
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
      if !fits(memo, memo.transitions[number].sources) { break }
      if duration > limit - now {
        if !crossesLimit || duration >= BandwidthSeries.shortestWindow { break }
        // The last block of this walk: how many of its bursts belong behind the limit.
        let columns = memo.transitions[number].columns
        for index in columns where Int(memo.columns[index]) > limit - now { burstsPastLimit += 1 }
      }
      if !moved {
        moved = true
        if blockUses.count < memo.transitions.count {
          blockUses += [Int](repeating: 0, count: memo.transitions.count - blockUses.count)
        }
      }
      if blockUses[number] == 0 { usedBlocks.append(number) }
      blockUses[number] &+= 1
      if isLogging { writeLog(memo, number) }
      var figure = memo.transitions[number].sources
      for index in 0..<sourceCount {
        walked[2 &* index] &+= memo.figures[figure]
        walked[2 &* index &+ 1] &+= memo.figures[figure &+ 2]
        if memo.figures[figure &+ 1] > 0 {
          let completion = now &+ memo.figures[figure &+ 3]
          let tag = sources[index].tag
          if completion > taskCompletion[tag] { taskCompletion[tag] = completion }
          if completion > lastCompletion { lastCompletion = completion }
        }
        figure &+= SharedBlockMemo.figures
      }
      now &+= duration
      if memo.transitions[number].refreshes > 0 {
        refreshCount += memo.transitions[number].refreshes
        refreshDue = (refreshCount + 1) * refreshTicks / refreshParts
      }
      state = memo.transitions[number].next
      if now >= limit { break }
    }
    if !moved { return nil }
    for number in usedBlocks {
      blockPatience = min(Self.patience, blockPatience + blockUses[number])
      repeatedBlocks += blockUses[number]
      add(memo, number, times: blockUses[number])
      blockUses[number] = 0
    }
    usedBlocks.removeAll(keepingCapacity: true)
    for index in 0..<sourceCount where sources[index].available {
      let bursts = walked[2 * index]
      if bursts == 0 { continue }
      sources[index].remaining -= bursts
      sources[index].seek(sources[index].position + bursts, radix)
    }
    memo.copy(state, to: vector)
    restore()
    blockMark = mark
    return state
  }

  private mutating func writeLog(_ memo: SharedBlockMemo, _ number: Int) {
    for var record in memo.transitions[number].log {
      let owner = Int(record.channel)
      record.tick += now
      record.channel = Int32(channel)
      record.row =
        record.row == Int32.min
        ? -1 : record.row + Int32(sources[owner].row + walked[2 * owner + 1])
      log.append(record)
    }
  }

  /// Whether every source has the block's bursts left in its segment without carrying beyond the row.
  @inline(__always)
  private mutating func fits(_ memo: SharedBlockMemo, _ figures: Int) -> Bool {
    for index in 0..<sourceCount where sources[index].available {
      let after = walked[2 &* index] &+ memo.figures[figures &+ SharedBlockMemo.figures &* index]
      if after > sources[index].remaining { return false }
      // Bursts until a digit above the row moves.
      if rowSpan &- 1 &- sources[index].position % rowSpan < after { return false }
    }
    return true
  }

  private mutating func add(_ memo: SharedBlockMemo, _ number: Int, times: Int) {
    let transition = memo.transitions[number]
    for index in 0..<statistics.countSize {
      statistics.counts[index] += memo.figures[transition.counts + index] * times
    }
    for index in transition.latencies {
      let (latency, reads) = memo.latencies[index]
      statistics.latencies[Int(latency)] &+= reads &* UInt32(truncatingIfNeeded: times)
    }
    statistics.latencyMaximum = max(statistics.latencyMaximum, transition.latencyMaximum)
    activations += transition.activations * times
    for index in 0..<sourceCount where sources[index].available {
      taskRemaining[sources[index].tag] -=
        memo.figures[transition.sources + SharedBlockMemo.figures * index + 1] * times
    }
  }
}
