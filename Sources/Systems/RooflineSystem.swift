public import DRAM
public import Devices
internal import SimulationCore
public import Units
public import Workload

/// The memory of a device.
public struct MemorySpec: Hashable, Sendable, Codable {
  /// How much it holds.
  public var capacity: ByteCount
  /// Its peak rate.
  public var bandwidth: Bandwidth
  /// The command-level memory that stands for it at cycle fidelity; without it there is none.
  public var dram: CommandLevelMemorySpec?

  public init(
    capacity: ByteCount, bandwidth: Bandwidth, dram: CommandLevelMemorySpec? = nil
  ) {
    self.capacity = capacity
    self.bandwidth = bandwidth
    self.dram = dram
  }
}

/// The clock in which a result counts cycles beside time.
public struct ClockSpec: Hashable, Sendable, Codable {
  public var name: String
  public var frequency: Frequency

  public init(name: String, frequency: Frequency) {
    self.name = name
    self.frequency = frequency
  }
}

/// One device with a memory, optionally with links for the collectives of imported traces.
public struct RooflineSystemSpec: Hashable, Sendable, Codable {
  /// The name in results.
  public var name: String
  /// Where the numbers come from.
  public var source: String
  /// The discriminator of system types.
  public var type: SystemType
  public var clock: ClockSpec
  public var device: RooflineDeviceSpec
  public var memory: MemorySpec
  public var link: LinkSpec?

  public init(
    name: String, source: String, clock: ClockSpec, device: RooflineDeviceSpec,
    memory: MemorySpec, link: LinkSpec? = nil
  ) {
    self.name = name
    self.source = source
    type = .roofline
    self.clock = clock
    self.device = device
    self.memory = memory
    self.link = link
  }
}

/// A device that runs one operator at a time, in trace order, at roofline speed; collectives run on
/// the links beside it.
public struct RooflineSystem: TraceSystem {
  /// The parameters.
  public let spec: RooflineSystemSpec
  /// The device.
  public let device: RooflineDevice
  let standard: MemoryStandard?

  /// Makes the system.
  ///
  /// - Parameter standard: the standard that `memory.dram` names, for cycle fidelity.
  /// - Throws: `DeviceError` or `SystemError` for parameters out of range.
  public init(spec: RooflineSystemSpec, standard: MemoryStandard? = nil) throws {
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
    device = try RooflineDevice(spec: spec.device, bandwidth: spec.memory.bandwidth)
  }

  public var name: String { spec.name }

  public var clock: ClockDomain {
    ClockDomain(name: spec.clock.name, frequency: spec.clock.frequency)
  }

  public var peakBandwidth: Bandwidth { spec.memory.bandwidth }

  public var capacity: ByteCount { spec.memory.capacity }

  public func matrixPeak(of dtype: DataType) -> ComputeRate? { device.matrixRate(of: dtype) }

  public func limits(_ fidelity: Fidelity) -> [IdealLimit] {
    fidelity == .cycle ? overMemory.limits : []
  }

  /// Runs a trace.
  ///
  /// - Complexity: at analytic fidelity linear in the operators, with memory for the window, the
  ///   records that are kept, and 56 bytes an operator for the critical path; at cycle fidelity also
  ///   linear in the bursts that cannot be coalesced.
  public func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, options: RunOptions
  ) throws -> SystemRun {
    if options.replaysMeasured, options.fidelity == .cycle {
      throw SystemError("measured durations are replayed at analytic fidelity only")
    }
    if options.fidelity == .cycle { return try overMemory.run(source, options: options) }
    guard options.ideal.isEmpty else {
      throw SystemError("--ideal removes limits of the command-level memory; add --fidelity cycle")
    }
    var simulation = Simulation()
    let clock = simulation.addClock(.picosecond)
    var executor = InOrderExecutor(
      source: source,
      planner: RooflinePlanner(system: self, replaysMeasured: options.replaysMeasured),
      clock: clock,
      units: [deviceUnitName, "link"], keepsOperators: options.keepsOperators,
      slowest: options.slowest)
    executor.start(&simulation)
    simulation.run(&executor)
    return try executor.finish()
  }

  public func check(_ fidelity: Fidelity) throws {
    if fidelity == .cycle { _ = try overMemory.present() }
  }

  private var overMemory: DeviceOverMemory {
    DeviceOverMemory(
      name: name, device: device, link: spec.link, memory: spec.memory.dram, standard: standard)
  }

  /// The unit that runs everything but collectives.
  var deviceUnitName: String { spec.name }
}

/// Chooses the unit of each operator and computes its cost.
struct RooflinePlanner: OperatorPlanner {
  let system: RooflineSystem
  let replaysMeasured: Bool

  func plan(
    _ op: Operator, work: OperatorWork, traffic: OperatorTraffic
  ) throws -> OperatorPlan {
    // An operator of which nothing but its duration is known has no other time.
    let isUnknown = work.flops == 0 && traffic.total == .zero && op.kind != .collective
    if let measured = op.measured, replaysMeasured || isUnknown {
      // What the time went on is not known; it counts as computing.
      return OperatorPlan(
        unit: op.kind == .collective ? 1 : 0, cost: OperatorCost(matrix: measured.duration))
    }
    if case .collective(let collective) = op.operation {
      guard let link = system.spec.link else {
        throw SystemError.missingLink(op, system: system.name)
      }
      return OperatorPlan(unit: 1, cost: OperatorCost(link: link.duration(of: collective)))
    }
    return OperatorPlan(
      unit: 0, cost: try system.device.cost(of: op, work: work, traffic: traffic))
  }
}

extension SystemError {
  /// A collective on a system without links.
  static func missingLink(_ op: Operator, system: String) -> SystemError {
    SystemError(
      "operator \(op.id) ('\(op.name)') is a collective, and system '\(system)' has no link; add the "
        + "key 'link' with bandwidth and latency")
  }
}
