// Nothing here changes state; the functions are `mutating` because a borrowed `self` of this size is copied by the
// compiler (1 KB a call, measured), while `inout` is not.
//
// Candidates of each command slot, from the cached masks (`skip`) or from every queue entry (`tick`, the oracle).

extension ChannelController {
  @inline(__always)
  static func earlier(_ time: Int, _ order: Int, than pick: Pick) -> Bool {
    time < pick.time || (time == pick.time && order < pick.order)
  }

  /// The column command of an entry.
  @inline(__always)
  func columnCommand(_ isWrite: Bool) -> Int { isWrite ? writeCommand : readCommand }

  /// The oldest first-ready request whose row was opened for it.
  @inline(__always)
  mutating func pickActive(from: Int) -> Pick {
    var best = Pick()
    var bestArrival = Int.max
    for word in 0..<queues.words {
      var mask = queues.activeMask[word]
      while mask != 0 {
        let bank = word &* 64 &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        let entry = queues.entries + Int(queues.active[bank])
        let time = timing.earliestIssue(
          columnCommand(entry.pointee.isWrite), bank: bank, from: from)
        let arrival = entry.pointee.arrival
        let order = queues.activeOrder[bank]
        if time < best.time
          || (time == best.time
            && (arrival < bestArrival || (arrival == bestArrival && order < best.order)))
        {
          best = Pick(kind: .active, time: time, order: order, bank: bank)
          bestArrival = arrival
        }
      }
    }
    return best
  }

  /// The oldest first-ready row hit of a queue.
  @inline(__always)
  mutating func pickColumn(_ queue: Int, from: Int) -> Pick {
    if isLiteral || isFCFS { return pickSlowly(queue, from: from, columns: true) }
    var best = Pick()
    let command = columnCommand(queue == 1)
    let shared = timing.sharedBound(command, from: from)
    let soonest = shared | timing.rising[command]
    for word in 0..<queues.words {
      var mask = queues.columnMask[queue &* queues.words &+ word]
      if isBlocked { mask &= ~blocked[word] }
      while mask != 0 {
        let bank = word &* 64 &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        // Nothing is earlier than the shared bound: a younger hit need not be looked at once one is that early.
        let order = queues.entries[Int(queues.lane(queue, bank).pointee.hit)].sequence
        if order > best.order && best.time == soonest { continue }
        let time = timing.bankBound(command, bank: bank, shared: shared)
        if time > best.time { continue }
        if Self.earlier(time, order, than: best) {
          best = Pick(kind: .column, time: time, order: order, bank: bank)
        }
      }
    }
    return best
  }

  /// The oldest first-ready activation or precharge that a queue asks for.
  @inline(__always)
  mutating func pickRow(_ queue: Int, from: Int) -> Pick {
    if isLiteral || isFCFS { return pickSlowly(queue, from: from, columns: false) }
    var best = Pick()
    let activation = timing.sharedBound(activateCommand, from: from)
    let precharge = timing.sharedBound(prechargeCommand, from: from)
    for word in 0..<queues.words {
      var mask = queues.rowMask[queue &* queues.words &+ word]
      if isBlocked { mask &= ~blocked[word] }
      while mask != 0 {
        let bank = word &* 64 &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        let isClosed = queues.openRow[bank] == -1
        if isClosed && splitCount > 0 { continue }
        let time = timing.bankBound(
          isClosed ? activateCommand : prechargeCommand, bank: bank,
          shared: isClosed ? activation : precharge)
        if time > best.time { continue }
        let order = queues.entries[Int(queues.lane(queue, bank).pointee.miss)].sequence
        if Self.earlier(time, order, than: best) {
          best = Pick(kind: .row, time: time, order: order, bank: bank)
        }
      }
    }
    return best
  }

  /// The rule itself, over every entry of a queue: no cached candidate is used.
  @inline(never)
  private mutating func pickSlowly(_ queue: Int, from: Int, columns: Bool) -> Pick {
    var best = Pick()
    var oldest = Int.max
    for slot in 0..<queues.capacity {
      let entry = queues.entries[slot]
      if isQueued(slot, in: queue) { oldest = min(oldest, entry.sequence) }
    }
    for slot in 0..<queues.capacity {
      if !isQueued(slot, in: queue) { continue }
      let entry = queues.entries[slot]
      let bank = Int(entry.bank)
      if blocked[bank >> 6] >> UInt64(bank & 63) & 1 == 1 { continue }
      if isFCFS && entry.sequence != oldest { continue }
      let open = queues.openRow[bank]
      let isHit = open == entry.row
      if isHit != columns { continue }
      var command = columnCommand(queue == 1)
      if !isHit {
        if open == -2 || (open == -1 && splitCount > 0) { continue }
        command = open == -1 ? activateCommand : prechargeCommand
        if open >= 0 && protects(bank, queue, entry.arrival) { continue }
      }
      let time = timing.earliestIssue(command, bank: bank, from: from)
      if Self.earlier(time, entry.sequence, than: best) {
        best = Pick(kind: columns ? .column : .row, time: time, order: entry.sequence, bank: bank)
      }
    }
    return best
  }

  private mutating func isQueued(_ slot: Int, in queue: Int) -> Bool {
    let entry = queues.entries[slot]
    return entry.bank >= 0 && entry.isWrite == (queue == 1)
      && queues.active[Int(entry.bank)] != Int32(slot) && splitBanks[Int(entry.bank)] != slot
  }

  /// Whether the bank's open row serves an active request or a hit of the same queue that is not younger.
  private mutating func protects(_ bank: Int, _ queue: Int, _ arrival: Int) -> Bool {
    if queues.active[bank] >= 0 { return true }
    if isFCFS { return false }
    for slot in 0..<queues.capacity {
      if !isQueued(slot, in: queue) { continue }
      let entry = queues.entries[slot]
      if Int(entry.bank) == bank && entry.row == queues.openRow[bank] && entry.arrival <= arrival {
        return true
      }
    }
    return false
  }

  /// The command that the oldest waiting refresh needs next: a precharge while its banks are open.
  mutating func pickRefresh(from: Int) -> Pick {
    guard let job = jobs.first else { return Pick() }
    var open = false
    for bank in job.bank..<(job.bank + job.banks) {
      if queues.openRow[bank] == -2 { return Pick() }
      if queues.openRow[bank] >= 0 {
        open = true
        if queues.active[bank] >= 0 { return Pick() }
      }
    }
    let command = open ? closingCommand(job) : job.command
    let time = timing.earliestIssue(command, bank: job.bank, from: from)
    return Pick(kind: .refresh, time: time, order: command, bank: job.bank)
  }

  private func closingCommand(_ job: RefreshJob) -> Int {
    job.banks == 1 ? roles.precharge : roles.prechargeAll ?? roles.precharge
  }
}
