internal import DRAM
internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// The device of one pipeline stage: its memory with what lies there, and its NPU.
struct PipelineDevice {
  let memory: PIMMemory
  var npu: NPUEngine
  var port: TrafficPort
  var map: DeviceMap
  var stores: [AttentionLayout: KeyValueStore] = [:]
  var registry = RequestRegistry()
  /// Its last task, and the clock before which what it did cannot end.
  var last: Int?
  var bound = 0

  /// Makes an idle device.
  ///
  /// - Throws: `MemoryError` for a memory without PIM.
  init(system: NeuPIMsSystem, options: RunOptions, stage: Int) throws {
    let spec = system.spec
    let standard = system.compiled.standard
    let limits = Set(options.ideal.compactMap(\.ofMemory))
    memory = try PIMMemory(
      limits.isEmpty ? system.compiled : CompiledStandard(standard, without: limits),
      PIMConfiguration(
        rowHold: spec.attention.rowHold,
        refreshes: spec.refresh && !options.ideal.contains(.refresh), ideal: limits,
        postpones: spec.postponement == true),
      channels: standard.organization.channels)
    let perChannel = standard.organization.rows / 2 * standard.organization.columns
    port = TrafficPort(
      striped: BurstPlacer(
        burstBytes: memory.burstBytes,
        count: perChannel * system.compiled.bankCount * memory.channelCount))
    let name = spec.parallel.pipeline > 1 ? "\(spec.name), pipeline stage \(stage)" : spec.name
    map = DeviceMap(
      rows: DeviceRows(memory: memory, system: name, wraps: options.allowsOversubscription),
      burstBytes: memory.burstBytes)
    npu = NPUEngine(
      spec: spec.npu,
      bytesPerClock: memory.burstBytes * memory.channelCount / system.compiled.burstTicks)
  }
}

/// Layers divided over pipeline stages, and micro-batches that follow each other through them.
///
/// Stages see nothing of each other but the activations that they hand on, so each task (a micro-batch on a stage) runs
/// by itself, from the clock at which both its stage is free and its input has come: exact, and in any order that keeps
/// these two. A micro-batch begins its next step when its tokens have come back from the last stage.
extension StageExecutor {
  /// Where a micro-batch is: the end of its last task, and what is sent to the next.
  struct Arrival {
    var clock = 0
    /// The clock before which it cannot be.
    var bound = 0
    var task: Int?
    var bytes = 0
  }

  /// Bytes of a token's number, sent from the last stage to the first (assumption).
  private static let tokenBytes = 4

  /// Runs the held layers of one step.
  mutating func flushStep() throws {
    guard !held.isEmpty else { return }
    let layers = held
    held.removeAll()
    let parts = try divide(layers)
    let sample = layers.compactMap(\.attention).first
    var firstRow = 0
    for microBatch in arrivals.indices {
      var tokens = 0
      for stage in parts.indices {
        select(stage)
        if let sample {
          let groups = makeGroups(sample, microBatch: microBatch, firstRow: firstRow)
          guard !groups.isEmpty else { break }
          tokens = groups.reduce(0) { $0 + $1.tokens }
          let next = stage + 1 < parts.count ? parts[stage + 1].first?.inputBytes ?? 0 : nil
          let requests = groups.reduce(0) { $0 + $1.requests }
          try runTask(
            microBatch, bytes: next.map { $0 * tokens } ?? requests * Self.tokenBytes
          ) { try $0.runLayers(parts[stage], groups) }
        } else if microBatch == 0 {
          // Without attention there are no requests to divide.
          try runTask(0, bytes: 0) { executor in
            try executor.run(
              parts[stage].flatMap(\.before).map {
                StagePlan("", [executor.work($0, executor.whole(of: $0.op))])
              })
          }
        }
      }
      firstRow += tokens
    }
    for stage in parts.indices {
      select(stage)
      device.map.endStep()
    }
  }

  /// Runs a micro-batch on the selected stage, when it has come there; `bytes` are to be sent on.
  private mutating func runTask(
    _ microBatch: Int, bytes: Int, _ body: (inout StageExecutor) throws -> Void
  ) throws {
    let arrival = arrivals[microBatch]
    let isPipelined = devices.count > 1 || arrivals.count > 1
    if arrivals.count > 1 { suffix = "@\(microBatch)" }
    if isPipelined { label = "p\(pipelineStage).m\(microBatch) " }
    let sending = sendClocks(arrival.bytes)
    let ready = arrival.clock + sending
    if sending > 0 {
      noteStage("receive", arrival.clock, ready)
      let sender = (pipelineStage + devices.count - 1) % devices.count
      run.units[3 * sender + 2].busy += duration(sending)
    }
    if ready > memory.clock {
      memory.advance(to: ready)
      device.last = arrival.task
      gapCause = .link
    }
    device.bound = max(device.bound, arrival.bound + sending)
    let begin = memory.clock
    try body(&self)
    if isPipelined { noteStage("task", begin, memory.clock) }
    arrivals[microBatch] = Arrival(
      clock: memory.clock, bound: device.bound, task: device.last, bytes: bytes)
  }

  /// Clocks in which a stage sends to the next, each device of a stage to one of the next.
  private func sendClocks(_ bytes: Int) -> Int {
    guard devices.count > 1, bytes > 0, !options.ideal.contains(.link) else { return 0 }
    let send = Collective(function: .send, group: [0, 1], bytes: bytes)
    return system.clock.cycles(covering: system.spec.link.duration(of: send)).count
  }

  /// The layers of each stage: parts as equal as can be, what stands before all layers first, what stands after last.
  private mutating func divide(_ layers: [LayerProgram]) throws(SystemError) -> [[LayerProgram]] {
    let count = devices.count
    guard count > 1 else { return [layers] }
    if layerStages.isEmpty {
      let numbers = layers.compactMap(\.number)
      guard numbers.count >= count else {
        throw SystemError(
          "parallel.pipeline (\(count)) exceeds the \(numbers.count) layers of the trace")
      }
      for (rank, number) in numbers.enumerated() {
        layerStages[number] = rank * count / numbers.count
      }
    }
    var parts = [[LayerProgram]](repeating: [], count: count)
    var stage = 0
    for layer in layers {
      if let number = layer.number {
        guard let known = layerStages[number], known >= stage else {
          throw SystemError(
            "layer \(number) of step \(step ?? 0) has no pipeline stage after those before it; use a trace whose steps have the same layers in order, or parallel.pipeline=1"
          )
        }
        stage = known
      }
      parts[stage].append(layer)
    }
    return parts
  }

  /// Makes a stage's device the one that runs.
  private mutating func select(_ stage: Int) {
    guard stage != pipelineStage else { return }
    devices[pipelineStage] = device
    device = devices[stage]
    pipelineStage = stage
  }

  /// Parks the device that runs; returns the last clock of all.
  mutating func park() -> Int {
    devices[pipelineStage] = device
    return devices.reduce(0) { max($0, $1.memory.clock) }
  }
}
