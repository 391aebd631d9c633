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
/// activations, the data clock, and how far refresh may be postponed. Consecutive records of one `multicast` command
/// and one tick are one command to several nodes. Left out: the content of data.
/// Complexity: proportional to commands times the rows that name them.
public struct ProtocolChecker {
  private struct Rule {
    var level: Int
    var delay: Int
    var window: Int
    var sibling: Bool
    var text: String
    var preceding: [Int]
    var following: Set<Int>
    /// Where its past issues begin in a channel's history: by preceding command, node and age.
    var base = 0
  }

  private struct Bank {
    var openRow: Int?
    var pendingRow: Int?
    var pendingSince = 0
    var refreshes = 0
  }

  /// What one channel has done so far.
  private struct Past {
    var banks: [Bank]
    /// Issue ticks of preceding commands, newest first, by rule, command and node.
    var issues: [Int]
    var busFree: [MemoryStandard.Bus: Int] = [:]
    var clockStops = 0
    var clockStarted: MemoryStandard.Effect?
    var last = Int.min
    /// The records of the command that was sent last.
    var sent: [CommandRecord] = []
  }

  private let standard: MemoryStandard
  private let rules: [Rule]
  private let rulesAfter: [[Int]]
  /// Rules that a command precedes, with its place among their preceding commands.
  private let rulesBefore: [[(rule: Int, place: Int)]]
  private let levels: [Int]
  /// Nodes at each depth; 0 is the channel.
  private let nodeCounts: [Int]
  private let scopes: [Int]
  private let lengths: [Int]
  private let historySize: Int
  private let bankCount: Int
  private let postponement: Int
  private let checksRefresh: Bool
  private let interval: Int
  private let splitDeadline: Int
  /// Ticks that the data clock runs after a read and after a write.
  private let clockRuns: (read: Int, write: Int)

  /// Prepares the rules. `postponement` is how many refreshes may be owed beyond the one that is due; absent means
  /// the standard's limit. `checksRefresh` false leaves out the check that banks are refreshed at all.
  public init(
    _ standard: MemoryStandard, checksRefresh: Bool, postponement: Int? = nil, hot: Bool = false
  ) throws {
    self.standard = standard
    self.checksRefresh = checksRefresh
    self.postponement = postponement ?? standard.refresh.postponementLimit
    let clocks = try standard.timingInClocks()
    func ticks(_ text: String) throws -> Int {
      try TimingExpression(text).value(clocks) * standard.ticksPerClock
    }
    let counts = standard.organization.levels.map(\.count)
    levels = counts
    nodeCounts = counts.indices.reduce(into: [1]) { $0.append($0[$1] * counts[$1]) }
    bankCount = counts.reduce(1, *)
    interval = try ticks(standard.refresh.interval) / (hot ? 2 : 1)
    splitDeadline = try standard.splitActivation.map { try ticks($0.deadline) } ?? 0
    let after = try standard.dataClock.map { try ticks($0.post) } ?? 0
    clockRuns = (
      read: try ticks(standard.latency.read) + after,
      write: try ticks(standard.latency.write) + after
    )
    func depth(_ name: String) -> Int {
      1 + (standard.organization.levels.firstIndex { $0.name == name } ?? -1)
    }
    func numbers(_ names: [String]) -> [Int] {
      standard.commands.indices.filter { names.contains(standard.commands[$0].name) }
    }
    scopes = standard.commands.map { depth($0.scope) }
    lengths = standard.commands.map { $0.ticks ?? 1 }
    var size = 0
    var all: [Rule] = []
    for row in standard.constraints {
      var rule = Rule(
        level: depth(row.scope), delay: try ticks(row.delay), window: row.window ?? 1,
        sibling: row.sibling ?? false, text: row.delay, preceding: numbers(row.preceding),
        following: Set(numbers(row.following)))
      rule.base = size
      size += rule.preceding.count * nodeCounts[rule.level] * rule.window
      all.append(rule)
    }
    rules = all
    historySize = size
    rulesAfter = standard.commands.indices.map { command in
      all.indices.filter { all[$0].following.contains(command) }
    }
    rulesBefore = standard.commands.indices.map { command in
      all.indices.compactMap { rule in
        all[rule].preceding.firstIndex(of: command).map { (rule, $0) }
      }
    }
  }

