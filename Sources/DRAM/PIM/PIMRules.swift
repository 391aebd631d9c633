internal import Units

/// How a PIM channel is run, apart from the design itself.
public struct PIMConfiguration: Hashable, Sendable {
  /// Whether composite products keep their row open.
  public var rowHold: PIMDesign.RowHold
  /// Whether ranks are refreshed, one every tREFI over the ranks.
  public var refreshes: Bool
  /// Whether refreshes that fall due while products wait are postponed, as many of a rank as the standard allows, and
  /// made up when none waits. Otherwise each holds products up at once.
  public var postpones: Bool
  /// Whether every clock is stepped, the oracle of the next-event stepping.
  public var ticksEveryClock: Bool
  /// Limits of the design removed, to show the ceiling that each gives (those in the table of distances are removed
  /// when the standard is compiled).
  public var ideal: Set<MemoryStandard.Limit>

  public init(
    rowHold: PIMDesign.RowHold = .held, refreshes: Bool = true, ticksEveryClock: Bool = false,
    ideal: Set<MemoryStandard.Limit> = [], postpones: Bool = false
  ) {
    self.rowHold = rowHold
    self.refreshes = refreshes
    self.ticksEveryClock = ticksEveryClock
    self.ideal = ideal
    self.postpones = postpones
  }
}

/// A PIM design resolved to indices and clocks: what the channel reads.
struct PIMRules: Sendable {
  /// Absent commands have the index -1.
  let activateHost: Int, prechargeHost: Int, read: Int, write: Int, refresh: Int
  let load: Int, header: Int, activate: Int, precharge: Int
  let compute: Int, result: Int, composite: Int
  let isDual: Bool
  let isRowHeld: Bool
  let banks: Int, ranks: Int, banksPerRank: Int, banksPerActivation: Int
  let columns: Int
  let loadTime: Int, computeInterval: Int, pipelineFill: Int, resultLatency: Int
  /// Clocks for which a burst takes the data bus.
  let burst: Int
  let readLatency: Int, writeLatency: Int
  /// Fewest clocks between column commands of the host, whatever their banks.
  let readAfterRead: Int, writeAfterRead: Int, readAfterWrite: Int, writeAfterWrite: Int
  let rowHoldTail: Int
  /// Clocks between refreshes of consecutive ranks; nil when there is no refresh.
  let refreshInterval: Int?
  let fitPerOpenBank: Int, fitPerPair: Int, fitActivation: Int, fitLoadClosed: Int, fitResult: Int
  let hostPrecharge: Int, hostActivate: Int
  /// Distances by which waits are told apart; 0 where the table has none.
  let activationWindow: Int, refreshTime: Int, readToWrite: Int, writeToRead: Int
  let writeToProduct: Int
  /// Clocks of `computeInterval` that the power limit adds.
  let powerClocks: Int
  let queues: PIMDesign.Queues
  let readsBeforeWrite: Int
  /// Refreshes of a rank that may be owed.
  let postponement: Int

  /// Resolves a design.
  ///
  /// - Throws: `MemoryError` when the standard has no `pim` section, a command of it is not declared, or an
  ///   expression names an unknown timing.
  init(_ compiled: CompiledStandard, _ configuration: PIMConfiguration) throws {
    let standard = compiled.standard
    guard let design = standard.pim else {
      throw MemoryError("\(standard.name) has no section 'pim'; use a memory with PIM units")
    }
    try design.validate(in: standard)
    func clocks(_ text: String, _ key: String) throws -> Int {
      try MemoryError.located(standard.name, "pim.\(key)") {
        try TimingExpression(text).value(compiled.clocks)
      }
    }
    func index(_ name: String?) throws -> Int {
      try name.map { try standard.commandIndex($0, in: "pim.commands") } ?? -1
    }
    activateHost = compiled.roles.activate
    prechargeHost = compiled.roles.precharge
    read = compiled.roles.read
    write = compiled.roles.write
    refresh = compiled.roles.refreshAll
    load = try index(design.commands.load)
    header = try index(design.commands.header)
    activate = try index(design.commands.activate)
    precharge = try index(design.commands.precharge)
    compute = try index(design.commands.compute)
    result = try index(design.commands.result)
    composite = try index(design.commands.composite)
    isDual = design.rowBuffers == .dual
    isRowHeld = configuration.rowHold == .held
    banks = compiled.bankCount
    banksPerRank = compiled.refreshScopeBanks
    ranks = banks / banksPerRank
    banksPerActivation = compiled.banks(coveredBy: activate)
    columns = standard.organization.columns
    loadTime = try clocks(design.loadTime, "load_time")
    let interval = try clocks(design.computeInterval, "compute_interval")
    computeInterval =
      configuration.ideal.contains(.power)
      ? interval : max(interval, design.powerInterval(clock: standard.clock))
    pipelineFill = design.pipelineFill
    resultLatency = try clocks(design.resultLatency, "result_latency")
    readAfterRead = compiled.leastDistance(read, read)
    writeAfterRead = compiled.leastDistance(read, write)
    readAfterWrite = compiled.leastDistance(write, read)
    writeAfterWrite = compiled.leastDistance(write, write)
    burst = compiled.burstTicks
    readLatency = compiled.readLatency
    writeLatency = compiled.writeLatency
    let fit = design.refreshFit
    fitPerOpenBank = try clocks(fit.perOpenBank, "refresh_fit.per_open_bank")
    fitPerPair = try clocks(fit.perActivationPair, "refresh_fit.per_activation_pair")
    fitActivation = try clocks(fit.activation, "refresh_fit.activation")
    fitLoadClosed = try clocks(fit.loadClosed, "refresh_fit.load_closed")
    fitResult = try clocks(fit.result, "refresh_fit.result")
    rowHoldTail = configuration.ideal.contains(.row) ? 0 : fitPerOpenBank
    refreshInterval = configuration.refreshes ? compiled.refreshInterval / ranks : nil
    let rcd = fitActivation
    hostActivate = rcd
    hostPrecharge = fitLoadClosed - rcd
    queues = design.queues
    postponement = configuration.postpones ? standard.refresh.postponementLimit : 0
    readsBeforeWrite = queues.readsBeforeWrite ?? Int.max
    powerClocks = computeInterval - interval
    func distance(_ from: Int, _ to: Int, _ limit: MemoryStandard.Limit? = nil) -> Int {
      compiled.rows.filter {
        $0.preceding == from && $0.following == to && $0.window == 1 && !$0.sibling
          && (limit == nil || $0.limit == limit)
      }.map(\.delay).max() ?? 0
    }
    activationWindow = distance(activate, activate, .tfaw)
    refreshTime = distance(refresh, activate)
    readToWrite = distance(read, write)
    writeToRead = distance(write, read)
    writeToProduct = distance(write, isDual ? composite : compute, .turnaround)
  }
}

