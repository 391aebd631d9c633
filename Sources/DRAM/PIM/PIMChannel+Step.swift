extension PIMChannel {
  /// Runs until `limit`, or until `stop` is met if that comes first; `clock` is the next clock to process.
  ///
  /// Complexity: proportional to commands, not clocks.
  mutating func run(until limit: Int, stop: Stop = .never) {
    while clock < limit {
      switch stop {
      case .never: break
      case .drained: if isDrained { return }
      case .productsDrained: if isPIMDrained { return }
      case .hostDrained: if isHostDrained { return }
      }
      var retry = step()
      if configuration.ticksEveryClock { retry = min(retry, clock + 1) }
      precondition(retry < Int.max || limit < Int.max, "a PIM channel waits for nothing")
      let next = min(max(retry, clock + 1), limit)
      note(clocks: next - clock)
      clock = next
    }
  }

  /// Accounts for clocks in which nothing changes.
  @inline(__always)
  private mutating func note(clocks: Int) {
    if !pimQueue.isEmpty { counts.pimBusy += clocks }
    chargeProducts(clocks)
    counts.clocks += clocks
    let ranks = rules.banksPerRank == 64 ? ~0 : (UInt64(1) << UInt64(rules.banksPerRank)) - 1
    var first: UInt64 = 0
    while first < UInt64(rules.banks) {
      if hostOpen >> first & ranks != 0 { counts.hostActive += clocks }
      if pimOpen >> first & ranks != 0 { counts.pimActive += clocks }
      first += UInt64(rules.banksPerRank)
    }
  }

  /// When a run ends before its limit.
  enum Stop { case never, drained, productsDrained, hostDrained }

  /// One clock; returns the next clock at which something can happen.
  private mutating func step() -> Int {
    while let done = loadDone.first, done <= clock {
      loadDone.removeFirst()
      if isLoading {
        isLoading = false
        slack = 0
        wakeAll()
      }
    }
    // The oracle looks at every bank in every clock.
    if configuration.ticksEveryClock { watch.wakeAll() }
    let accepted = acceptTransactions()
    if let interval = rules.refreshInterval, clock > 0, clock % interval == 0 {
      pendingRanks.append(nextRank)
      nextRank = (nextRank + 1) % rules.ranks
    }
    var choice = PIMChoice()
    var isHost = false
    var isProduct = false
    productUse = pimQueue.isEmpty ? nil : skipsPIM || !pendingRanks.isEmpty ? .refresh : .commands
    if !pendingRanks.isEmpty { choice = chooseRefresh() }
    var retry = choice.retry
    if choice.command < 0 {
      let mayProduct = !skipsPIM && !isRefreshing
      if rules.isDual {
        if mayProduct && !pimQueue.isEmpty {
          choice = chooseProduct()
          retry = min(retry, choice.retry)
          isProduct = choice.command >= 0
        }
        let blocked = !isProduct && mayProductBlocks(mayProduct)
        if choice.command < 0 && !blocked {
          choice = chooseHost()
          retry = min(retry, choice.retry)
          isHost = choice.command >= 0
        }
      } else if !skipsPIM && (queues.isEmpty || isPIMMode) {
        if !isRefreshing && !pimQueue.isEmpty {
          choice = chooseProduct()
          retry = min(retry, choice.retry)
          isProduct = choice.command >= 0
        }
      } else {
        choice = chooseHost()
        retry = min(retry, choice.retry)
        isHost = choice.command >= 0
      }
    }
    if choice.command >= 0 {
      issue(choice)
      if isProduct {
        noteProduct(choice.command)
        finishProduct(choice.command)
      }
      if isHost && (choice.command == rules.read || choice.command == rules.write) {
        finishHost(choice)
      }
    }
    let moved = schedule()
    if choice.command >= 0 || moved || accepted { return clock + 1 }
    if let done = loadDone.first { retry = min(retry, done) }
    if !cursor.isEmpty, !pimTransactions.isFull, cursor.available > clock {
      retry = min(retry, cursor.available)
    }
    if let interval = rules.refreshInterval {
      retry = min(retry, (clock / interval + 1) * interval)
    }
    return retry
  }

  /// Whether a waiting product keeps the host from the bus because a refresh is near.
  private func mayProductBlocks(_ mayProduct: Bool) -> Bool {
    mayProduct && !pimQueue.isEmpty && slack < rules.queues.hostSlack
  }

  /// The refresh that waits, or what its banks need first.
  private mutating func chooseRefresh() -> PIMChoice {
    let rank = pendingRanks[0]
    let first = rank * rules.banksPerRank
    if !isRefreshing {
      isRefreshing = true
      refreshFrom = clock
      let width = UInt64(rules.banksPerRank)
      refreshingBanks = (width == 64 ? ~0 : (1 << width) - 1) << UInt64(first)
      wakeAll()
    }
    var open = (hostOpen | pimOpen) & refreshingBanks
    if open == 0 {
      let time = timing.earliestIssue(rules.refresh, bank: first, from: clock)
      return time > clock ? .later(time) : PIMChoice(command: rules.refresh, bank: first)
    }
    var retry = Int.max
    while open != 0 {
      let bank = open.trailingZeroBitCount
      open &= open - 1
      let isHostRow = hostOpen >> UInt64(bank) & 1 == 1
      let command = isHostRow ? rules.prechargeHost : rules.precharge
      let time =
        isHostRow
        ? timing.earliestIssue(command, bank: bank, from: clock) : rowClosing(bank)
      if time <= clock { return PIMChoice(command: command, bank: bank) }
      retry = min(retry, time)
    }
    return .later(retry)
  }

  /// Sends a command: distances, rows, counts, log.
  private mutating func issue(_ choice: PIMChoice) {
    let command = choice.command
    let bank = choice.bank
    let bit: UInt64 = 1 << UInt64(bank)
    timing.issue(command, bank: bank, at: clock)
    counts.commands[command] += 1
    if isLogging {
      log.append(
        CommandRecord(
          tick: clock, command: command, channel: channel, bank: bank, row: Int(choice.row),
          column: 0))
    }
    if command == rules.activateHost {
      openRow[bank] = choice.row
      hostOpen |= bit
      watch.wakeUp(bank)
      let isWindow =
        timing.isWindowBound(command, bank: bank, at: clock)
        || activated[bank / rules.banksPerRank] + rules.activationWindow == clock
      openedByWindow = isWindow ? openedByWindow | bit : openedByWindow & ~bit
    } else if command == rules.precharge && rules.isDual {
      pimOpen &= ~bit
      if pimOpen == 0 { pimRow = -1 }
    } else if command == rules.prechargeHost {
      openRow[bank] = -1
      hostOpen &= ~bit
      rowHits[bank] = 0
      watch.wakeUp(bank)
    } else if command == rules.activate {
      activated[bank / rules.banksPerRank] = clock
      let group = ((UInt64(1) << UInt64(rules.banksPerActivation)) - 1) << UInt64(bank)
      if rules.isDual {
        pimOpen |= group
        pimRow = choice.row
      } else {
        hostOpen |= group
        for member in bank..<(bank + rules.banksPerActivation) { openRow[member] = choice.row }
      }
    } else if command == rules.refresh {
      refreshed[pendingRanks[0]] = clock
      pendingRanks.removeFirst()
      isRefreshing = false
      skipsPIM = false
      slack = 0
      reservedRow = -1
      wakeAll()
    }
  }
}
