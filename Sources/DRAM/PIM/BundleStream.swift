public import Units

/// What a stream of bundle commands took on one channel; all channels do the same.
public struct BundleStreamResult: Hashable, Sendable {
  /// Clocks until the last datum.
  public var clocks: Int
  /// Commands of one channel by name.
  public var commands: [String: Int]
  /// Bytes of the whole device.
  public var bytes: ByteCount
  /// Refreshes that were owed at the end.
  public var owedRefreshes: Int

  public init(clocks: Int, commands: [String: Int], bytes: ByteCount, owedRefreshes: Int) {
    self.clocks = clocks
    self.commands = commands
    self.bytes = bytes
    self.owedRefreshes = owedRefreshes
  }
}

/// Streams an operand through the PIM units of a memory, command by command.
///
/// The operand lies over all channels alike and fills a row of the bundle's banks before the next, as
/// the address layout of Duplex has it; so one channel stands for all. Refresh goes to one rank
/// after the other, evenly spread over its interval. Left out: host traffic beside the stream.
public struct BundleStream: Sendable {
  private let compiled: CompiledStandard
  private let design: BundleDesign
  private let activate: Int
  private let read: Int
  private let write: Int
  private let precharge: Int

  /// Checks that the standard has the design's commands.
  ///
  /// - Throws: `MemoryError` that names the command.
  /// - Parameter without: limits that are removed, to show the ceiling that each gives.
  public init(
    _ standard: MemoryStandard, design: BundleDesign, without: Set<MemoryStandard.Limit> = []
  ) throws {
    try self.init(CompiledStandard(standard, without: without), design: design)
  }

  /// The same on a memory that is compiled already.
  init(_ compiled: CompiledStandard, design: BundleDesign) throws {
    let standard = compiled.standard
    self.compiled = compiled
    self.design = design
    let place = "PIM design '\(design.name)'"
    activate = try standard.commandIndex(design.commands.activate, in: place)
    read = try standard.commandIndex(design.commands.read, in: place)
    write = try standard.commandIndex(design.commands.write, in: place)
    precharge = try standard.commandIndex(design.commands.precharge, in: place)
    // A bundle lies in one refresh scope (a rank) unless its commands cover more.
    let covered = compiled.bankCount / compiled.nodeCounts[compiled.commandLevel[activate]]
    let scoped = max(covered, compiled.refreshScopeBanks)
    guard design.banks >= 1, scoped % design.banks == 0 else {
      throw MemoryError(
        "\(place): banks (\(design.banks)) do not divide the \(scoped) banks in the scope of "
          + design.commands.activate)
    }
  }

  /// Bytes of the device that one column command covers.
  public var bytesPerCommand: Int {
    let organization = compiled.standard.organization
    return organization.channels * design.banks * compiled.standard.burst.bytes.count
  }

  /// Clocks from one column command to the next.
  ///
  /// - Throws: `MemoryError` when the standard has no distance between them.
  public func columnClocks() throws -> Int {
    let distance = compiled.rows.filter { $0.preceding == read && $0.following == read }
      .map(\.delay).max()
    guard let distance, distance > 0 else {
      throw MemoryError("no distance from \(design.commands.read) to itself")
    }
    let perClock = compiled.standard.ticksPerClock
    return (distance + perClock - 1) / perClock
  }

  /// Clocks from a column command to the last datum that it reads, and that it writes.
  public var readClocks: Int { clocks(compiled.readLatency) }
  public var writeClocks: Int { clocks(compiled.writeLatency) }

  private func clocks(_ ticks: Int) -> Int {
    (ticks + compiled.standard.ticksPerClock - 1) / compiled.standard.ticksPerClock
  }

  /// The rate of back-to-back column commands, before rows and refresh.
  ///
  /// - Throws: `MemoryError` when the standard has no distance between them.
  public func peakBandwidth() throws -> Bandwidth {
    Bandwidth(
      bytesPerSecond: multiplyDivideFloor(
        bytesPerCommand, compiled.standard.clock.hertz, try columnClocks()))
  }