  /// Index of the node at a depth (0 is the channel) above a bank.
  private func node(_ bank: Int, _ depth: Int) -> Int { bank / (bankCount / nodeCounts[depth]) }

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
    var past = Past(
      banks: [Bank](repeating: Bank(), count: bankCount),
      issues: [Int](repeating: Int.min, count: historySize))
    for (index, record) in log.enumerated() where record.channel == channel {
      check(record, &past) { message in
        found.append(ProtocolViolation(index: index, tick: record.tick, message: message))
      }
    }
    for bank in 0..<bankCount {
      checkOwed(past.banks[bank], bank, end) { message in
        found.append(ProtocolViolation(index: log.count, tick: end, message: message))
      }
    }
  }

  private func check(_ record: CommandRecord, _ past: inout Past, _ report: (String) -> Void) {
    let number = Int(record.command)
    let command = standard.commands[number]
    let tick = record.tick
    if tick < past.last { report("\(command.name) stands after a later command in the log") }
    past.last = max(past.last, tick)
    let isSame =
      command.multicast == true && past.sent.last?.tick == tick
      && past.sent.last?.command == record.command
    if isSame {
      let here = node(Int(record.bank), scopes[number])
      if past.sent.contains(where: { node(Int($0.bank), scopes[number]) == here }) {
        report("\(command.name) twice to one \(command.scope)")
      }
    } else {
      remember(&past)
      if tick < past.busFree[command.bus, default: 0] {
        report("\(command.name) on a busy \(command.bus.rawValue) bus")
      }
      past.busFree[command.bus] = tick + lengths[number]
      if standard.ticksPerClock == 2 && command.anyEdge != true && tick % 2 == 0 {
        report("\(command.name) on a falling edge")
      }
    }
    checkDistances(number, record, past, report)
    let below = bankCount / nodeCounts[scopes[number]]
    let first = Int(record.bank) / below * below
    let covered = first..<(first + below)
    switch command.effect {
    case .activateFirst, .activate:
      checkActivation(command.effect, record, &past.banks[Int(record.bank)], report)
    case .precharge:
      for bank in covered {
        if past.banks[bank].pendingRow != nil {
          report("\(command.name) within a split activation")
        }
        past.banks[bank].openRow = nil
      }
    case .read, .write: checkColumn(command, record, &past, report)
    case .startReadClock, .startWriteClock: past.clockStarted = command.effect
    case .refresh:
      for bank in covered {
        if past.banks[bank].openRow != nil || past.banks[bank].pendingRow != nil {
          report("\(command.name) while bank \(bank) is open")
        }
        checkOwed(past.banks[bank], bank, tick, report)
        past.banks[bank].refreshes += 1
      }
    case .none: break
    }
    past.sent.append(record)
  }

  /// Puts the command sent last into the history, once for each record.
  private func remember(_ past: inout Past) {
    for record in past.sent {
      for (index, place) in rulesBefore[Int(record.command)] {
        let rule = rules[index]
        let newest =
          rule.base
          + (place * nodeCounts[rule.level] + node(Int(record.bank), rule.level)) * rule.window
        // Several records of one command are one issue.
        if rule.window > 1 && past.issues[newest] == record.tick { continue }
        for age in stride(from: rule.window - 1, to: 0, by: -1) {
          past.issues[newest + age] = past.issues[newest + age - 1]
        }
        past.issues[newest] = record.tick
      }
    }
    past.sent.removeAll(keepingCapacity: true)
  }

  private func checkColumn(
    _ command: MemoryStandard.Command, _ record: CommandRecord, _ past: inout Past,
    _ report: (String) -> Void
  ) {
    let bank = Int(record.bank)
    let open = past.banks[bank].openRow
    if open != Int(record.row) {
      report(
        "\(command.name) to row \(record.row), but \(open.map { "row \($0)" } ?? "no row") is open")
    }
    if command.autoPrecharge == true { past.banks[bank].openRow = nil }
    guard standard.dataClock != nil else { return }
    let isRead = command.effect == .read
    let wanted: MemoryStandard.Effect = isRead ? .startReadClock : .startWriteClock
    if record.tick >= past.clockStops && past.clockStarted != wanted {
      report("\(command.name) while the data clock stands")
    }
    past.clockStarted = nil
    past.clockStops = max(
      past.clockStops, record.tick + (isRead ? clockRuns.read : clockRuns.write))
  }

  private func checkDistances(
    _ number: Int, _ record: CommandRecord, _ past: Past, _ report: (String) -> Void
  ) {
    for index in rulesAfter[number] {
      let rule = rules[index]
      let here = node(Int(record.bank), rule.level)
      var nodes = here...here
      if rule.sibling {
        let first = here / levels[rule.level - 1] * levels[rule.level - 1]
        nodes = first...(first + levels[rule.level - 1] - 1)
      }
      for (place, before) in rule.preceding.enumerated() {
        let delay = rule.delay + (lengths[before] - 1) - (lengths[number] - 1)
        for node in nodes where !rule.sibling || node != here {
          let oldest =
            rule.base + (place * nodeCounts[rule.level] + node) * rule.window + rule.window - 1
          let reference = past.issues[oldest]
          guard reference > Int.min, record.tick < reference + delay else { continue }
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
    if standard.splitActivation != nil {
      if bank.pendingRow != Int(record.row) { report("second activation of another row") }
      if record.tick > bank.pendingSince + splitDeadline { report("second activation too late") }
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
