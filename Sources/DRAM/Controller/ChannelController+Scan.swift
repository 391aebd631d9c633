// Nothing here changes state; the functions are `mutating` because a borrowed `self` of this size is copied by the
// compiler (1 KB a call, measured), while `inout` is not.
//
// Candidates of each command slot: cached picks, looked for again over the banks' masks when something made them
// stale (`skip`), or every queue entry (`tick`, the oracle). Waiting only delays the others, so a pick whose own time
// no command has moved stays the best until that time has passed.

extension ChannelController {
  typealias Stale = RequestQueues.Stale

  @inline(__always)
  static func earlier(_ time: Int, _ order: Int, than pick: Pick) -> Bool {
    time < pick.time || (time == pick.time && order < pick.order)
  }

  /// The column command of an entry.
  @inline(__always)
  func columnCommand(_ isWrite: Bool) -> Int { isWrite ? writeCommand : readCommand }

  /// Brings ``cachedActive`` up to date: the oldest first-ready request whose row was opened for it.
  @inline(__always)
  mutating func lookForActive(from: Int) {
    if queues.stale & Stale.anyActive != 0 || cachedActive.time < from || isLiteral {
      findActive(from: from)
    }
  }

  /// Brings ``cachedColumn`` up to date: the oldest first-ready row hit of a queue.
  @inline(__always)
  mutating func lookForColumn(_ queue: Int, from: Int) {
    if queues.stale & Stale.column != 0 || cachedColumn.time < from || queue != columnQueue
      || !usesMasks
    {
      if usesMasks && !queues.hasHits(queue) {
        columnQueue = queue
        queues.stale &= ~Stale.column
        cachedColumn.time = Int.max
      } else {
        findColumn(queue, from: from)
      }
    }
  }

  /// Brings ``cachedActivation`` and ``cachedPrecharge`` up to date: the oldest first-ready row commands of a queue.
  @inline(__always)
  mutating func lookForRow(_ queue: Int, from: Int) {
    if queues.stale & Stale.anyRow != 0 || queue != rowQueue
      || cachedActivation.time < from || cachedPrecharge.time < from || !usesMasks
    {
      findRow(queue, from: from)
    }
  }

  /// The better of the two row commands; between the halves of an activation no other may start.
  @inline(__always)
  var prefersPrecharge: Bool {
    splitCount > 0
      || Self.earlier(cachedPrecharge.time, cachedPrecharge.order, than: cachedActivation)
  }

  @inline(__always)
  var cachedRow: Pick { prefersPrecharge ? cachedPrecharge : cachedActivation }

  /// Earliest time of the row commands in the cache.
  @inline(__always)
  var rowTime: Int {
    splitCount > 0 ? cachedPrecharge.time : min(cachedActivation.time, cachedPrecharge.time)
  }

  @inline(never)
  private mutating func findActive(from: Int) {
    let isOne =
      queues.stale & Stale.anyActive == Stale.oneActive && cachedActive.time >= from && !isLiteral
    queues.stale &= ~Stale.anyActive
    if isOne && queues.activeCount > 1 {
      // Only one bank was added: the others stand as they were.
      compareActive(
        queues.newlyActive, timing.sharedBound(readCommand, from: from),
        timing.sharedBound(writeCommand, from: from))
      return
    }
    cachedActive = Pick(kind: .active)
    cachedArrival = Int.max
    let read = timing.sharedBound(readCommand, from: from)
    let write = timing.sharedBound(writeCommand, from: from)
    for word in 0..<queues.words {
      var mask = queues.activeMask[word]
      while mask != 0 {
        let bank = word &* 64 &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        compareActive(bank, read, write)
      }
    }
  }

  /// Takes a bank's active request if it goes before the cached one.
  @inline(__always)
  private mutating func compareActive(_ bank: Int, _ read: Int, _ write: Int) {
    let entry = queues.entries + Int(queues.active[bank])
    let isWrite = entry.pointee.isWrite
    let time = timing.bankBound(
      columnCommand(isWrite), bank: bank, shared: isWrite ? write : read)
    if time > cachedActive.time { return }
    let arrival = entry.pointee.arrival
    let order = queues.activeOrder[bank]
    if time < cachedActive.time || arrival < cachedArrival
      || (arrival == cachedArrival && order < cachedActive.order)
    {
      cachedActive.time = time
      cachedActive.order = order
      cachedActive.bank = bank
      cachedArrival = arrival
    }
  }

