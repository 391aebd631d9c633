/// What the controller would send now, or when it could.
struct PIMChoice {
  /// The command, or -1 when none can go now.
  var command: Int = -1
  var bank: Int = 0
  var row: Int32 = -1
  /// When nothing can go now: the earliest clock at which that may change.
  var retry: Int = Int.max

  static func later(_ clock: Int) -> PIMChoice { PIMChoice(retry: clock) }
}

// Methods are mutating where they change nothing, too: a borrowed channel would be copied for the call.
extension PIMChannel {
  /// Clocks until a refresh falls due that cannot be postponed, as the authors' library counts them (one clock before it
  /// is due it already sees the interval after it).
  mutating func refreshSlack(at clock: Int) -> Int {
    guard let interval = rules.refreshInterval else { return Int.max / 4 }
    let left = forcedDue - clock - 1
    return left == 0 ? interval : left
  }

  /// The row that the multipliers of a bank see, or -1.
  @inline(__always)
  private mutating func rowOfUnits(_ bank: Int) -> Int32 {
    if rules.isDual { return pimOpen >> UInt64(bank) & 1 == 1 ? pimRow : -1 }
    return openRow[bank]
  }

  /// Clocks that a load or a row of products is expected to take.
  mutating func expectedTime(of instruction: PIMInstruction) -> Int {
    if instruction.kind == .load {
      let open = openRow[0]
      if open == instruction.row { return rules.loadTime }
      return rules.loadTime + rules.fitLoadClosed + (open < 0 ? 0 : rules.fitPerOpenBank)
    }
    let steps = max(Int(instruction.columns), rules.pipelineFill)
    var openBanks = 0
    var openings = 0
    let width = rules.banksPerActivation
    if rules.isDual && (pimRow != instruction.row || pimOpen == 0) {
      // Every group opens, and what is open closes.
      openings = rules.banks / width
      openBanks = pimOpen.nonzeroBitCount
      return work(openBanks, openings, steps, instruction)
    }
    var bank = 0
    while bank < rules.banks {
      var ready = 0
      var closing = 0
      for member in bank..<(bank + width) {
        let row = rowOfUnits(member)
        if row == instruction.row { ready += 1 } else if row >= 0 { closing += 1 }
      }
      if ready < width {
        openings += 1
        openBanks += closing
      }
      bank += width
    }
    return work(openBanks, openings, steps, instruction)
  }

  @inline(__always)
  private mutating func work(
    _ openBanks: Int, _ openings: Int, _ steps: Int, _ instruction: PIMInstruction
  ) -> Int {
    openBanks * rules.fitPerOpenBank + rules.fitPerPair * (openings / 2 - 1)
      + rules.fitActivation + rules.computeInterval * steps
      + rules.fitResult * (Int(instruction.results) - 1)
  }

  /// The first clock after `clock` at which work of `expected` clocks stops to fit.
  mutating func fitEnds(_ expected: Int, after clock: Int) -> Int {
    guard let interval = rules.refreshInterval else { return Int.max }
    guard expected < interval else { return clock + 1 }
    let start = clock + 1 == forcedDue ? forcedDue : forcedDue - interval
    let end = start + interval - expected - 1
    return end > clock ? end : clock + 1
  }

  /// What the head of the product queue needs now.
  mutating func chooseProduct() -> PIMChoice {
    let head = pimQueue[0]
    switch head.kind {
    case .load:
      if !isLoading {
        let expected = expectedTime(of: head)
        guard fits(expected) else {
          skipsPIM = true
          return wait(.refresh, until: clock + 1)
        }
        isLoading = true
      }
      return chooseLoad(head)
    case .header:
      if isLoading { return wait(.load, until: Int.max) }
      let expected = expectedTime(of: head)
      guard fits(expected) else {
        skipsPIM = true
        return wait(.refresh, until: clock + 1)
      }
      isPIMMode = true
      if reservedRow != head.row {
        reservedRow = head.row
        stale = allBanks
      }
      var choice = wait(.row, until: headerWake)
      if headerWake <= clock {
        choice = chooseRowClosing(head)
        if choice.command < 0 { headerWake = choice.retry }
      }
      choice.retry = min(choice.retry, fitEnds(expected, after: clock))
      return choice
    case .composite, .compute, .result:
      if isLoading { return wait(.load, until: Int.max) }
      if stepWake > clock { return wait(stepUse, until: stepWake) }
      let choice = chooseStep(head)
      if choice.command < 0 {
        stepWake = choice.retry
        stepUse = productUse ?? .commands
      }
      return choice
    }
  }

  /// Lets the head of the products' queue be looked at again.
  @inline(__always)
  mutating func wakeProducts() {
    headerWake = 0
    stepWake = 0
  }

  /// Notes the slack that is left after work of `expected` clocks; tells whether there is any.
  private mutating func fits(_ expected: Int) -> Bool {
    let left = refreshSlack(at: clock) - expected
    slack = max(left, 0)
    return left > 0
  }

  /// The load itself, or the command that its bank needs first.
  private mutating func chooseLoad(_ head: PIMInstruction) -> PIMChoice {
    let open = openRow[0]
    let command =
      open == head.row ? rules.load : (open < 0 ? rules.activateHost : rules.prechargeHost)
    let time = timing.earliestIssue(command, bank: 0, from: clock)
    if time > clock {
      return wait(command == rules.load ? .row : openingWait(0, until: time), until: time)
    }
    return PIMChoice(command: command, bank: 0, row: head.row)
  }

