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
  let grid: DeviceGrid
  /// The command-level model of a device's memory; nil where there is none.
  public let memory: CommandLevelMemory?

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
    self.memory = memory
    if let memory {
      let pins = memory.peakBandwidth.bytesPerSecond
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

  public func limits(_ fidelity: Fidelity) -> [IdealLimit] {
    let machine: [IdealLimit] = [.link, .power, .balance]
    return fidelity == .cycle ? [.refresh, .tfaw, .row, .turnaround] + machine : machine
  }

  /// Runs a trace.
  ///
  /// - Complexity: linear in the operators and their requests; memory for one step, the records that
  ///   are kept, and the critical path.
  public func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, options: RunOptions
  ) throws -> SystemRun {
    let limits = try RemovedLimits(options, system: name)
    var spec = spec
    limits.apply(to: &spec)
    let peak = try HybridDevice(spec: spec.device)
    let memory = try memory(for: options, limits)
    let device = try memory.map { try HybridDevice(spec: spec.device, memory: $0) } ?? peak
    var execution = try HybridExecution(
      spec: spec, device: device, grid: grid, limits: limits, layers: header.layers,
      options: options)
    // The same at peak rates, each choice the faster one, ends no later.
    var bound = try HybridExecution(
      spec: spec, device: peak, grid: grid, limits: limits, layers: header.layers,
      options: RunOptions(keepsOperators: false, slowest: 0))
    var totals = HybridTotals(
      spec: spec, grid: grid, spaces: execution.planner.spaces, table: memory?.commands,
      options: options)
    while let op = try source.next() {
      let ran = try execution.run(op)
      if memory != nil { _ = try bound.run(op) }
      totals.add(op, ran.planned, start: ran.start, end: ran.end, unit: ran.unit)
    }
    var run = totals.run
    run.makespan = execution.timeline.path.makespan
    run.causes = execution.timeline.path.causes
    for index in run.units.indices { run.units[index].busy = execution.timeline.busy[index] }
    let footprint = execution.planner.footprint
    run.footprint = footprint.footprint(devices: spec.devices)
    run.memorySpaces = zip(run.memorySpaces, footprint.records).map { moved, record in
      var record = record
      record.xpuTraffic = moved.xpuTraffic
      record.pimTraffic = moved.pimTraffic
      return record
    }
    run.placements = footprint.placements
    run.spaceOverflow = footprint.overflow
    if execution.planner.expertLoad.layers > 0 { run.experts = execution.planner.expertLoad }
    run.addedArea = spec.area
    if let memory {
      let refreshes = try memory.refreshes(in: run.makespan)
      run.commands = totals.commandRecords(refreshes: refreshes * spec.devices)
      run.noteCommandsOfPIM()
      let least = bound.timeline.path.makespan
      precondition(run.makespan >= least, "a run ended before its lower bound")
      run.bound = least
    }
    return run
  }

  public func check(_ fidelity: Fidelity) throws {
    guard fidelity == .analytic || memory != nil else {
      throw SystemError(
        "system '\(name)' has no cycle fidelity; add the key command_level or use --fidelity "
          + "analytic")
    }
  }

  /// The command-level memory as the options ask for it; nil at analytic fidelity.
  private func memory(
    for options: RunOptions, _ limits: RemovedLimits
  ) throws -> CommandLevelMemory? {
    try check(options.fidelity)
    guard options.fidelity == .cycle, let memory else { return nil }
    return try memory.with(
      CommandLevelOptions(
        channels: options.channels, reusesKernels: spec.commandLevel?.reusesKernels ?? true,
        without: limits.memory, refreshes: limits.refreshes))
  }
}
