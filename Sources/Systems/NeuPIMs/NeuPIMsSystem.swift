public import DRAM
internal import Devices
internal import SimulationCore
public import Units
public import Workload

/// NeuPIMs and its baselines: an NPU beside memory channels with PIM units, at command level.
///
/// Operators of a layer run in order on the NPU; attention of decode requests runs on the PIM units (or on the NPU).
/// With interleaving the batch is cut in two: while one half is on the NPU, the other is on the PIM units, by the
/// stage program A..F of the paper. One device of the tensor-parallel group is simulated, since all do the same; sums
/// over the group take the time of an all-reduce on the link. Each stage of a pipeline is simulated, with a memory of
/// its own (`StageExecutor+Pipeline`). Prompts run on the NPU alone, without interleaving.
/// Left out: arrivals, NoC and scratchpad ports.
public struct NeuPIMsSystem: TraceSystem {
  public let spec: NeuPIMsSpec
  let compiled: CompiledStandard

  /// Makes the system over a memory.
  ///
  /// - Throws: `SystemError`, `DeviceError` or `MemoryError` for parameters that do not fit.
  public init(spec: NeuPIMsSpec, memory: MemoryStandard) throws {
    try spec.validate()
    try memory.validate()
    guard memory.pim != nil else {
      throw SystemError("memory '\(spec.memory)' has no section 'pim'; use one with PIM units")
    }
    guard memory.clock == spec.clock.frequency else {
      throw SystemError(
        "clock.frequency must be that of the memory's commands, \(memory.clock.hertz) Hz")
    }
    self.spec = spec
    compiled = try CompiledStandard(memory)
  }

  public var name: String { spec.name }

  public var clock: ClockDomain {
    ClockDomain(name: spec.clock.name, frequency: spec.clock.frequency)
  }

  /// Devices of the tensor- and pipeline-parallel group.
  var devices: Int { spec.parallel.tensor * spec.parallel.pipeline }

  private var channels: Int { compiled.standard.organization.channels }

  /// All devices together.
  public var peakBandwidth: Bandwidth {
    let perChannel =
      compiled.standard.burst.bytes.count * compiled.standard.clock.hertz / compiled.burstTicks
    return Bandwidth(bytesPerSecond: perChannel * channels * devices)
  }

  public var capacity: ByteCount {
    let organization = compiled.standard.organization
    let bank = organization.rows * organization.columns * compiled.standard.burst.bytes.count
    return ByteCount(bank * compiled.bankCount * channels * devices)
  }

  public func matrixPeak(of dtype: DataType) -> ComputeRate? {
    guard dtype.bits == 16 else { return nil }
    return ComputeRate(
      flopsPerSecond: 2 * spec.npu.peak * spec.clock.frequency.hertz * devices)
  }

  public func limits(_ fidelity: Fidelity) -> [IdealLimit] {
    var limits: [IdealLimit] = [.tfaw, .row, .turnaround]
    if spec.refresh { limits.append(.refresh) }
    if spec.parallel.tensor > 1 && spec.npu.traffic.has(.reduction) || spec.parallel.pipeline > 1 {
      limits.append(.link)
    }
    if compiled.standard.pim?.powerLimitWatts != nil
      || compiled.standard.constraints.contains(where: { $0.limit == .power })
    {
      limits.append(.power)
    }
    if spec.attention.unit == .pim { limits.append(.balance) }
    return limits
  }

  public func check(_ fidelity: Fidelity) throws {
    guard fidelity == .cycle else {
      throw SystemError("system '\(name)' runs at command level only; use --fidelity cycle")
    }
  }

  public func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, options: RunOptions
  ) throws -> SystemRun {
    try check(options.fidelity)
    try options.checkLimits(of: name, limits(.cycle))
    var executor = try StageExecutor(system: self, options: options)
    while let op = try source.next() { try executor.add(op) }
    try executor.flush()
    return executor.finish()
  }
}
