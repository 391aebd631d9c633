public import DRAM
public import Devices
internal import SimulationCore
public import Units
public import Workload

/// What a streaming device did, beside what every system reports.
public struct StreamingRecord: Hashable, Sendable {
  /// Attention operators that ran on the fabric, and the cycles of all.
  public var operators = 0
  public var cycles = 0
  /// Pipelines that the operator with the most of them used.
  public var pipelines = 0
  /// FIFO peaks and node state of the operator with the most.
  public var intermediateBytes = 0
  /// Bytes of K and V that were streamed again; a part of the bytes read.
  public var restreamedBytes = ByteCount.zero
}

/// A streaming dataflow device as a system: attention on the fabric, the rest on map and reduce
/// units, one operator at a time in trace order; collectives run on the links beside it.
public struct StreamingSystem: TraceSystem {
  /// The parameters.
  public let spec: StreamingSystemSpec
  /// The device.
  public let device: StreamingDevice
  private let standard: MemoryStandard?

  /// Makes the system.
  ///
  /// - Parameter standard: the standard that `memory.dram` names, for cycle fidelity.
  /// - Throws: `DeviceError` or `SystemError` for parameters out of range.
  public init(spec: StreamingSystemSpec, standard: MemoryStandard? = nil) throws {
    guard spec.clock.frequency.hertz > 0, spec.clock.frequency.hertz <= 1_000_000_000_000 else {
      throw SystemError("clock.frequency must lie between 1 Hz and 1 THz")
    }
    guard spec.memory.capacity.count > 0 else {
      throw SystemError("memory.capacity must be positive")
    }
    if let link = spec.link, link.bandwidth.bytesPerSecond <= 0 {
      throw SystemError("link.bandwidth must be positive")
    }
    self.spec = spec
    self.standard = standard
    device = try StreamingDevice(
      spec: spec.fabric, mapReduce: spec.mapReduce,
      clock: ClockDomain(name: spec.clock.name, frequency: spec.clock.frequency),
      bandwidth: spec.memory.bandwidth)
  }

  public var name: String { spec.name }

  public var clock: ClockDomain { device.clock }

  public var peakBandwidth: Bandwidth { spec.memory.bandwidth }

  public var capacity: ByteCount { spec.memory.capacity }

  public func matrixPeak(of dtype: DataType) -> ComputeRate? { device.units.matrixRate(of: dtype) }

  public func limits(_ fidelity: Fidelity) -> [IdealLimit] {
    fidelity == .cycle ? overMemory(StreamingCosts(self)).limits : []
  }

  /// Runs a trace.
  ///
  /// - Complexity: as `RooflineSystem`; attention of requests of the same lengths is run on the
  ///   fabric once.
  public func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, options: RunOptions
  ) throws -> SystemRun {
    let costs = StreamingCosts(self)
    var run: SystemRun
    if options.fidelity == .cycle {
      run = try overMemory(costs).run(source, options: options)
    } else {
      guard options.ideal.isEmpty else {
        throw SystemError(
          "--ideal removes limits of the command-level memory; add --fidelity cycle")
      }
      var simulation = Simulation()
      let clock = simulation.addClock(.picosecond)
      var executor = InOrderExecutor(
        source: source, planner: costs, clock: clock, units: [name, "link"],
        keepsOperators: options.keepsOperators, slowest: options.slowest)
      executor.start(&simulation)
      simulation.run(&executor)
      run = try executor.finish()
      run.bound = costs.bound
      precondition(run.makespan >= costs.bound, "a run ended before its lower bound")
    }
    run.streaming = costs.record
    return run
  }

  public func check(_ fidelity: Fidelity) throws {
    if fidelity == .cycle { _ = try commandLevelMemory }
  }

  var commandLevelMemory: (spec: CommandLevelMemorySpec, standard: MemoryStandard) {
    get throws { try overMemory(StreamingCosts(self)).present() }
  }

  private func overMemory(_ costs: StreamingCosts) -> DeviceOverMemory {
    DeviceOverMemory(
      name: name, device: costs, link: spec.link, memory: spec.memory.dram, standard: standard)
  }
}

/// Costs of operators on a streaming device; attention of equal requests is reckoned once.
final class StreamingCosts: OperatorPlanner, TiledDevice {
  private struct AttentionKey: Hashable {
    var attention: Attention
    var requests: [RequestRun]
    var bytes: Int
  }

  private let system: StreamingSystem
  private var known: [AttentionKey: StreamingAttentionCost] = [:]
  private(set) var record = StreamingRecord()
  /// Every operator on the device at its peaks, one after the other.
  private(set) var bound = Duration.zero

  init(_ system: StreamingSystem) {
    self.system = system
  }

  var tile: ByteCount { system.spec.mapReduce.tile ?? RooflineDeviceSpec.defaultTile }

  func plan(
    _ op: Operator, work: OperatorWork, traffic: OperatorTraffic
  ) throws -> OperatorPlan {
    if case .collective(let collective) = op.operation {
      guard let link = system.spec.link else {
        throw SystemError.missingLink(op, system: system.name)
      }
      return OperatorPlan(unit: 1, cost: OperatorCost(link: link.duration(of: collective)))
    }
    let (cost, restreamed) = try tiledCost(of: op, work: work, traffic: traffic)
    bound +=
      cost.launch
      + max(
        max(cost.matrix, cost.vector), system.device.bandwidth.duration(moving: traffic.total))
    return OperatorPlan(unit: 0, cost: cost, restreamed: restreamed)
  }

  func tiledCost(
    of op: Operator, work: OperatorWork, traffic: OperatorTraffic
  ) throws -> (cost: OperatorCost, restreamed: ByteCount) {
    guard case .attention(let attention) = op.operation, attention.part == .whole else {
      return (try system.device.units.cost(of: op, work: work, traffic: traffic), .zero)
    }
    let type = op.inputs.first { $0.role == .kv }?.dtype ?? op.computeType
    // Where requests lie and who they are changes nothing.
    let requests = op.requests.map {
      RequestRun(first: 0, count: $0.count, query: $0.query, kv: $0.kv)
    }
    let key = AttentionKey(attention: attention, requests: requests, bytes: type.bytes(1))
    let cost: StreamingAttentionCost
    if let seen = known[key] {
      cost = seen
    } else {
      cost = try system.device.attention(attention, requests, kvBytes: key.bytes)
      known[key] = cost
    }
    record.operators += 1
    record.cycles += cost.cycles
    record.pipelines = max(record.pipelines, cost.pipelines)
    record.intermediateBytes = max(record.intermediateBytes, cost.intermediateBytes)
    record.restreamedBytes += cost.restreamed
    // The launch of an operator of this kind is that of the units.
    let launch = try system.device.units.cost(
      of: op, work: OperatorWork(), traffic: OperatorTraffic()
    ).launch
    let fabric = system.clock.instant(of: Cycles(cost.cycles)) - Instant.zero
    return (
      OperatorCost(
        launch: launch, matrix: fabric,
        memory: system.device.bandwidth.duration(moving: traffic.total + cost.restreamed)),
      cost.restreamed
    )
  }
}
