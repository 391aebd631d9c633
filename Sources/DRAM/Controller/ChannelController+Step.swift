// The schedule: what one tick does, and how time moves from tick to tick.

extension ChannelController {
  /// Processes every tick up to and including `limit`, or until nothing is left to do.
  ///
  /// Afterwards `now` is the last tick processed: `limit`, or the tick of the last command when drained first.
  mutating func advance(to limit: Int, untilDrained: Bool = false, untilFinished: Bool = false) {
    while now < limit {
      if untilFinished && !finishedTasks.isEmpty { return }
      if isLiteral {
        refill()
        if untilDrained && isDrained { return }
        now += 1
        processTick(now, nil, nil)
      } else {
        if configuration.stepping == .coalesce && applyBlock(limit: limit) { continue }
        refill()
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
      processTick(now, nil, nil)
      return
    }
    let blocksAll = refreshBlocksAll
    let mode = blocksAll ? writeMode : nextWriteMode()
    var first = queues.activeCount == 0 ? Pick() : pickActive(from: from)
    if !jobs.isEmpty {
      let refresh = pickRefresh(from: from)
      if refresh.time < first.time { first = refresh }
    }
    var row = Pick()
    if !blocksAll {
      let queue = mode ? 1 : 0
      let column = pickColumn(queue, from: from)
      if column.time < first.time { first = column }
      row = pickRow(queue, from: from)
    }
    var time = min(first.time, row.time)
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
    if time >= refreshDue || compiled.roles.startRead != nil {
      processTick(time, nil, nil)
    } else {
      processTick(time, first, row)
    }
  }

  /// Processes one tick. `first` and `row` are the picks of an unchanged state (`first`: active, refresh or column).
  @inline(__always)
  mutating func processTick(_ tick: Int, _ first: Pick?, _ row: Pick?) {
    if first == nil { refreshTimer(tick) }
    if roles.startRead != nil {
      processSplitTick(tick)
    } else if compiled.hasColumnBus {
      processTwoSlots(tick, first, row)
    } else {
      processOneSlot(tick, first, row)
    }
  }

  /// One command a tick (DDR): an active request, a refresh, then the queue in service.
  @inline(__always)
  private mutating func processOneSlot(_ tick: Int, _ first: Pick?, _ row: Pick?) {
    if first == nil || first?.kind == .active {
      let active = first ?? pickActive(from: tick)
      if active.kind == .active && active.time == tick {
        issueColumn(active, queue: 0, at: tick)
        return
      }
    }
    if !jobs.isEmpty {
      let refresh = pickRefresh(from: tick)
      if refresh.time == tick {
        issueRefresh(refresh, at: tick)
        return
      }
      if refreshBlocksAll { return }
    }
    updateWriteMode()
    let queue = writeMode ? 1 : 0
    let column = first?.kind == .column ? first ?? Pick() : pickColumn(queue, from: tick)
    let other = row ?? pickRow(queue, from: tick)
    if column.time == tick && (other.time != tick || column.order < other.order) {
      issueColumn(column, queue: queue, at: tick)
    } else if other.time == tick {
      issueRow(other, queue: queue, at: tick)
    }
  }

  /// A column command and a row command a tick (HBM).
  @inline(__always)
  private mutating func processTwoSlots(_ tick: Int, _ first: Pick?, _ row: Pick?) {
    var touched = -1
    var column = Pick()
    if let first, first.kind != .refresh {
      column = first
    } else if queues.activeCount > 0 {
      column = pickActive(from: tick)
    }
    if column.kind == .active && column.time == tick {
      touched = column.bank
      issueColumn(column, queue: 0, at: tick)
    } else if !refreshBlocksAll {
      updateWriteMode()
      if column.kind != .column { column = pickColumn(writeMode ? 1 : 0, from: tick) }
      if column.time == tick {
        touched = column.bank
        issueColumn(column, queue: writeMode ? 1 : 0, at: tick)
      }
    }
    if !jobs.isEmpty {
      let refresh = pickRefresh(from: tick)
      if refresh.time == tick {
        issueRefresh(refresh, at: tick)
        return
      }
      if refreshBlocksAll { return }
    }
    let mode = writeMode
    updateWriteMode()
    // A column command moves only its own bank's row command, and that not forward, unless the oldest request of
    // strict order or the queue in service changed with it.
    var other = Pick()
    if let row, mode == writeMode,
      touched < 0 || (!isFCFS && (row.bank != touched || row.time > tick))
    {
      other = row
    } else {
      other = pickRow(writeMode ? 1 : 0, from: tick)
    }
    if other.time == tick { issueRow(other, queue: writeMode ? 1 : 0, at: tick) }
  }
}
