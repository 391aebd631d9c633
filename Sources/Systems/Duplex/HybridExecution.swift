internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// Operators of a trace, planned and put on the timeline one after the other.
struct HybridExecution: ~Copyable {
  private(set) var planner: HybridPlanner
  private(set) var timeline: HybridTimeline
  private let limits: RemovedLimits
  private let pipeline: Int
  private let devices: Int
  private let layers: Int
  private var stage = 0

  init(
    spec: XPUPIMSystemSpec, device: HybridDevice, grid: DeviceGrid, limits: RemovedLimits,
    layers: Int, options: RunOptions
  ) throws(SystemError) {
    planner = try HybridPlanner(spec: spec, device: device, grid: grid, options: options)
    timeline = HybridTimeline(stages: grid.pipeline)
    self.limits = limits
    self.layers = layers
    pipeline = grid.pipeline
    devices = spec.devices
  }

  /// Plans and runs an operator.
  ///
  /// - Throws: `DeviceError` or `SystemError` when the machine cannot run it.
  mutating func run(
    _ op: Operator
  ) throws -> (planned: PlannedOperator, start: Instant, end: Instant, unit: Int) {
    let next = try pipelineStage(of: op)
    planner.enter(stage: next)
    var planned = try planner.plan(op)
    if next != stage, next > 0 {
      // Activations move to the devices of the next layers.
      let bytes = op.inputs.reduce(0) { $0 + ($1.role == .activation ? $1.bytes.count : 0) }
      planned.prependSend(of: bytes, link: planner.link(spanning: devices))
    }
    stage = next
    limits.apply(to: &planned)
    let ran = timeline.run(op, planned, stage: stage)
    return (planned, ran.start, ran.end, ran.unit)
  }

  /// The pipeline stage of an operator: layers in equal groups, the embedding first, the head last.
  private func pipelineStage(of op: Operator) throws(SystemError) -> Int {
    guard pipeline > 1 else { return 0 }
    guard let layer = op.layer else {
      return op.kind == .embedding ? 0 : stage
    }
    guard layers >= pipeline else {
      throw SystemError(
        "parallelism.pipeline (\(pipeline)) exceeds the \(layers) layers of the trace")
    }
    return min(pipeline - 1, layer * pipeline / layers)
  }
}

extension PlannedOperator {
  /// Puts a move over a link in front.
  fileprivate mutating func prependSend(of bytes: Int, link: LinkSpec) {
    guard bytes > 0 else { return }
    let time = link.latency + link.bandwidth.duration(moving: ByteCount(bytes))
    groups.insert([.link(time)], at: 0)
    linkBytes += bytes
  }
}
