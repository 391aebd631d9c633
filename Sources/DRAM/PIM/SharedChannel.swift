/// Who goes first where xPU and PIM want the same bank.
public enum SharedPriority: String, CaseIterable, Codable, Hashable, Sendable {
  /// Whoever has waited longer.
  case oldest
  /// PIM (the order of the authors' simulator).
  case pim
  /// The xPU.
  case host
}

/// A stream of the xPU and a stream of bundle commands on one channel at once.
///
/// Both sets of commands go through one timing engine: they share the command buses, the column path
/// of each bank group, and the banks where they meet. Every tick may carry one row and one column
/// command; the xPU's requests go first ready, then oldest, out of a queue; PIM walks the rows of its
/// bundle. Refresh goes to one rank after the other.
struct SharedChannel: ~Copyable {
  struct Request {
    var bank: Int
    var row: Int32
    var arrival: Int
  }

  private enum Owner { case none, host, pim }

  private let rules: SharedRules
  private let engine: TimingEngine
  private var owner: [Owner]
  private var openRow: [Int32]
  private var counts: [Int]
  private var now = 0
  // The xPU.
  private var queue: [Request] = []
  private var nextBurst: Int
  private var lastHost = 0
  // PIM.
  private var position: Int
  private var rowArrival = 0
  private var lastPIM = 0
  private var sent: [Int]
  /// Ticks at which a command of one side went although the other's older one could have gone too.
  private var slotConflicts = 0
  /// Commands, one record for each bank, if they are kept.
  private(set) var log: [CommandRecord] = []
  private let keepsCommands: Bool

  init(_ rules: SharedRules, keepsCommands: Bool = false) {
    self.rules = rules
    self.keepsCommands = keepsCommands
    let banks = rules.compiled.bankCount
    owner = [Owner](repeating: .none, count: banks)
    openRow = [Int32](repeating: -1, count: banks)
    counts = [Int](repeating: 0, count: rules.compiled.standard.commands.count)
    nextBurst = rules.hostBursts.lowerBound
    position = rules.pimColumns.lowerBound
    sent = [Int](repeating: 0, count: banks / rules.compiled.refreshScopeBanks)
    engine = TimingEngine(rules.compiled)
  }

  /// Runs both streams to their ends.
  mutating func run() -> SharedChannelResult {
    refill()
    while !queue.isEmpty || position < rules.pimColumns.upperBound {
      if sendRefresh() { continue }
      step()
    }
    var commands: [String: Int] = [:]
    for (index, count) in counts.enumerated() where count > 0 {
      commands[rules.compiled.standard.commands[index].name] = count
    }
    return SharedChannelResult(
      hostClocks: rules.hostBursts.isEmpty ? 0 : lastHost + rules.hostLatency,
      pimClocks: rules.pimColumns.isEmpty ? 0 : lastPIM + rules.pimLatency, commands: commands,
      slotConflicts: slotConflicts)
  }

  // MARK: Candidates

  private struct Candidate {
    var time = Int.max
    var command = -1
    var bank = -1
    /// Position in the queue, or -1 for PIM.
    var entry = -1
    var arrival = Int.max
    var isPIM: Bool { entry < 0 }
  }

  private mutating func step() {
    let host = hostCandidates()
    let pim = pimCandidate()
    var best = Candidate()
    for candidate in [host.column, host.row, pim] where candidate.command >= 0 {
      if candidate.time < best.time
        || (candidate.time == best.time && goesFirst(candidate, before: best))
      {
        best = candidate
      }
    }
    guard best.command >= 0 else {
      // Everything waits for a refresh.
      precondition(nextRefresh < Int.max, "two streams wait for each other")
      now = nextRefresh
      return
    }
    let limit = nextRefresh
    if best.time >= limit {
      now = max(now, limit)
      return
    }
    let others = [host.column, host.row, pim].filter {
      $0.command >= 0 && $0.isPIM != best.isPIM && $0.time == best.time
        && rules.compiled.columnBus[$0.command] == rules.compiled.columnBus[best.command]
    }
    if !others.isEmpty { slotConflicts += 1 }
    if best.isPIM { issuePIM(best) } else { issueHost(best) }
  }

  private func goesFirst(_ one: Candidate, before other: Candidate) -> Bool {
    // Within one side a column command goes before a row command.
    if one.isPIM == other.isPIM { return rules.compiled.columnBus[one.command] }
    switch rules.priority {
    case .oldest: return one.arrival < other.arrival
    case .pim: return one.isPIM
    case .host: return !one.isPIM
    }
  }