  @inline(never)
  private mutating func findColumn(_ queue: Int, from: Int) {
    columnQueue = queue
    queues.stale &= ~Stale.column
    if !usesMasks {
      cachedColumn =
        isLiteral
        ? pickSlowly(queue, from: from, columns: true)
        : pickOldest(queue, from: from, columns: true)
      return
    }
    cachedColumn.kind = .column
    if !takeOldest(queue, from: from) { searchColumn(queue, from: from) }
  }

  /// Looks for the pick among the oldest hits of all banks.
  @inline(never)
  mutating func searchColumn(_ queue: Int, from: Int) {
    columnQueue = queue
    queues.stale &= ~Stale.column
    let words = queues.words
    let masks = queues.columnMask + queue &* words
    let command = timing.commands + columnCommand(queue == 1)
    let shared = timing.sharedBound(columnCommand(queue == 1), from: from)
    let state = timing.state
    let reads = command.pointee.reads
    let width = command.pointee.width
    let rising = command.pointee.rising
    let soonest = shared | rising
    let lanes = queues.lane(queue, 0)
    let entries = queues.entries
    var bestTime = Int.max
    var bestOrder = Int.max
    var best = 0
    for word in 0..<words {
      var mask = masks[word] & ~blocked[word]
      while mask != 0 {
        let bank = word &* 64 &+ mask.trailingZeroBitCount
        mask &= mask &- 1
        let order = entries[Int(lanes[bank].hit)].sequence
        if order > bestOrder && bestTime == soonest { continue }
        let time =
          TimingEngine.bound(
            state, reads + bank &* TimingEngine.readStride, width: width, shared: shared) | rising
        if time < bestTime || (time == bestTime && order < bestOrder) {
          bestTime = time
          bestOrder = order
          best = bank
        }
      }
    }
    cachedColumn.time = bestTime
    cachedColumn.order = bestOrder
    cachedColumn.bank = best
  }

  /// Nothing is earlier than what the whole channel has to wait for, so the oldest request of a queue is the pick if it
  /// is a hit and may go that early. Returns whether it is.
  @inline(__always)
  mutating func takeOldest(_ queue: Int, from: Int) -> Bool {
    let head = queues.oldest[queue]
    if head < 0 { return false }
    let entry = queues.entries + Int(head)
    let bank = Int(entry.pointee.bank)
    if queues.openRow[bank] != entry.pointee.row || isBankBlocked(bank) { return false }
    let command = columnCommand(queue == 1)
    let shared = timing.sharedBound(command, from: from)
    let time = timing.bankBound(command, bank: bank, shared: shared)
    if time != shared | timing.commands[command].rising { return false }
    cachedColumn.time = time
    cachedColumn.order = entry.pointee.sequence
    cachedColumn.bank = bank
    return true
  }

  @inline(never)
  private mutating func findRow(_ queue: Int, from: Int) {
    if !usesMasks {
      cachedActivation = Pick()
      cachedPrecharge =
        isLiteral
        ? pickSlowly(queue, from: from, columns: false)
        : pickOldest(queue, from: from, columns: false)
      return
    }
    var stale = queues.stale
    if queue != rowQueue {
      rowQueue = queue
      stale |= Stale.activation | Stale.precharge
    }
    if cachedActivation.time < from { stale |= Stale.activation }
    if cachedPrecharge.time < from { stale |= Stale.precharge }
    if stale & Stale.row != 0 {
      // A pick whose own bank changed is looked for again.
      if hasChanged(cachedActivation) { stale |= Stale.activation }
      if hasChanged(cachedPrecharge) { stale |= Stale.precharge }
    }
    queues.stale = stale & ~Stale.anyRow
    if stale & Stale.activation != 0 {
      cachedActivation.time = Int.max
      cachedActivation.order = Int.max
    }
    if stale & Stale.precharge != 0 {
      cachedPrecharge.time = Int.max
      cachedPrecharge.order = Int.max
    }
    if queues.words == 1 {
      improveRows(queue, word: 0, stale, from: from)
    } else {
      for word in 0..<queues.words { improveRows(queue, word: word, stale, from: from) }
    }
  }