extension CompiledStandard {
  /// Fewest clocks from one command to another, whatever their banks.
  func leastDistance(_ first: Int, _ second: Int) -> Int {
    let rows = activeRows.filter {
      $0.window == 1 && $0.preceding == first && $0.following == second
        && $0.level <= commandLevel[second]
    }
    var least = Int.max
    for bank in 0..<bankCount {
      var most = 0
      for row in rows {
        let banks = bankCount / nodeCounts[row.level]
        let isSame = bank / banks == 0
        let isSibling = row.level > 0 && !isSame && bank / (banks * fanOut[row.level]) == 0
        if row.sibling ? isSibling : isSame { most = max(most, row.delay) }
      }
      least = min(least, most)
    }
    return least
  }

  /// Banks that one command of the given index drives.
  func banks(coveredBy command: Int) -> Int {
    bankCount / nodeCounts[commandLevel[command]]
  }
}

extension PIMDesign {
  /// Clocks between column steps that the power limit asks for; 0 without a limit.
  func powerInterval(clock: Frequency) -> Int {
    guard let powerLimitWatts, let energy else { return 0 }
    let seconds = energy.compute.joules / powerLimitWatts
    return Int((seconds * Double(clock.hertz)).rounded(.up))
  }

  /// Checks the design against the standard that carries it.
  ///
  /// - Throws: `MemoryError` with the key that is wrong.
  func validate(in standard: MemoryStandard) throws {
    let name = standard.name
    for (key, value, range) in [
      ("lanes", lanes, 1...1024), ("pipeline_fill", pipelineFill, 1...1024),
      ("queues.transactions", queues.transactions, 1...4096),
      ("queues.commands", queues.commands, 1...4096),
      ("queues.per_bank", queues.perBank, 1...4096), ("queues.row_hits", queues.rowHits, 1...65536),
      ("queues.write_low", queues.writeLow, 0...4096),
      ("queues.host_slack", queues.hostSlack, 0...65536),
      ("queues.reads_before_write", queues.readsBeforeWrite ?? 1, 1...65536),
    ] where !range.contains(value) {
      throw MemoryError(
        "\(name): pim.\(key) must be \(range.lowerBound) to \(range.upperBound), not \(value)",
        at: "pim.\(key)")
    }
    if let powerLimitWatts {
      guard energy != nil else {
        throw MemoryError(
          "\(name): pim.power_limit_watts needs pim.energy; say what a column step costs",
          at: "pim.power_limit_watts")
      }
      guard powerLimitWatts > 0, powerInterval(clock: standard.clock) <= 4096 else {
        throw MemoryError(
          "\(name): pim.power_limit_watts \(powerLimitWatts) leaves less than a column step in 4096 clocks",
          at: "pim.power_limit_watts")
      }
    }
    let isComposite = commands.composite != nil
    guard isComposite != (commands.compute != nil), isComposite != (commands.result != nil) else {
      throw MemoryError(
        "\(name): pim.commands needs either 'composite' or both 'compute' and 'result'",
        at: "pim.commands")
    }
    guard isComposite == (rowBuffers == .dual) else {
      throw MemoryError(
        "\(name): composite products need row_buffers: dual, single products row_buffers: single",
        at: "pim.row_buffers")
    }
    if rowBuffers == .single {
      guard commands.precharge == standard.commands.first(where: { $0.effect == .precharge })?.name
      else {
        throw MemoryError(
          "\(name): with one row buffer pim.commands.precharge is the host's",
          at: "pim.commands.precharge")
      }
    }
  }
}
