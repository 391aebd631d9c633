/// A rule that a command log breaks.
public struct ProtocolViolation: Hashable, Sendable, CustomStringConvertible {
  /// Position of the offending command in the log, or the log's length for a missing refresh.
  public var index: Int
  public var tick: Int
  public var message: String

  public var description: String { "tick \(tick): \(message)" }
}

/// Checks a command log against a standard's table; it shares no state and no code with the engine.
///
/// It knows every distance between commands, what must be open or closed, bus occupancy and clock edges, split
/// activations, the data clock, and how far refresh may be postponed. Left out: the content of data.
/// Complexity: proportional to commands times the rows that name them.
public struct ProtocolChecker {
  private struct Rule {
    var level: Int
    var delay: Int
    var window: Int
    var sibling: Bool
    var text: String
    var preceding: Set<Int>
    var following: Set<Int>
    /// Where the history of the rule begins, and how many nodes its level has.
    var base = 0
    var nodes = 1

    /// Where the last issues of a preceding command at a node stand: how many there are, then the oldest first.
    func place(_ command: Int, _ node: Int) -> Int {
      base + (command * nodes + node) * (window + 1)
    }
  }

  private struct Bank {
    var openRow: Int?
    var pendingRow: Int?
    var pendingSince = 0
    var refreshes = 0
  }

  private let standard: MemoryStandard
  private let rules: [Rule]
  private let historyLength: Int
  private let rulesAfter: [[Int]]
  private let rulesBefore: [[Int]]
  private let levels: [Int]
  private let scopes: [Int]
  private let clocks: [String: Int]
  private let bankCount: Int
  private let postponement: Int
  private let checksRefresh: Bool
  private let interval: Int

  /// Prepares the rules. `postponement` is how many refreshes may be owed beyond the one that is due; absent means
  /// the standard's limit. `checksRefresh` false leaves out the check that banks are refreshed at all.
  public init(
    _ standard: MemoryStandard, checksRefresh: Bool, postponement: Int? = nil, hot: Bool = false
  ) throws {
    self.standard = standard
    self.checksRefresh = checksRefresh
    self.postponement = postponement ?? standard.refresh.postponementLimit
    let clocks = try standard.timingInClocks()
    self.clocks = clocks
    levels = standard.organization.levels.map(\.count)
    bankCount = levels.reduce(1, *)
    interval =
      try TimingExpression(standard.refresh.interval).value(clocks) * standard.ticksPerClock
      / (hot ? 2 : 1)
    func depth(_ name: String) -> Int {
      1 + (standard.organization.levels.firstIndex { $0.name == name } ?? -1)
    }
    func numbers(_ names: [String]) -> Set<Int> {
      Set(standard.commands.indices.filter { names.contains(standard.commands[$0].name) })
    }
    scopes = standard.commands.map { depth($0.scope) }
    var length = 0
    let counts = standard.organization.levels.map(\.count)
    rules = try standard.constraints.map { row in
      var rule = Rule(
        level: depth(row.scope),
        delay: try TimingExpression(row.delay).value(clocks) * standard.ticksPerClock,
        window: row.window ?? 1, sibling: row.sibling ?? false, text: row.delay,
        preceding: numbers(row.preceding), following: numbers(row.following))
      rule.base = length
      rule.nodes = counts[..<rule.level].reduce(1, *)
      length += standard.commands.count * rule.nodes * (rule.window + 1)
      return rule
    }
    historyLength = length
    let all = rules
    rulesAfter = standard.commands.indices.map { command in
      all.indices.filter { all[$0].following.contains(command) }
    }
    rulesBefore = standard.commands.indices.map { command in
      all.indices.filter { all[$0].preceding.contains(command) }
    }
  }

  /// Index of the node at a depth (0 is the channel) above a bank.
  private func node(_ bank: Int, _ depth: Int) -> Int {
    var below = 1
    for count in levels[depth...] { below *= count }
    return bank / below
  }

  private func length(_ command: Int) -> Int { standard.commands[command].ticks ?? 1 }

  /// Every violation in a log in order of ticks, all channels. `end` is the time up to which refreshes are owed.
  public func violations(in log: [CommandRecord], end: Int? = nil) -> [ProtocolViolation] {
    var found: [ProtocolViolation] = []
    let channels = Set(log.map(\.channel)).sorted()
    for channel in channels {
      check(log, channel: channel, end: end ?? (log.map(\.tick).max() ?? 0), into: &found)
    }
    return found.sorted { $0.index < $1.index }
  }

