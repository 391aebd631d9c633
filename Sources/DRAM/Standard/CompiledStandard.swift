/// A standard resolved to ticks and indices: what engine and controller read.
///
/// Levels with one node are folded into their parent, rows are expanded to one per pair of commands, and rows
/// that another row always implies are dropped; none of this changes any earliest time.
public struct CompiledStandard: Sendable {
  /// One enforced distance between the first ticks of two commands.
  public struct Row: Hashable, Sendable {
    /// Folded level.
    public var level: Int
    public var preceding: Int
    public var following: Int
    /// Ticks from first tick to first tick.
    public var delay: Int
    public var window: Int
    public var sibling: Bool
    /// Index into the standard's constraints.
    public var origin: Int
    public var limit: MemoryStandard.Limit?
  }

  /// Command indices by role; nil where the standard lacks the command.
  struct Roles: Sendable {
    var read = 0, write = 0, activate = 0, precharge = 0
    var activateFirst: Int?
    var readAuto: Int?, writeAuto: Int?
    var prechargeAll: Int?
    var refreshAll = 0
    var refreshBank: Int?
    var startRead: Int?, startWrite: Int?
  }

  /// The standard that this was made from.
  public let standard: MemoryStandard
  /// Timing parameters in clocks.
  public let clocks: [String: Int]
  /// Every enforced row, one per pair of commands, before pruning.
  public let rows: [Row]
  /// Rows that are left after merging equal pairs and dropping implied ones.
  let activeRows: [Row]
  /// Nodes of each folded level; level 0 is the channel.
  let nodeCounts: [Int]
  /// Children of a node of the parent level, by folded level (1 for the channel).
  let fanOut: [Int]
  /// Banks behind the controller.
  public let bankCount: Int
  /// Folded level of each command's scope.
  let commandLevel: [Int]
  let commandTicks: [Int]
  /// 1 where a command may start on rising edges (odd ticks) only.
  let risingMask: [Int]
  let columnBus: [Bool]
  let roles: Roles
  /// Ticks from a column command to its last datum.
  public let readLatency: Int
  public let writeLatency: Int
  /// Ticks of data bus per burst.
  public let burstTicks: Int
  /// Data buses behind one controller: those of its pseudo channels.
  public let dataBuses: Int
  /// Fewest ticks between any two column commands of the channel.
  public let columnDistance: Int
  /// Ticks between all-bank refreshes of a scope.
  public let refreshInterval: Int
  /// Banks covered by one all-bank refresh.
  let refreshScopeBanks: Int
  /// Whether per-bank refreshes of such a scope, as close as they may follow, take no longer than one of all its banks.
  let refreshesBanksTogether: Bool
  let splitDeadline: Int
  let dataClockPost: Int
  /// Whether column commands have a bus of their own.
  let hasColumnBus: Bool
  /// Bank groups times lower levels: banks per value of the outermost field `ra`.
  let banksPerGroup: Int
  let groupsPerRank: Int

  /// Compiles a standard. `weakened` shortens that one of ``rows`` by some clocks (for testing the checker),
  /// `without` removes the constraints of the given limits.
  public init(
    _ standard: MemoryStandard, weakened: Int? = nil, by clocksLess: Int = 1,
    without: Set<MemoryStandard.Limit> = []
  ) throws {
    self.standard = standard
    let clocks = try standard.timingInClocks()
    self.clocks = clocks
    let levels = standard.organization.levels
    var folded = [0]
    var nodes = [1]
    var fan = [1]
    var product = 1
    for level in levels {
      product *= level.count
      if level.count > 1 {
        nodes.append(product)
        fan.append(level.count)
      }
      folded.append(nodes.count - 1)
    }
    nodeCounts = nodes
    fanOut = fan
    bankCount = product
    let bankLevel = nodes.count - 1
    let names = standard.commands
    commandLevel = try names.map { folded[try standard.levelIndex($0.scope, in: $0.name)] }
    commandTicks = names.map { $0.ticks ?? 1 }
    let perClock = standard.ticksPerClock
    risingMask = names.map { perClock == 2 && $0.anyEdge != true ? 1 : 0 }
    columnBus = names.map { $0.bus == .column }
    hasColumnBus = names.contains { $0.bus == .column }
    roles = try Self.findRoles(standard, folded: folded, bankLevel: bankLevel)

    var expanded: [Row] = []
    for (origin, constraint) in standard.constraints.enumerated() {
      let declared = try standard.levelIndex(constraint.scope, in: "constraints[\(origin)]")
      let sibling = constraint.sibling ?? false
      if sibling && levels[declared - 1].count == 1 { continue }
      let clocksOfDelay = try TimingExpression(constraint.delay).value(clocks)
      for preceding in constraint.preceding {
        for following in constraint.following {
          let p = try standard.commandIndex(preceding, in: "constraints[\(origin)]")
          let f = try standard.commandIndex(following, in: "constraints[\(origin)]")
          let delay =
            clocksOfDelay * perClock + ((names[p].ticks ?? 1) - 1) - ((names[f].ticks ?? 1) - 1)
          expanded.append(
            Row(
              level: folded[declared], preceding: p, following: f, delay: delay,
              window: constraint.window ?? 1, sibling: sibling, origin: origin,
              limit: constraint.limit))
        }
      }
    }
    expanded.removeAll { row in row.limit.map(without.contains) ?? false }
    if let weakened, expanded.indices.contains(weakened) {
      expanded[weakened].delay -= perClock * clocksLess
    }
    rows = expanded
    activeRows = Self.pruned(expanded)

    func ticks(_ text: String) throws -> Int { try TimingExpression(text).value(clocks) * perClock }
    readLatency = try ticks(standard.latency.read)
    writeLatency = try ticks(standard.latency.write)
    burstTicks = try ticks(standard.burst.clocks)
    let columns = names.indices.filter { names[$0].effect == .read || names[$0].effect == .write }
    var closest = Int.max
    for before in columns {
      for after in columns {
        let bound = expanded.filter {
          $0.preceding == before && $0.following == after && $0.level == 0 && !$0.sibling
            && $0.window == 1
        }.map(\.delay).max()
        closest = min(closest, max(bound ?? 1, 1))
      }
    }
    columnDistance = closest
    dataBuses = Self.dataBuses(expanded, nodes: nodes, read: roles.read, burst: burstTicks)
    refreshInterval = try ticks(standard.refresh.interval)
    let scope = try standard.levelIndex(standard.refresh.scope, in: "refresh.scope")
    let scopeBanks = product / nodes[folded[scope]]
    refreshScopeBanks = scopeBanks
    refreshesBanksTogether = Self.refreshesTogether(expanded, roles, scopeBanks, bankLevel)
    splitDeadline = try standard.splitActivation.map { try ticks($0.deadline) } ?? 0
    dataClockPost = try standard.dataClock.map { try ticks($0.post) } ?? 0
    banksPerGroup = levels.last?.count ?? 1
    groupsPerRank = levels.dropLast().last { $0.name == "bank_group" }?.count ?? 1
  }

