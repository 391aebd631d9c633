// Which refresh falls due, and which bank a per-bank refresh takes.

extension ChannelController {
  /// Puts refreshes that fall due at this tick into the queue of jobs.
  mutating func refreshTimer(_ tick: Int) {
    while tick >= refreshDue {
      let part = refreshCount % refreshParts
      refreshCount += 1
      refreshDue = (refreshCount + 1) * refreshTicks / refreshParts
      if configuration.refresh == .perBank {
        refreshDebt += 1
      } else if postponed.isEmpty {
        startRefresh(part)
      } else {
        refreshDebt += 1
        postponed[part] += 1
      }
    }
    if refreshDebt > 0 && jobs.isEmpty { chooseBank() }
  }

  /// Lets the refresh of a part wait for its commands: one scope, or all of them.
  mutating func startRefresh(_ part: Int) {
    let banks = compiled.refreshScopeBanks
    if configuration.refresh == .allBank {
      for first in stride(from: 0, to: bankCount, by: banks) {
        jobs.append(RefreshJob(bank: first, banks: banks, command: roles.refreshAll))
      }
    } else if configuration.refresh == .rankStaggered {
      let job = RefreshJob(bank: part * banks, banks: banks, command: roles.refreshAll)
      jobs.append(job)
      setBlocked(job, true)
    }
  }

  @inline(__always)
  func isBankBlocked(_ bank: Int) -> Bool {
    blocked[bank >> 6] >> UInt64(bank & 63) & 1 == 1
  }

  mutating func setBlocked(_ job: RefreshJob, _ value: Bool) {
    if refreshStopsAll { return }
    queues.stale = Stale.all
    for bank in job.bank..<(job.bank + job.banks) {
      let bit: UInt64 = 1 << UInt64(bank & 63)
      if value { blocked[bank >> 6] |= bit } else { blocked[bank >> 6] &= ~bit }
    }
    // A later job may cover the same banks.
    for other in jobs where !value {
      for bank in other.bank..<(other.bank + other.banks) {
        blocked[bank >> 6] |= 1 << UInt64(bank & 63)
      }
    }
    isBlocked = (0..<queues.words).contains { blocked[$0] != 0 }
  }

  /// Chooses the next bank of a per-bank refresh: an idle one, the most recently used first, since a cyclic stream
  /// comes back to it last. Busy banks wait until a whole round is owed; every bank has its turn once a round.
  mutating func chooseBank() {
    if !postponed.isEmpty {
      choosePostponed()
      return
    }
    guard let command = roles.refreshBank else { return }
    var chosen = -1
    for bank in 0..<bankCount where !refreshed[bank] {
      if waiting(for: bank) > 0 { continue }
      if queues.active[bank] >= 0 || splitBanks[bank] >= 0 { continue }
      if chosen < 0 || lastUse[bank] > lastUse[chosen] { chosen = bank }
    }
    if chosen < 0 && refreshDebt >= bankCount {
      if compiled.refreshesBanksTogether && bankQueues == nil {
        finishRound(command)
        return
      }
      var fewest = Int.max
      for bank in 0..<bankCount where !refreshed[bank] {
        let count = waiting(for: bank)
        if count < fewest {
          fewest = count
          chosen = bank
        }
      }
    }
    if chosen >= 0 { startRefresh(of: chosen, command) }
  }

  private mutating func startRefresh(of bank: Int, _ command: Int) {
    refreshDebt -= 1
    refreshed[bank] = true
    refreshedCount += 1
    if refreshedCount == bankCount {
      refreshedCount = 0
      refreshed.update(repeating: false, count: bankCount)
    }
    let job = RefreshJob(bank: bank, banks: 1, command: command)
    jobs.append(job)
    setBlocked(job, true)
  }

  /// Refreshes every bank that is left of a round, one after the other as fast as they may go, where that takes no
  /// longer than an all-bank refresh: banks that are always wanted lose less than with one of them stalled all the time.
  private mutating func finishRound(_ command: Int) {
    let left = (0..<bankCount).filter { !refreshed[$0] }
    for bank in left { startRefresh(of: bank, command) }
  }

  /// Queued requests of a bank.
  func waiting(for bank: Int) -> Int {
    Int(queues.lane(0, bank).pointee.count + queues.lane(1, bank).pointee.count)
      + (bankQueues?.waiting(for: bank) ?? 0)
  }
}
