public import DRAM
public import SimulationCore
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

  /// How much slower each side is while both work, in memory spaces of their own.
  public struct Contention: Hashable, Sendable {
    public var xpu: Double
    public var pim: Double
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
  private let refresh: RefreshMode
  private let stream: BundleStream?
  private let clock: ClockDomain
  private let columnClocks: Int
  private let xpuRefresh: Double
  private let pimRefresh: Double
  private let xpuTimes = Mutex<[Traffic: CauseLedger]>([:])
  private let pimTimes = Mutex<[Traffic: CauseLedger]>([:])
  private let variants = Mutex<[CommandLevelOptions: CommandLevelMemory]>([:])
  private let host: Mutex<Host>
  /// What xPU and PIM cost each other; nil where no design of bundles is there.
  public let contention: Contention?

  /// Measures what refresh costs.
  ///
  /// - Parameters:
  ///   - standard: the memory of one device, all stacks.
  ///   - design: the PIM design; nil for a device without.
  ///   - refresh: how the host's controllers refresh.
  /// - Throws: `MemoryError`.
  public init(
    standard: MemoryStandard, design: BundleDesign?, refresh: RefreshMode = .allBank,
    options: CommandLevelOptions = CommandLevelOptions()
  ) throws {
    try standard.validate()
    self.standard = standard
    self.design = design
    self.refresh = refresh
    self.options = options
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
    contention = try design.flatMap {
      try Self.measure(standard, $0, options)
    }
    xpuRefresh =
      options.refreshes && refresh != .none
      ? try Self.slowdown(of: standard, by: refresh, options) : 1
    if let design {
      let stream = try BundleStream(standard, design: design, without: options.without)
      if options.refreshes {
        let bytes = ByteCount(Self.longStream)
        let none = try stream.run(bytes: bytes).clocks
        let postponed = try stream.run(bytes: bytes, refresh: .postponed).clocks
        pimRefresh = Double(postponed) / Double(none)
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
      standard: standard, design: design, refresh: refresh, options: options)
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

  /// Runs two streams that take about equally long alone through one channel, PIM in the first memory
  /// space and the xPU in each of the others; the mean over those. Nil for designs whose commands cover
  /// all banks.
  private static func measure(
    _ standard: MemoryStandard, _ design: BundleDesign, _ options: CommandLevelOptions
  ) throws -> Contention? {
    let name = design.commands.activate
    guard standard.commands.contains(where: { $0.name == name && $0.scope == "bank" }) else {
      return nil
    }
    let space = standard.organization.columns * standard.organization.rows
    let banks = standard.organization.levels.reduce(1) { $0 * $1.count }
    let spaces = banks / design.banks
    guard spaces > 1 else { return nil }
    var sum = Contention(xpu: 0, pim: 0)
    for other in 1..<spaces {
      // Bursts are two clocks apart, columns of a bundle a little over five with their rows.
      let first = other * space * design.banks
      var spec = SharedChannelSpec(
        hostBursts: first..<first + 4096, mapping: standard.bundleMapping(banks: design.banks),
        pimColumns: 0..<1600, without: options.without)
      let both = try runShared(standard, design, spec)
      spec.pimColumns = 0..<0
      let host = Double(try runShared(standard, design, spec).hostClocks)
      spec.pimColumns = 0..<1600
      spec.hostBursts = first..<first
      let pim = Double(try runShared(standard, design, spec).pimClocks)
      let (hostBoth, pimBoth) = (Double(both.hostClocks), Double(both.pimClocks))
      if hostBoth <= pimBoth {
        sum.xpu += max(1, hostBoth / host)
        sum.pim += slowdown(until: hostBoth, alone: pim, end: pimBoth)
      } else {
        sum.pim += max(1, pimBoth / pim)
        sum.xpu += slowdown(until: pimBoth, alone: host, end: hostBoth)
      }
    }
    let count = Double(spaces - 1)
    return Contention(xpu: sum.xpu / count, pim: sum.pim / count)
  }

  /// How much slower a stream was until the other one ended, if it went on at its own rate after that.
  private static func slowdown(until first: Double, alone: Double, end: Double) -> Double {
    let done = first + alone - end
    return done > 0 ? max(1, first / done) : max(1, end / alone)
  }

  /// The peak rate at the pins.
  public var peakBandwidth: Bandwidth { host.withLock { $0.memory.peakBandwidth } }

  /// Channels of a device, and those of them that are simulated.
  public var channels: (all: Int, simulated: Int) {
    host.withLock { ($0.memory.mapping.channels, $0.memory.simulatedChannels) }
  }

  /// What the time of `work`'s traffic on the xPU goes on.
  ///
  /// - Parameter isBundled: whether what it reads has the layout of PIM's operands.
  /// - Throws: `MemoryError` when the traffic exceeds the memory.
  public func xpu(_ work: KernelWork, isBundled: Bool = false) throws -> CauseLedger {
    let traffic = Traffic(read: work.read, written: work.written, isBundled: isBundled)
    if options.reusesKernels, let known = xpuTimes.withLock({ $0[traffic] }) { return known }
    var ledger = CauseLedger()
    for (bytes, isWrite) in [(traffic.read, false), (traffic.written, true)] where bytes > 0 {
      let result = try host.withLock { host in
        try Self.ticks(
          bytes, isWrite: isWrite, isBundled && !isWrite ? host.bundled ?? host.memory : host.memory
        )
      }
      let time = duration(ticks: result.ticks)
      // The bus is busy for its bursts; what is left are rows that open and the first latency.
      let bus = duration(ticks: min(result.ticks, result.busTicks))
      ledger.charge(bus, to: .dramBus)
      ledger.charge(time - bus, to: .rowActivation)
      charge(refresh: xpuRefresh, of: time, to: &ledger)
    }
    let result = ledger
    if options.reusesKernels { xpuTimes.withLock { $0[traffic] = result } }
    return result
  }

  /// What the time of `work`'s traffic through the PIM units goes on.
  ///
  /// - Precondition: the memory has a PIM design.
  /// - Throws: `MemoryError` when the traffic exceeds the memory.
  public func pim(_ work: KernelWork) throws -> CauseLedger {
    guard let stream else { preconditionFailure("a kernel runs in a memory without PIM") }
    let traffic = Traffic(read: work.read, written: work.written)
    if options.reusesKernels, let known = pimTimes.withLock({ $0[traffic] }) { return known }
    var ledger = CauseLedger()
    let simulated = options.channels == .all ? standard.organization.channels : 1
    for (bytes, isWrite) in [(traffic.read, false), (traffic.written, true)] where bytes > 0 {
      let result = try stream.run(
        bytes: ByteCount(bytes), isWrite: isWrite, channels: simulated)
      let time = duration(clocks: result.clocks)
      let columns = (bytes + stream.bytesPerCommand - 1) / stream.bytesPerCommand
      let bus = duration(clocks: min(result.clocks, columns * columnClocks))
      ledger.charge(bus, to: .dramBus)
      ledger.charge(time - bus, to: .rowActivation)
      charge(refresh: pimRefresh, of: time, to: &ledger)
    }
    let result = ledger
    if options.reusesKernels { pimTimes.withLock { $0[traffic] = result } }
    return result
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
      try ticks(
        longStream, isWrite: false,
        MemorySystem(
          standard, configuration: configuration(mode, options), mode: .symmetric)
      ).ticks
    }
    return max(1, Double(times[1]) / Double(times[0]))
  }

  /// A stream from idle banks.
  private static func ticks(
    _ bytes: Int, isWrite: Bool, _ memory: MemorySystem
  ) throws -> (ticks: Int, busTicks: Int) {
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
    return (done.tick, stripes * memory.compiled.burstTicks)
  }
}
