// What happens when a command is sent.

extension ChannelController {
  @inline(__always)
  mutating func record(_ command: Int, bank: Int, row: Int, column: Int, at time: Int) {
    timing.issue(command, bank: bank, at: time)
    let moved = moves[command]
    queues.stale |= moved & Stale.all
    if moved > Stale.all { moveOwn(moved &>> 4, bank: bank) }
    statistics.counts[ChannelStatistics.commands &+ command] &+= 1
    if isLogging { appendRecord(command, bank: bank, row: row, column: column, at: time) }
  }

  @inline(never)
  mutating func appendRecord(_ command: Int, bank: Int, row: Int, column: Int, at time: Int) {
    log.append(
      CommandRecord(
        tick: time, command: command, channel: channel, bank: bank, row: row, column: column))
  }

  /// Marks the picks of a command's own bank among those that it moves there.
  @inline(__always)
  private mutating func moveOwn(_ moved: UInt8, bank: Int) {
    if moved & Stale.precharge != 0 && cachedPrecharge.bank == bank
      && cachedPrecharge.time != Int.max
    {
      queues.stale |= Stale.precharge
    }
    // A column command moves no more than that in its own bank.
    if moved & ~Stale.precharge == 0 { return }
    if cachedActivation.bank == bank { queues.stale |= moved & Stale.activation }
    if cachedActive.bank == bank { queues.stale |= moved & Stale.active }
    if cachedColumn.bank == bank { queues.stale |= moved & Stale.column }
  }

  /// Counts a request as hit, miss or conflict with its first command.
  @inline(__always)
  mutating func countOutcome(
    _ entry: UnsafeMutablePointer<RequestQueues.Entry>, _ what: Int
  ) {
    if entry.pointee.counted { return }
    entry.pointee.counted = true
    statistics.counts[what] &+= 1
  }

  /// Sends the column command of an active request or of a bank's oldest hit in a queue.
  @inline(never)
  mutating func issueColumn(_ pick: Pick, queue: Int, at time: Int) {
    let bank = pick.bank
    let slot: Int32
    if pick.kind == .active {
      slot = queues.active[bank]
      queues.clearActive(bank)
    } else {
      slot = queues.lane(queue, bank).pointee.hit
      queues.takeOut(slot, queue)
      queues.replaceHit(queue, bank, after: queues.entries[Int(slot)].next)
    }
    let entry = queues.entries + Int(slot)
    let isWrite = entry.pointee.isWrite
    var command = columnCommand(isWrite)
    var closes = false
    if closedPage, let auto = isWrite ? roles.writeAuto : roles.readAuto,
      queues.lane(0, bank).pointee.hit < 0, queues.lane(1, bank).pointee.hit < 0,
      queues.active[bank] < 0, timing.earliestIssue(auto, bank: bank, from: time) == time
    {
      command = auto
      closes = true
    }
    sendColumn(command, entry, isWrite: isWrite, bank: bank, at: time)
    if closes { queues.setOpenRow(bank, -1) }
    lastUse[bank] = time
    queues.free(slot)
  }

  /// Sends a column command and counts what it does.
  @inline(__always)
  mutating func sendColumn(
    _ command: Int, _ entry: UnsafeMutablePointer<RequestQueues.Entry>, isWrite: Bool, bank: Int,
    at time: Int
  ) {
    let counts = statistics.counts
    if !entry.pointee.counted { counts[ChannelStatistics.hits] &+= 1 }
    accountBus(entry, bank: bank, at: time)
    record(
      command, bank: bank, row: Int(entry.pointee.row), column: Int(entry.pointee.column), at: time)
    if isWrite {
      counts[ChannelStatistics.writes] &+= 1
      complete(tag: entry.pointee.tag, at: recordsRequests ? time : time &+ writeLatency)
    } else {
      counts[ChannelStatistics.reads] &+= 1
      let done = time &+ readLatency
      statistics.countRead(latency: done &- entry.pointee.arrival)
      complete(tag: entry.pointee.tag, at: done)
    }
    if statistics.isRecording { statistics.recordColumn(at: time) }
    if hasDataClock { keepClock(isWrite: isWrite, at: time) }
  }

