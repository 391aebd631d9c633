internal import DRAM
internal import Devices
internal import Units
internal import Workload

/// The bound of an NPU beside memory with PIM units, for the NPU's matrix products alone.
///
/// The NPU runs one program at a time. A product asks for its weights when it starts and ends after the last of them
/// came over the data buses, at most a burst each `burst` clocks a bus (with prefetch it asks earlier: then loads and
/// computations are bounds by themselves); its arrays do at most
/// `max(rows, columns) · columns · arrays` multiply-accumulates a clock, whichever dataflow. A program for each
/// sub-batch, activations, vector work, refresh and the PIM lane only add to that. One device of a tensor-parallel group
/// stands for all. Pipeline stages run one after the other for one batch; with micro-batches the busiest of them has at
/// least an equal part of the time.
struct StageBound: LowerBound {
  private let system: NeuPIMsSystem
  private var builder: LayerBuilder
  private var clocks = 0
  private var loads = 0
  private var computations = 0

  init(_ system: NeuPIMsSystem) {
    self.system = system
    builder = LayerBuilder(tensor: system.spec.parallel.tensor)
  }

  mutating func add(_ op: Operator) throws {
    var layer = LayerProgram()
    try builder.add(op, to: &layer)
    guard let task = layer.before.first, case .product(let k, let n, _) = task.work else { return }
    let compiled = system.compiled
    let burstBytes = compiled.standard.burst.bytes.count
    let buses = compiled.standard.organization.channels * compiled.dataBuses
    let bursts = k * n * op.computeBytes / burstBytes
    let weights = bursts / buses * compiled.burstTicks
    let npu = system.spec.npu
    let rate = max(npu.rows, npu.columns) * npu.columns * npu.arrays
    let rows =
      task.isPerRequest ? op.requests.requestCount : min(op.requests.tokenCount, rows(of: op))
    // Without rows nothing is loaded.
    guard rows > 0 else { return }
    loads += weights
    computations += rows * k * n / rate
    clocks += max(weights, rows * k * n / rate)
  }

  private func rows(of op: Operator) -> Int {
    switch op.operation {
    case .gemm(let product), .gemv(let product): product.m
    default: op.requests.tokenCount
    }
  }

  var time: Duration {
    let parallel = system.spec.parallel
    let stages = (parallel.microBatches ?? 1) > 1 ? parallel.pipeline : 1
    let least = system.spec.npu.prefetch == true ? max(loads, computations) : clocks
    return system.clock.instant(of: Cycles(least / stages)) - Instant.zero
  }
}

extension NeuPIMsSystem {
  public func lowerBound(_ fidelity: Fidelity) throws -> (any LowerBound)? {
    try check(fidelity)
    return StageBound(self)
  }
}
