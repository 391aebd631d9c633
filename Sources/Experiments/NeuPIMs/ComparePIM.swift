internal import Configuration
internal import DRAM
internal import Devices
internal import Numerics
internal import SimulationCore
internal import Systems
internal import Units
internal import Workload

/// A system with PIM whose units compute compared kernels: their values in its order, their times from its commands.
public struct ComparePIMDevice: Sendable {
  private enum Machine: Sendable {
    /// Multipliers at banks beside an NPU: one device, heads are not divided.
    case npu(NeuPIMsSystem, CompiledStandard)
    /// Units behind bundles of banks beside an xPU.
    case xpu(XPUPIMSystem, CommandLevelMemory, PIMOrder)
  }

  private let machine: Machine

  /// Loads the system that a configuration names as a single device, without sub-batches; nil when it has no PIM.
  ///
  /// - Throws: `ConfigurationError`, `SystemError`, `CompareError` or `MemoryError`.
  public init?(_ reference: String) throws {
    let plain = try SystemLoader.configuration(reference, overrides: [])
    switch try plain["type"]?.decode(SystemType.self) {
    case .npuPIM:
      let node = try SystemLoader.configuration(
        reference,
        overrides: [
          "parallel.tensor=1", "attention.interleaves=false", "attention.unit=pim",
          "attention.balance=round_robin",
        ])
      guard let system = try SystemLoader.load(node) as? NeuPIMsSystem else { return nil }
      machine = .npu(
        system,
        try CompiledStandard(StandardLoader.load(system.spec.memory)))
    case .xpuPIM:
      let spec = try plain.decode(XPUPIMSystemSpec.self)
      guard spec.device.pim != nil, spec.commandLevel?.pim != nil else { return nil }
      let node = try SystemLoader.configuration(
        reference, overrides: ["devices=1", "schedule.decode_attention=pim"])
      guard let system = try SystemLoader.load(node) as? XPUPIMSystem,
        let units = system.spec.device.pim, let memory = system.memory,
        let name = system.spec.commandLevel?.pim, let standard = system.spec.commandLevel?.memory
      else { return nil }
      let order = try Self.order(
        units, stacks: system.spec.device.stacks,
        StandardLoader.load(standard),
        PresetLibrary.load(name, kind: .devices).decode(BundleDesign.self))
      machine = .xpu(system, memory, order)
    default: return nil
    }
  }

  private var system: any TraceSystem {
    switch machine {
    case .npu(let system, _): system
    case .xpu(let system, _, _): system
    }
  }

  var name: String { system.name }
  var clock: ClockDomain { system.clock }

  /// The order of units behind bundles: a burst of 16-bit elements is a column step.
  private static func order(
    _ units: PIMUnitSpec, stacks: Int, _ standard: MemoryStandard, _ design: BundleDesign
  ) throws -> PIMOrder {
    let channels = standard.organization.channels
    let perChannel = max(1, units.modules * stacks / channels)
    guard perChannel <= design.banks, design.banks % perChannel == 0 else {
      throw CompareError(
        "\(design.name): \(design.banks) banks of a bundle do not divide among the \(perChannel) units of a channel"
      )
    }
    let lanes = standard.burst.bytes.count / 2
    return PIMOrder(
      lanes: lanes, rowElements: standard.organization.columns * lanes, vectorLanes: lanes,
      dealing: PIMDealing(
        channels: channels, banks: design.banks, banksPerUnit: design.banks / perChannel))
  }

  /// The order in which a shape's products are added.
  ///
  /// - Throws: `MemoryError` for a head that no row holds.
  func order(_ shape: AttentionShape) throws -> PIMOrder {
    switch machine {
    case .npu(let system, let compiled):
      let layout = try layout(shape, compiled)
      return PIMOrder(
        lanes: layout.lanes, rowElements: layout.rowElements,
        vectorLanes: system.spec.npu.vector.lanes)
    case .xpu(_, _, let order): return order
    }
  }

  private func layout(
    _ shape: AttentionShape, _ compiled: CompiledStandard
  ) throws -> AttentionLayout {
    try AttentionLayout(compiled, heads: shape.kvHeads, headDimension: shape.dimension)
  }

