internal import DRAM
internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

extension StageExecutor {
  /// What one stage of the schedule runs.
  struct StagePlan {
    var name: String
    var works: [NPUWork]
    var attention: AttentionWork?

    init(_ name: String, _ works: [NPUWork], _ attention: AttentionWork? = nil) {
      self.name = name
      self.works = works
      self.attention = attention
    }
  }

  /// Runs stages one after the other.
  mutating func run(_ plans: [StagePlan]) throws {
    let works = plans.flatMap(\.works)
    var done = 0
    for plan in plans {
      done += plan.works.count
      try run(plan, following: works[done...])
    }
  }

  /// Runs one stage: NPU programs in order, attention beside them; ends when both have ended.
  ///
  /// Weights of the programs that follow in later stages may be loaded meanwhile.
  private mutating func run(_ plan: StagePlan, following: ArraySlice<NPUWork>) throws {
    let (name, attention) = (plan.name, plan.attention)
    let begin = memory.clock
    var queue = Queue(works: plan.works, following: following)
    var lane: PIMLane?
    if let attention { lane = try startAttention(attention, &queue) }
    var npuFree = begin
    var npuEnd = begin
    var laneEnd = begin
    var npuCauses = CauseLedger()
    var npuBound = 0
    var hostBefore: [PIMTimes] = []
    while true {
      if !device.npu.isActive && memory.clock >= npuFree, let item = queue.pop() {
        hostBefore = memory.hostTimes
        try startNext(item)
      }
      try prepare(queue)
      if !device.npu.isActive && queue.isEmpty && memory.clock >= npuFree
        && !(lane?.isActive ?? false)
      {
        break
      }
      let clocks = device.npu.isSending ? 1 : system.spec.turn
      memory.advance(to: memory.clock + clocks)
      if !device.npu.isActive { device.npu.wait(clocks: clocks, memory, port: &device.port) }
      if device.npu.isActive, let end = device.npu.turn(memory, port: &device.port),
        let item = running
      {
        let start = device.npu.start
        npuEnd = end
        npuFree = end
        let summary = device.npu.summary
        let parts = programCauses(of: summary, clocks: end - start, since: hostBefore)
        note(item, start: start, end: end, causes: parts, bound: bound(of: summary))
        npuCauses.add(parts)
        npuBound += bound(of: summary)
        let link = linkClocks(item)
        if link > 0 {
          npuFree = end + link
          npuEnd = npuFree
          run.units[3 * pipelineStage + 2].busy += duration(link)
          npuCauses.charge(duration(link), to: .link)
          npuBound += link
        }
      }
      if lane?.isActive ?? false, let end = lane?.turn(memory, port: &device.port) {
        laneEnd = end
      }
    }
    let end = max(memory.clock, max(npuEnd, laneEnd))
    var laneParts = CauseLedger()
    if let lane, let attention {
      laneParts = laneCauses(lane, end: laneEnd)
      noteLane(lane, attention, end: laneEnd, causes: laneParts)
    }
    device.bound += max(npuBound, lane?.bound ?? 0)
    let total = duration(end - begin)
    let parts = laneEnd > npuEnd ? laneParts : npuCauses
    record(name, begin: begin, end: end, split: parts, total: total)
  }

  /// Starts an item on the NPU.
  private mutating func startNext(_ item: Item) throws {
    running = item
    if case .task = item, device.npu.preparedCount > 0 {
      device.npu.beginPrepared(at: memory.clock, memory: memory, port: &device.port)
    } else {
      device.npu.begin(
        program(of: item), places: try places(of: item), at: memory.clock, memory: memory,
        port: &device.port)
    }
  }

  /// Asks for weights of the items after the one that runs.
  private mutating func prepare(_ queue: Queue) throws {
    while device.npu.mayPrepare, let work = queue.task(device.npu.preparedCount) {
      device.npu.prepare(program(of: .task(work)), places: try places(of: .task(work)))
    }
  }

