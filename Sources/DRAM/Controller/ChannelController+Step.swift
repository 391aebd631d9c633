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
        refillIfThereIsRoom()
        if isCoalescing && applyBlock(limit: limit) { continue }
        if untilDrained && isDrained { return }
        stepToNextEvent(limit: limit)
      }
    }
    refill()
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
    let queue = mode ? 1 : 0
    let hasActive = queues.activeCount > 0
    var activeTime = Int.max
    if hasActive {
      lookForActive(from: from)
      activeTime = cachedActive.time
    }
    var time = activeTime
    if !blocksAll {
      lookForRow(queue, from: from)
      if queues.hasHits(queue) && sendHits(queue, limit: limit, activeTime: activeTime) { return }
      lookForColumn(queue, from: from)
      time = min(min(time, cachedColumn.time), rowTime)
    }
    if !jobs.isEmpty { time = min(time, pickRefresh(from: from).time) }
    if refreshDue < time { time = max(refreshDue, from) }
    if nextArrival < time && nextArrival <= limit {
      // Accept at that clock value; the ticks up to it are idle.
      if !blocksAll { writeMode = mode }
      now = nextArrival
      return
    }
    if time > limit {
      if !blocksAll && limit > now { writeMode = mode }
      now = limit
      return
    }
    now = time
    if time >= refreshDue || !jobs.isEmpty || hasDataClock {
      if time > from && !blocksAll { writeMode = mode }
      processTick(time)
      return
    }
    // No refresh waits, so the picks are those of this tick.
    writeMode = mode
    if hasColumnBus {
      if activeTime == time {
        issueColumn(cachedActive, queue: queue, at: time)
      } else if cachedColumn.time == time {
        issueColumn(cachedColumn, queue: queue, at: time)
        writeMode = nextWriteMode()
      }
      lookForRow(writeMode ? 1 : 0, from: time)
      if rowTime == time { issueRow(cachedRow, queue: writeMode ? 1 : 0, at: time) }
    } else if activeTime == time {
      issueColumn(cachedActive, queue: queue, at: time)
    } else {
      issueOldest(queue, at: time)
    }
  }

  /// Sends row hits while nothing else can go: no row command is ready before them, no refresh waits or falls due, no
  /// request is to come, and no block ends. Returns whether time has moved.
  @inline(__always)
  private mutating func sendHits(_ queue: Int, limit: Int, activeTime: Int) -> Bool {
    if !jobs.isEmpty || refreshDebt > 0 || nextArrival != Int.max || !usesMasks { return false }
    let end = min(refreshDue, limit == Int.max ? limit : limit &+ 1)
    if queue == 0 && sourceCount == 1 && queues.writeCount == 0 && !closedPage {
      return sendReads(before: min(end, activeTime))
    }
    if queues.activeCount > 0 { return false }
    let bound = min(rowTime, end)
    let isWriting = queue == 1
    var moved = false
    while true {
      if columnQueue == queue && takeOldest(queue, from: now &+ 1) {
        queues.stale &= ~Stale.column
      } else {
        lookForColumn(queue, from: now &+ 1)
      }
      let time = cachedColumn.time
      if time >= bound || (hasDataClock && time >= clockExpiry) { return moved }
      writeMode = isWriting
      now = time
      moved = true
      issueColumn(cachedColumn, queue: queue, at: time)
      let isOther = nextWriteMode() != isWriting
      if hasColumnBus && (isOther || queues.stale & Stale.anyRow != 0) {
        sendRow(at: time)
        return true
      }
      refill()
      if queues.stale & Stale.anyRow != 0 || nextWriteMode() != isWriting || nextArrival != Int.max
        || (isCoalescing && endsBlock)
      {
        return true
      }
    }
  }

  /// Sends the older of the column and the row command in the cache that may go now, if any.
  @inline(__always)
  private mutating func issueOldest(_ queue: Int, at tick: Int) {
    let isRow = rowTime == tick
    if cachedColumn.time == tick && (!isRow || cachedColumn.order < cachedRow.order) {
      issueColumn(cachedColumn, queue: queue, at: tick)
    } else if isRow {
      issueRow(cachedRow, queue: queue, at: tick)
    }
  }

  /// Processes one tick.
  @inline(never)
  mutating func processTick(_ tick: Int) {
    if tick >= refreshDue || refreshDebt > 0 { refreshTimer(tick) }
    if hasDataClock {
      processSplitTick(tick)
    } else if hasColumnBus {
      processTwoSlots(tick)
    } else {
      processOneSlot(tick)
    }
  }

  /// One command a tick (DDR): an active request, a refresh, then the queue in service.
  @inline(__always)
  private mutating func processOneSlot(_ tick: Int) {
    if queues.activeCount > 0 {
      lookForActive(from: tick)
      if cachedActive.time == tick {
        issueColumn(cachedActive, queue: 0, at: tick)
        return
      }
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
    lookForColumn(queue, from: tick)
    lookForRow(queue, from: tick)
    issueOldest(queue, at: tick)
  }

  /// A column command and a row command a tick (HBM).
  @inline(__always)
  private mutating func processTwoSlots(_ tick: Int) {
    if queues.activeCount > 0 { lookForActive(from: tick) }
    if queues.activeCount > 0 && cachedActive.time == tick {
      issueColumn(cachedActive, queue: 0, at: tick)
    } else if !refreshBlocksAll {
      updateWriteMode()
      lookForColumn(writeMode ? 1 : 0, from: tick)
      if cachedColumn.time == tick {
        issueColumn(cachedColumn, queue: writeMode ? 1 : 0, at: tick)
      }
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
    lookForRow(queue, from: tick)
    if rowTime == tick { issueRow(cachedRow, queue: queue, at: tick) }
  }
}
