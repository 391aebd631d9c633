public import SimulationCore
public import Units
public import Workload

/// A device with an xPU and, on its DRAM stacks, optionally units for processing in memory.
public struct HybridDeviceSpec: Hashable, Sendable, Codable {
  /// DRAM stacks.
  public var stacks: Int
  /// Each of the stacks.
  public var stack: StackSpec
  /// The xPU: rates and fixed costs of its operators.
  public var xpu: RooflineDeviceSpec
  /// Whether the xPU writes and reads the scores of attention; a fused kernel does not.
  public var chargesScores: Bool
  /// Kinds whose work and traffic are hidden in the kernel that makes their input, and cost nothing.
  public var epilogues: [OperatorKind]?
  /// The units in the stacks; a plain GPU has none.
  public var pim: PIMUnitSpec?
  /// Compute units and cache of the xPU, for cycle fidelity; without them it is a matrix rate.
  public var units: XPUUnitsSpec?

  public init(
    stacks: Int, stack: StackSpec, xpu: RooflineDeviceSpec, chargesScores: Bool = false,
    epilogues: [OperatorKind]? = nil, pim: PIMUnitSpec? = nil, units: XPUUnitsSpec? = nil
  ) {
    self.stacks = stacks
    self.stack = stack
    self.xpu = xpu
    self.chargesScores = chargesScores
    self.epilogues = epilogues
    self.pim = pim
    self.units = units
  }

  enum CodingKeys: String, CodingKey {
    case stacks, stack, xpu
    case chargesScores = "charges_scores"
    case epilogues, pim, units
  }
}

/// Which part of a hybrid device works.
public enum Processor: String, CaseIterable, Hashable, Sendable, Codable {
  case xpu, pim
}

/// What one kernel needs of the processor that it runs on.
public struct KernelWork: Hashable, Sendable {
  /// Operations of matrix products.
  public var matrix: Int
  /// Operations of pointwise and row-wise functions.
  public var vector: Int
  /// Bytes read.
  public var read: Int
  /// Bytes written.
  public var written: Int
  /// The one product that it is, where it is one.
  public var shape: ProductShape?

  public init(matrix: Int = 0, vector: Int = 0, read: Int = 0, written: Int = 0) {
    self.matrix = matrix
    self.vector = vector
    self.read = read
    self.written = written
  }

  /// Bytes moved.
  public var bytes: Int { read + written }

  /// All operations.
  public var flops: Int { matrix + vector }

  public static func += (left: inout KernelWork, right: KernelWork) {
    left.matrix += right.matrix
    left.vector += right.vector
    left.read += right.read
    left.written += right.written
    left.shape = nil
  }

  public static func * (left: KernelWork, right: Int) -> KernelWork {
    KernelWork(
      matrix: left.matrix * right, vector: left.vector * right, read: left.read * right,
      written: left.written * right)
  }

  /// A product of `m` rows with a k×n matrix, each operand moved once.
  public static func product(
    m: Int, k: Int, n: Int, weights: DataType, activations: DataType
  ) -> KernelWork {
    var work = KernelWork(
      matrix: 2 * m * k * n, read: weights.bytes(k * n) + activations.bytes(m * k),
      written: activations.bytes(m * n))
    work.shape = ProductShape(
      m: m, k: k, n: n, rowBytes: activations.bytes(m * k), columnBytes: weights.bytes(k * n))
    return work
  }
}

/// A hybrid device at analytic fidelity: each kernel takes the longest of its resource times.
///
/// Both processors see the whole memory at their own rate; with a command-level memory, its time takes
/// the place of bytes over bandwidth. Left out: tiles, partial waves, and the conflicts of xPU and PIM
/// on banks (the bank bundles keep them apart); rows and refresh without a command-level memory.
public struct HybridDevice: Sendable {
  /// The parameters.
  public let spec: HybridDeviceSpec
  /// The rate of all stacks at the pins.
  public let bandwidth: Bandwidth
  /// The rate of all stacks inside; nil without PIM.
  public let pimBandwidth: Bandwidth?
  /// The peak of all PIM modules; nil without PIM.
  public let pimRate: ComputeRate?
  private let roofline: RooflineDevice
  private let epilogues: Set<OperatorKind>
  private let memory: CommandLevelMemory?

  /// Makes a device.
  ///
  /// - Parameter memory: the command-level model of its memory; nil at analytic fidelity.
  /// - Throws: `DeviceError` for sizes or rates that are not positive.
  public init(
    spec: HybridDeviceSpec, memory: CommandLevelMemory? = nil
  ) throws(DeviceError) {
    self.memory = memory
    guard spec.stacks > 0, spec.stack.bandwidth.bytesPerSecond > 0, spec.stack.capacity.count > 0
    else { throw DeviceError("device: stacks, their capacity and bandwidth must be positive") }
    try spec.units?.validate()
    self.spec = spec
    bandwidth = Bandwidth(bytesPerSecond: spec.stacks * spec.stack.bandwidth.bytesPerSecond)
    roofline = try RooflineDevice(spec: spec.xpu, bandwidth: bandwidth)
    epilogues = Set(spec.epilogues ?? [])
    if let pim = spec.pim {
      guard pim.bandwidthMultiple > 0, pim.stackRate.flopsPerSecond > 0 else {
        throw DeviceError(
          "device.pim: bandwidth_multiple, modules, multipliers_per_module and frequency must be "
            + "positive")
      }
      guard pim.vectorRate?.flopsPerSecond ?? 1 > 0 else {
        throw DeviceError("device.pim.vector_rate must be positive")
      }
      if let limit = pim.powerLimit, !(limit > 0) {
        throw DeviceError("device.pim.power_limit_watts must be positive")
      }
      pimBandwidth = Bandwidth(
        bytesPerSecond: bandwidth.bytesPerSecond * pim.bandwidthMultiple)
      pimRate = ComputeRate(flopsPerSecond: spec.stacks * pim.stackRate.flopsPerSecond)
    } else {
      pimBandwidth = nil
      pimRate = nil
    }
  }