  /// Takes the best row commands among the banks of a word that changed, or all if the pick is stale, where they go
  /// before the picks.
  @inline(__always)
  private mutating func improveRows(_ queue: Int, word: Int, _ stale: UInt8, from: Int) {
    let changed = queues.changedRows[word]
    queues.changedRows[word] = 0
    let wanting = queues.rowMask[queue &* queues.words &+ word] & ~blocked[word]
    let closed = queues.closedMask[word]
    let lanes = queues.lane(queue, word &* 64)
    var mask = wanting & closed & (stale & Stale.activation != 0 ? ~0 : changed)
    if mask != 0 {
      var time = cachedActivation.time
      var order = cachedActivation.order
      let bank = better(&time, &order, activateCommand, lanes, word, mask, from: from)
      if bank >= 0 {
        cachedActivation = Pick(kind: .row, time: time, order: order, bank: word &* 64 &+ bank)
      }
    }
    mask = wanting & ~closed & (stale & Stale.precharge != 0 ? ~0 : changed)
    if mask != 0 {
      var time = cachedPrecharge.time
      var order = cachedPrecharge.order
      let bank = better(&time, &order, prechargeCommand, lanes, word, mask, from: from)
      if bank >= 0 {
        cachedPrecharge = Pick(kind: .row, time: time, order: order, bank: word &* 64 &+ bank)
      }
    }
  }

  @inline(__always)
  private func hasChanged(_ pick: Pick) -> Bool {
    queues.changedRows[pick.bank &>> 6] &>> UInt64(pick.bank & 63) & 1 == 1
  }

  /// The bank of the best row command among some banks of a word if it goes before `time` and `order`, which it
  /// replaces; -1 if none does.
  @inline(__always)
  private mutating func better(
    _ time: inout Int, _ order: inout Int, _ command: Int,
    _ lanes: UnsafeMutablePointer<RequestQueues.Lane>, _ word: Int, _ banks: UInt64, from: Int
  ) -> Int {
    let row = timing.commands + command
    let bound = Bound(
      state: timing.state,
      slots: row.pointee.reads + word &* 64 &* TimingEngine.readStride,
      shared: timing.sharedBound(command, from: from), rising: row.pointee.rising, lanes: lanes)
    switch row.pointee.width {
    case ...1: return Self.better(&time, &order, bound, width: 1, banks)
    case 2: return Self.better(&time, &order, bound, width: 2, banks)
    default: return Self.better(&time, &order, bound, width: 4, banks)
    }
  }

  /// What the picks of one row command in the banks of a word are made of.
  private struct Bound {
    var state: UnsafeMutablePointer<Int>
    var slots: UnsafeMutablePointer<Int32>
    var shared: Int
    var rising: Int
    var lanes: UnsafeMutablePointer<RequestQueues.Lane>
  }

  @inline(__always)
  private static func better(
    _ bestTime: inout Int, _ bestOrder: inout Int, _ bound: Bound, width: Int, _ banks: UInt64
  ) -> Int {
    var best = -1
    var mask = banks
    while mask != 0 {
      let bank = mask.trailingZeroBitCount
      mask &= mask &- 1
      let time =
        TimingEngine.bound(
          bound.state, bound.slots + bank &* TimingEngine.readStride, width: width,
          shared: bound.shared) | bound.rising
      if time > bestTime { continue }
      let order = bound.lanes[bank].missSequence
      if time < bestTime || order < bestOrder {
        bestTime = time
        bestOrder = order
        best = bank
      }
    }
    return best
  }

  /// Strict order: what the oldest request of a queue needs next.
  @inline(never)
  private mutating func pickOldest(_ queue: Int, from: Int, columns: Bool) -> Pick {
    let head = queues.oldest[queue]
    if head < 0 { return Pick() }
    let entry = queues.entries + Int(head)
    let bank = Int(entry.pointee.bank)
    let open = queues.openRow[bank]
    let isHit = open == entry.pointee.row
    if isHit != columns || isBankBlocked(bank) { return Pick() }
    var command = columnCommand(queue == 1)
    if !isHit {
      if open == -2 || (open == -1 && splitCount > 0) { return Pick() }
      if open >= 0 && queues.active[bank] >= 0 { return Pick() }
      command = open == -1 ? activateCommand : prechargeCommand
    }
    return Pick(
      kind: columns ? .column : .row,
      time: timing.earliestIssue(command, bank: bank, from: from), order: entry.pointee.sequence,
      bank: bank)
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

  /// The command that a waiting refresh needs next, the oldest but for a round of banks.
  mutating func pickRefresh(from: Int) -> Pick {
    guard let job = jobs.first else { return Pick() }
    if jobs.count == 1 || configuration.refresh != .perBank { return next(of: job, from: from) }
    var best = Pick()
    for job in jobs {
      let pick = next(of: job, from: from)
      if pick.time < best.time { best = pick }
    }
    return best
  }

  /// What a refresh needs next: a precharge while its banks are open.
  private mutating func next(of job: RefreshJob, from: Int) -> Pick {
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
