public import DRAM
internal import SimulationCore
internal import Synchronization
public import Units

/// How the command-level memory of a device is run.
public struct CommandLevelOptions: Hashable, Sendable {
  /// Whether channels that do the same are simulated one by one or once.
  public var channels: ChannelMode
  /// Whether kernels with equal traffic are simulated once.
  public var reusesKernels: Bool
  /// Limits that are removed, to show the ceiling that each gives.
  public var without: Set<MemoryStandard.Limit>
  /// Whether banks are refreshed.
  public var refreshes: Bool

  public init(
    channels: ChannelMode = .symmetric, reusesKernels: Bool = true,
    without: Set<MemoryStandard.Limit> = [], refreshes: Bool = true
  ) {
    self.channels = channels
    self.reusesKernels = reusesKernels
    self.without = without
    self.refreshes = refreshes
  }
}

/// Times of kernels' memory traffic from the command-level DRAM model.
///
/// A kernel streams its operands through an idle memory with closed rows, what it reads and then what
/// it writes: on the xPU through the controllers; on PIM bundle commands go as early as they may.
/// Operands are padded to whole stripes over all channels, so channels do the same. Refresh
/// stretches a kernel by what it stretches a long stream by.
public final class CommandLevelMemory: Sendable {
  private struct Traffic: Hashable {
    var read: Int
    var written: Int
    /// Whether what is read lies in one bundle.
    var isBundled = false
  }

  /// The host's side of the memory, one user at a time.
  private struct Host: ~Copyable {
    let memory: MemorySystem
    /// The same with the layout of PIM's operands.
    let bundled: MemorySystem?
  }

  /// Bytes of the streams that refresh is measured on.
  private static let longStream = 256 << 20

  /// How it is run.
  public let options: CommandLevelOptions
  private let standard: MemoryStandard
  private let design: BundleDesign?
  private let policies: MemoryPolicies
  private let stream: BundleStream?
  private let clock: ClockDomain
  private let columnClocks: Int
  private let xpuRefresh: Double
  private let pimRefresh: Double
  private let xpuTimes = Mutex<[Traffic: KernelTraffic]>([:])
  private let pimTimes = Mutex<[Traffic: KernelTraffic]>([:])
  private let variants = Mutex<[CommandLevelOptions: CommandLevelMemory]>([:])
  private let host: Mutex<Host>
  /// What xPU and PIM cost each other; nil without PIM.
  public let contention: MemoryContention?
  /// Commands in the order of tallies.
  public let commands: [MemoryCommand]

  /// Measures what refresh costs.
  ///
  /// - Parameters:
  ///   - standard: the memory of one device, all stacks.
  ///   - design: the PIM design; nil for a device without.
  ///   - policies: refresh on both sides, and who goes first.
  /// - Throws: `MemoryError`.
  public init(
    standard: MemoryStandard, design: BundleDesign?, policies: MemoryPolicies = MemoryPolicies(),
    options: CommandLevelOptions = CommandLevelOptions()
  ) throws {
    try standard.validate()
    self.standard = standard
    self.design = design
    self.policies = policies
    self.options = options
    commands = Self.commands(of: standard, design)
    clock = ClockDomain(name: standard.name, frequency: standard.clock)
    let configuration = Self.configuration(.none, options)
    host = Mutex(
      Host(
        memory: try MemorySystem(standard, configuration: configuration, mode: options.channels),
        bundled: try design.map {
          try MemorySystem(
            standard, configuration: configuration,
            mapping: standard.bundleMapping(banks: min($0.banks, Self.bundleBanks(standard))),
            mode: options.channels)
        }))
    contention = design.map {
      MemoryContention(
        standard, $0, priority: policies.priority, without: options.without)
    }
    xpuRefresh =
      options.refreshes && policies.refresh != .none
      ? try Self.slowdown(of: standard, by: policies.refresh, options) : 1
    if let design {
      let stream = try BundleStream(standard, design: design, without: options.without)
      if options.refreshes, policies.pimRefresh != .none {
        let bytes = ByteCount(Self.longStream)
        let none = try stream.run(bytes: bytes).clocks
        let refreshed = try stream.run(bytes: bytes, refresh: policies.pimRefresh).clocks
        pimRefresh = max(1, Double(refreshed) / Double(none))
      } else {
        pimRefresh = 1
      }
      columnClocks = try stream.columnClocks()
      self.stream = stream
    } else {
      pimRefresh = 1
      columnClocks = 0
      stream = nil
    }
  }

