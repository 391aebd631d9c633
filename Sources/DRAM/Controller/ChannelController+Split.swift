// One command slot with split activations and a data clock (LPDDR5).

extension ChannelController {
  /// One tick: an overdue second activation, the column command behind a clock start, the usual order, and
  /// otherwise the second activation with the nearest deadline.
  mutating func processSplitTick(_ tick: Int) {
    let urgent = nearestSplit()
    let deadline = urgent < 0 ? Int.max : openedAt[urgent] &+ splitDeadline
    if let started = clockStarted {
      let command = columnCommand(isWrite(started))
      if timing.earliestIssue(command, bank: started.bank, from: tick) == tick {
        clockStarted = nil
        issueColumn(started, queue: writeQueue(started), at: tick)
      }
      return
    }
    if deadline <= tick {
      issueSecondActivation(urgent, at: tick)
      return
    }
    let pick = usualCandidate(tick)
    if pick.kind == .none {
      if urgent >= 0 { issueSecondActivation(urgent, at: tick) }
      return
    }
    if (pick.kind == .active || pick.kind == .column) && tick >= clockExpiry {
      // The clock start takes this tick and the column command the next: no deadline may fall there.
      if deadline <= tick &+ 1 {
        issueSecondActivation(urgent, at: tick)
        return
      }
      let start = (isWrite(pick) ? roles.startWrite : roles.startRead) ?? 0
      if timing.earliestIssue(start, bank: pick.bank, from: tick) == tick {
        let entry = queues.entries[Int(slot(pick))]
        record(start, bank: pick.bank, row: Int(entry.row), column: Int(entry.column), at: tick)
        clockStarted = pick
      }
      return
    }
    switch pick.kind {
    case .active, .column: issueColumn(pick, queue: writeQueue(pick), at: tick)
    case .refresh: issueRefresh(pick, at: tick)
    case .row: issueRow(pick, queue: writeMode ? 1 : 0, at: tick)
    case .none: break
    }
  }

  private mutating func slot(_ pick: Pick) -> Int32 {
    pick.kind == .active
      ? queues.active[pick.bank] : queues.lane(writeMode ? 1 : 0, pick.bank).pointee.hit
  }

  private mutating func isWrite(_ pick: Pick) -> Bool { queues.entries[Int(slot(pick))].isWrite }

  private mutating func writeQueue(_ pick: Pick) -> Int { isWrite(pick) ? 1 : 0 }

  /// The half-open bank whose second activation is due first, the older request at a tie; deadlines fall due in the
  /// order of the first activations. Returns -1 if there is none.
  @inline(__always)
  private mutating func nearestSplit() -> Int {
    if splitCount == 0 { return -1 }
    var best = -1
    for word in 0..<queues.words {
      var mask = splitMask[word]
      while mask != 0 {
        let bank = word &* 64 &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        if best < 0 || openedAt[bank] < openedAt[best]
          || (openedAt[bank] == openedAt[best] && splitArrival(bank) < splitArrival(best))
        {
          best = bank
        }
      }
    }
    return best
  }

  private mutating func splitArrival(_ bank: Int) -> Int {
    queues.entries[splitBanks[bank]].arrival
  }

  /// Active request, refresh, then the queue in service; a pick of kind `none` if nothing can go now.
  private mutating func usualCandidate(_ tick: Int) -> Pick {
    if queues.activeCount > 0 {
      lookForActive(from: tick)
      if cachedActive.time == tick { return cachedActive }
    }
    if !jobs.isEmpty {
      let refresh = pickRefresh(from: tick)
      if refresh.time == tick { return refresh }
      if refreshBlocksAll { return Pick() }
    }
    updateWriteMode()
    let queue = writeMode ? 1 : 0
    lookForColumn(queue, from: tick)
    lookForRow(queue, from: tick)
    let isRow = rowTime == tick
    if cachedColumn.time == tick && (!isRow || cachedColumn.order < cachedRow.order) {
      return cachedColumn
    }
    return isRow ? cachedRow : Pick()
  }
}
