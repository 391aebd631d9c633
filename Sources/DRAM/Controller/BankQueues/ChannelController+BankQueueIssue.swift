// What happens when the `bank-queues` scheduler sends a command for a request.

extension ChannelController {
  /// Moves a source on after its request was accepted.
  mutating func advanceSource(_ index: Int) {
    sources[index].advance(places) { radix }
  }

  /// Sends the column command of a request that left its queue; with closed pages the last one of a row closes it.
  mutating func issueColumn(
    _ entry: inout RequestQueues.Entry, closesRow: Bool, at time: Int
  ) {
    let bank = Int(entry.bank)
    let isWrite = entry.isWrite
    countOutcome(&entry, ChannelStatistics.hits)
    var command = columnCommand(isWrite)
    var closes = false
    if closedPage, closesRow, let auto = isWrite ? roles.writeAuto : roles.readAuto,
      timing.earliestIssue(auto, bank: bank, from: time) == time
    {
      command = auto
      closes = true
    }
    accountBus(&entry, bank: bank, at: time)
    record(command, bank: bank, row: Int(entry.row), column: Int(entry.column), at: time)
    if closes { queues.setOpenRow(bank, -1) }
    lastUse[bank] = time
    if isWrite {
      statistics.counts[ChannelStatistics.writes] &+= 1
      // A single write was reported complete when it was accepted.
      if recordsRequests {
        lastCompletion = max(lastCompletion, time)
      } else {
        complete(tag: entry.tag, at: time &+ writeLatency)
      }
    } else {
      statistics.counts[ChannelStatistics.reads] &+= 1
      let done = time &+ readLatency
      statistics.countRead(latency: done &- entry.arrival)
      complete(tag: entry.tag, at: done)
    }
  }

  /// Sends the precharge or the activation that the oldest request of a bank needs.
  mutating func issueRow(_ entry: UnsafeMutablePointer<RequestQueues.Entry>, at time: Int) {
    let bank = Int(entry.pointee.bank)
    let row = Int(entry.pointee.row)
    let column = Int(entry.pointee.column)
    if queues.openRow[bank] >= 0 {
      countOutcome(entry, ChannelStatistics.conflicts)
      record(prechargeCommand, bank: bank, row: row, column: column, at: time)
      queues.setOpenRow(bank, -1)
      return
    }
    countOutcome(entry, ChannelStatistics.misses)
    openedByWindow[bank] = timing.isWindowBound(activateCommand, bank: bank, at: time)
    openedAt[bank] = time
    record(activateCommand, bank: bank, row: row, column: column, at: time)
    queues.setOpenRow(bank, entry.pointee.row)
  }
}