  /// The time of the products with keys or values alone, without other traffic.
  ///
  /// On NeuPIMs on one channel, rows and a group's heads one after the other; behind bundles over the whole device, the
  /// queries of a group together.
  func time(of kernel: PIMKernel, _ shape: AttentionShape) throws -> Duration {
    switch machine {
    case .npu(let system, let compiled):
      let passes = shape.rows * (shape.heads / shape.kvHeads)
      let phases = try runPIMAttention(
        compiled,
        PIMConfiguration(rowHold: system.spec.attention.rowHold, refreshes: system.spec.refresh),
        layout: layout(shape, compiled),
        requests: Array(repeating: ChannelRequest(tokens: shape.keys, channel: 0), count: passes),
        channels: 1, isSequence: false)
      let cycles = kernel == .key ? phases.keyPhaseCycles : phases.valuePhaseCycles
      return clock.instant(of: Cycles(cycles)) - .zero
    case .xpu(_, let memory, _):
      let bytes = shape.kvHeads * shape.keys * shape.dimension * 2 * shape.rows
      return try memory.pim(KernelWork(read: bytes)).causes.total
    }
  }

  /// The time of whole attention in the system: keys, softmax, probabilities, values, results.
  func attentionTime(_ shape: AttentionShape) throws -> Duration {
    var heads = shape.kvHeads
    var passes = shape.rows * (shape.heads / shape.kvHeads)
    if case .xpu = machine { (heads, passes) = (shape.heads, shape.rows) }
    let runs = [RequestRun(first: 0, count: passes, query: 1, kv: shape.keys)]
    let op = Operator(
      id: 0, name: "attention",
      operation: .attention(
        Attention(heads: heads, kvHeads: shape.kvHeads, headDim: shape.dimension)),
      layer: 0, phase: .decode, requests: runs,
      outputs: [
        Tensor(
          id: 0, name: "out", shape: [passes, heads * shape.dimension], dtype: .f16,
          role: .activation, address: 0)
      ])
    return try system.run(
      OperatorSequence([op]),
      header: TraceHeader(model: "attention", dtype: DataType.f16.rawValue, generator: "compare"),
      options: RunOptions(fidelity: .cycle, keepsOperators: false, slowest: 0)
    ).makespan
  }
}

extension Compare {
  /// Kernels that run on the units of a system with PIM.
  public static let pimKernelNames = PIMKernel.allCases.map(\.rawValue)

  /// Runs a kernel on PIM: values in the order of lanes and rows, cycles from the commands of the same system.
  ///
  /// - Throws: `CompareError` without a system with PIM, for formats that it does not have, or for masks.
  func run(_ kernel: PIMKernel, on input: CompareInput) throws -> CompareRow {
    guard let pim else {
      throw CompareError(
        "\(kernel.rawValue) runs on a system with PIM; give one, such as --device neupims")
    }
    guard precision.storage.bytes == 2 else {
      throw CompareError(
        "\(kernel.rawValue): the units take 16-bit elements; use --dtype f16 or bf16")
    }
    let shape = input.problem.shape
    let output = try kernel.run(input.problem, order: pim.order(shape), precision: precision)
    let reference =
      kernel == .attention
      ? input.reference ?? kernel.reference(input.problem, precision: precision)
      : kernel.reference(input.problem, precision: precision)
    // Scores of whole attention are read out in 16 bits, so they are sums of 16 bits as other kernels have them.
    let scores = AttentionPrecision(storage: precision.storage, accumulator: precision.storage)
    var row = judge(
      output, reference, kernel.rawValue, input.name,
      default: .standard(kernel == .attention ? scores : precision))
    let pairs = shape.heads * shape.pairs
    let elements = precision.storage.bytes
    row.device = pim.name
    let time =
      try kernel == .attention ? pim.attentionTime(shape) : pim.time(of: kernel, shape)
    row.time = time
    row.cycles = pim.clock.cycles(covering: time).count
    row.flops = (kernel == .attention ? 4 : 2) * pairs * shape.dimension
    // Scores come out and probabilities go in again; keys and values stay in their banks.
    row.intermediateBytes = 2 * shape.heads * shape.rows * shape.keys * elements
    let cache = 2 * shape.kvHeads * shape.keys * shape.dimension * elements
    let ends = 2 * shape.heads * shape.rows * shape.dimension * elements
    row.bytes = kernel == .attention ? cache + ends : (cache + ends) / 2
    return row
  }
}
