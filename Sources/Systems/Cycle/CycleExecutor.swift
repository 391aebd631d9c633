internal import DRAM
internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// A device whose operators run as tiles: load, compute, store.
protocol TiledDevice {
  /// What an operator costs, and the bytes that it reads beyond reading each once.
  func tiledCost(
    of op: Operator, work: OperatorWork, traffic: OperatorTraffic
  ) throws -> (cost: OperatorCost, restreamed: ByteCount)
  /// The bytes of one of its two buffers.
  var tile: ByteCount { get }
}

extension RooflineDevice: TiledDevice {
  func tiledCost(
    of op: Operator, work: OperatorWork, traffic: OperatorTraffic
  ) throws -> (cost: OperatorCost, restreamed: ByteCount) {
    (try cost(of: op, work: work, traffic: traffic), .zero)
  }

  var tile: ByteCount { spec.tile ?? RooflineDeviceSpec.defaultTile }
}

/// Runs operators one after the other, with their traffic in a command-level memory.
///
/// Each operator has the device for itself, as at analytic fidelity; its loads overlap its own
/// arithmetic through double buffering, and it ends when its last result is in memory. What the two
/// fidelities disagree on is therefore the memory alone.
struct CycleExecutor {
  private let device: any TiledDevice
  private let link: LinkSpec?
  private let linkIsFree: Bool
  private let name: String
  private let memory: MemorySystem
  private let clock: ClockDomain
  private let map: MemoryMap
  private let tile: Int
  private var tick = 0
  private var bursts = 0
  private var bound: CycleBound
  private var ledger = CauseLedger()
  /// Ticks by cause of the memory up to the operator before.
  private var causeTicks: [Int]
  private var collector: RunCollector

  init(
    name: String, device: any TiledDevice, link: LinkSpec?, memory: MemorySystem,
    options: RunOptions
  ) {
    self.device = device
    self.link = link
    self.name = name
    linkIsFree = options.ideal.contains(.link)
    self.memory = memory
    clock = ClockDomain(name: "memory", frequency: memory.tickRate)
    map = MemoryMap(capacity: memory.capacity.count)
    tile = device.tile.count
    bound = CycleBound(device: device, link: link, name: name, peak: memory.peakBandwidth)
    causeTicks = memory.causeTicks
    collector = RunCollector(units: [name, "link"], options: options)
  }

  /// Runs one operator behind those before.
  ///
  /// - Throws: `DeviceError`, `SystemError` or `MemoryError` when it cannot run here.
  mutating func run(_ op: Operator) throws {
    let work = op.work
    var traffic = op.traffic
    let start = tick
    if case .collective(let collective) = op.operation {
      guard let link else { throw SystemError.missingLink(op, system: name) }
      let duration = linkIsFree ? .zero : link.duration(of: collective)
      tick += clock.cycles(covering: duration).count
      bound.add(link: duration)
      let charge = CauseLedger(.link, time(tick) - time(start))
      ledger.add(charge)
      collector.add(
        op, work: work, traffic: traffic, unit: 1, from: time(start), to: time(tick),
        causes: charge)
      return
    }
    let (cost, restreamed) = try device.tiledCost(of: op, work: work, traffic: traffic)
    let launch = clock.cycles(covering: cost.launch).count
    let arithmetic = max(cost.matrix, cost.vector)
    bound.add(cost, bytes: traffic.total)

    var reads = map.extents(of: op, isWrite: false)
    if restreamed > .zero {
      reads += map.keyValueExtents(of: op, repeatedTo: restreamed.count)
      traffic.read += restreamed
    }
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
    let charges = causes(launched: start + launch, from: start, compute: times.compute)
    ledger.add(charges)
    collector.add(
      op, work: work, traffic: traffic, unit: 0, from: time(start), to: time(tick),
      causes: charges)
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
    run.causes = ledger
    run.peakBandwidth = memory.peakBandwidth
    run.bound = bound.time
    precondition(ledger.total == run.makespan, "causes miss or repeat time")
    precondition(run.makespan >= bound.time, "a run ended before its lower bound")
    run.memory = MemoryDetail(
      standard: memory.compiled.standard.name, channels: memory.mapping.channels,
      simulatedChannels: memory.simulatedChannels, rowHits: statistics.rowHits,
      rowMisses: statistics.rowMisses, rowConflicts: statistics.rowConflicts,
      bytesMoved: statistics.bytes, commands: statistics.commandCounts,
      energy: statistics.energy, energyByPath: statistics.energyByPath,
      readLatencyMean: statistics.latencyMean.map {
        Duration(picoseconds: Int($0 * 1e12 / Double(memory.tickRate.hertz)))
      },
      readLatencies: latencies(statistics), busUtilization: statistics.busUtilization,
      series: bytes(statistics.series),
      channelSeries: memory.representatives.map { ($0, bytes(memory.series(channel: $0))) })
    return run
  }

  private func bytes(_ series: BandwidthSeries) -> MemoryDetail.Series {
    let burst = memory.compiled.standard.burst.bytes.count
    return MemoryDetail.Series(
      window: duration(series.window), bytes: series.bursts.map { ByteCount($0 * burst) })
  }

  private func duration(_ ticks: Int) -> Duration { time(ticks) - .zero }

  private func latencies(_ statistics: MemoryStatistics) -> MemoryDetail.ReadLatencies? {
    guard let median = statistics.latencyPercentile(50), let tail = statistics.latencyPercentile(99)
    else { return nil }
    return MemoryDetail.ReadLatencies(
      median: duration(median), percentile99: duration(tail),
      maximum: duration(statistics.latencyMaximum),
      buckets: statistics.latencyBuckets.map { (duration($0.upTo), $0.reads) })
  }

  /// The time of the operator that just ended, by cause. What it waited for the memory is split as the channels spent
  /// their time meanwhile; channels that had nothing to do do not count.
  private mutating func causes(launched: Int, from start: Int, compute: Int) -> CauseLedger {
    var shares = CauseLedger()
    let before = causeTicks
    causeTicks = memory.causeTicks
    for (index, cause) in MemoryCause.allCases.enumerated() where cause != .queue {
      guard let charged = Cause(name: cause.rawValue) else { continue }
      shares.charge(Duration(picoseconds: causeTicks[index] - before[index]), to: charged)
    }
    if shares.total == .zero { shares = CauseLedger(.dramBus, Duration(picoseconds: 1)) }
    var charges = CauseLedger(.launch, time(launched) - time(start))
    let rest = time(tick) - time(launched)
    if tick > launched {
      charges.charge(
        Duration(
          picoseconds: multiplyDivideFloor(rest.picoseconds, compute, tick - launched)),
        to: .compute)
    }
    charges.add(shares.scaled(to: time(tick) - time(start) - charges.total))
    return charges
  }
}
