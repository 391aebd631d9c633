// Runs of reads: the inner loop of every read stream.

extension ChannelController {
  /// As ``sendHits(_:limit:)``, for reads of one source while no write is queued, so that little can happen in between: a
  /// burst goes, and the next takes its entry. Ends before the tick `end`, at which the next active request may go at the
  /// earliest; returns whether time has moved.
  @inline(never)
  mutating func sendReads(before end: Int) -> Bool {
    let source = sources
    let entries = queues.entries
    let command = readCommand
    var hasMoved = false
    // Hits go while no row command is ready before them.
    var bound = min(rowTime, end)
    while true {
      let head = queues.oldest[0]
      if head < 0 { return hasMoved }
      var slot = head
      var entry = entries + Int(head)
      var bank = Int(entry.pointee.bank)
      var time = oldestHitTime(entry, bank, from: now &+ 1)
      if time == Int.max {
        searchColumnIfStale(from: now &+ 1)
        time = cachedColumn.time
        if time >= bound || (hasDataClock && time >= clockExpiry) { return hasMoved }
        bank = cachedColumn.bank
        slot = queues.lanes[bank].hit
        entry = entries + Int(slot)
      } else if time >= bound || (hasDataClock && time >= clockExpiry) {
        cachedColumn = Pick(kind: .column, time: time, order: entry.pointee.sequence, bank: bank)
        columnQueue = 0
        queues.stale &= ~Stale.column
        return hasMoved
      }
      writeMode = false
      now = time
      hasMoved = true
      queues.takeOut(slot, 0)
      queues.replaceHit(0, bank, after: entry.pointee.next)
      sendColumn(command, entry, isWrite: false, bank: bank, at: time)
      lastUse[bank] = time
      if hasColumnBus && queues.stale & Stale.anyRow != 0 && queues.readCount > 0 {
        lookForRow(0, from: time)
        bound = min(rowTime, end)
      }
      if hasColumnBus && (queues.readCount == 0 || rowTime == time) {
        queues.free(slot)
        sendRow(at: time)
        return true
      }
      if !source.pointee.available || source.pointee.isWrite || source.pointee.tick > time {
        queues.free(slot)
        refill()
        if nextArrival != Int.max || queues.writeCount > 0 { return true }
      } else {
        acceptRead(in: slot, at: time)
        if source.pointee.isWrite || source.pointee.tick > time {
          refill()
          return true
        }
      }
      if queues.readCount == 0 || (isCoalescing && endsBlock) { return true }
      if queues.stale & Stale.anyRow != 0 {
        lookForRow(0, from: time &+ 1)
        bound = min(rowTime, end)
      }
    }
  }

  /// When the oldest read goes if it is a hit that goes as soon as the channel allows any, or in the only bank that has
  /// hits; `Int.max` otherwise.
  @inline(__always)
  private mutating func oldestHitTime(
    _ entry: UnsafeMutablePointer<RequestQueues.Entry>, _ bank: Int, from: Int
  ) -> Int {
    if queues.openRow[bank] != entry.pointee.row || isBankBlocked(bank) { return Int.max }
    let command = timing.commands + readCommand
    let shared = timing.sharedBound(readCommand, from: from)
    let time = timing.bankBound(readCommand, bank: bank, shared: shared)
    if time == shared | command.pointee.rising { return time }
    let banks = queues.columnMask[0]
    return queues.words == 1 && banks & (banks &- 1) == 0 ? time : Int.max
  }

  @inline(__always)
  private mutating func searchColumnIfStale(from: Int) {
    if queues.stale & Stale.column != 0 || cachedColumn.time < from || columnQueue != 0 {
      searchColumn(0, from: from)
    }
  }

  /// Puts the only source's next read into the entry that one has just left.
  @inline(__always)
  private mutating func acceptRead(in slot: Int32, at time: Int) {
    let source = sources
    if recordsRequests { noteAcceptance(source.pointee.tag) }
    sequence &+= 1
    queues.place(
      in: slot, bank: source.pointee.bank, row: source.pointee.row,
      column: source.pointee.column, isWrite: false, source: 0, tag: source.pointee.tag,
      arrival: time, sequence: sequence)
    source.pointee.advance(places) { radix }
  }

  /// Sends the row command of the tick of a column command, if one may go.
  @inline(__always)
  mutating func sendRow(at time: Int) {
    updateWriteMode()
    let queue = writeMode ? 1 : 0
    lookForRow(queue, from: time)
    if rowTime == time { issueRow(cachedRow, queue: queue, at: time) }
  }
}