  private static func refreshesTogether(
    _ rows: [Row], _ roles: Roles, _ banks: Int, _ bankLevel: Int
  ) -> Bool {
    guard let single = roles.refreshBank else { return false }
    func distance(_ preceding: Int?, _ following: Int, within levels: ClosedRange<Int>) -> Int {
      rows.filter {
        $0.preceding == preceding && $0.following == following && $0.window == 1 && !$0.sibling
          && levels.contains($0.level)
      }.map(\.delay).max() ?? 0
    }
    let open = roles.activateFirst ?? roles.activate
    let every = 0...bankLevel
    let apart = distance(single, single, within: 0...max(0, bankLevel - 1))
    let whole =
      distance(roles.prechargeAll, roles.refreshAll, within: every)
      + distance(roles.refreshAll, open, within: every)
    return (banks - 1) * apart + distance(single, open, within: every) <= whole
  }

  /// Nodes whose reads keep each other from the data for a burst: the widest scope of such a row, or the one above
  /// where siblings do so as well.
  private static func dataBuses(_ rows: [Row], nodes: [Int], read: Int, burst: Int) -> Int {
    let bound = rows.filter {
      $0.preceding == read && $0.following == read && $0.window == 1 && $0.delay >= burst
    }
    guard let level = bound.map({ $0.sibling ? $0.level - 1 : $0.level }).min() else { return 1 }
    return nodes[level]
  }

  /// Merges rows of one pair and scope by the longest delay and drops those implied by a wider scope.
  private static func pruned(_ rows: [Row]) -> [Row] {
    var kept: [Row] = []
    for row in rows where row.delay > 0 {
      if let same = kept.firstIndex(where: {
        $0.level == row.level && $0.preceding == row.preceding && $0.following == row.following
          && $0.window == row.window && $0.sibling == row.sibling
      }) {
        if row.delay > kept[same].delay { kept[same] = row }
      } else {
        kept.append(row)
      }
    }
    return kept.filter { row in
      !kept.contains {
        $0.preceding == row.preceding && $0.following == row.following && !$0.sibling
          && $0.window == 1 && $0.level < row.level && $0.delay >= row.delay
      }
    }
  }

  private static func findRoles(
    _ standard: MemoryStandard, folded: [Int], bankLevel: Int
  ) throws -> Roles {
    func find(
      _ effect: MemoryStandard.Effect, bank: Bool, auto: Bool = false
    ) throws -> Int? {
      try standard.commands.firstIndex {
        let single = $0.scope == "bank"
        _ = try standard.levelIndex($0.scope, in: $0.name)
        return $0.effect == effect && single == bank && ($0.autoPrecharge ?? false) == auto
      }
    }
    func need(_ index: Int?, _ what: String) throws -> Int {
      guard let index else { throw MemoryError("\(standard.name): commands lack \(what)") }
      return index
    }
    var roles = Roles()
    roles.read = try need(try find(.read, bank: true), "a read of one bank")
    roles.write = try need(try find(.write, bank: true), "a write of one bank")
    roles.activate = try need(try find(.activate, bank: true), "an activation of one bank")
    roles.precharge = try need(try find(.precharge, bank: true), "a precharge of one bank")
    roles.activateFirst = try find(.activateFirst, bank: true)
    roles.readAuto = try find(.read, bank: true, auto: true)
    roles.writeAuto = try find(.write, bank: true, auto: true)
    roles.prechargeAll = try find(.precharge, bank: false)
    roles.refreshAll = try standard.commandIndex(standard.refresh.allBank, in: "refresh.all_bank")
    roles.refreshBank = try standard.refresh.perBank.map {
      try standard.commandIndex($0, in: "refresh.per_bank")
    }
    roles.startRead = try find(.startReadClock, bank: true)
    roles.startWrite = try find(.startWriteClock, bank: true)
    if (roles.activateFirst != nil) != (standard.splitActivation != nil) {
      throw MemoryError(
        "\(standard.name): split_activation and an activate_first command go together")
    }
    if (roles.startRead != nil && roles.startWrite != nil) != (standard.dataClock != nil) {
      throw MemoryError("\(standard.name): data_clock and its two start commands go together")
    }
    return roles
  }
}
