internal import DRAM
internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// Runs layers stage by stage on one device: a lane of NPU programs beside a lane of attention on PIM.
///
/// With pipeline parallelism each part of the layers has a device of its own; all have one clock, and one runs at a time.
struct StageExecutor: ~Copyable {
  /// Requests that go through a layer together.
  struct Group {
    var number: Int
    /// Tokens that the group's rows have, and its requests.
    var tokens: Int
    var requests: Int
    /// Decode requests; their rows follow those of the prompts.
    var decodes: [Request]
    var prompts: [Request]
    /// The group's first row in the tensors of the batch.
    var firstRow = 0
    /// Rows of the whole batch.
    var batchTokens = 0

    var promptTokens: Int { prompts.reduce(0) { $0 + $1.query } }
  }

  /// A request in one step.
  struct Request {
    var number: Int
    /// New tokens, and all tokens with them.
    var query: Int
    var kv: Int
    /// Tokens that attention covers.
    var tokens: Int
    var channel = 0
  }

  /// Work of the NPU lane in one stage.
  struct NPUWork {
    var task: LayerProgram.Task
    var group: Group
  }

  /// What the NPU lane runs next.
  enum Item {
    case task(NPUWork)
    case attention(AttentionWork)
    /// The newest keys and values of the requests whose attention the NPU runs.
    case append(AttentionWork)
  }

  /// Work of the attention lane.
  struct AttentionWork {
    var op: Operator
    var append: Operator?
    var group: Group
  }

  let system: NeuPIMsSystem
  let options: RunOptions
  /// The device that runs, and which pipeline stage it is.
  var device: PipelineDevice
  var pipelineStage = 0
  /// The devices of all stages; that of the one that runs is as it was when it was selected.
  var devices: [PipelineDevice]
  /// By micro-batch: when it may go on.
  var arrivals: [Arrival]
  var layerStages: [Int: Int] = [:]
  /// What names of stages and operators of this device and micro-batch begin and end with.
  var label = ""
  var suffix = ""
  /// What the next task waited for.
  var gapCause = Cause.idle
  var builder: LayerBuilder
  var layer = LayerProgram()
  var layerNumber: Int?
  var step: Int?
  var held: [LayerProgram] = []
  var run = SystemRun()
  var steps = StepCollector()
  var footprint = FootprintCollector()
  var path = CriticalPath()
  var running: Item?

  init(system: NeuPIMsSystem, options: RunOptions) throws {
    self.system = system
    self.options = options
    let parallel = system.spec.parallel
    devices = try (0..<parallel.pipeline).map {
      try PipelineDevice(system: system, options: options, stage: $0)
    }
    device = devices[0]
    arrivals = [Arrival](repeating: Arrival(), count: parallel.microBatches ?? 1)
    builder = LayerBuilder(tensor: parallel.tensor)
    run.units = (0..<parallel.pipeline).flatMap { stage in
      ["npu", "pim", "link"].map {
        UnitRecord(name: parallel.pipeline > 1 ? "\($0)\(stage)" : $0, busy: .zero)
      }
    }
  }

  /// The memory of the device that runs.
  var memory: PIMMemory { device.memory }

  /// Takes the next operator; layers run when they are complete.
  mutating func add(_ op: Operator) throws {
    if step != op.step || layerNumber != op.layer {
      try closeLayer()
      if step != op.step { try flushStep() }
      step = op.step
      layerNumber = op.layer
    }
    steps.add(op)
    footprint.add(op)
    run.operatorCount += 1
    let work = op.work
    run.work.matrix += work.matrix
    run.work.vector += work.vector
    try builder.add(op, to: &layer)
  }

  mutating func closeLayer() throws {
    layer.number = layerNumber
    if layer.attention != nil || !layer.before.isEmpty { held.append(layer) }
    layer = LayerProgram()
  }

  /// Runs everything that is still held.
  mutating func flush() throws {
    try closeLayer()
    try flushStep()
  }

  consuming func finish() -> SystemRun {
    let end = park()
    var result = run
    result.makespan = path.makespan
    result.causes = path.causes
    result.bound = duration(devices.reduce(0) { max($0, $1.bound) })
    result.steps = steps.steps
    result.promptTokens = steps.promptTokens
    result.footprint = footprint.footprint
    var ledger = TrafficLedger()
    for device in devices {
      device.memory.advance(to: end)
      ledger.add(device.port.ledger)
    }
    let memories = devices.map(\.memory)
    let width = system.spec.parallel.tensor
    let burstBytes = memory.burstBytes
    let waiting = memories.reduce(0) { $0 + $1.waitingAccesses }
    result.pim = PIMActivity(memories, devices: width)
    result.pim?.hostTraffic = ledger.records(devices: width, burstBytes: burstBytes)
    result.pim?.waitingBytes = ByteCount(waiting * burstBytes * width)
    result.traffic.read = ByteCount(ledger.loadedBytes * width)
    result.traffic.written = ByteCount(ledger.storedBytes * width)
    return result
  }

  /// Runs layers of this device for a group of requests, or for its two sub-batches.
  mutating func runLayers(_ layers: [LayerProgram], _ groups: [Group]) throws {
    if groups.count == 2 {
      try run(interleaved(layers, groups[0], groups[1]))
    } else if let group = groups.first {
      try run(plain(layers, group))
    }
  }

  func work(_ task: LayerProgram.Task, _ group: Group) -> NPUWork {
    NPUWork(task: task, group: group)
  }

  func whole(of op: Operator) -> Group {
    let rows: Int
    switch op.operation {
    case .gemm(let product), .gemv(let product): rows = product.m * product.batch
    case .norm(let norm): rows = norm.rows
    case .activation(let activation): rows = activation.rows
    case .elementwise(let pointwise): rows = pointwise.rows
    case .embedding(let embedding), .head(let embedding): rows = embedding.tokens
    default: rows = op.requests.tokenCount
    }
    return Group(
      number: 0, tokens: rows, requests: rows, decodes: [], prompts: [], batchTokens: rows)
  }