  /// Streams `bytes` that start `offset` bytes into a row of the bundle.
  ///
  /// - Throws: `MemoryError` when the operand is empty or larger than the memory.
  public func run(
    bytes: ByteCount, offset: ByteCount = .zero, isWrite: Bool = false,
    refresh: BundleRefresh = .none
  ) throws -> BundleStreamResult {
    try run(
      bytes: bytes, offset: offset, isWrite: isWrite, refresh: refresh, channels: 1,
      sendsEach: false)
  }

  /// The same, on each of so many channels; all of them must agree.
  ///
  /// - Parameter sendsEach: whether every column command goes through the engine, though those of an
  ///   open row follow each other at their own distance; the oracle of the shorter way.
  public func run(
    bytes: ByteCount, offset: ByteCount = .zero, isWrite: Bool = false,
    refresh: BundleRefresh = .none, channels: Int, sendsEach: Bool = false
  ) throws -> BundleStreamResult {
    var log: [CommandRecord]?
    return try run(
      bytes: bytes, offset: offset, isWrite: isWrite, refresh: refresh, channels: channels,
      sendsEach: sendsEach, log: &log)
  }

  /// The same; `log` receives the commands of a channel unless it is nil, each of them sent by the engine.
  func run(
    bytes: ByteCount, offset: ByteCount, isWrite: Bool, refresh: BundleRefresh, channels: Int,
    sendsEach: Bool, log: inout [CommandRecord]?
  ) throws -> BundleStreamResult {
    let organization = compiled.standard.organization
    let each = bytesPerCommand
    let columns = organization.columns
    let first = offset.count / each
    let last = (offset.count + bytes.count + each - 1) / each
    let bundles = compiled.bankCount / design.banks
    guard bytes.count > 0, offset.count >= 0, last <= columns * organization.rows * bundles else {
      throw MemoryError(
        "a stream of \(bytes.count) bytes at offset \(offset.count) does not lie in the memory")
    }
    var channel = BundleChannel(
      compiled, refresh: refresh, opensAll: design.banks > compiled.refreshScopeBanks)
    channel.keepsCommands = log != nil
    let column = isWrite ? write : read
    let stride = sendsEach || refresh != .none || log != nil ? nil : runDistance(column)
    var ticks = 0
    for index in 0..<max(1, channels) {
      channel.reset()
      send(first..<last, column, stride: stride, on: &channel)
      precondition(index == 0 || channel.lastColumn == ticks, "equal channels differ")
      ticks = channel.lastColumn
    }
    if log != nil { log = channel.log }
    let latency = isWrite ? compiled.writeLatency : compiled.readLatency
    ticks += latency
    var commands: [String: Int] = [:]
    for (index, count) in channel.counts.enumerated() where count > 0 {
      commands[compiled.standard.commands[index].name] = count
    }
    let perClock = compiled.standard.ticksPerClock
    return BundleStreamResult(
      clocks: (ticks + perClock - 1) / perClock, commands: commands, bytes: bytes,
      owedRefreshes: channel.owed)
  }

  /// The only distance between two of these column commands of one open row, if nothing else can come
  /// between them.
  private func runDistance(_ column: Int) -> Int? {
    let own = compiled.rows.filter { $0.preceding == column && $0.following == column }
    guard !own.contains(where: { $0.window > 1 || $0.sibling }) else { return nil }
    return own.map(\.delay).max().map { max($0, compiled.commandTicks[column]) }
  }

  /// Sends the column commands of a channel and the rows that they need.
  private func send(
    _ positions: Range<Int>, _ column: Int, stride: Int?, on channel: inout BundleChannel
  ) {
    let organization = compiled.standard.organization
    let columns = organization.columns
    var position = positions.lowerBound
    while position < positions.upperBound {
      let row = position / columns
      // Consecutive rows fill a bundle, then the next one.
      let bank = row / organization.rows * design.banks
      let end = min(positions.upperBound, (row + 1) * columns)
      _ = channel.sendRefreshes(openBank: nil)
      channel.issue(activate, bank: bank)
      if let stride, end - position > 2 {
        channel.issue(column, bank: bank)
        channel.issue(column, bank: bank, count: end - position - 1, distance: stride)
        position = end
      }
      while position < end {
        channel.issue(column, bank: bank)
        position += 1
        if channel.sendRefreshes(openBank: bank), position < end {
          channel.issue(precharge, bank: bank)
          _ = channel.sendRefreshes(openBank: nil)
          channel.issue(activate, bank: bank)
        }
      }
      if position < positions.upperBound { channel.issue(precharge, bank: bank) }
    }
  }
}

