// The schedule: what one tick does, and how time moves from tick to tick.

extension ChannelController {
  /// Processes every tick up to and including `limit`, or until nothing is left to do.
  ///
  /// Afterwards `now` is the last tick processed: `limit`, or the tick of the last command when drained first.
  mutating func advance(to limit: Int, untilDrained: Bool = false, untilFinished: Bool = false) {
    if let bankQueues {
      advanceBankQueues(
        bankQueues, to: limit, untilDrained: untilDrained, untilFinished: untilFinished)
      return
    }
    while now < limit {
      if untilFinished && !finishedTasks.isEmpty { return }
      if isLiteral {
        refill()
        if untilDrained && isDrained { return }
        now += 1
        processTick(now)
      } else {
        refill()
        if isCoalescing && applyBlock(limit: limit) { continue }
        if untilDrained && isDrained { return }
        if maySkim {
          let before = now
          skimHits(limit: limit)
          if now != before { continue }
        }
        stepToNextEvent(limit: limit)
      }
    }
    refill()
  }

  /// Whether only row hits of one source may be left to send for a while.
  @inline(__always)
  private var maySkim: Bool {
    skims && queues.activeCount == 0 && sourceCount == 1 && jobs.isEmpty && !isBlocked
      && refreshDebt == 0 && (queues.columnMask[0] | queues.columnMask[1]) != 0
  }

  /// The same schedule as ``stepToNextEvent(limit:)`` while nothing but row hits goes: neither an activation nor a
  /// precharge is ready, no refresh falls due and no block ends. Column commands only delay row commands, so their
  /// earliest time is looked up again only when a bank joins those that want one.
  @inline(never)
  private mutating func skimHits(limit: Int) {
    var rowBound = Int.min
    var known: UInt64 = 0
    var lastMode = writeMode
    while true {
      if sources[0].available {
        if sources[0].tick > now { return }
        if isCoalescing && sources[0].position &>> SharedBlockMemo.blockShift != blockMark {
          return
        }
      }
      let mode = nextWriteMode()
      let queue = mode ? 1 : 0
      let column = pickColumn(queue, from: now &+ 1)
      let time = column.time
      if time > limit || time >= refreshDue { return }
      let bits = queues.rowMask[queue]
      if bits != 0 && (bits & ~known != 0 || mode != lastMode || time >= rowBound) {
        rowBound = pickRow(queue, from: now &+ 1).time
        known = bits
        if time >= rowBound { return }
      }
      lastMode = mode
      writeMode = mode
      now = time
      issueColumn(column, queue: queue, at: time)
      if hasColumnBus {
        updateWriteMode()
        if writeMode != mode {
          let row = pickRow(writeMode ? 1 : 0, from: time)
          if row.time == time {
            issueRow(row, queue: writeMode ? 1 : 0, at: time)
            refill()
            return
          }
        }
      }
      refill()
    }
  }

  /// Goes to the next tick at which something can happen, if that is not after `limit`, and processes it.
  @inline(__always)
  private mutating func stepToNextEvent(limit: Int) {
    if refreshDebt > 0 && jobs.isEmpty { chooseBank() }
    let from = now &+ 1
    if splitCount > 0 || clockStarted != nil {
      now = from
      processTick(now)
      return
    }
    let blocksAll = refreshBlocksAll
    let mode = blocksAll ? writeMode : nextWriteMode()
    var first = queues.activeCount == 0 ? Pick() : pickActive(from: from)
    let refreshTime = jobs.isEmpty ? Int.max : pickRefresh(from: from).time
    var row = Pick()
    if !blocksAll {
      let queue = mode ? 1 : 0
      let column = pickColumn(queue, from: from)
      if column.time < first.time { first = column }
      row = pickRow(queue, from: from)
    }
    var time = min(min(first.time, row.time), refreshTime)
    if refreshDue < time { time = max(refreshDue, from) }
    let arrival = nextArrival()
    if arrival < time && arrival <= limit {
      // Accept at that clock value; the ticks up to it are idle.
      if !blocksAll { writeMode = mode }
      now = arrival
      return
    }
    if time > limit {
      if !blocksAll && limit > now { writeMode = mode }
      now = limit
      return
    }
    if time > from && !blocksAll { writeMode = mode }
    now = time
    if time >= refreshDue || hasDataClock {
      processTick(time)
    } else if hasColumnBus {
      processTwoSlots(time, first, row, isFresh: true)
    } else {
      processOneSlot(time, first, row, isFresh: true)
    }
  }

  /// Processes one tick from scratch.
  @inline(never)
  mutating func processTick(_ tick: Int) {
    refreshTimer(tick)
    if hasDataClock {
      processSplitTick(tick)
    } else if hasColumnBus {
      processTwoSlots(tick, Pick(), Pick(), isFresh: false)
    } else {
      processOneSlot(tick, Pick(), Pick(), isFresh: false)
    }
  }

  /// One command a tick (DDR): an active request, a refresh, then the queue in service. `first` (active or column) and `row` are picks of this very state if `isFresh`.
  @inline(__always)
  private mutating func processOneSlot(_ tick: Int, _ first: Pick, _ row: Pick, isFresh: Bool) {
    let active =
      isFresh && first.kind == .active
      ? first : queues.activeCount > 0 && !isFresh ? pickActive(from: tick) : Pick()
    if active.time == tick {
      issueColumn(active, queue: 0, at: tick)
      return
    }
    if !jobs.isEmpty {
      let refresh = pickRefresh(from: tick)
      if refresh.time == tick {
        issueRefresh(refresh, at: tick)
        return
      }
      if refreshStopsAll { return }
    }
    updateWriteMode()
    let queue = writeMode ? 1 : 0
    let column = isFresh ? (first.kind == .column ? first : Pick()) : pickColumn(queue, from: tick)
    let other = isFresh ? row : pickRow(queue, from: tick)
    if column.time == tick && (other.time != tick || column.order < other.order) {
      issueColumn(column, queue: queue, at: tick)
    } else if other.time == tick {
      issueRow(other, queue: queue, at: tick)
    }
  }

  /// A column command and a row command a tick (HBM).
  @inline(__always)
  private mutating func processTwoSlots(_ tick: Int, _ first: Pick, _ row: Pick, isFresh: Bool) {
    var touched = -1
    var column = first
    if !isFresh && queues.activeCount > 0 { column = pickActive(from: tick) }
    if !isFresh && column.time != tick && !refreshBlocksAll {
      updateWriteMode()
      column = pickColumn(writeMode ? 1 : 0, from: tick)
    } else if column.kind != .active && !refreshBlocksAll {
      updateWriteMode()
    }
    if column.time == tick {
      touched = column.bank
      issueColumn(column, queue: writeMode ? 1 : 0, at: tick)
    }
    if !jobs.isEmpty {
      let refresh = pickRefresh(from: tick)
      if refresh.time == tick {
        issueRefresh(refresh, at: tick)
        return
      }
      if refreshStopsAll { return }
    }
    let mode = writeMode
    updateWriteMode()
    // A column command moves only its own bank's row command, and that not forward, unless the oldest request of
    // strict order or the queue in service changed with it.
    var other = row
    if !isFresh || mode != writeMode
      || (touched >= 0 && (isFCFS || (row.bank == touched && row.time == tick)))
    {
      other = pickRow(writeMode ? 1 : 0, from: tick)
    }
    if other.time == tick { issueRow(other, queue: writeMode ? 1 : 0, at: tick) }
  }
}