  private func check(
    _ log: [CommandRecord], channel: Int32, end: Int, into found: inout [ProtocolViolation]
  ) {
    var banks = [Bank](repeating: Bank(), count: bankCount)
    var busFree: [MemoryStandard.Bus: Int] = [:]
    // Issue ticks of preceding commands by rule, command and node.
    var history = [Int](repeating: 0, count: historyLength)
    var clockStops = 0
    var clockStarted: MemoryStandard.Effect?
    var last = Int.min
    for (index, record) in log.enumerated() where record.channel == channel {
      let number = Int(record.command)
      let command = standard.commands[number]
      let tick = record.tick
      func report(_ message: String) {
        found.append(ProtocolViolation(index: index, tick: tick, message: message))
      }
      if tick < last { report("\(command.name) stands after a later command in the log") }
      last = max(last, tick)
      if tick < busFree[command.bus, default: 0] {
        report("\(command.name) on a busy \(command.bus.rawValue) bus")
      }
      busFree[command.bus] = tick + length(number)
      if standard.ticksPerClock == 2 && command.anyEdge != true && tick % 2 == 0 {
        report("\(command.name) on a falling edge")
      }
      checkDistances(number, record, &history, report)
      let below = levels[scopes[number]...].reduce(1, *)
      let first = Int(record.bank) / below * below
      let covered = first..<(first + below)
      switch command.effect {
      case .activateFirst, .activate:
        checkActivation(command.effect, record, &banks[Int(record.bank)], report)
      case .precharge:
        for bank in covered {
          if banks[bank].pendingRow != nil { report("\(command.name) within a split activation") }
          banks[bank].openRow = nil
        }
      case .read, .write:
        let open = banks[Int(record.bank)].openRow
        if open != Int(record.row) {
          report(
            "\(command.name) to row \(record.row), but \(open.map { "row \($0)" } ?? "no row") is open"
          )
        }
        if command.autoPrecharge == true { banks[Int(record.bank)].openRow = nil }
        if standard.dataClock != nil {
          let wanted: MemoryStandard.Effect =
            command.effect == .read ? .startReadClock : .startWriteClock
          if tick >= clockStops && clockStarted != wanted {
            report("\(command.name) while the data clock stands")
          }
          clockStarted = nil
          clockStops = max(clockStops, tick + clockRun(command.effect))
        }
      case .startReadClock, .startWriteClock: clockStarted = command.effect
      case .refresh:
        for bank in covered {
          if banks[bank].openRow != nil || banks[bank].pendingRow != nil {
            report("\(command.name) while bank \(bank) is open")
          }
          checkOwed(banks[bank], bank, tick, report)
          banks[bank].refreshes += 1
        }
      case .none: break
      }
      for rule in rulesBefore[number] {
        let place = rules[rule].place(number, node(Int(record.bank), rules[rule].level))
        let window = rules[rule].window
        if history[place] < window {
          history[place] += 1
          history[place + history[place]] = tick
        } else {
          for index in 1..<window { history[place + index] = history[place + index + 1] }
          history[place + window] = tick
        }
      }
    }
    for bank in 0..<bankCount {
      checkOwed(banks[bank], bank, end) { message in
        found.append(ProtocolViolation(index: log.count, tick: end, message: message))
      }
    }
  }

  private func clockRun(_ effect: MemoryStandard.Effect) -> Int {
    let text = effect == .read ? standard.latency.read : standard.latency.write
    let post = standard.dataClock?.post ?? "0"
    let latency = (try? TimingExpression(text).value(clocks)) ?? 0
    let after = (try? TimingExpression(post).value(clocks)) ?? 0
    return (latency + after) * standard.ticksPerClock
  }

  private func checkDistances(
    _ number: Int, _ record: CommandRecord, _ history: inout [Int], _ report: (String) -> Void
  ) {
    for index in rulesAfter[number] {
      let rule = rules[index]
      let here = node(Int(record.bank), rule.level)
      let siblings = rule.sibling ? levels[rule.level - 1] : 1
      let first = here / siblings * siblings
      for before in rule.preceding {
        let delay = rule.delay + (length(before) - 1) - (length(number) - 1)
        for node in first..<(first + siblings) where !rule.sibling || node != here {
          let place = rule.place(before, node)
          let reference = history[place + 1]
          guard history[place] == rule.window, record.tick < reference + delay else { continue }
          let names = standard.commands
          report(
            "\(names[number].name) \(record.tick - reference) after \(names[before].name), less than \(delay) (\(rule.text))"
          )
        }
      }
    }
  }

  private func checkActivation(
    _ effect: MemoryStandard.Effect, _ record: CommandRecord, _ bank: inout Bank,
    _ report: (String) -> Void
  ) {
    if bank.openRow != nil { report("activation of an open bank") }
    if effect == .activateFirst {
      if bank.pendingRow != nil { report("first activation twice") }
      bank.pendingRow = Int(record.row)
      bank.pendingSince = record.tick
      return
    }
    if let split = standard.splitActivation {
      if bank.pendingRow != Int(record.row) { report("second activation of another row") }
      let deadline =
        ((try? TimingExpression(split.deadline).value(clocks)) ?? 0) * standard.ticksPerClock
      if record.tick > bank.pendingSince + deadline { report("second activation too late") }
      bank.pendingRow = nil
    }
    bank.openRow = Int(record.row)
  }

  private func checkOwed(_ bank: Bank, _ index: Int, _ tick: Int, _ report: (String) -> Void) {
    guard checksRefresh else { return }
    let owed = tick / interval - bank.refreshes
    if owed > postponement + 1 {
      report("bank \(index) owes \(owed) refreshes, more than \(postponement + 1)")
    }
  }
}
