extension PIMChannel {
  /// Sends the next command of the host, round robin over the banks; returns when to look again, or -1 when one went.
  ///
  /// The same as ``scanHost()``, from sets of banks by the command that each wants.
  ///
  /// `isAlone` says that no product and no refresh waits.
  @inline(__always)
  mutating func sendHost(isAlone: Bool) -> Int {
    var banks = queues.occupied
    if banks == 0 { return Int.max }
    if stale != 0 { sortStale() }
    if !isAlone && isRefreshing { banks &= ~refreshingBanks }
    if isLoading { banks &= ~1 }
    let isGated = !isAlone && slack > 0 && !pimQueue.isEmpty
    let opens = !isGated || slack > rules.hostActivate
    let closes = !isGated || slack > rules.hostPrecharge + rules.hostActivate
    let writing = toWrite.waiting & banks
    let yields = writing != 0 && readsPassed >= rules.readsBeforeWrite
    var read = yields ? 0 : toRead.ready(banks, at: clock)
    var write = toWrite.ready(banks, at: clock)
    var opening = opens ? toActivate.ready(banks, at: clock) : 0
    var closing = closes ? toPrecharge.ready(banks, at: clock) : 0
    let behind: UInt64 = turn >= 63 ? ~0 : (1 &<< UInt64(turn &+ 1)) &- 1
    while true {
      let any = read | write | opening | closing
      if any == 0 { break }
      // Banks after `turn` first, then those up to it.
      let ahead = any & ~behind
      let bank = (ahead != 0 ? ahead : any).trailingZeroBitCount
      let bit: UInt64 = 1 &<< UInt64(bank)
      if opening & bit != 0 {
        if toActivate.mayGo(bank, at: clock) {
          if isGated { slack -= rules.hostActivate }
          turn = bank
          issue(PIMChoice(command: rules.activateHost, bank: bank, row: firstRow[bank]))
          return -1
        }
        opening &= ~bit
      } else if closing & bit != 0 {
        if toPrecharge.mayGo(bank, at: clock) {
          if isGated { slack -= rules.hostPrecharge }
          turn = bank
          issue(PIMChoice(command: rules.prechargeHost, bank: bank))
          return -1
        }
        closing &= ~bit
      } else if read & bit != 0 && (write & bit == 0 || readRun[bank] < writeRun[bank]) {
        if toRead.mayGo(bank, at: clock) {
          sendRead(bank, passesWrite: writing != 0)
          return -1
        }
        read &= ~bit
      } else {
        if toWrite.mayGo(bank, at: clock) {
          turn = bank
          readsPassed = 0
          sendColumn(rules.write, bank, run: writeRun[bank])
          toRead.hold(until: clock &+ rules.readAfterWrite)
          toWrite.hold(until: clock &+ rules.writeAfterWrite)
          return -1
        }
        write &= ~bit
      }
    }
    var retry = Int.max
    if !yields && toRead.waiting & banks != 0 { retry = toRead.settled(at: clock) }
    if toWrite.waiting & banks != 0 { retry = min(retry, toWrite.settled(at: clock)) }
    if opens && toActivate.waiting & banks != 0 {
      retry = min(retry, toActivate.settled(at: clock))
    }
    if closes && toPrecharge.waiting & banks != 0 {
      retry = min(retry, toPrecharge.settled(at: clock))
    }
    return retry
  }

  @inline(never)
  mutating func sendHostBesideProducts() -> Int { sendHost(isAlone: false) }

  /// Reads from a bank's open row.
  @inline(__always)
  mutating func sendRead(_ bank: Int, passesWrite: Bool) {
    turn = bank
    readsPassed = passesWrite ? readsPassed &+ 1 : 0
    sendColumn(rules.read, bank, run: readRun[bank])
    toRead.hold(until: clock &+ rules.readAfterRead)
    toWrite.hold(until: clock &+ rules.writeAfterRead)
  }

  /// Sends a column command for the first access of a run in a bank's queue.
  @inline(__always)
  private mutating func sendColumn(_ command: Int, _ bank: Int, run: Int) {
    timing.issue(command, bank: bank, at: clock)
    sent[command] &+= 1
    stepWake = 0
    if isLogging { note(PIMChoice(command: command, bank: bank, row: openRow[bank])) }
    takenRun = run
    finishHost(bank)
  }

  /// Finds anew what the banks want whose queue or row has changed.
  @inline(never)
  private mutating func sortStale() {
    var left = stale
    stale = 0
    while left != 0 {
      let bank = left.trailingZeroBitCount
      let bit: UInt64 = 1 &<< UInt64(bank)
      left &= left &- 1
      toRead.remove(bit)
      toWrite.remove(bit)
      toActivate.remove(bit)
      toPrecharge.remove(bit)
      if queues.runCount(bank) > 0 { sort(bank, bit) }
    }
  }

  private mutating func sort(_ bank: Int, _ bit: UInt64) {
    let open = openRow[bank]
    let count = queues.runCount(bank)
    if open < 0 {
      for index in 0..<count {
        let row = queues.run(bank, index).row
        if row == reservedRow { continue }
        firstRow[bank] = row
        toActivate.add(bit)
        return
      }
      return
    }
    let first = queues.run(bank, 0)
    if first.row == open, open != reservedRow, queues.isOfOneKind(bank) {
      // Nothing but this access can be the next.
      sort(first.isWrite, bank, bit, 0)
      return
    }
    for index in 0..<count {
      let run = queues.run(bank, index)
      if run.row == reservedRow { continue }
      if run.row == open {
        sort(run.isWrite, bank, bit, index)
      } else if index == 0, rowHits[bank] >= rules.queues.rowHits || !hits(bank, open) {
        toPrecharge.add(bit)
      }
    }
  }

  /// A column command to the open row; the first of a kind in a queue counts.
  @inline(__always)
  private mutating func sort(_ isWrite: Bool, _ bank: Int, _ bit: UInt64, _ index: Int) {
    if isWrite {
      if toWrite.waiting & bit != 0 { return }
      writeRun[bank] = index
      toWrite.add(bit)
    } else {
      if toRead.waiting & bit != 0 { return }
      readRun[bank] = index
      toRead.add(bit)
    }
  }

  /// Whether any access in a bank's queue is to `row`.
  @inline(__always)
  mutating func hits(_ bank: Int, _ row: Int32) -> Bool {
    for index in 0..<queues.runCount(bank) where queues.run(bank, index).row == row { return true }
    return false
  }
}
