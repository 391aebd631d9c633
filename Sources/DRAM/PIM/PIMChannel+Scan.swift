extension PIMChannel {
  /// The next command of the host, found by looking at every bank: the oracle of ``sendHost(isAlone:)``, used when every
  /// clock is stepped.
  mutating func scanHost() -> PIMChoice {
    let isWriteHeldUp = (0..<rules.banks).contains { wantsWrite($0) }
    let yields = isWriteHeldUp && readsPassed >= rules.readsBeforeWrite
    for offset in 1...rules.banks {
      let bank = (turn + offset) % rules.banks
      if isClosed(bank) { continue }
      let choice = scanHost(bank, yields: yields)
      if choice.command >= 0 {
        turn = bank
        if choice.command == rules.read { readsPassed = isWriteHeldUp ? readsPassed + 1 : 0 }
        if choice.command == rules.write { readsPassed = 0 }
        return choice
      }
    }
    return .later(clock + 1)
  }

  /// Whether a bank takes no commands of the host.
  private func isClosed(_ bank: Int) -> Bool {
    isRefreshing && refreshingBanks >> UInt64(bank) & 1 == 1 || isLoading && bank == 0
  }

  /// Whether a bank has a write to its open row.
  private func wantsWrite(_ bank: Int) -> Bool {
    let open = openRow[bank]
    guard !isClosed(bank), open >= 0, open != reservedRow else { return false }
    return (0..<queues.runCount(bank)).contains {
      queues.run(bank, $0).isWrite && queues.run(bank, $0).row == open
    }
  }

  /// The first command in a bank's queue that can go, as the queue's order has it.
  private mutating func scanHost(_ bank: Int, yields: Bool) -> PIMChoice {
    let open = openRow[bank]
    let isGated = slack > 0 && !pimQueue.isEmpty
    for index in 0..<queues.runCount(bank) {
      let run = queues.run(bank, index)
      if run.row == reservedRow { continue }
      if open < 0 {
        guard timing.earliestIssue(rules.activateHost, bank: bank, from: clock) <= clock else {
          return PIMChoice()
        }
        if isGated {
          if slack <= rules.hostActivate { return PIMChoice() }
          slack -= rules.hostActivate
        }
        return PIMChoice(command: rules.activateHost, bank: bank, row: run.row)
      }
      if run.row == open {
        if yields && !run.isWrite { continue }
        let command = run.isWrite ? rules.write : rules.read
        if timing.earliestIssue(command, bank: bank, from: clock) > clock { continue }
        takenRun = index
        return PIMChoice(command: command, bank: bank, row: open)
      }
      guard index == 0, rowHits[bank] >= rules.queues.rowHits || !hits(bank, open),
        timing.earliestIssue(rules.prechargeHost, bank: bank, from: clock) <= clock
      else { continue }
      if isGated {
        if slack <= rules.hostPrecharge + rules.hostActivate { continue }
        slack -= rules.hostPrecharge
      }
      return PIMChoice(command: rules.prechargeHost, bank: bank)
    }
    return PIMChoice()
  }
}