  /// The data clock runs on for a while after each burst.
  @inline(__always)
  private mutating func keepClock(isWrite: Bool, at time: Int) {
    let end = time &+ (isWrite ? writeLatency : readLatency) &+ dataClockPost
    if end > clockExpiry { clockExpiry = end }
  }

  /// Charges the ticks since the previous column command: the burst to the bus, the rest to what held it up.
  @inline(__always)
  mutating func accountBus(
    _ entry: UnsafeMutablePointer<RequestQueues.Entry>, bank: Int, at time: Int
  ) {
    let gap = time &- lastColumn
    if gap <= burstTicks {
      statistics.counts[ChannelStatistics.causes] &+= gap
    } else {
      accountGap(entry, bank: bank, at: time)
    }
    lastColumn = time
    lastColumnWrite = entry.pointee.isWrite
  }

  @inline(never)
  private mutating func accountGap(
    _ entry: UnsafeMutablePointer<RequestQueues.Entry>, bank: Int, at time: Int
  ) {
    let counts = statistics.counts
    let burst = burstTicks
    let freed = lastColumn &+ burst
    counts[ChannelStatistics.causes] &+= burst
    var rest = time &- freed
    let late = entry.pointee.arrival &- freed
    if late > 0 {
      let waited = late < rest ? late : rest
      counts[ChannelStatistics.causes &+ MemoryCause.queue.index] &+= waited
      rest &-= waited
    }
    var cause = MemoryCause.bus
    if lastRefresh > lastColumn {
      cause = .refresh
    } else if openedAt[bank] > lastUse[bank] {
      cause = openedByWindow[bank] ? .tfaw : .rowActivation
    } else if lastColumnWrite != entry.pointee.isWrite {
      cause = .turnaround
    }
    counts[ChannelStatistics.causes &+ cause.index] &+= rest
  }

  /// Sends the activation or precharge that a queue's bank wants.
  @inline(never)
  mutating func issueRow(_ pick: Pick, queue: Int, at time: Int) {
    let bank = pick.bank
    let lane = queues.lane(queue, bank)
    let slot = isFCFS ? lane.pointee.head : lane.pointee.miss
    let entry = queues.entries + Int(slot)
    let row = Int(entry.pointee.row)
    let column = Int(entry.pointee.column)
    let closes = queues.openRow[bank] >= 0
    countOutcome(entry, closes ? ChannelStatistics.conflicts : ChannelStatistics.misses)
    var command = prechargeCommand
    if !closes {
      command = activateCommand
      openedByWindow[bank] = timing.isWindowBound(command, bank: bank, at: time)
      openedAt[bank] = time
    }
    record(command, bank: bank, row: row, column: column, at: time)
    if closes {
      queues.setOpenRow(bank, -1)
    } else if isSplit {
      queues.unlink(slot)
      splitBanks[bank] = Int(slot)
      splitMask[bank &>> 6] |= 1 &<< UInt64(bank & 63)
      splitCount &+= 1
      queues.setOpenRow(bank, -2)
    } else if isFCFS {
      queues.setOpenRow(bank, entry.pointee.row)
    } else {
      activations &+= 1
      queues.activate(slot, order: activations)
    }
  }

  /// Sends the second half of a split activation.
  mutating func issueSecondActivation(_ bank: Int, at time: Int) {
    let slot = splitBanks[bank]
    let entry = queues.entries + slot
    record(
      roles.activate, bank: bank, row: Int(entry.pointee.row), column: Int(entry.pointee.column),
      at: time)
    splitBanks[bank] = -1
    splitMask[bank &>> 6] &= ~(1 &<< UInt64(bank & 63))
    splitCount &-= 1
    activations &+= 1
    queues.openForActive(bank, Int32(slot), order: activations)
  }

  /// Sends what a refresh needs: a precharge or the refresh itself.
  mutating func issueRefresh(_ pick: Pick, at time: Int) {
    guard let index = jobs.firstIndex(where: { $0.bank == pick.bank }) else { return }
    let job = jobs[index]
    record(pick.order, bank: job.bank, row: -1, column: -1, at: time)
    if pick.order == job.command {
      lastRefresh = time
      jobs.remove(at: index)
      setBlocked(job, false)
      return
    }
    for bank in job.bank..<(job.bank + job.banks) where queues.openRow[bank] >= 0 {
      queues.setOpenRow(bank, -1)
    }
  }
}
