// Copying the state of one channel to another, for channels that stop being equal.

extension ChannelController {
  /// Takes over the state of an equal channel; the number of this channel stays.
  mutating func copyState(of other: borrowing ChannelController) {
    timing.state.update(from: other.timing.state, count: timing.stateCount)
    queues.copy(other.queues)
    statistics.copy(other.statistics)
    copySources(other)
    if let mine = bankQueues, let theirs = other.bankQueues { mine.copy(theirs) }
    nextSource = other.nextSource
    now = other.now
    sequence = other.sequence
    activations = other.activations
    writeMode = other.writeMode
    jobs = other.jobs
    refreshDue = other.refreshDue
    refreshCount = other.refreshCount
    refreshDebt = other.refreshDebt
    postponed = other.postponed
    refreshedCount = other.refreshedCount
    isBlocked = other.isBlocked
    splitCount = other.splitCount
    clockExpiry = other.clockExpiry
    clockStarted = other.clockStarted
    lastColumn = other.lastColumn
    lastColumnWrite = other.lastColumnWrite
    lastRefresh = other.lastRefresh
    let banks = compiled.bankCount
    refreshed.update(from: other.refreshed, count: banks)
    lastUse.update(from: other.lastUse, count: banks)
    blocked.update(from: other.blocked, count: queues.words)
    splitBanks.update(from: other.splitBanks, count: banks)
    splitMask.update(from: other.splitMask, count: queues.words)
    openedAt.update(from: other.openedAt, count: banks)
    openedByWindow.update(from: other.openedByWindow, count: banks)
    log = other.log
    isLogging = other.isLogging
    copyTasks(other)
    finishedTasks = other.finishedTasks
    lastCompletion = other.lastCompletion
  }
}

extension RequestQueues {
  mutating func copy(_ other: borrowing RequestQueues) {
    entries.update(from: other.entries, count: capacity)
    copyFreeList(other)
    lanes.update(from: other.lanes, count: 2 * bankCount)
    openRow.update(from: other.openRow, count: bankCount)
    active.update(from: other.active, count: bankCount)
    activeOrder.update(from: other.activeOrder, count: bankCount)
    columnMask.update(from: other.columnMask, count: 2 * words)
    rowMask.update(from: other.rowMask, count: 2 * words)
    activeMask.update(from: other.activeMask, count: words)
    closedMask.update(from: other.closedMask, count: words)
    oldest.update(from: other.oldest, count: 2)
    youngest.update(from: other.youngest, count: 2)
    stale = Stale.all
    readCount = other.readCount
    writeCount = other.writeCount
    activeCount = other.activeCount
  }
}

extension ChannelStatistics {
  mutating func copy(_ other: borrowing ChannelStatistics) {
    counts.update(from: other.counts, count: countSize)
    latencies.update(from: other.latencies, count: ChannelStatistics.exactLatencies)
    latencyMaximum = other.latencyMaximum
  }
}