  /// Charges a stage: what its slower lane was charged, the rest to waiting for it.
  mutating func record(
    _ name: String, begin: Int, end: Int, split: CauseLedger, total: Duration
  ) {
    guard total > .zero else { return }
    var ledger = split
    if ledger.total > total {
      ledger = ledger.scaled(to: total)
    } else {
      ledger.charge(total - ledger.total, to: .dependency)
    }
    device.last = path.record(
      start: instant(begin), end: instant(end), after: device.last, gapCause: gapCause,
      split: ledger)
    gapCause = .idle
    if !name.isEmpty { noteStage(name, begin, end) }
  }

  /// Notes when a part of the schedule ran on this device.
  mutating func noteStage(_ name: String, _ begin: Int, _ end: Int) {
    run.stages.append(
      StageRecord(name: label + name, start: instant(begin), end: instant(end)))
  }

  func duration(_ clocks: Int) -> Duration {
    instant(clocks) - Instant.zero
  }

  func instant(_ clocks: Int) -> Instant {
    system.clock.instant(of: Cycles(clocks))
  }

  /// Work of the NPU lane that is still to start: attention first.
  struct Queue {
    var works: [NPUWork]
    /// Works of later stages.
    var following: ArraySlice<NPUWork>
    var attention: [Item] = []
    var nextAttention = 0
    var nextWork = 0

    var isEmpty: Bool { nextAttention == attention.count && nextWork == works.count }

    mutating func pop() -> Item? {
      if nextAttention < attention.count {
        defer { nextAttention += 1 }
        return attention[nextAttention]
      }
      guard nextWork < works.count else { return nil }
      defer { nextWork += 1 }
      return .task(works[nextWork])
    }

    /// The task `distance` after the one that comes next, of this stage or a later one.
    func task(_ distance: Int) -> NPUWork? {
      let index = nextWork + distance
      if index < works.count { return works[index] }
      let later = following.startIndex + index - works.count
      return later < following.endIndex ? following[later] : nil
    }
  }

  /// Clocks of the sum over the tensor-parallel devices after an item.
  func linkClocks(_ item: Item) -> Int {
    guard case .task(let work) = item, work.task.reducedBytes > 0, system.spec.parallel.tensor > 1,
      system.spec.npu.traffic.has(.reduction), !options.ideal.contains(.link)
    else { return 0 }
    let sum = Collective(
      function: .allReduce, group: Array(0..<system.spec.parallel.tensor),
      bytes: work.task.reducedBytes * work.group.tokens)
    return system.clock.cycles(covering: system.spec.link.duration(of: sum)).count
  }

  mutating func note(_ item: Item, start: Int, end: Int, causes: CauseLedger, bound: Int) {
    let op: Operator
    let group: Int
    switch item {
    case .task(let work): (op, group) = (work.task.op, work.group.number)
    case .attention(let work): (op, group) = (work.op, work.group.number)
    case .append(let work): (op, group) = (work.append ?? work.op, work.group.number)
    }
    note(op, group, start: start, end: end, unit: 0, causes: causes, bound: bound)
  }

  mutating func noteLane(
    _ lane: PIMLane, _ work: AttentionWork, end: Int, causes: CauseLedger
  ) {
    note(
      work.op, work.group.number, start: lane.keyStart, end: end, unit: 1, causes: causes,
      bound: lane.bound)
    noteStage("keys", lane.keyStart, lane.valueStart)
    noteStage("values", lane.valueStart, end)
  }

  mutating func note(
    _ op: Operator, _ group: Int, start: Int, end: Int, unit: Int, causes: CauseLedger, bound: Int
  ) {
    let unit = 3 * pipelineStage + unit
    let name = op.name + suffix + (group == 0 ? "" : "#\(group)")
    let record = OperatorRecord(
      id: op.id, name: name, kind: op.kind, step: op.step, start: instant(start), end: instant(end),
      unit: unit, flops: op.work.flops,
      bytes: op.traffic.total, causes: causes, bound: duration(bound))
    run.units[unit].busy += record.end - record.start
    run.timeByKind[op.kind, default: .zero] += record.end - record.start
    steps.extend(step: op.step, start: record.start, end: record.end)
    if options.keepsOperators { run.operators.append(record) }
    let length = record.end - record.start
    let place = run.slowest.firstIndex { $0.end - $0.start < length } ?? run.slowest.count
    if place < options.slowest {
      run.slowest.insert(record, at: place)
      if run.slowest.count > options.slowest { run.slowest.removeLast() }
    }
  }
}
