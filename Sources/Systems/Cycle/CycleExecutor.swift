internal import DRAM
internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// Runs operators one after the other, with their traffic in a command-level memory.
///
/// Each operator has the device for itself, as at analytic fidelity; its loads overlap its own
/// arithmetic through double buffering, and it ends when its last result is in memory. What the two
/// fidelities disagree on is therefore the memory alone.
struct CycleExecutor {
  private let device: RooflineDevice
  private let link: LinkSpec?
  private let linkIsFree: Bool
  private let name: String
  private let memory: MemorySystem
  private let clock: ClockDomain
  private let map: MemoryMap
  private let tile: Int
  private var tick = 0
  private var linkBusy = Duration.zero
  private var computeTicks = 0
  private var memoryTicks = 0
  private var launchTicks = 0
  private var linkTicks = 0
  private var bursts = 0
  private var bound = Duration.zero
  private var collector: RunCollector

  init(
    system: RooflineSystem, memory: MemorySystem, options: RunOptions
  ) {
    device = system.device
    link = system.spec.link
    linkIsFree = options.ideal.contains(.link)
    name = system.name
    self.memory = memory
    clock = ClockDomain(name: "memory", frequency: memory.tickRate)
    map = MemoryMap(capacity: memory.capacity.count)
    tile = (system.spec.device.tile ?? RooflineDeviceSpec.defaultTile).count
    collector = RunCollector(units: [system.deviceUnitName, "link"], options: options)
  }

  /// Runs one operator behind those before.
  ///
  /// - Throws: `DeviceError`, `SystemError` or `MemoryError` when it cannot run here.
  mutating func run(_ op: Operator) throws {
    let work = op.work
    let traffic = op.traffic
    let start = tick
    if case .collective(let collective) = op.operation {
      guard let link else { throw SystemError.missingLink(op, system: name) }
      let duration = linkIsFree ? .zero : link.duration(of: collective)
      let ticks = clock.cycles(covering: duration).count
      tick += ticks
      linkTicks += ticks
      bound += duration
      collector.add(op, work: work, traffic: traffic, unit: 1, from: time(start), to: time(tick))
      return
    }
    let cost = try device.cost(of: op, work: work, traffic: traffic)
    let launch = clock.cycles(covering: cost.launch).count
    let arithmetic = max(cost.matrix, cost.vector)
    let peak = memory.peakBandwidth.duration(moving: traffic.total)
    // An operator is bound by its arithmetic and by its bytes at the peak rate; a tick of rounding.
    bound += cost.launch + max(arithmetic, peak)

    let reads = map.extents(of: op, isWrite: false)
    let writes = map.extents(of: op, isWrite: true)
    let bytes = reads.totalBytes + writes.totalBytes
    precondition(bytes == traffic.total.count, "the extents of '\(op.name)' miss or repeat bytes")
    let tiles = min(max((bytes + tile - 1) / tile, 1), 65_536)
    let burst = memory.compiled.standard.burst.bytes.count
    let readTiles = reads.split(into: tiles, burst: burst)
    let writeTiles = writes.split(into: tiles, burst: burst)
    for extent in readTiles.joined() { bursts += burstCount(extent, burst) }
    for extent in writeTiles.joined() { bursts += burstCount(extent, burst) }
    let ticks = (0...tiles).map { index in
      clock.cycles(
        covering: Duration(
          picoseconds: multiplyDivideFloor(arithmetic.picoseconds, index, tiles))
      ).count
    }
    let times = try TiledOperator(
      memory: memory, reads: readTiles, writes: writeTiles,
      compute: (0..<tiles).map { ticks[$0 + 1] - ticks[$0] }
    ).run(from: start + launch)
    tick = times.end
    launchTicks += launch
    computeTicks += times.compute
    memoryTicks += times.memory
    collector.add(op, work: work, traffic: traffic, unit: 0, from: time(start), to: time(tick))
  }

  private func burstCount(_ extent: Extent, _ burst: Int) -> Int {
    (extent.offset + extent.length - 1) / burst - extent.offset / burst + 1
  }

  private func time(_ tick: Int) -> Instant { clock.instant(of: Cycles(tick)) }

  /// The result, once the trace has ended.
  consuming func finish() -> SystemRun {
    var run = collector.run
    let statistics = memory.statistics
    let served =
      statistics.reads + statistics.writes + statistics.forwardedReads
      + statistics.coalescedWrites
    precondition(served == bursts, "the memory served \(served) of \(bursts) bursts")
    run.makespan = time(tick) - .zero
    run.causes = causes(statistics, total: run.makespan)
    run.peakBandwidth = memory.peakBandwidth
    run.bound = bound
    precondition(
      run.makespan + Duration(picoseconds: run.operatorCount) >= bound,
      "a run ended before its lower bound")
    run.memory = MemoryDetail(
      standard: memory.compiled.standard.name, channels: memory.mapping.channels,
      simulatedChannels: memory.simulatedChannels, rowHits: statistics.rowHits,
      rowMisses: statistics.rowMisses, rowConflicts: statistics.rowConflicts,
      bytesMoved: statistics.bytes, commands: statistics.commandCounts,
      energy: statistics.energy,
      readLatencyMean: statistics.latencyMean.map {
        Duration(picoseconds: Int($0 * 1e12 / Double(memory.tickRate.hertz)))
      })
    return run
  }

  /// The makespan by cause. Time spent waiting for the memory is split as the memory's busy time is;
  /// channels that had nothing to do do not count.
  private func causes(_ statistics: MemoryStatistics, total: Duration) -> CauseLedger {
    var shares = CauseLedger()
    for (cause, ticks) in statistics.causeTicks {
      guard cause != .queue, let charged = Cause(name: cause.rawValue) else { continue }
      shares.charge(Duration(picoseconds: ticks), to: charged)
    }
    if shares.total == .zero { shares = CauseLedger(.dramBus, Duration(picoseconds: 1)) }
    var ledger = CauseLedger()
    let all = computeTicks + memoryTicks + launchTicks + linkTicks
    guard all > 0 else { return ledger }
    func part(_ ticks: Int) -> Duration {
      Duration(picoseconds: multiplyDivideFloor(total.picoseconds, ticks, all))
    }
    ledger.charge(part(launchTicks), to: .launch)
    ledger.charge(part(linkTicks), to: .link)
    ledger.charge(part(computeTicks), to: .compute)
    ledger.add(shares.scaled(to: total - ledger.total))
    return ledger
  }
}