  /// What all stacks hold.
  public var capacity: ByteCount { spec.stack.capacity * spec.stacks }

  /// The peak of the xPU's matrix units, or nil when they do not take `dtype`.
  public func matrixRate(of dtype: DataType) -> ComputeRate? { roofline.matrixRate(of: dtype) }

  /// Whether operators of `kind` cost nothing.
  public func isEpilogue(_ kind: OperatorKind) -> Bool { epilogues.contains(kind) }

  /// Whether PIM can run a kernel of this element type.
  public func hasPIM(for dtype: DataType) -> Bool { spec.pim?.multiplies(dtype) ?? false }

  /// What xPU and PIM cost each other while both work; nil at analytic fidelity.
  public var contention: MemoryContention? { memory?.contention }

  /// The time and its cause on the xPU, without fixed costs.
  ///
  /// - Parameter isBundled: whether what it reads has the layout of PIM's operands, at cycle fidelity.
  /// - Throws: `DeviceError` when the xPU has no peak for `dtype`.
  public func xpuCost(
    _ work: KernelWork, dtype: DataType, isBundled: Bool = false
  ) throws(DeviceError) -> KernelCost {
    var compute = Duration.zero
    if work.matrix > 0 {
      guard let rate = roofline.matrixRate(of: dtype) else {
        throw DeviceError("device.xpu.matrix_rate has no peak for \(dtype.rawValue); add one")
      }
      compute = rate.duration(computing: work.matrix)
      if memory != nil, let units = spec.units, let shape = work.shape {
        compute = max(compute, units.duration(of: shape, rate: rate))
      }
    }
    if work.vector > 0, let rate = spec.xpu.vectorRate {
      compute = max(compute, rate.duration(computing: work.vector))
    }
    var cost = KernelCost(
      compute: compute, memory: bandwidth.duration(moving: ByteCount(work.bytes)))
    if let memory {
      cost.use(try HybridDevice.times { try memory.xpu(work, isBundled: isBundled) })
    }
    return cost
  }

  /// The work as the xPU does it: with what its cache makes it read again, at cycle fidelity.
  public func onXPU(_ work: KernelWork) -> KernelWork {
    guard memory != nil, let units = spec.units, let shape = work.shape else { return work }
    var work = work
    work.read += units.rereads(of: shape)
    return work
  }

  /// Times of the memory model, whose errors are the device's.
  private static func times(
    _ body: () throws -> KernelTraffic
  ) throws(DeviceError) -> KernelTraffic {
    do {
      return try body()
    } catch {
      throw DeviceError("\(error)")
    }
  }

  /// The fixed cost of starting an operator of `kind` on the xPU.
  public func launch(of kind: OperatorKind) -> Duration {
    spec.xpu.launchByKind?[kind.rawValue] ?? spec.xpu.launch ?? .zero
  }

  /// The time and its cause in the memory; vector work is done on the way by the units beside the
  /// modules, and takes time of its own only where they have a rate.
  ///
  /// - Precondition: the device has PIM.
  /// - Throws: `DeviceError` when the kernel's operands exceed the memory, at cycle fidelity.
  public func pimCost(
    _ work: KernelWork, energy: MemoryEnergySpec?
  ) throws(DeviceError) -> KernelCost {
    guard let pimBandwidth, let pimRate, let pim = spec.pim else {
      preconditionFailure("a kernel runs in a memory without PIM")
    }
    var compute = work.matrix > 0 ? pimRate.duration(computing: work.matrix) : .zero
    if work.vector > 0, let rate = pim.vectorRate {
      let all = ComputeRate(flopsPerSecond: rate.flopsPerSecond * spec.stacks)
      compute = max(compute, all.duration(computing: work.vector))
    }
    var cost = KernelCost(
      compute: compute, memory: pimBandwidth.duration(moving: ByteCount(work.bytes)))
    if let memory { cost.use(try HybridDevice.times { try memory.pim(work) }) }
    if let limit = pim.powerLimit, let energy {
      let picojoules = energy.access(bytes: work.bytes, on: .pim)
      let least = picojoules / (limit * Double(spec.stacks))
      cost.power = Duration(picoseconds: Int(least.rounded(.up)))
    }
    return cost
  }
}

/// The resource times of a kernel; they overlap.
public struct KernelCost: Hashable, Sendable {
  /// Arithmetic at its peak.
  public var compute: Duration
  /// Memory at its peak.
  public var memory: Duration
  /// What the memory's time goes on, where the command-level model says so.
  public private(set) var memoryCauses: CauseLedger?
  /// The commands of the memory; none where they are not simulated.
  public private(set) var commands = CommandTally()
  /// The least time that a power limit allows.
  public var power: Duration = .zero

  public init(compute: Duration, memory: Duration) {
    self.compute = compute
    self.memory = memory
  }

  /// Takes the memory's time from the command-level model.
  mutating func use(_ traffic: KernelTraffic) {
    memory = traffic.causes.total
    memoryCauses = traffic.causes
    commands = traffic.commands
  }

  /// What the duration goes on.
  public var causes: CauseLedger {
    if cause == .dramBus, let memoryCauses { return memoryCauses }
    return CauseLedger(cause, duration)
  }

  /// The longest of the times.
  public var duration: Duration { max(max(compute, memory), power) }

  /// The resource that decides; ties go to the memory.
  public var cause: Cause {
    if power > compute && power > memory { return .power }
    return memory >= compute ? .dramBus : .compute
  }
}
