// The `bank-queues` scheduler: what one tick does, and which tick is next.

extension ChannelController {
  /// A command that can go now: its bank and the entry that asks for it.
  private struct Choice {
    var bank: Int
    var place: Int
    var isColumn: Bool
  }

  /// As ``advance(to:untilDrained:untilFinished:)``; `coalesce` goes event by event here.
  mutating func advanceBankQueues(
    _ queues: BankQueues, to limit: Int, untilDrained: Bool, untilFinished: Bool
  ) {
    while now < limit {
      if untilFinished && !finishedTasks.isEmpty { return }
      offerToBankQueues(queues)
      if untilDrained && isDrained { return }
      if isLiteral {
        now += 1
      } else {
        let next = nextBankQueueEvent(queues)
        if next > limit {
          now = limit
          break
        }
        now = next
      }
      refreshTimer(now)
      queues.updateDraining(capacity: writeCapacity, isLastWork: !hasWorkToCome)
      queues.move()
      issueFromBankQueues(queues, at: now)
    }
    offerToBankQueues(queues)
  }

  /// Whether any source has a request left, now or later.
  private var hasWorkToCome: Bool {
    for index in 0..<sourceCount where sources[index].available { return true }
    return false
  }

  /// The first clock value after `now` at which a source that waits for its time offers something.
  private var nextOffer: Int {
    var first = Int.max
    for index in 0..<sourceCount where sources[index].available && sources[index].tick > now {
      first = min(first, sources[index].tick)
    }
    return first
  }

  /// Lets the sources offer requests, round robin.
  private mutating func offerToBankQueues(_ queues: BankQueues) {
    var idle = 0
    while idle < sourceCount {
      let index = nextSource
      nextSource = nextSource + 1 == sourceCount ? 0 : nextSource + 1
      if sources[index].available && sources[index].tick <= now && accept(index, queues) {
        idle = 0
      } else {
        idle += 1
      }
    }
  }

  /// Takes the source's next request unless its queue is full. Writes are posted: a read of a waiting write's
  /// address is served from the buffer, a second write to it is absorbed.
  private mutating func accept(_ index: Int, _ queues: BankQueues) -> Bool {
    let source = sources + index
    let isWrite = source.pointee.isWrite
    if isWrite ? queues.writes.count >= writeCapacity : queues.reads.count >= readCapacity {
      return false
    }
    let tag = source.pointee.tag
    if recordsRequests { accepted[tag] = now }
    let row = Int32(truncatingIfNeeded: source.pointee.row)
    let column = Int32(truncatingIfNeeded: source.pointee.column)
    let bank = Int32(truncatingIfNeeded: source.pointee.bank)
    if queues.holds(row: row, column: column, bank: bank, isWrite: true) {
      statistics.counts[isWrite ? ChannelStatistics.coalesced : ChannelStatistics.forwarded] += 1
      if !isWrite { statistics.countRead(latency: 1) }
      complete(tag: tag, at: now + 1)
    } else {
      sequence += 1
      var entry = BankQueues.entry(row: row, column: column, bank: bank)
      entry.isWrite = isWrite
      entry.tag = tag
      entry.arrival = now
      entry.sequence = sequence
      if isWrite { queues.writes.append(entry) } else { queues.reads.append(entry) }
      if isWrite && recordsRequests { completed[tag] = now + 1 }
    }
    advanceSource(index)
    return true
  }

  /// The tick after `now` at which something moves, can be sent, arrives or falls due.
  private mutating func nextBankQueueEvent(_ queues: BankQueues) -> Int {
    let from = now + 1
    if refreshDebt > 0 && jobs.isEmpty { chooseBank() }
    queues.updateDraining(capacity: writeCapacity, isLastWork: !hasWorkToCome)
    if queues.canMove { return from }
    var first = min(max(refreshDue, from), nextOffer)
    if let job = jobs.first {
      first = min(first, refreshCommandTime(job, from: from).time)
    }
    if queues.queued == 0 { return first }
    for bank in 0..<bankCount where queues.counts[bank] > 0 && !isHeldByRefresh(bank) {
      let open = self.queues.openRow[bank]
      if open < 0 {
        first = min(first, timing.earliestIssue(activateCommand, bank: bank, from: from))
        continue
      }
      for place in 0..<queues.counts[bank] {
        let entry = queues.entry(bank, place)
        if entry.pointee.row == open {
          let command = columnCommand(entry.pointee.isWrite)
          first = min(first, timing.earliestIssue(command, bank: bank, from: from))
        } else if place == 0 && mayPrecharge(queues, bank, open) {
          first = min(first, timing.earliestIssue(prechargeCommand, bank: bank, from: from))
        }
      }
    }
    return first
  }

