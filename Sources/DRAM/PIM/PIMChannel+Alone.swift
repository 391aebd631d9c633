extension PIMChannel {
  /// Whether the host has the channel to itself now: no product and no refresh waits, and none is owed.
  @inline(__always)
  var isHostAlone: Bool {
    pimQueue.isEmpty && pimTransactions.isEmpty && pendingRanks.isEmpty && !isRefreshing
      && (rules.isDual || !isPIMMode) && !configuration.ticksEveryClock
      && (rules.postponement == 0 || owed.allSatisfy { $0 == 0 })
  }

  /// The next clock at which something other than the host's accesses happens.
  @inline(__always)
  private var aloneUntil: Int {
    let event = min(refreshDue, firstLoadDone)
    return cursor.isEmpty ? event : min(event, cursor.available)
  }

  /// Runs the host's accesses until `limit` or until something else happens: what ``step(before:)`` does clock by
  /// clock, without asking for what cannot be.
  ///
  /// Clocks before the next command only move accesses from queue to queue. Returns whether any clock went by.
  mutating func runHost(until limit: Int) -> Bool {
    let event = aloneUntil
    let bound = min(limit, event)
    guard clock < bound else { return false }
    productUse = nil
    var counted = clock
    while true {
      let accepted = acceptHost(at: clock)
      var retry = hostWake
      if stale != 0 || clock >= retry {
        if mayOnlyRead {
          retry = sendRead()
        } else {
          // A row may open or close.
          noteHost(from: counted)
          counted = clock
          retry = sendHost(isAlone: true)
        }
        hostWake = retry < 0 ? nextCommand(after: clock) : retry
      }
      let moved = scheduleHost()
      var next = retry < 0 || moved || accepted ? clock &+ 1 : retry
      if next < bound {
        clock = next
        continue
      }
      next = min(next, event)
      due = next
      clock = min(next, limit)
      noteHost(from: counted)
      return true
    }
  }

  /// Whether no bank wants to write, and none may open or close a row yet.
  @inline(__always)
  private var mayOnlyRead: Bool {
    stale == 0 && toWrite.waiting == 0 && !isLoading
      && (toActivate.waiting == 0 || clock < toActivate.next)
      && (toPrecharge.waiting == 0 || clock < toPrecharge.next)
  }

  /// What ``sendHost(isAlone:)`` does while ``mayOnlyRead`` holds.
  @inline(__always)
  private mutating func sendRead() -> Int {
    var ready = toRead.ready(~0, at: clock)
    let ahead: UInt64 = turn >= 63 ? 0 : ~0 &<< UInt64(truncatingIfNeeded: turn &+ 1)
    while ready != 0 {
      let next = ready & ahead
      let bank = (next != 0 ? next : ready).trailingZeroBitCount
      if toRead.mayGo(bank, at: clock) {
        sendRead(bank, passesWrite: false)
        return -1
      }
      ready &= ~(1 &<< UInt64(truncatingIfNeeded: bank))
    }
    if toRead.waiting != 0 { _ = toRead.settled(at: clock) }
    return nextCommand(after: clock)
  }

  /// No command of the host goes before this clock, unless a bank's queue or row changes.
  @inline(__always)
  private func nextCommand(after clock: Int) -> Int {
    if stale != 0 { return clock &+ 1 }
    var next = Int.max
    if toRead.waiting != 0 { next = toRead.next }
    if toWrite.waiting != 0 { next = min(next, toWrite.next) }
    if toActivate.waiting != 0 { next = min(next, toActivate.next) }
    if toPrecharge.waiting != 0 { next = min(next, toPrecharge.next) }
    return max(next, clock &+ 1)
  }

  /// Accounts for the clocks from `start` on, in which no product waited and the same ranks had open rows.
  @inline(__always)
  private mutating func noteHost(from start: Int) {
    let clocks = clock &- start
    tally.clocks &+= clocks
    tally.hostActive &+= clocks &* hostRanks
    tally.pimActive &+= clocks &* pimRanks
  }
}
