extension PIMChannel {
  /// The next command of the host, round robin over the banks, or when to look again.
  mutating func chooseHost() -> PIMChoice {
    var banks = queues.occupied
    if isRefreshing { banks &= ~refreshingBanks }
    if banks == 0 { return .later(Int.max) }
    watch.refresh(at: clock)
    banks &= watch.due
    // Banks after `turn` first, then those up to it.
    let behind: UInt64 = turn >= 63 ? ~0 : (1 << UInt64(turn + 1)) - 1
    var left = banks & ~behind
    var rest = banks & behind
    while true {
      if left == 0 {
        if rest == 0 { break }
        left = rest
        rest = 0
      }
      let bank = left.trailingZeroBitCount
      left &= left - 1
      let choice = chooseHost(bank)
      if choice.command >= 0 {
        turn = bank
        return choice
      }
      watch.sleep(bank, until: choice.retry)
    }
    return .later(watch.next)
  }

  /// The first command in a bank's queue that can go, as the queue's order has it.
  private mutating func chooseHost(_ bank: Int) -> PIMChoice {
    if isLoading && bank == 0 { return .later(Int.max) }
    let open = openRow[bank]
    let gated = slack > 0 && !pimQueue.isEmpty
    watch.look(bank)
    let count = queues.runCount(bank)
    var retry = Int.max
    if open < 0 {
      var index = 0
      while index < count {
        let run = queues.run(bank, index)
        index += 1
        if run.row == reservedRow { continue }
        let time = timing.earliestIssue(rules.activateHost, bank: bank, from: clock)
        if time > clock { return .later(time) }
        if gated {
          if slack <= rules.hostActivate { return .later(Int.max) }
          slack -= rules.hostActivate
        }
        return PIMChoice(command: rules.activateHost, bank: bank, row: run.row)
      }
      return .later(Int.max)
    }
    let first = queues.run(bank, 0)
    if first.row == open, first.row != reservedRow, queues.isOfOneKind(bank) {
      // Nothing but this access can be the next.
      let command = first.isWrite ? rules.write : rules.read
      let time = timing.earliestIssue(command, bank: bank, from: clock)
      watch.waitForColumns(bank, isWrite: first.isWrite)
      if time > clock { return .later(time) }
      takenRun = 0
      return PIMChoice(command: command, bank: bank, row: open)
    }
    var index = 0
    var readTime = -1
    var writeTime = -1
    while index < count {
      let run = queues.run(bank, index)
      defer { index += 1 }
      if run.row == reservedRow { continue }
      if run.row == open {
        let isWrite = run.isWrite
        if isWrite ? writeTime >= 0 : readTime >= 0 { continue }
        let command = isWrite ? rules.write : rules.read
        let time = timing.earliestIssue(command, bank: bank, from: clock)
        if time <= clock {
          takenRun = index
          return PIMChoice(command: command, bank: bank, row: open)
        }
        if isWrite { writeTime = time } else { readTime = time }
        retry = min(retry, time)
      } else if index == 0 {
        guard rowHits[bank] >= rules.queues.rowHits || !hits(bank, open) else { continue }
        let time = timing.earliestIssue(rules.prechargeHost, bank: bank, from: clock)
        if time > clock {
          retry = min(retry, time)
          continue
        }
        if gated {
          if slack <= rules.hostPrecharge + rules.hostActivate { continue }
          slack -= rules.hostPrecharge
        }
        return PIMChoice(command: rules.prechargeHost, bank: bank)
      }
    }
    return .later(retry)
  }

  /// Whether any access in a bank's queue is to `row`.
  private func hits(_ bank: Int, _ row: Int32) -> Bool {
    for index in 0..<queues.runCount(bank) where queues.run(bank, index).row == row { return true }
    return false
  }

  /// Takes the access whose command went.
  mutating func finishHost(_ choice: PIMChoice) {
    let run = queues.run(choice.bank, takenRun)
    let latency = run.isWrite ? rules.writeLatency : rules.readLatency
    queues.take(choice.bank, takenRun)
    rowHits[choice.bank] += 1
    let batch = Int(run.batch)
    chargeHost(choice.bank, isWrite: run.isWrite)
    if run.count == 1 { watch.wakeUp(choice.bank) }
    watch.columnIssued(isWrite: run.isWrite, bank: choice.bank, at: clock)
    batchLeft[batch] -= 1
    batchDone[batch] = max(batchDone[batch], clock + latency)
  }

  /// Lets bursts and products into the transaction queues as long as there is room.
  mutating func acceptTransactions() -> Bool {
    var accepted = false
    if rules.isDual {
      while !pimTransactions.isFull, let next = cursor.next(at: clock) {
        pimTransactions.append(next)
        accepted = true
      }
    } else {
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
    }
    while !stream.isEmpty {
      let front = stream.front
      if front.isWrite {
        if writes.isFull { break }
      } else if rules.isDual
        ? reads.isFull : pimTransactions.count + reads.count >= rules.queues.transactions
      {
        break
      }
      let place = front.burst / rules.columns
      let waiting = TransactionQueue.Run(
        bank: Int32(place % rules.banks), row: Int32(place / rules.banks), batch: front.batch,
        count: 1)
      if front.isWrite { writes.append(waiting) } else { reads.append(waiting) }
      batchWaiting[Int(front.batch)] -= 1
      batchAccepted[Int(front.batch)] = clock
      stream.dropFront()
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

  /// Moves one transaction into the command queues; tells whether one moved.
  mutating func schedule() -> Bool {
    if draining == 0,
      writes.isFull || (writes.count > rules.queues.writeLow && queues.isEmpty)
    {
      draining = writes.count
    }
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

  private mutating func moveWrite() -> Bool {
    for index in 0..<writes.runCount {
      let waiting = writes[index]
      guard acceptsHost, queues.hasRoom(Int(waiting.bank)) else { continue }
      draining -= 1
      writes.take(index)
      enqueue(waiting, isWrite: true)
      return true
    }
    return false
  }

  private mutating func moveRead() -> Bool {
    guard acceptsHost else { return false }
    for index in 0..<reads.runCount {
      let waiting = reads[index]
      guard queues.hasRoom(Int(waiting.bank)) else { continue }
      reads.take(index)
      enqueue(waiting, isWrite: false)
      return true
    }
    return false
  }

  /// In blocked mode no host access enters a queue while products wait.
  private var acceptsHost: Bool { rules.isDual || pimQueue.isEmpty }

  private mutating func enqueue(_ waiting: TransactionQueue.Run, isWrite: Bool) {
    let bank = Int(waiting.bank)
    if queues.push(bank, row: waiting.row, isWrite: isWrite, batch: waiting.batch) {
      watch.wakeUp(bank)
    }
  }
}