  /// The header when all banks are ready for its row, or the next precharge.
  private mutating func chooseRowClosing(_ head: PIMInstruction) -> PIMChoice {
    productUse = .row
    var retry = Int.max
    var waiting: UInt64
    if rules.isDual {
      waiting = pimRow == head.row ? 0 : pimOpen
      var left = hostOnPIMRow & ~pimOpen
      while left != 0 {
        let bank = left.trailingZeroBitCount
        left &= left - 1
        if openRow[bank] == head.row {
          // The host's buffer holds the row that the multipliers want.
          let time = timing.earliestIssue(rules.prechargeHost, bank: bank, from: clock)
          if time <= clock { return PIMChoice(command: rules.prechargeHost, bank: bank) }
          retry = min(retry, time)
        }
      }
    } else {
      waiting = hostOpen
      var left = hostOnPIMRow
      while left != 0 {
        let bank = left.trailingZeroBitCount
        left &= left - 1
        if openRow[bank] == head.row { waiting &= ~(1 << UInt64(bank)) }
      }
    }
    if waiting == 0 && retry == Int.max {
      let time = timing.earliestIssue(rules.header, bank: 0, from: clock)
      return time > clock ? .later(time) : PIMChoice(command: rules.header, row: head.row)
    }
    while waiting != 0 {
      let bank = waiting.trailingZeroBitCount
      waiting &= waiting - 1
      let time = rowClosing(bank)
      if time <= clock { return PIMChoice(command: rules.precharge, bank: bank) }
      retry = min(retry, time)
    }
    return .later(retry)
  }

  /// When a bank's row of the multipliers may close.
  @inline(__always)
  mutating func rowClosing(_ bank: Int) -> Int {
    max(timing.earliestIssue(rules.precharge, bank: bank, from: clock), rowHeldUntil)
  }

  /// A product or result, or the opening of a row that it needs.
  private mutating func chooseStep(_ head: PIMInstruction) -> PIMChoice {
    let open = rules.isDual ? pimOpen : hostOpen
    let width = rules.banksPerActivation
    if open != allBanks && head.kind != .result {
      var retry = Int.max
      let group: UInt64 = (1 &<< UInt64(truncatingIfNeeded: width)) &- 1
      var closed = allBanks & ~open
      while closed != 0 {
        let first = closed.trailingZeroBitCount
        let bank = first &- first % width
        closed &= ~(group &<< UInt64(truncatingIfNeeded: bank))
        let time = timing.earliestIssue(rules.activate, bank: bank, from: clock)
        if time <= clock {
          return PIMChoice(command: rules.activate, bank: bank, row: head.row)
        }
        if time < retry {
          retry = time
          productUse = openingWait(bank, until: time)
        }
      }
      return .later(retry)
    }
    let command: Int
    var time = clock
    switch head.kind {
    case .composite:
      command = rules.composite
      time = max(time, unitsFree)
    case .result:
      command = rules.result
      time = max(time, resultReady)
    case .compute, .load, .header:
      command = rules.compute
      time = max(time, unitsFree)
    }
    let unitsReady = time
    time = timing.earliestIssue(command, bank: 0, from: time)
    if time > clock { return wait(stepWait(unitsReady, until: time), until: time) }
    return PIMChoice(command: command, bank: 0, row: head.row)
  }

  /// Takes the head of the product queue after its command went.
  mutating func finishProduct(_ command: Int) {
    wakeProducts()
    let head = pimQueue[0]
    switch head.kind {
    case .load:
      guard command == rules.load else { return }
      loadDone.append(clock + rules.loadTime)
      firstLoadDone = loadDone[0]
      noteBlock(head.block, done: clock + rules.loadTime)
    case .header:
      guard command == rules.header else { return }
    case .composite:
      guard command == rules.composite else { return }
      let steps = max(Int(head.columns), rules.pipelineFill)
      unitsFree = clock + rules.computeInterval * (steps + 1)
      if rules.isRowHeld {
        rowHeldUntil =
          clock + rules.computeInterval * (Int(head.columns) - 1) + rules.rowHoldTail
      }
      tally.columnSteps += Int(head.columns)
      tally.results += 1
      resultsLeft[Int(head.block)] -= 1
      noteBlock(head.block, done: clock + rules.resultLatency)
      if head.endsRow {
        // The host may use the row again.
        reservedRow = -1
        stale = allBanks
      }
    case .compute:
      guard command == rules.compute else { return }
      tally.columnSteps += 1
      unitsFree = clock + rules.computeInterval
      if !isGroupOpen {
        isGroupOpen = true
        resultReady = clock + rules.pipelineFill
      }
    case .result:
      guard command == rules.result else { return }
      isGroupOpen = false
      tally.results += 1
      resultsLeft[Int(head.block)] -= 1
      noteBlock(head.block, done: clock + rules.resultLatency)
      if head.endsRow && !rules.isDual {
        isPIMMode = false
        reservedRow = -1
        slack = 0
        stale = allBanks
      }
    }
    tally.instructions += 1
    pimQueue.removeFirst()
  }

  private mutating func noteBlock(_ block: Int32, done: Int) {
    blockDone[Int(block)] = max(blockDone[Int(block)], done)
  }
}