/// One channel under a stream: the timing engine and the refreshes that fall due.
private struct BundleChannel: ~Copyable {
  private let engine: TimingEngine
  private let compiled: CompiledStandard
  private let policy: BundleRefresh
  /// Whether open rows lie in every refresh scope.
  private let opensAll: Bool
  private(set) var counts: [Int]
  private(set) var lastColumn = 0
  private(set) var log: [CommandRecord] = []
  var keepsCommands = false
  private var now = 0
  /// Refreshes that have been sent, by scope (a rank).
  private var sent: [Int]

  init(_ compiled: CompiledStandard, refresh: BundleRefresh, opensAll: Bool) {
    engine = TimingEngine(compiled)
    self.compiled = compiled
    self.opensAll = opensAll
    policy = refresh
    counts = [Int](repeating: 0, count: compiled.standard.commands.count)
    sent = [Int](repeating: 0, count: compiled.bankCount / compiled.refreshScopeBanks)
  }

  /// Makes the channel idle at clock 0 again.
  mutating func reset() {
    engine.state.update(repeating: TimingEngine.never, count: engine.stateCount)
    for index in counts.indices { counts[index] = 0 }
    for index in sent.indices { sent[index] = 0 }
    log.removeAll()
    now = 0
    lastColumn = 0
  }

  /// Sends `count` equal commands at their own distance; only the last of them is left to bind what
  /// follows, since each is later than the one before it by the same rules.
  mutating func issue(_ command: Int, bank: Int, count: Int, distance: Int) {
    let first = engine.earliestIssue(command, bank: bank, from: now)
    let time = first + (count - 1) * distance
    engine.issue(command, bank: bank, at: time)
    counts[command] += count
    now = time
    if compiled.columnBus[command] { lastColumn = time }
  }

  /// Refreshes of a scope that are due and not sent: number n of scope s of m falls due at
  /// (n + (s + 1) / m) intervals.
  private func owed(_ scope: Int) -> Int {
    if policy == .none { return 0 }
    let part = (scope + 1) * compiled.refreshInterval / sent.count
    return now < part ? 0 : (now - part) / compiled.refreshInterval + 1 - sent[scope]
  }

  var owed: Int { sent.indices.reduce(0) { $0 + owed($1) } }

  /// Sends a command as early as it may go.
  mutating func issue(_ command: Int, bank: Int) {
    send(command, bank: bank)
    if compiled.columnBus[command] { lastColumn = now }
  }

  private mutating func send(_ command: Int, bank: Int) {
    let time = engine.earliestIssue(command, bank: bank, from: now)
    engine.issue(command, bank: bank, at: time)
    counts[command] += 1
    now = time
    if keepsCommands {
      log.append(
        CommandRecord(tick: time, command: command, channel: 0, bank: bank, row: -1, column: -1))
    }
  }

  /// Sends the refreshes that go now; returns whether one waits for the open rows to close.
  mutating func sendRefreshes(openBank: Int?) -> Bool {
    if policy == .none { return false }
    var waits = false
    for scope in sent.indices {
      let isOpen =
        openBank.map { opensAll || $0 / compiled.refreshScopeBanks == scope } ?? false
      // Banks that PIM does not stream through are free: nothing is won by postponing them.
      let isStreamed = opensAll || openBank.map { $0 / compiled.refreshScopeBanks == scope } ?? true
      let limit =
        policy == .postponed && isStreamed ? compiled.standard.refresh.postponementLimit : 1
      if owed(scope) < max(1, limit) { continue }
      if isOpen {
        waits = true
        continue
      }
      // All that are owed go while the banks are closed.
      while owed(scope) > 0 {
        send(compiled.roles.refreshAll, bank: scope * compiled.refreshScopeBanks)
        sent[scope] += 1
      }
    }
    return waits
  }
}
