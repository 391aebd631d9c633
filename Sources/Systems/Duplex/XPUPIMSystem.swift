public import Devices
internal import SimulationCore
public import Units
public import Workload

/// Equal devices with an xPU and processing in memory.
///
/// One representative device stands for all that do the same; where they differ (experts, requests
/// of data-parallel groups), the slowest decides and the excess over the mean is imbalance.
/// Left out: overlap of collectives with the work before them, congestion, micro-batches between
/// pipeline stages, and everything that `HybridDevice` leaves out.
public struct XPUPIMSystem: TraceSystem {
  /// The parameters.
  public let spec: XPUPIMSystemSpec
  /// Each of the devices.
  public let device: HybridDevice
  private let grid: DeviceGrid
  /// The same device with its memory at command level; nil where there is none.
  private let commandLevelDevice: HybridDevice?

  /// Makes the system.
  ///
  /// - Parameter memory: the command-level model of a device's memory, for cycle fidelity.
  /// - Throws: `DeviceError` or `SystemError` for parameters out of range.
  public init(spec: XPUPIMSystemSpec, memory: CommandLevelMemory? = nil) throws {
    guard spec.clock.frequency.hertz > 0, spec.clock.frequency.hertz <= 1_000_000_000_000 else {
      throw SystemError("clock.frequency must lie between 1 Hz and 1 THz")
    }
    for (key, link) in [("link", spec.link), ("node_link", spec.nodeLink ?? spec.link)]
    where link.bandwidth.bytesPerSecond <= 0 {
      throw SystemError("\(key).bandwidth must be positive")
    }
    let usesPIM =
      spec.separatePIMDevices ?? 0 > 0 || spec.schedule.decodeAttention == .pim
      || spec.schedule.experts == .pim
    guard !usesPIM || spec.device.pim != nil else {
      throw SystemError("the schedule places work on PIM; add the key device.pim")
    }
    if let efficiency = spec.schedule.splitEfficiency, !(efficiency > 0 && efficiency <= 1) {
      throw SystemError("schedule.split_efficiency must lie above 0 and at most at 1")
    }
    guard spec.device.pim?.powerLimit == nil || spec.energy?.isEmpty == false else {
      throw SystemError("device.pim.power_limit_watts needs coefficients; add the key energy")
    }
    guard spec.schedule.expertTensorReductions > 0 else {
      throw SystemError("schedule.expert_tensor_reductions must be positive")
    }
    if let spaces = spec.schedule.memorySpaces, spaces < 1 {
      throw SystemError("schedule.memory_spaces must be positive")
    }
    self.spec = spec
    device = try HybridDevice(spec: spec.device)
    commandLevelDevice = try memory.map { try HybridDevice(spec: spec.device, memory: $0) }
    if let memory {
      let pins = try memory.peakBandwidth().bytesPerSecond
      let declared = device.bandwidth.bytesPerSecond
      guard abs(pins - declared) <= declared / 1000 else {
        throw SystemError(
          "command_level.memory has \(pins) B/s and device.stack.bandwidth gives \(declared) B/s; "
            + "make them equal")
      }
    }
    grid = try DeviceGrid(spec: spec)
  }

  public var name: String { spec.name }

  public var clock: ClockDomain {
    ClockDomain(name: spec.clock.name, frequency: spec.clock.frequency)
  }

  public var peakBandwidth: Bandwidth {
    Bandwidth(bytesPerSecond: spec.devices * device.bandwidth.bytesPerSecond)
  }

  public var capacity: ByteCount { device.capacity * spec.devices }

  /// The peak of all xPUs and all PIM modules together.
  public func matrixPeak(of dtype: DataType) -> ComputeRate? {
    guard let xpu = device.matrixRate(of: dtype) else { return nil }
    let pim = device.hasPIM(for: dtype) ? device.pimRate?.flopsPerSecond ?? 0 : 0
    return ComputeRate(flopsPerSecond: spec.devices * (xpu.flopsPerSecond + pim))
  }

  /// Runs a trace.
  ///
  /// - Complexity: linear in the operators and their requests; memory for one step, the records that
  ///   are kept, and the critical path.
  public func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, options: RunOptions
  ) throws -> SystemRun {
    try options.checkLimits(of: name, [])
    var device = device
    if options.fidelity == .cycle {
      guard let commandLevelDevice else {
        throw SystemError(
          "system '\(name)' has no cycle fidelity; add the key command_level or use --fidelity "
            + "analytic")
      }
      device = commandLevelDevice
    }
    var planner = HybridPlanner(spec: spec, device: device, grid: grid)
    var timeline = HybridTimeline(stages: grid.pipeline)
    var totals = HybridTotals(spec: spec, grid: grid, options: options)
    var stage = 0
    while let op = try source.next() {
      let next = try self.stage(of: op, current: stage, header: header)
      planner.enter(stage: next)
      var planned = try planner.plan(op)
      if next != stage, next > 0 {
        // Activations move to the devices of the next layers.
        let bytes = op.inputs.reduce(0) { $0 + ($1.role == .activation ? $1.bytes.count : 0) }
        planned.prependSend(of: bytes, link: planner.link(spanning: spec.devices))
      }
      stage = next
      let ran = timeline.run(op, planned, stage: stage)
      totals.add(op, planned, start: ran.start, end: ran.end, unit: ran.unit)
    }
    var run = totals.run
    run.makespan = timeline.path.makespan
    run.causes = timeline.path.causes
    for index in run.units.indices { run.units[index].busy = timeline.busy[index] }
    run.footprint = planner.footprint.footprint(devices: spec.devices)
    if planner.expertLoad.layers > 0 { run.experts = planner.expertLoad }
    run.addedArea = spec.area
    return run
  }

  /// The pipeline stage of an operator: layers in equal groups, the embedding first, the head last.
  private func stage(of op: Operator, current: Int, header: TraceHeader) throws -> Int {
    guard grid.pipeline > 1 else { return 0 }
    guard let layer = op.layer else {
      return op.kind == .embedding ? 0 : current
    }
    guard header.layers >= grid.pipeline else {
      throw SystemError(
        "parallelism.pipeline (\(grid.pipeline)) exceeds the \(header.layers) layers of the trace")
    }
    return min(grid.pipeline - 1, layer * grid.pipeline / header.layers)
  }
}

extension PlannedOperator {
  /// Puts a move over a link in front.
  mutating func prependSend(of bytes: Int, link: LinkSpec) {
    guard bytes > 0 else { return }
    let time = link.latency + link.bandwidth.duration(moving: ByteCount(bytes))
    groups.insert([.link(time)], at: 0)
    linkBytes += bytes
  }
}
