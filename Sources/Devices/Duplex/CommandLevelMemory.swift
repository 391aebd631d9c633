public import DRAM
public import SimulationCore
internal import Synchronization
public import Units

/// Times of kernels' memory traffic from the command-level DRAM model.
///
/// A kernel streams its operands through an idle memory with closed rows, what it reads and then what
/// it writes: on the xPU through the controllers; on PIM bundle commands go as early as they may.
/// Channels do the same, so one stands for all, and equal traffic is simulated once. Refresh
/// stretches a kernel by what it stretches a long stream by. Left out: where single tensors lie (an
/// operand is one range), and conflicts of xPU and PIM, whose bundles differ.
public final class CommandLevelMemory: Sendable {
  private struct Traffic: Hashable {
    var read: Int
    var written: Int
  }

  /// Bytes of the streams that refresh is measured on.
  private static let longStream = 256 << 20

  private let standard: MemoryStandard
  private let stream: BundleStream?
  private let clock: ClockDomain
  private let columnClocks: Int
  private let xpuRefresh: Double
  private let pimRefresh: Double
  private let xpuTimes = Mutex<[Traffic: CauseLedger]>([:])
  private let pimTimes = Mutex<[Traffic: CauseLedger]>([:])

  /// Measures what refresh costs.
  ///
  /// - Parameters:
  ///   - standard: the memory of one device, all stacks.
  ///   - design: the PIM design; nil for a device without.
  ///   - refresh: how the host's controllers refresh.
  /// - Throws: `MemoryError`.
  public init(
    standard: MemoryStandard, design: BundleDesign?, refresh: RefreshMode = .allBank
  ) throws {
    try standard.validate()
    self.standard = standard
    clock = ClockDomain(name: standard.name, frequency: standard.clock)
    let long = Self.longStream
    let free = try Self.xpuTicks(long, isWrite: false, standard, refresh: .none).ticks
    let refreshed = try Self.xpuTicks(long, isWrite: false, standard, refresh: refresh).ticks
    xpuRefresh = Double(refreshed) / Double(free)
    if let design {
      let stream = try BundleStream(standard, design: design)
      let bytes = ByteCount(Self.longStream)
      let none = try stream.run(bytes: bytes).clocks
      let postponed = try stream.run(bytes: bytes, refresh: .postponed).clocks
      pimRefresh = Double(postponed) / Double(none)
      columnClocks = try stream.columnClocks()
      self.stream = stream
    } else {
      pimRefresh = 1
      columnClocks = 0
      stream = nil
    }
  }

  /// The peak rate at the pins.
  ///
  /// - Throws: `MemoryError`.
  public func peakBandwidth() throws -> Bandwidth {
    try MemorySystem(
      standard, configuration: ControllerConfiguration(), mode: .symmetric
    ).peakBandwidth
  }

  /// What the time of `work`'s traffic on the xPU goes on.
  ///
  /// - Throws: `MemoryError` when the traffic exceeds the memory.
  public func xpu(_ work: KernelWork) throws -> CauseLedger {
    let traffic = Traffic(read: work.read, written: work.written)
    if let known = xpuTimes.withLock({ $0[traffic] }) { return known }
    var ledger = CauseLedger()
    for (bytes, isWrite) in [(traffic.read, false), (traffic.written, true)] where bytes > 0 {
      let result = try Self.xpuTicks(bytes, isWrite: isWrite, standard, refresh: .none)
      let time = duration(ticks: result.ticks)
      // The bus is busy for its bursts; what is left are rows that open and the first latency.
      let bus = duration(ticks: min(result.ticks, result.busTicks))
      ledger.charge(bus, to: .dramBus)
      ledger.charge(time - bus, to: .rowActivation)
      charge(refresh: xpuRefresh, of: time, to: &ledger)
    }
    let result = ledger
    xpuTimes.withLock { $0[traffic] = result }
    return result
  }

  /// What the time of `work`'s traffic through the PIM units goes on.
  ///
  /// - Precondition: the memory has a PIM design.
  /// - Throws: `MemoryError` when the traffic exceeds the memory.
  public func pim(_ work: KernelWork) throws -> CauseLedger {
    guard let stream else { preconditionFailure("a kernel runs in a memory without PIM") }
    let traffic = Traffic(read: work.read, written: work.written)
    if let known = pimTimes.withLock({ $0[traffic] }) { return known }
    var ledger = CauseLedger()
    for (bytes, isWrite) in [(traffic.read, false), (traffic.written, true)] where bytes > 0 {
      let result = try stream.run(bytes: ByteCount(bytes), isWrite: isWrite)
      let time = duration(clocks: result.clocks)
      let columns = (bytes + stream.bytesPerCommand - 1) / stream.bytesPerCommand
      let bus = duration(clocks: min(result.clocks, columns * columnClocks))
      ledger.charge(bus, to: .dramBus)
      ledger.charge(time - bus, to: .rowActivation)
      charge(refresh: pimRefresh, of: time, to: &ledger)
    }
    let result = ledger
    pimTimes.withLock { $0[traffic] = result }
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

  private static func xpuTicks(
    _ bytes: Int, isWrite: Bool, _ standard: MemoryStandard, refresh: RefreshMode
  ) throws -> (ticks: Int, busTicks: Int) {
    var configuration = ControllerConfiguration()
    configuration.refresh = refresh
    configuration.stepping = .coalesce
    let memory = try MemorySystem(standard, configuration: configuration, mode: .symmetric)
    // Whole stripes over all channels: every channel gets the same.
    let stripe = standard.organization.channels * standard.burst.bytes.count
    let stripes = (bytes + stripe - 1) / stripe
    _ = try memory.enqueue(
      source: 0, isWrite: isWrite, [Extent(offset: 0, length: stripes * stripe)], at: 0)
    guard let done = memory.nextCompletion() else {
      throw MemoryError("\(standard.name): a stream of \(bytes) bytes did not end")
    }
    return (done.tick, stripes * memory.compiled.burstTicks)
  }
}
