internal import Configuration
internal import DRAM
internal import Devices
internal import Numerics
public import Systems
internal import Units
internal import Workload

/// A system with PIM whose banks compute compared kernels: their values in its order, their cycles from its commands.
public struct ComparePIMDevice: Sendable {
  /// One device; heads are not divided.
  public let system: NeuPIMsSystem
  private let compiled: CompiledStandard

  /// Loads the system that a configuration names as a single device without sub-batches; nil when it has no PIM.
  ///
  /// - Throws: `ConfigurationError`, `SystemError` or `MemoryError`.
  public init?(_ reference: String) throws {
    let plain = try SystemLoader.configuration(reference, overrides: [])
    guard try plain["type"]?.decode(SystemType.self) == .npuPIM else { return nil }
    let node = try SystemLoader.configuration(
      reference,
      overrides: [
        "parallel.tensor=1", "attention.interleaves=false", "attention.unit=pim",
        "attention.balance=round_robin",
      ])
    guard let system = try SystemLoader.load(node) as? NeuPIMsSystem else { return nil }
    self.system = system
    compiled = try CompiledStandard(
      PresetLibrary.load(system.spec.memory, kind: .memories).decode(MemoryStandard.self))
  }

  func layout(_ shape: AttentionShape) throws -> AttentionLayout {
    try AttentionLayout(compiled, heads: shape.kvHeads, headDimension: shape.dimension)
  }

  func order(_ layout: AttentionLayout) -> PIMOrder {
    PIMOrder(
      lanes: layout.lanes, rowElements: layout.rowElements,
      vectorLanes: system.spec.npu.vector.lanes)
  }

  /// Clocks of the products alone on one channel without other traffic; rows and a group's heads go one after the other.
  func phases(_ shape: AttentionShape, _ layout: AttentionLayout) throws -> PIMAttentionResult {
    let passes = shape.rows * (shape.heads / shape.kvHeads)
    return try runPIMAttention(
      compiled,
      PIMConfiguration(rowHold: system.spec.attention.rowHold, refreshes: system.spec.refresh),
      layout: layout,
      requests: Array(repeating: ChannelRequest(tokens: shape.keys, channel: 0), count: passes),
      channels: 1, isSequence: false)
  }

  /// The time of whole attention in the system: keys, softmax, probabilities written, values, results written.
  func attentionTime(_ shape: AttentionShape) throws -> Duration {
    let passes = shape.rows * (shape.heads / shape.kvHeads)
    let op = Operator(
      id: 0, name: "attention",
      operation: .attention(
        Attention(heads: shape.kvHeads, kvHeads: shape.kvHeads, headDim: shape.dimension)),
      layer: 0, phase: .decode,
      requests: [RequestRun(first: 0, count: passes, query: 1, kv: shape.keys)],
      outputs: [
        Tensor(
          id: 0, name: "out", shape: [passes, shape.kvHeads * shape.dimension], dtype: .f16,
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
  /// Kernels that run on the banks of a system with PIM.
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
        "\(kernel.rawValue): the banks hold 16-bit elements; use --dtype f16 or bf16")
    }
    let shape = input.problem.shape
    let layout = try pim.layout(shape)
    let output = kernel.run(input.problem, order: pim.order(layout), precision: precision)
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
    row.device = pim.system.name
    let clock = pim.system.clock
    switch kernel {
    case .key, .value:
      let phases = try pim.phases(shape, layout)
      let cycles = kernel == .key ? phases.keyPhaseCycles : phases.valuePhaseCycles
      row.cycles = cycles
      row.time = clock.instant(of: Cycles(cycles)) - .zero
      row.flops = 2 * pairs * shape.dimension
    case .attention:
      let time = try pim.attentionTime(shape)
      row.time = time
      row.cycles = clock.cycles(covering: time).count
      row.flops = 4 * pairs * shape.dimension
    }
    // Scores come out and probabilities go in again; keys and values stay in their banks.
    row.intermediateBytes = 2 * shape.heads * shape.rows * shape.keys * elements
    let cache = 2 * shape.kvHeads * shape.keys * shape.dimension * elements
    let ends = 2 * shape.heads * shape.rows * shape.dimension * elements
    row.bytes = kernel == .attention ? cache + ends : (cache + ends) / 2
    return row
  }
}