  /// A waiting refresh goes first; then banks in turn behind the one served last, first ready in the bank's queue.
  /// Where columns have a bus of their own, a second command of the other kind goes with the first.
  private mutating func issueFromBankQueues(_ queues: BankQueues, at tick: Int) {
    var sentColumn: Bool?
    if let job = jobs.first {
      let refresh = refreshCommandTime(job, from: tick)
      if refresh.time == tick {
        sendRefresh(job, refresh.command, bank: refresh.bank, at: tick)
        sentColumn = false
      }
    }
    if sentColumn == nil {
      guard let choice = choose(queues, at: tick) else { return }
      send(choice, queues, at: tick)
      sentColumn = choice.isColumn
    }
    guard hasColumnBus, let second = choose(queues, at: tick), second.isColumn != sentColumn
    else { return }
    send(second, queues, at: tick)
  }

  /// The next bank in turn with a command that can go at this tick; the turn moves to it.
  private mutating func choose(_ queues: BankQueues, at tick: Int) -> Choice? {
    if queues.queued == 0 { return nil }
    var bank = queues.last
    for _ in 0..<bankCount {
      bank = bank + 1 == bankCount ? 0 : bank + 1
      if queues.counts[bank] == 0 || isHeldByRefresh(bank) { continue }
      if let choice = firstReady(queues, bank, at: tick) {
        queues.last = bank
        return choice
      }
    }
    return nil
  }

  private mutating func firstReady(_ queues: BankQueues, _ bank: Int, at tick: Int) -> Choice? {
    func isReady(_ command: Int) -> Bool {
      timing.earliestIssue(command, bank: bank, from: tick) == tick
    }
    let open = self.queues.openRow[bank]
    if open < 0 {
      return isReady(activateCommand) ? Choice(bank: bank, place: 0, isColumn: false) : nil
    }
    for place in 0..<queues.counts[bank] {
      let entry = queues.entry(bank, place)
      if entry.pointee.row == open {
        if isReady(columnCommand(entry.pointee.isWrite)) {
          return Choice(bank: bank, place: place, isColumn: true)
        }
      } else if place == 0 && mayPrecharge(queues, bank, open) && isReady(prechargeCommand) {
        return Choice(bank: bank, place: 0, isColumn: false)
      }
    }
    return nil
  }

  /// The oldest entry of a bank may close its row when nobody behind it hits, or after a streak of hits.
  private func mayPrecharge(_ queues: BankQueues, _ bank: Int, _ open: Int32) -> Bool {
    queues.streaks[bank] >= BankQueues.streakLimit || !queues.hasHit(bank, row: open, after: 0)
  }

  private mutating func send(_ choice: Choice, _ queues: BankQueues, at tick: Int) {
    let bank = choice.bank
    let entry = queues.entry(bank, choice.place)
    if choice.isColumn {
      let row = entry.pointee.row
      var sent = entry.pointee
      let isShared =
        (0..<queues.counts[bank]).contains {
          $0 != choice.place && queues.entry(bank, $0).pointee.row == row
        }
      queues.remove(bank, choice.place)
      queues.streaks[bank] += 1
      issueColumn(&sent, closesRow: !isShared, at: tick)
      if self.queues.openRow[bank] < 0 { queues.streaks[bank] = 0 }
    } else {
      if self.queues.openRow[bank] >= 0 { queues.streaks[bank] = 0 }
      issueRow(entry, at: tick)
    }
  }

  // MARK: Refresh

  private func isHeldByRefresh(_ bank: Int) -> Bool {
    refreshBlocksAll || (isBlocked && isBankBlocked(bank))
  }

  /// What a refresh needs next: open banks are precharged one by one, the first that can go.
  private mutating func refreshCommandTime(
    _ job: RefreshJob, from: Int
  ) -> (command: Int, bank: Int, time: Int) {
    var best = (command: job.command, bank: job.bank, time: Int.max)
    var isOpen = false
    for bank in job.bank..<(job.bank + job.banks) where queues.openRow[bank] >= 0 {
      isOpen = true
      let time = timing.earliestIssue(prechargeCommand, bank: bank, from: from)
      if time < best.time { best = (prechargeCommand, bank, time) }
    }
    if !isOpen { best.time = timing.earliestIssue(job.command, bank: job.bank, from: from) }
    return best
  }

  private mutating func sendRefresh(_ job: RefreshJob, _ command: Int, bank: Int, at tick: Int) {
    record(command, bank: bank, row: -1, column: -1, at: tick)
    if command == job.command {
      lastRefresh = tick
      jobs.removeFirst()
      setBlocked(job, false)
    } else {
      queues.setOpenRow(bank, -1)
      bankQueues?.streaks[bank] = 0
    }
  }
}