  /// A micro-batch as one group, or as two sub-batches of decode requests; its rows follow `firstRow` others.
  ///
  /// Requests are dealt to micro-batches by their slots, in turn.
  mutating func makeGroups(
    _ attention: Operator, microBatch: Int, firstRow: Int
  ) -> [Group] {
    let spec = system.spec
    let layout = layout(of: attention)
    var decodes: [Request] = []
    var prompts: [Request] = []
    for run in attention.requests {
      for index in 0..<run.count where (run.slot + index) % arrivals.count == microBatch {
        let number = run.first + index
        if let old = device.registry.take(slot: run.slot + index, request: number) { release(old) }
        var request = Request(number: number, query: run.query, kv: run.kv, tokens: run.kv)
        if run.isDecoding(in: attention.phase) {
          // The released system attends over the tokens that were there before this step.
          if !spec.npu.traffic.has(.newestToken) { request.tokens = max(run.kv - run.query, 1) }
          decodes.append(request)
        } else {
          prompts.append(request)
        }
      }
    }
    guard !decodes.isEmpty || !prompts.isEmpty else { return [] }
    let channels = device.registry.place(
      decodes + prompts, channelCount: memory.channelCount, layout: layout,
      balance: spec.attention.balance)
    for index in decodes.indices { decodes[index].channel = channels[index] }
    for index in prompts.indices { prompts[index].channel = channels[decodes.count + index] }
    let all = attention.requests.tokenCount
    func group(_ number: Int, _ members: [Int], after rows: Int = 0) -> Group {
      var group = Group(
        number: number, tokens: 0, requests: members.count + prompts.count,
        decodes: members.map { decodes[$0] }, prompts: prompts,
        firstRow: firstRow + rows, batchTokens: all)
      group.tokens = members.count + group.promptTokens
      return group
    }
    let placed = Array(channels.prefix(decodes.count))
    guard spec.attention.interleaves, spec.attention.unit == .pim, prompts.isEmpty,
      decodes.count > 1
    else {
      let order = placed.indices.sorted {
        placed[$0] != placed[$1] ? placed[$0] < placed[$1] : $0 < $1
      }
      return [group(0, order)]
    }
    let costs = decodes.map { ChannelPlacement.estimate(tokens: $0.tokens, layout: layout) }
    let halves = ChannelPlacement(channels: placed).subBatches(
      costs: costs, channelCount: memory.channelCount, split: spec.attention.split)
    guard !halves.second.isEmpty, !halves.first.isEmpty else {
      return [group(0, halves.first + halves.second)]
    }
    return [group(1, halves.first), group(2, halves.second, after: halves.first.count)]
  }

  /// Queries that share a head of keys and values.
  func queriesPerHead(of op: Operator) -> Int {
    guard case .attention(let attention) = op.operation else { return 1 }
    return max(attention.heads / max(attention.kvHeads, 1), 1)
  }

  func layout(of op: Operator) -> AttentionLayout {
    guard case .attention(let attention) = op.operation else {
      preconditionFailure("attention was checked when it was read")
    }
    let tensor = system.spec.parallel.tensor
    let standard = system.compiled.standard
    let rowBytes = standard.organization.columns * standard.burst.bytes.count
    return AttentionLayout(
      uncheckedRowElements: rowBytes / op.computeBytes, banks: system.compiled.bankCount,
      lanes: standard.pim?.lanes ?? 1,
      heads: attention.kvHeads / tensor, headDimension: attention.headDim)
  }

  private func lane(_ tasks: [LayerProgram.Task], _ group: Group) -> [NPUWork] {
    tasks.map { work($0, group) }
  }

  private func attend(_ layer: LayerProgram, _ group: Group) -> AttentionWork? {
    layer.attention.map { AttentionWork(op: $0, append: layer.append, group: group) }
  }

  private func plain(_ layers: [LayerProgram], _ group: Group) -> [StagePlan] {
    layers.flatMap { layer in
      guard let attention = attend(layer, group) else {
        return layer.before.map { StagePlan("", [work($0, group)]) }
      }
      return [
        StagePlan("A", lane(layer.before, group)), StagePlan("B", [], attention),
        StagePlan("E", lane(layer.after, group)),
      ]
    }
  }

  /// The stage program of the paper: A, B, then C and D for each further layer, then E and F.
  private func interleaved(
    _ layers: [LayerProgram], _ one: Group, _ two: Group
  ) -> [StagePlan] {
    let blocks = layers.filter { $0.attention != nil }
    guard let first = blocks.first, let final = blocks.last else { return [] }
    func alone(_ layers: some Sequence<LayerProgram>) -> [StagePlan] {
      layers.flatMap(\.before).map { StagePlan("", [work($0, one), work($0, two)]) }
    }
    var plans = alone(layers.prefix { $0.attention == nil })
    plans.append(StagePlan("A", lane(first.before, one)))
    plans.append(StagePlan("B", lane(first.before, two), attend(first, one)))
    for (before, now) in zip(blocks, blocks.dropFirst()) {
      plans.append(
        StagePlan("C", lane(before.after, one) + lane(now.before, one), attend(before, two)))
      plans.append(
        StagePlan("D", lane(before.after, two) + lane(now.before, two), attend(now, one)))
    }
    plans.append(StagePlan("E", lane(final.after, one), attend(final, two)))
    plans.append(StagePlan("F", lane(final.after, two)))
    return plans + alone(layers.reversed().prefix { $0.attention == nil }.reversed())
  }
}