  /// Whether a rank waits for its refresh, so that no row opens there.
  private func isStopped(_ bank: Int) -> Bool {
    owed(bank / rules.compiled.refreshScopeBanks) >= limit(bank / rules.compiled.refreshScopeBanks)
  }

  private func hostCandidates() -> (column: Candidate, row: Candidate) {
    var column = Candidate()
    var row = Candidate()
    var seen: UInt64 = 0
    for (index, request) in queue.enumerated() {
      let bit: UInt64 = 1 << UInt64(request.bank)
      let isHit = owner[request.bank] == .host && openRow[request.bank] == request.row
      if isHit {
        let time = engine.earliestIssue(rules.hostColumn, bank: request.bank, from: now)
        if time < column.time {
          column = Candidate(
            time: time, command: rules.hostColumn, bank: request.bank, entry: index,
            arrival: request.arrival)
        }
        seen |= bit
        continue
      }
      if seen & bit != 0 || isStopped(request.bank) { continue }
      seen |= bit
      var command = rules.activate
      switch owner[request.bank] {
      case .none: break
      case .host: command = rules.precharge
      case .pim:
        // An open bundle is used to the end of its row; then PIM closes it.
        continue
      }
      if command == rules.activate, yieldsToPIM(request) { continue }
      let time = engine.earliestIssue(command, bank: request.bank, from: now)
      if time < row.time {
        row = Candidate(
          time: time, command: command, bank: request.bank, entry: index, arrival: request.arrival)
      }
    }
    return (column, row)
  }

  /// Whether a row of the xPU lets the bundle go first, which waits for the same bank.
  private func yieldsToPIM(_ request: Request) -> Bool {
    guard position < rules.pimColumns.upperBound, rules.priority != .host else { return false }
    let bundle = rules.bundle(at: position)
    guard rules.bundles[bundle].contains(request.bank), !isOpen(bundle) else { return false }
    return rules.priority == .pim || rowArrival < request.arrival
  }

  private func isOpen(_ bundle: Int) -> Bool { owner[rules.bundles[bundle][0]] == .pim }

  /// What the bundle stream needs next.
  private func pimCandidate() -> Candidate {
    guard position < rules.pimColumns.upperBound else {
      // The last row is closed when the xPU wants a bank of it.
      guard let open = rules.bundles.first(where: { owner[$0[0]] == .pim }),
        queue.contains(where: { open.contains($0.bank) })
      else { return Candidate() }
      return candidate(rules.allPrecharge, open)
    }
    let bundle = rules.bundle(at: position)
    let banks = rules.bundles[bundle]
    let row = rules.row(at: position)
    if isOpen(bundle), openRow[banks[0]] == row {
      return candidate(rules.pimColumn, banks)
    }
    // The bundle that was left is closed first.
    if let open = rules.bundles.indices.first(where: { isOpen($0) }) {
      return candidate(rules.allPrecharge, rules.bundles[open])
    }
    if isStopped(banks[0]) { return Candidate() }
    if let held = banks.first(where: { owner[$0] == .host }) {
      // A row of the xPU is closed when nothing in its queue uses it, or when PIM has waited longer.
      let user = queue.first { $0.bank == held && $0.row == openRow[held] }
      if let user,
        rules.priority == .host || (rules.priority == .oldest && user.arrival <= rowArrival)
      {
        return Candidate()
      }
      return Candidate(
        time: engine.earliestIssue(rules.precharge, bank: held, from: now),
        command: rules.precharge, bank: held, entry: -1, arrival: rowArrival)
    }
    if rules.priority != .pim,
      queue.contains(where: {
        banks.contains($0.bank) && (rules.priority == .host || $0.arrival <= rowArrival)
      })
    {
      return Candidate()
    }
    return candidate(rules.allActivate, banks)
  }

  private func candidate(_ command: Int, _ banks: [Int]) -> Candidate {
    var time = now
    for bank in banks { time = engine.earliestIssue(command, bank: bank, from: time) }
    return Candidate(time: time, command: command, bank: banks[0], arrival: rowArrival)
  }

  // MARK: Commands

