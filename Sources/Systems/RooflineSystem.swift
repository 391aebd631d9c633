public import Devices
internal import SimulationCore
public import Units
public import Workload

/// The memory of a device at analytic fidelity.
public struct MemorySpec: Hashable, Sendable, Codable {
  /// How much it holds.
  public var capacity: ByteCount
  /// Its peak rate.
  public var bandwidth: Bandwidth

  public init(capacity: ByteCount, bandwidth: Bandwidth) {
    self.capacity = capacity
    self.bandwidth = bandwidth
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

  /// Makes the system.
  ///
  /// - Throws: `DeviceError` or `SystemError` for parameters out of range.
  public init(spec: RooflineSystemSpec) throws {
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
    device = try RooflineDevice(spec: spec.device, bandwidth: spec.memory.bandwidth)
  }

  public var name: String { spec.name }

  public var clock: ClockDomain {
    ClockDomain(name: spec.clock.name, frequency: spec.clock.frequency)
  }

  public var peakBandwidth: Bandwidth { spec.memory.bandwidth }

  public var capacity: ByteCount { spec.memory.capacity }

  public func matrixPeak(of dtype: DataType) -> ComputeRate? { device.matrixRate(of: dtype) }

  /// Runs a trace at analytic fidelity.
  ///
  /// - Complexity: linear in the operators; memory for the window, the records that are kept, and 56
  ///   bytes an operator for the critical path.
  public func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, options: RunOptions
  ) throws -> SystemRun {
    guard options.fidelity == .analytic else {
      throw SystemError(
        "system '\(name)' has no \(options.fidelity.rawValue) fidelity; use --fidelity analytic")
    }
    var simulation = Simulation()
    let clock = simulation.addClock(.picosecond)
    var executor = InOrderExecutor(
      source: source, planner: RooflinePlanner(system: self), clock: clock,
      units: [deviceUnitName, "link"], keepsOperators: options.keepsOperators,
      slowest: options.slowest)
    executor.start(&simulation)
    simulation.run(&executor)
    return try executor.finish()
  }

  /// The unit that runs everything but collectives.
  var deviceUnitName: String { spec.name }
}

/// Chooses the unit of each operator and computes its cost.
struct RooflinePlanner: OperatorPlanner {
  let system: RooflineSystem

  func plan(
    _ op: Operator, work: OperatorWork, traffic: OperatorTraffic
  ) throws -> OperatorPlan {
    if case .collective(let collective) = op.operation {
      guard let link = system.spec.link else {
        throw SystemError(
          "operator \(op.id) ('\(op.name)') is a collective, and system '\(system.spec.name)' has "
            + "no link; add the key 'link' with bandwidth and latency")
      }
      return OperatorPlan(unit: 1, cost: OperatorCost(link: link.duration(of: collective)))
    }
    return OperatorPlan(
      unit: 0, cost: try system.device.cost(of: op, work: work, traffic: traffic))
  }
}