  /// The same memory, run in another way; one for all that ask for it.
  ///
  /// - Throws: `MemoryError`.
  public func with(_ options: CommandLevelOptions) throws -> CommandLevelMemory {
    if options == self.options { return self }
    if let known = variants.withLock({ $0[options] }) { return known }
    let made = try CommandLevelMemory(
      standard: standard, design: design, policies: policies, options: options)
    return variants.withLock { variants in
      if let known = variants[options] { return known }
      variants[options] = made
      return made
    }
  }

  /// Banks of a rank that one memory space takes at most: half of them.
  private static func bundleBanks(_ standard: MemoryStandard) -> Int {
    let levels = standard.organization.levels.filter { $0.name != "rank" }
    return max(1, levels.reduce(1) { $0 * $1.count } / 2)
  }

  /// The peak rate at the pins.
  public var peakBandwidth: Bandwidth { host.withLock { $0.memory.peakBandwidth } }

  /// Channels of a device, and those of them that are simulated.
  public var channels: (all: Int, simulated: Int) {
    host.withLock { ($0.memory.mapping.channels, $0.memory.simulatedChannels) }
  }

  /// What `work`'s traffic on the xPU takes.
  ///
  /// - Parameter isBundled: whether what it reads has the layout of PIM's operands.
  /// - Throws: `MemoryError` when the traffic exceeds the memory.
  public func xpu(_ work: KernelWork, isBundled: Bool = false) throws -> KernelTraffic {
    let traffic = Traffic(read: work.read, written: work.written, isBundled: isBundled)
    if options.reusesKernels, let known = xpuTimes.withLock({ $0[traffic] }) { return known }
    var result = KernelTraffic()
    for (bytes, isWrite) in [(traffic.read, false), (traffic.written, true)] where bytes > 0 {
      let stream = try host.withLock { host in
        try Self.stream(
          bytes, isWrite: isWrite, isBundled && !isWrite ? host.bundled ?? host.memory : host.memory
        )
      }
      let time = duration(ticks: stream.ticks)
      result.causes.add(stream.causes.scaled(to: time))
      result.commands += CommandTally(stream.commands)
      charge(refresh: xpuRefresh, of: time, to: &result.causes)
    }
    let done = result
    if options.reusesKernels { xpuTimes.withLock { $0[traffic] = done } }
    return result
  }

  /// What `work`'s traffic through the PIM units takes.
  ///
  /// - Precondition: the memory has a PIM design.
  /// - Throws: `MemoryError` when the traffic exceeds the memory.
  public func pim(_ work: KernelWork) throws -> KernelTraffic {
    guard let stream else { preconditionFailure("a kernel runs in a memory without PIM") }
    let traffic = Traffic(read: work.read, written: work.written)
    if options.reusesKernels, let known = pimTimes.withLock({ $0[traffic] }) { return known }
    var result = KernelTraffic()
    let simulated = options.channels == .all ? standard.organization.channels : 1
    for (bytes, isWrite) in [(traffic.read, false), (traffic.written, true)] where bytes > 0 {
      let streamed = try stream.run(
        bytes: ByteCount(bytes), isWrite: isWrite, channels: simulated)
      let time = duration(clocks: streamed.clocks)
      let columns = (bytes + stream.bytesPerCommand - 1) / stream.bytesPerCommand
      // Columns follow each other and the last datum arrives; what is left are rows that open and close.
      let latency = isWrite ? stream.writeClocks : stream.readClocks
      let bus = duration(
        clocks: min(streamed.clocks, (columns - 1) * columnClocks + 1 + latency))
      result.causes.charge(bus, to: .dramBus)
      result.causes.charge(time - bus, to: .rowActivation)
      result.commands += tally(streamed.commands)
      charge(refresh: pimRefresh, of: time, to: &result.causes)
    }
    let done = result
    if options.reusesKernels { pimTimes.withLock { $0[traffic] = done } }
    return result
  }

  /// The commands of all channels from those of one.
  private func tally(_ commandsOfChannel: [String: Int]) -> CommandTally {
    CommandTally(
      commands.map { (commandsOfChannel[$0.name] ?? 0) * standard.organization.channels })
  }

  /// The refreshes that fall due in all channels of a device in some time.
  public func refreshes(in time: Duration) throws -> CommandTally {
    var tally = CommandTally()
    guard options.refreshes, policies.refresh != .none else { return tally }
    let interval = try standard.refreshClocks()
    let clocks = clock.cycles(covering: time).count
    let perBank = policies.refresh == .perBank
    let name = perBank ? standard.refresh.perBank : standard.refresh.allBank
    guard let index = commands.firstIndex(where: { $0.name == name }) else { return tally }
    let each = perBank ? standard.banks : standard.refreshScopes
    tally.add(
      clocks / interval * each * standard.organization.channels, of: index, in: commands.count)
    return tally
  }