  private mutating func record(_ command: Int, _ banks: [Int], row: Int32 = -1, at time: Int) {
    let isOnce = !rules.goesToEachBank && banks.count > 1
    let addressed = isOnce ? banks[..<1] : banks[...]
    for bank in addressed { engine.issue(command, bank: bank, at: time) }
    counts[command] += 1
    now = time
    if !keepsCommands { return }
    for bank in addressed {
      log.append(
        CommandRecord(
          tick: time, command: command, channel: 0, bank: bank, row: Int(row), column: -1))
    }
  }

  private mutating func issueHost(_ pick: Candidate) {
    record(pick.command, [pick.bank], row: queue[pick.entry].row, at: pick.time)
    if pick.command == rules.activate {
      owner[pick.bank] = .host
      openRow[pick.bank] = queue[pick.entry].row
    } else if pick.command == rules.precharge {
      owner[pick.bank] = .none
    } else {
      queue.remove(at: pick.entry)
      lastHost = pick.time
      refill()
    }
  }

  private mutating func issuePIM(_ pick: Candidate) {
    if pick.command == rules.precharge {
      record(pick.command, [pick.bank], at: pick.time)
      owner[pick.bank] = .none
      return
    }
    let bundle = rules.bundles.firstIndex { $0.contains(pick.bank) } ?? 0
    let banks = rules.bundles[bundle]
    let row = pick.command == rules.allPrecharge ? -1 : rules.row(at: position)
    record(pick.command, banks, row: row, at: pick.time)
    if pick.command == rules.allActivate {
      for bank in banks {
        owner[bank] = .pim
        openRow[bank] = rules.row(at: position)
      }
    } else if pick.command == rules.allPrecharge {
      for bank in banks { owner[bank] = .none }
    } else {
      lastPIM = pick.time
      position += 1
      if position == rules.pimColumns.upperBound || rules.row(at: position) != openRow[banks[0]] {
        rowArrival = pick.time
      }
    }
  }

  private mutating func refill() {
    while queue.count < rules.queue, nextBurst < rules.hostBursts.upperBound {
      let place = rules.radix.coordinates(of: nextBurst)
      queue.append(Request(bank: place.bank, row: Int32(place.row), arrival: now))
      nextBurst += 1
    }
  }

  // MARK: Refresh

  /// Refreshes of a rank that are due and not sent.
  private func owed(_ rank: Int) -> Int {
    if rules.refresh == .none { return 0 }
    let interval = rules.compiled.refreshInterval
    let part = (rank + 1) * interval / sent.count
    return now < part ? 0 : (now - part) / interval + 1 - sent[rank]
  }

  private func limit(_ rank: Int) -> Int {
    guard rules.refresh == .postponed, position < rules.pimColumns.upperBound else { return 1 }
    let streamed = rules.bundles[rules.bundle(at: position)][0] / rules.compiled.refreshScopeBanks
    return rank == streamed ? max(1, rules.compiled.standard.refresh.postponementLimit) : 1
  }

  /// When the next refresh falls due that must go at once.
  private var nextRefresh: Int {
    if rules.refresh == .none { return Int.max }
    let interval = rules.compiled.refreshInterval
    var first = Int.max
    for rank in sent.indices {
      let part = (rank + 1) * interval / sent.count
      let due = part + (sent[rank] + limit(rank) - 1) * interval
      if due > now { first = min(first, due) }
    }
    return first
  }

  /// Sends a refresh whose rank is closed, or closes a row of a rank that waits; false when none waits.
  private mutating func sendRefresh() -> Bool {
    for rank in sent.indices where owed(rank) >= limit(rank) {
      let banks = rules.compiled.refreshScopeBanks
      let range = rank * banks..<(rank + 1) * banks
      if let open = range.first(where: { owner[$0] == .host }) {
        // Requests that hit may still go.
        if queue.contains(where: { $0.bank == open && $0.row == openRow[open] }) { continue }
        record(
          rules.precharge, [open],
          at: engine.earliestIssue(rules.precharge, bank: open, from: now))
        owner[open] = .none
        return true
      }
      if let open = range.first(where: { owner[$0] == .pim }) {
        let bundle = rules.bundles.first { $0.contains(open) } ?? []
        let close = candidate(rules.allPrecharge, bundle)
        record(close.command, bundle, at: close.time)
        for bank in bundle { owner[bank] = .none }
        rowArrival = now
        return true
      }
      record(
        rules.refreshAll, [range.lowerBound],
        at: engine.earliestIssue(rules.refreshAll, bank: range.lowerBound, from: now))
      sent[rank] += 1
      return true
    }
    return false
  }
}
