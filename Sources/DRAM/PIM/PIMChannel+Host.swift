extension PIMChannel {
  /// Takes the access whose command went.
  @inline(__always)
  mutating func finishHost(_ bank: Int) {
    let run = queues.take(bank, takenRun)
    rowHits[bank] &+= 1
    if run.count == 1 || rowHits[bank] == rules.queues.rowHits { stale |= 1 &<< UInt64(bank) }
    if run.isWrite && run.row == pimRow {
      // The buffer of the multipliers does not see what is written to its row: it has to be opened again.
      pimRow = -2
      wakeProducts()
    }
    chargeHost(bank, isWrite: run.isWrite)
    let batch = batches.entry(Int(run.batch))
    batch.pointee.left &-= 1
    let done = clock &+ (run.isWrite ? rules.writeLatency : rules.readLatency)
    if done > batch.pointee.done { batch.pointee.done = done }
  }

  /// Lets bursts and products into the transaction queues as long as there is room.
  @inline(__always)
  mutating func acceptTransactions() -> Bool {
    let products = !cursor.isEmpty && acceptProducts()
    return acceptHost(at: clock) || products
  }

  /// Lets bursts into the transaction queues as long as there is room.
  @inline(__always)
  mutating func acceptHost(at clock: Int) -> Bool {
    if demand.isEmpty { return !stream.isEmpty && acceptBursts(at: clock) }
    return acceptInTurn(at: clock)
  }

  /// Bursts that the transaction queue of a kind has room for.
  @inline(__always)
  private func room(isWrite: Bool) -> Int {
    if isWrite { return rules.queues.transactions &- writes.count }
    let room = rules.queues.transactions &- reads.count
    return rules.isDual ? room : room &- pimTransactions.count
  }

  /// Lets bursts of both lines in, a row of each in turn.
  private mutating func acceptInTurn(at clock: Int) -> Bool {
    var accepted = false
    while true {
      let ofDemand = demand.isEmpty ? 0 : room(isWrite: demand.isWrite)
      let ofBulk = stream.isEmpty ? 0 : room(isWrite: stream.isWrite)
      if ofDemand <= 0 && ofBulk <= 0 { return accepted }
      accepted = true
      if ofDemand > 0 && (isDemandNext || ofBulk <= 0) {
        acceptDemand(ofDemand, at: clock)
        isDemandNext = false
      } else {
        accept(ofBulk, at: clock)
        isDemandNext = true
      }
    }
  }

  @inline(__always)
  private mutating func acceptBursts(at clock: Int) -> Bool {
    var accepted = false
    repeat {
      let room = room(isWrite: stream.isWrite)
      if room <= 0 { break }
      accept(room, at: clock)
      accepted = true
    } while !stream.isEmpty
    return accepted
  }

  /// Lets at most `room` bursts of the front row in.
  @inline(__always)
  private mutating func accept(_ room: Int, at clock: Int) {
    let count = room < stream.countInRow ? room : stream.countInRow
    enter(stream.front(count), at: clock)
    stream.drop(count)
  }

  private mutating func acceptDemand(_ room: Int, at clock: Int) {
    let count = min(room, demand.countInRow)
    enter(demand.front(count), at: clock)
    demand.drop(count)
  }

  @inline(__always)
  private mutating func enter(_ front: (run: TransactionQueue.Run, isWrite: Bool), at clock: Int) {
    if front.isWrite { writes.append(front.run) } else { reads.append(front.run) }
    let batch = batches.entry(Int(front.run.batch))
    batch.pointee.waiting &-= Int(front.run.count)
    batch.pointee.accepted = clock
  }

  /// The next clock with an event, after one in which no command went and something moved from queue to queue.
  ///
  /// No command goes before `bound` unless a bank's queue changes: until then accesses only move, which is done here.
  @inline(__always)
  mutating func moveAccesses(before bound: Int) -> Int {
    var next = clock &+ 1
    guard rules.isDual, !configuration.ticksEveryClock,
      pimTransactions.isEmpty || pimQueue.count >= 2
    else { return next }
    while next < bound {
      let accepted = acceptHost(at: next)
      beginDraining()
      // Products come in once no access waits.
      if !pimTransactions.isEmpty && draining == 0 && reads.isEmpty { return next }
      let moved = draining > 0 ? moveWrite() : moveRead()
      next &+= 1
      if stale != 0 { return next }
      if !moved && !accepted { return bound }
    }
    return next
  }

  private mutating func acceptProducts() -> Bool {
    var accepted = false
    if rules.isDual {
      while !pimTransactions.isFull, let next = cursor.next(at: clock) {
        pimTransactions.append(next)
        accepted = true
      }
      return accepted
    }
    // Products and reads share one queue; products come first, as their program is offered first.
    while pimTransactions.count + reads.count < rules.queues.transactions,
      let next = cursor.next(at: clock)
    {
      pimTransactions.append(next)
      accepted = true
    }
    if !accepted, isStarved, let next = cursor.next(at: clock) {
      pimTransactions.append(next)
      accepted = true
    }
    return accepted
  }

  /// Whether a row of products is open whose instructions cannot come, because reads that wait for its end take all
  /// places: then one more is let in.
  private var isStarved: Bool {
    guard isPIMMode, pimQueue.isEmpty, pimTransactions.isEmpty else { return false }
    for index in 0..<reads.runCount where queues.hasRoom(Int(reads[index].bank)) { return false }
    return true
  }

  /// Moves one access into the banks' queues, while no product waits; tells whether one moved.
  @inline(__always)
  mutating func scheduleHost() -> Bool {
    if writes.count > 0 {
      beginDraining()
      if draining > 0 { return moveWrite() }
    }
    return moveRead()
  }

  /// Starts to send the writes that wait, when there are enough.
  @inline(__always)
  private mutating func beginDraining() {
    if draining == 0, writes.count > 0,
      writes.isFull || (writes.count > rules.queues.writeLow && queues.isEmpty)
    {
      draining = writes.count
    }
  }

  /// Moves one transaction into the command queues; tells whether one moved.
  @inline(__always)
  mutating func schedule() -> Bool {
    beginDraining()
    if !pimTransactions.isEmpty {
      let prefersWrites = draining > 0 && (!rules.isDual || pimQueue.count >= 2)
      let takesProduct =
        rules.isDual ? (pimQueue.count < 2 || reads.isEmpty) : pimTransactions.count > 0
      if !prefersWrites && takesProduct {
        if pimQueue.isFull { return rules.isDual ? false : moveRead() }
        let next = pimTransactions[0]
        pimTransactions.removeFirst()
        pimQueue.append(next)
        return true
      }
    }
    guard draining > 0 else { return moveRead() }
    if moveWrite() { return true }
    // Writes that wait for the end of a row do not keep its instructions out.
    guard !rules.isDual, isPIMMode, pimQueue.isEmpty, !pimTransactions.isEmpty else { return false }
    pimQueue.append(pimTransactions[0])
    pimTransactions.removeFirst()
    return true
  }

  @inline(__always)
  private mutating func moveWrite() -> Bool {
    guard acceptsHost, let index = writes.firstRun(outside: queues.full) else { return false }
    draining -= 1
    enqueue(writes[index], isWrite: true)
    writes.take(index)
    return true
  }

  @inline(__always)
  private mutating func moveRead() -> Bool {
    guard acceptsHost, let index = reads.firstRun(outside: queues.full) else { return false }
    enqueue(reads[index], isWrite: false)
    reads.take(index)
    return true
  }

  /// In blocked mode no host access enters a queue while products wait.
  @inline(__always)
  private var acceptsHost: Bool { rules.isDual || pimQueue.isEmpty }

  @inline(__always)
  private mutating func enqueue(_ waiting: TransactionQueue.Run, isWrite: Bool) {
    let bank = Int(waiting.bank)
    if queues.push(bank, row: waiting.row, isWrite: isWrite, batch: waiting.batch) {
      stale |= 1 &<< UInt64(bank)
    }
  }
}
