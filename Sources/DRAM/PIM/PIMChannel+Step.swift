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
      if due <= clock {
        if stop == .never, isHostAlone, runHost(until: limit) { continue }
        if configuration.ticksEveryClock { wakeProducts() }
        // Whoever waits for an end is asked after every command.
        var retry = step(before: stop == .never ? limit : clock)
        if configuration.ticksEveryClock { retry = min(retry, clock + 1) }
        precondition(retry < Int.max || limit < Int.max, "a PIM channel waits for nothing")
        due = retry > clock ? retry : clock &+ 1
      }
      let next = due < limit ? due : limit
      note(clocks: next &- clock)
      clock = next
    }
  }

  /// Accounts for clocks in which nothing changes.
  @inline(__always)
  private mutating func note(clocks: Int) {
    if !pimQueue.isEmpty { tally.pimBusy &+= clocks }
    chargeProducts(clocks)
    tally.clocks &+= clocks
    tally.hostActive &+= clocks &* hostRanks
    tally.pimActive &+= clocks &* pimRanks
  }

  /// When a run ends before its limit.
  enum Stop { case never, drained, productsDrained, hostDrained }

  /// One clock; returns the next clock at which something can happen.
  private mutating func step(before limit: Int) -> Int {
    hostWake = 0
    if firstLoadDone <= clock { finishLoads() }
    let accepted = acceptTransactions()
    if clock == refreshDue { takeDueRefresh() }
    if rules.postponement > 0 && pendingRanks.isEmpty && isPIMDrained { takeOwedRefresh() }
    productUse = pimQueue.isEmpty ? nil : skipsPIM || !pendingRanks.isEmpty ? .refresh : .commands
    var retry = pimQueue.isEmpty && pendingRanks.isEmpty ? sendForHost() : send()
    let products = pimQueue.count
    let moved = schedule()
    if retry < 0 { return clock &+ 1 }
    retry = min(retry, min(firstLoadDone, refreshDue))
    if !cursor.isEmpty, !pimTransactions.isFull, cursor.available > clock {
      retry = min(retry, cursor.available)
    }
    guard moved || accepted else { return retry }
    return stale == 0 && pimQueue.count == products
      ? moveAccesses(before: min(retry, limit)) : clock &+ 1
  }

  /// Sends a command of the host when no product and no refresh waits; the outcome is that of ``send()``.
  @inline(__always)
  private mutating func sendForHost() -> Int {
    if !rules.isDual && !skipsPIM && (isPIMMode || queues.isEmpty) { return Int.max }
    return nextOfHost()
  }

  /// Sends one command, if one can go: returns -1, or else when to look again.
  private mutating func send() -> Int {
    var retry = Int.max
    if !pendingRanks.isEmpty {
      let choice = chooseRefresh()
      if choice.command >= 0 {
        issue(choice)
        return -1
      }
      retry = choice.retry
    }
    let mayProduct = !skipsPIM && !isRefreshing && !pimQueue.isEmpty
    guard rules.isDual || (!skipsPIM && (isPIMMode || queues.isEmpty)) else {
      return min(retry, nextOfHost())
    }
    if mayProduct {
      let choice = chooseProduct()
      if choice.command >= 0 {
        issue(choice)
        noteProduct(choice.command)
        finishProduct(choice.command)
        return -1
      }
      retry = min(retry, choice.retry)
      // A waiting product keeps the host from the bus when a refresh is near.
      if slack < rules.queues.hostSlack { return retry }
    }
    return rules.isDual ? min(retry, nextOfHost()) : retry
  }

  /// A command of the host, if one can go: -1, or else when to look again.
  @inline(__always)
  private mutating func nextOfHost() -> Int {
    configuration.ticksEveryClock ? sendScanned() : sendHostBesideProducts()
  }

  @inline(never)
  private mutating func sendScanned() -> Int {
    let choice = scanHost()
    if choice.command < 0 { return clock + 1 }
    issue(choice)
    if choice.command == rules.read || choice.command == rules.write { finishHost(choice.bank) }
    return -1
  }

  private mutating func finishLoads() {
    while let done = loadDone.first, done <= clock {
      loadDone.removeFirst()
      if isLoading {
        isLoading = false
        slack = 0
        stale |= 1
      }
    }
    firstLoadDone = loadDone.first ?? Int.max
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
  mutating func issue(_ choice: PIMChoice) {
    let command = choice.command
    let bank = choice.bank
    let bit: UInt64 = 1 << UInt64(bank)
    timing.issue(command, bank: bank, at: clock)
    sent[command] &+= 1
    if isLogging { note(choice) }
    wakeProducts()
    if command == rules.activateHost {
      openRow[bank] = choice.row
      hostOpen |= bit
      if choice.row >= lowestProductRow { hostOnPIMRow |= bit }
      let isWindow =
        timing.isWindowBound(command, bank: bank, at: clock)
        || activated[bank / rules.banksPerRank] + rules.activationWindow == clock
      openedByWindow = isWindow ? openedByWindow | bit : openedByWindow & ~bit
      stale |= bit
      countRanks()
    } else if command == rules.precharge && rules.isDual {
      pimOpen &= ~bit
      if pimOpen == 0 { pimRow = -1 }
      countRanks()
    } else if command == rules.prechargeHost {
      openRow[bank] = -1
      hostOpen &= ~bit
      hostOnPIMRow &= ~bit
      rowHits[bank] = 0
      stale |= bit
      countRanks()
    } else if command == rules.activate {
      activated[bank / rules.banksPerRank] = clock
      let group = ((UInt64(1) << UInt64(rules.banksPerActivation)) - 1) << UInt64(bank)
      if rules.isDual {
        pimOpen |= group
        pimRow = choice.row
      } else {
        hostOpen |= group
        hostOnPIMRow |= group
        for member in bank..<(bank + rules.banksPerActivation) { openRow[member] = choice.row }
        stale |= group
      }
      countRanks()
    } else if command == rules.refresh {
      refreshed[pendingRanks[0]] = clock
      pendingRanks.removeFirst()
      isRefreshing = false
      skipsPIM = false
      slack = 0
      reservedRow = -1
      stale = allBanks
    }
  }

  @inline(never)
  mutating func note(_ choice: PIMChoice) {
    log.append(
      CommandRecord(
        tick: clock, command: choice.command, channel: channel, bank: choice.bank,
        row: Int(choice.row), column: 0))
  }

  /// Counts the ranks with open rows anew.
  @inline(__always)
  private mutating func countRanks() {
    let width = rules.banksPerRank
    var ranks: UInt64 = width == 64 ? ~0 : (1 &<< UInt64(truncatingIfNeeded: width)) &- 1
    hostRanks = 0
    pimRanks = 0
    for _ in 0..<rules.ranks {
      if hostOpen & ranks != 0 { hostRanks &+= 1 }
      if pimOpen & ranks != 0 { pimRanks &+= 1 }
      ranks &<<= UInt64(truncatingIfNeeded: width)
    }
  }
}