  /// What each command is for: those of the design serve PIM, refreshes nobody, the others the xPU.
  private static func commands(
    of standard: MemoryStandard, _ design: BundleDesign?
  ) -> [MemoryCommand] {
    let burst = standard.burst.bytes.count
    return standard.commands.map { command in
      if let design {
        let names = design.commands
        let moved = design.banks * burst
        switch command.name {
        case names.activate:
          return MemoryCommand(name: command.name, processor: .pim, rows: design.banks)
        case names.read: return MemoryCommand(name: command.name, processor: .pim, bytes: moved)
        case names.write:
          return MemoryCommand(
            name: command.name, processor: .pim, bytes: moved, isWrite: true)
        case names.precharge: return MemoryCommand(name: command.name, processor: .pim)
        default: break
        }
      }
      switch command.effect {
      case .activate: return MemoryCommand(name: command.name, processor: .xpu, rows: 1)
      case .read: return MemoryCommand(name: command.name, processor: .xpu, bytes: burst)
      case .write:
        return MemoryCommand(
          name: command.name, processor: .xpu, bytes: burst, isWrite: true)
      case .refresh: return MemoryCommand(name: command.name, processor: nil)
      default: return MemoryCommand(name: command.name, processor: .xpu)
      }
    }
  }

  private func charge(refresh factor: Double, of time: Duration, to ledger: inout CauseLedger) {
    let extra = (Double(time.picoseconds) * (factor - 1)).rounded()
    ledger.charge(Duration(picoseconds: max(0, Int(extra))), to: .refresh)
  }

  private func duration(clocks: Int) -> Duration {
    clock.instant(of: Cycles(clocks)) - Instant.zero
  }

  private func duration(ticks: Int) -> Duration {
    duration(clocks: (ticks + standard.ticksPerClock - 1) / standard.ticksPerClock)
  }

  private static func configuration(
    _ refresh: RefreshMode, _ options: CommandLevelOptions
  ) -> ControllerConfiguration {
    var configuration = ControllerConfiguration()
    configuration.refresh = refresh
    configuration.stepping = .coalesce
    configuration.ideal = options.without
    return configuration
  }

  /// What a refresh mode multiplies the time of a long stream with; equal channels are run once.
  private static func slowdown(
    of standard: MemoryStandard, by refresh: RefreshMode, _ options: CommandLevelOptions
  ) throws -> Double {
    let times = try [RefreshMode.none, refresh].map { mode in
      try stream(
        longStream, isWrite: false,
        MemorySystem(
          standard, configuration: configuration(mode, options), mode: .symmetric)
      ).ticks
    }
    return max(1, Double(times[1]) / Double(times[0]))
  }

  /// A stream from idle banks: its ticks, what the data bus spent them on, commands of all channels.
  private static func stream(
    _ bytes: Int, isWrite: Bool, _ memory: MemorySystem
  ) throws -> (ticks: Int, causes: CauseLedger, commands: [Int]) {
    memory.reset()
    // Whole stripes over all channels: every channel gets the same.
    let standard = memory.compiled.standard
    let stripe = memory.mapping.channels * standard.burst.bytes.count
    let stripes = (bytes + stripe - 1) / stripe
    _ = try memory.enqueue(
      source: 0, isWrite: isWrite, [Extent(offset: 0, length: stripes * stripe)], at: 0)
    guard let done = memory.nextCompletion() else {
      throw MemoryError("\(standard.name): a stream of \(bytes) bytes did not end")
    }
    // Data follow each other and the last one arrives; what is left goes on what the bus waited for. A gap
    // between columns of one group counts as the bus's own there, but comes from rows that open late.
    let latency = isWrite ? memory.compiled.writeLatency : memory.compiled.readLatency
    let bus = min(done.tick, (stripes - 1) * memory.compiled.burstTicks + latency)
    var waits = CauseLedger()
    let spent = memory.causeTicks
    for (index, cause) in MemoryCause.allCases.enumerated()
    where cause != .queue && cause != .bus {
      guard let charged = Cause(name: cause.rawValue) else { continue }
      waits.charge(Duration(picoseconds: spent[index]), to: charged)
    }
    if waits.total == .zero { waits.charge(Duration(picoseconds: 1), to: .rowActivation) }
    var causes = waits.scaled(to: Duration(picoseconds: done.tick - bus))
    causes.charge(Duration(picoseconds: bus), to: .dramBus)
    return (done.tick, causes, memory.commandTotals)
  }
}
