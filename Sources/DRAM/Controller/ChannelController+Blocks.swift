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
    learn(memo, endingIn: state, count)
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
    if reached != nil && walkEndedAtLimit && windowTicks > 0 {
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
      refreshPhase: refreshCount % refreshParts,
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

  private mutating func learn(_ memo: SharedBlockMemo, endingIn next: Int, _ count: Int) {
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
    // What holds up refreshes for less than a block is not part of a far state, so it must have ended by a near end.
    if isQuiet && start.isFar && !isFarFromRefresh && transition.duration < blockTicks { return }
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
    let firstCount = memo.counts.count
    for index in 0..<statistics.countSize where statistics.counts[index] != place[index] {
      memo.counts.append((index, statistics.counts[index] - place[index]))
    }
    transition.counts = firstCount..<memo.counts.count
    let first = memo.latencies.count
    let firstColumn = memo.columns.count
    transition.latencyMaximum = statistics.stopRecording(
      into: &memo.latencies, &memo.columns, from: start.now)
    transition.latencies = first..<memo.latencies.count
    transition.columns = firstColumn..<memo.columns.count
    let endsFar = isFarFromRefresh
    if isQuiet && endsFar && refreshDue != Int.max && transition.duration >= blockTicks {
      makeVectorNear()
      transition.nextNear = memo.number(of: vector, count: count) ?? -1
    }
    let number = memo.transitions.count
    memo.transitions.append(transition)
    if isQuiet {
      if endsFar {
        memo.states.base[start.state].quietFar = number
      } else {
        memo.states.base[start.state].quietNear = number
      }
    } else {
      let key = SharedBlockMemo.RefreshKey(
        distance: start.refreshDistance, phase: start.refreshPhase)
      memo.states.base[start.state].refreshing[key] = number
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
    var limit = limit
    var lastUsed = -1
    var bursts = movedBursts
    walkEndedAtLimit = false
    let isSpread = configuration.refresh != .perBank
    let states = memo.states.base
    let transitions = memo.transitions.base
    let figures = memo.figures.base
    let walked = self.walked
    for index in 0..<sourceCount {
      walked[3 &* index] = 0
      walked[3 &* index &+ 1] = 0
      // No digit above the row may move.
      walked[3 &* index &+ 2] =
        sources[index].available
        ? min(sources[index].remaining, rowSpan &- 1 &- sources[index].position % rowSpan) : 0
    }
    while true {
      let distance = refreshDue &- now
      var number = states[state].quietFar
      var next = -1
      if number >= 0 {
        let left = distance &- transitions[number].duration
        if left >= refreshReach {
          next = transitions[number].next
        } else if left > 0 {
          next = transitions[number].nextNear
        }
      }
      if next < 0 {
        number = states[state].quietNear
        if number >= 0 {
          let left = distance &- transitions[number].duration
          if left <= 0 || (isSpread && left >= refreshReach) { number = -1 }
        }
      }
      if number < 0 {
        if states[state].refreshing.isEmpty { break }
        let key = SharedBlockMemo.RefreshKey(
          distance: distance, phase: refreshCount % refreshParts)
        guard let known = states[state].refreshing[key] else { break }
        number = known
      }
      let transition = transitions + number
      let duration = transition.pointee.duration
      if !fits(figures + transition.pointee.sources) { break }
      if duration > limit &- now {
        walkEndedAtLimit = true
        if duration >= windowTicks { break }
        // The bursts by the end of the window that the block crosses.
        var moved = bursts
        for index in transition.pointee.columns where Int(memo.columns.base[index]) <= limit &- now
        {
          moved &+= 1
        }
        windowBursts.append(moved)
        if limit < lastWindowEnd {
          walkEndedAtLimit = false
          limit &+= windowTicks
        }
      }
      bursts &+= transition.pointee.columns.count
      moved = true
      if transition.pointee.uses == 0 {
        transition.pointee.usedBefore = lastUsed
        lastUsed = number
      }
      transition.pointee.uses &+= 1
      if isLogging { writeLog(memo, number) }
      var figure = figures + transition.pointee.sources
      for index in 0..<sourceCount {
        walked[3 &* index] &+= figure[0]
        walked[3 &* index &+ 1] &+= figure[2]
        if figure[1] > 0 {
          let completion = now &+ figure[3]
          let tag = sources[index].tag
          if completion > taskCompletion[tag] { taskCompletion[tag] = completion }
          if completion > lastCompletion { lastCompletion = completion }
        }
        figure += SharedBlockMemo.figures
      }
      now &+= duration
      if transition.pointee.refreshes > 0 {
        refreshCount += transition.pointee.refreshes
        refreshDue = (refreshCount + 1) * refreshTicks / refreshParts
      }
      state = next >= 0 ? next : transition.pointee.next
      if now >= limit {
        walkEndedAtLimit = true
        break
      }
    }
    if !moved { return nil }
    while lastUsed >= 0 {
      let uses = transitions[lastUsed].uses
      transitions[lastUsed].uses = 0
      blockPatience = min(Self.patience, blockPatience &+ uses)
      repeatedBlocks &+= uses
      add(memo, lastUsed, times: uses)
      lastUsed = transitions[lastUsed].usedBefore
    }
    for index in 0..<sourceCount where sources[index].available {
      let bursts = walked[3 * index]
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
    for var record in memo.transitions.base[number].log {
      let owner = Int(record.channel)
      record.tick += now
      record.channel = Int32(channel)
      record.row =
        record.row == Int32.min
        ? -1 : record.row + Int32(sources[owner].row + walked[3 * owner + 1])
      log.append(record)
    }
  }

  /// Whether every source has the block's bursts left in its segment without carrying beyond the row.
  @inline(__always)
  private mutating func fits(_ figures: UnsafeMutablePointer<Int>) -> Bool {
    for index in 0..<sourceCount {
      let after = walked[3 &* index] &+ figures[SharedBlockMemo.figures &* index]
      if after > walked[3 &* index &+ 2] { return false }
    }
    return true
  }

  private mutating func add(_ memo: SharedBlockMemo, _ number: Int, times: Int) {
    let transition = memo.transitions.base + number
    let counts = statistics.counts
    for place in transition.pointee.counts {
      let (index, step) = memo.counts.base[place]
      counts[index] &+= step &* times
    }
    for place in transition.pointee.latencies {
      let (latency, reads) = memo.latencies.base[place]
      statistics.latencies[Int(latency)] &+= reads &* UInt32(truncatingIfNeeded: times)
    }
    if transition.pointee.latencyMaximum > statistics.latencyMaximum {
      statistics.latencyMaximum = transition.pointee.latencyMaximum
    }
    activations &+= transition.pointee.activations &* times
    let figures = memo.figures.base + transition.pointee.sources
    for index in 0..<sourceCount where sources[index].available {
      taskRemaining[sources[index].tag] &-=
        figures[SharedBlockMemo.figures &* index &+ 1] &* times
    }
  }
}
