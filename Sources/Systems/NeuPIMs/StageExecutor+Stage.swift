internal import DRAM
internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

extension StageExecutor {
  /// Runs one stage: NPU programs in order, attention beside them; ends when both have ended.
  mutating func runStage(
    _ name: String, _ works: [NPUWork], _ attention: AttentionWork?
  ) throws {
    let begin = memory.clock
    var queue = Queue(works: works, attention: [], next: 0)
    var lane: PIMLane?
    if let attention { lane = try startAttention(attention, &queue) }
    var npuFree = begin
    var npuEnd = begin
    var laneEnd = begin
    var npuCauses = CauseLedger()
    var npuBound = 0
    var hostBefore: [PIMTimes] = []
    while true {
      if !npu.isActive && memory.clock >= npuFree, let item = queue.pop() {
        hostBefore = memory.hostTimes
        npu.begin(program(of: item), at: memory.clock, memory: memory, placer: &placer)
        running = item
      }
      if !npu.isActive && queue.isEmpty && memory.clock >= npuFree && !(lane?.isActive ?? false) {
        break
      }
      memory.advance(to: memory.clock + system.spec.turn)
      if npu.isActive, let end = npu.turn(memory, placer: &placer), let item = running {
        let start = npu.start
        npuEnd = end
        npuFree = end
        let summary = npu.summary
        let parts = programCauses(of: summary, clocks: end - start, since: hostBefore)
        note(item, start: start, end: end, causes: parts, bound: bound(of: summary))
        npuCauses.add(parts)
        npuBound += bound(of: summary)
        let link = linkClocks(item)
        if link > 0 {
          npuFree = end + link
          npuEnd = npuFree
          run.units[2].busy += duration(link)
          npuCauses.charge(duration(link), to: .link)
          npuBound += link
        }
      }
      if lane?.isActive ?? false, let end = lane?.turn(memory, placer: &placer) {
        laneEnd = end
      }
    }
    let end = max(memory.clock, max(npuEnd, laneEnd))
    var laneParts = CauseLedger()
    if let lane, let attention {
      laneParts = laneCauses(lane, end: laneEnd)
      noteLane(lane, attention, end: laneEnd, causes: laneParts)
    }
    bound += max(npuBound, lane?.bound ?? 0)
    let total = duration(end - begin)
    let parts = laneEnd > npuEnd ? laneParts : npuCauses
    record(name, begin: begin, end: end, split: parts, total: total)
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
    last = path.record(
      start: instant(begin), end: instant(end), after: last, gapCause: .idle, split: ledger)
    if !name.isEmpty {
      run.stages.append(
        StageRecord(name: name, start: instant(begin), end: instant(end)))
    }
  }

  func duration(_ clocks: Int) -> Duration {
    instant(clocks) - Instant.zero
  }

  func instant(_ clocks: Int) -> Instant {
    system.clock.instant(of: Cycles(clocks))
  }

  /// Work of the NPU lane that is still to start.
  struct Queue {
    var works: [NPUWork]
    var attention: [AttentionWork]
    var next: Int

    var isEmpty: Bool { next == works.count + attention.count }

    mutating func pop() -> Item? {
      guard !isEmpty else { return nil }
      defer { next += 1 }
      if next < attention.count { return .attention(attention[next]) }
      return .task(works[next - attention.count])
    }
  }

  /// Starts attention: on the PIM units what they can do, the rest as work of the NPU.
  mutating func startAttention(
    _ work: AttentionWork, _ queue: inout Queue
  ) throws -> PIMLane? {
    let spec = system.spec
    appendTokens(work)
    let onPIM = spec.attention.unit == .pim
    if !work.group.prompts.isEmpty || !onPIM { queue.attention.append(work) }
    guard onPIM, !work.group.decodes.isEmpty else { return nil }
    var lane = PIMLane(
      layout: layout(of: work.op), npu: spec.npu, spec: spec.attention, traffic: spec.npu.traffic,
      isComposite: system.compiled.standard.pim?.commands.composite != nil,
      elementBytes: work.op.computeBytes)
    let division = ProductDivision(
      layout: layout(of: work.op), channelCount: memory.channelCount,
      mapping: spec.attention.mapping, isEven: options.ideal.contains(.balance))
    lane.begin(
      try division.shares(of: work.group.decodes, memory: memory), at: memory.clock, memory: memory)
    return lane
  }

  /// Writes the newest keys and values into their rows.
  ///
  /// A key is one piece of a row. A value lies across rows, one element in each: masked writes send a burst for each
  /// element, a staging buffer collects as many tokens as a burst has elements.
  mutating func appendTokens(_ work: AttentionWork) {
    guard system.spec.npu.traffic == .complete, work.append != nil else { return }
    let layout = layout(of: work.op)
    let elements = layout.heads * layout.headDimension
    let bytes = elements * work.op.computeBytes
    let tokens = work.group.tokens
    let isMasked =
      system.spec.attention.append == .masked && system.spec.attention.unit == .pim
    let value = isMasked ? elements * memory.burstBytes : bytes
    let bursts = placer.take(tokens * (bytes + value))
    _ = memory.add(first: bursts.first, count: bursts.count, isWrite: true)
    laneStored += tokens * (bytes + value)
  }

  /// The NPU program of an item.
  func program(of item: Item) -> NPUProgram {
    let spec = system.spec
    switch item {
    case .task(let work):
      let tokens = work.task.isPerRequest ? work.group.requests : work.group.tokens
      return work.task.program(tokens: tokens, spec: spec.npu, traffic: spec.npu.traffic)
    case .attention(let work):
      let layout = layout(of: work.op)
      var lengths = work.group.prompts
      if spec.attention.unit == .npu { lengths += work.group.decodes.map { (1, $0.tokens) } }
      return .attention(
        lengths: lengths, heads: layout.heads, headDimension: layout.headDimension,
        elementBytes: work.op.computeBytes, spec: spec.npu)
    }
  }

  /// Clocks of the sum over the tensor-parallel devices after an item.
  func linkClocks(_ item: Item) -> Int {
    guard case .task(let work) = item, work.task.reducedBytes > 0, system.spec.parallel.tensor > 1,
      system.spec.npu.traffic == .complete, !options.ideal.contains(.link)
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
    }
    note(op, group, start: start, end: end, unit: 0, causes: causes, bound: bound)
  }

  mutating func noteLane(
    _ lane: PIMLane, _ work: AttentionWork, end: Int, causes: CauseLedger
  ) {
    laneStored += lane.storedBytes
    note(
      work.op, work.group.number, start: lane.keyStart, end: end, unit: 1, causes: causes,
      bound: lane.bound)
    run.stages.append(
      StageRecord(
        name: "keys", start: instant(lane.keyStart), end: instant(lane.valueStart)))
    run.stages.append(
      StageRecord(name: "values", start: instant(lane.valueStart), end: instant(end)))
  }

  mutating func note(
    _ op: Operator, _ group: Int, start: Int, end: Int, unit: Int, causes: CauseLedger, bound: Int
  ) {
    let record = OperatorRecord(
      id: op.id, name: group == 0 ? op.name : "\(op.name)#\(group)", kind: op.kind, step: op.step,
      start: instant(start), end: instant(end), unit: unit, flops: op.work.flops,
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
