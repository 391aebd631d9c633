/// Runs the timing of a graph: every node to block, over FIFOs of time stamps.
///
/// A node has a local time. A firing takes the latest of its inputs' stamps, pops them all in that
/// cycle, waits until its outputs have slots, issues, and moves on by its initiation interval. The
/// result does not depend on the order in which nodes run. The run is cut into epochs of whole
/// rows, between which all FIFOs are back at their initial fill.
final class TimingEngine {
  let graph: DataflowGraph
  let plan: EpochPlan
  let nodes: UnsafeMutablePointer<NodeState>
  let nodeCount: Int
  let fifos: UnsafeMutablePointer<FIFOState>
  let fifoCount: Int
  let timelines: UnsafeMutablePointer<Timeline>
  private(set) var timelineCount = 0
  var groups: [OccupancyGroup] = []
  let order: [Int]

  /// FIFOs by node: in port order, and by rate.
  var inputs: [[Int]]
  var everyInputs: [[Int]]
  var firstInputs: [[Int]]
  var everyOutputs: [[Int]]
  var lastOutputs: [[Int]]
  /// Distinct constraints of a block, by node.
  var inputConstraints: [[Constraint]]
  var outputConstraints: [[Constraint]]
  /// FIFOs whose push or pop timeline this is.
  var fifosOfTimeline: [[Int]]
  var groupsOfTimeline: [[Int]]

  /// Which input each firing of a merge takes, by node.
  var selections: [Int: MergeSelection] = [:]
  /// The last sweep: node and number of firings, and whether only blocks ran.
  var sweep: [(node: Int, count: Int)] = []
  var sweptCount: [Int]
  let tasks: UnsafeMutablePointer<BlockTask>
  let keepsHistory: Bool
  /// What memory nodes wait for; absent in a graph without them.
  let memory: MemoryPorts?

  /// The most firings of one block, so that what it touches stays in the first-level cache.
  static let largestBlock = 256

  init(
    _ graph: DataflowGraph, plan: EpochPlan, keepsHistory: Bool = false,
    memory: MemoryPorts? = nil
  ) {
    self.memory = memory
    self.graph = graph
    self.plan = plan
    self.keepsHistory = keepsHistory
    order = graph.order
    nodeCount = graph.nodes.count
    fifoCount = graph.fifos.count
    nodes = .allocate(capacity: nodeCount)
    nodes.initialize(repeating: NodeState(), count: nodeCount)
    fifos = .allocate(capacity: max(1, fifoCount))
    timelines = .allocate(capacity: 2 * fifoCount + 1)
    tasks = .allocate(capacity: nodeCount)
    let none = [[Int]](repeating: [], count: nodeCount)
    (inputs, everyInputs, firstInputs) = (none, none, none)
    (everyOutputs, lastOutputs) = (none, none)
    inputConstraints = [[Constraint]](repeating: [], count: nodeCount)
    outputConstraints = inputConstraints
    fifosOfTimeline = []
    groupsOfTimeline = []
    sweptCount = [Int](repeating: 0, count: nodeCount)
    layOut()
  }

  deinit {
    for index in 0..<timelineCount { timelines[index].base.deallocate() }
    timelines.deallocate()
    fifos.deallocate()
    nodes.deallocate()
    tasks.deallocate()
  }

  /// The local time of the node that is furthest: the elapsed cycles.
  var elapsed: Int {
    var latest = 0
    for index in 0..<nodeCount { latest = max(latest, nodes[index].time) }
    return latest
  }

  /// Enqueues plus dequeues so far.
  var operations: Int {
    (0..<fifoCount).reduce(0) {
      $0 + timelines[fifos[$1].push].count + timelines[fifos[$1].pop].count
    }
  }

  @inline(__always)
  func available(_ fifo: Int) -> Int {
    let state = fifos + fifo
    return timelines[state.pointee.push].count &+ state.pointee.initialTokens
      &- timelines[state.pointee.pop].count
  }

  @inline(__always)
  func space(_ fifo: Int) -> Int {
    let state = fifos + fifo
    return timelines[state.pointee.pop].count &+ state.pointee.depth
      &- state.pointee.initialTokens &- timelines[state.pointee.push].count
  }

  /// Runs all nodes to the end of an epoch.
  ///
  /// - Returns: false when the graph is in deadlock.
  func run(epoch: Int) -> Bool {
    var open = 0
    for index in 0..<nodeCount {
      nodes[index].goal = plan.firings(ofNode: index, throughEpoch: epoch)
      if nodes[index].fired < nodes[index].goal { open += 1 }
    }
    while open > 0 {
      sweep.removeAll(keepingCapacity: true)
      var onlyBlocks = true
      var progress = false
      for node in order where nodes[node].fired < nodes[node].goal {
        let before = nodes[node].fired
        let moved = advance(node, onlyBlocks: &onlyBlocks)
        progress = progress || moved
        if moved && nodes[node].fired == nodes[node].goal { open -= 1 }
        sweptCount[node] = nodes[node].fired - before
        if sweptCount[node] > 0 { sweep.append((node, sweptCount[node])) }
      }
      if progress && onlyBlocks {
        open -= replay()
      } else if !progress && !advancePartially(&open) && !advanceMemory() {
        return false
      }
      for entry in sweep { sweptCount[entry.node] = 0 }
    }
    return true
  }

  /// Fires a node as far as one visit goes: a block within a row, or one firing at a row's edge.
  private func advance(_ node: Int, onlyBlocks: inout Bool) -> Bool {
    guard passFence(node) else { return false }
    let limit = nodes[node].isPending || nodes[node].isMerge ? 0 : blockLimit(node)
    if limit == 0 {
      guard fireOnce(node, partially: false) else { return false }
      onlyBlocks = false
      return true
    }
    var count = min(limit, TimingEngine.largestBlock)
    for fifo in everyInputs[node] { count = min(count, available(fifo)) }
    for fifo in everyOutputs[node] { count = min(count, space(fifo)) }
    guard count > 0 else { return false }
    makeRoom(node, count)
    runBlock(node, count)
    return true
  }

  /// Firings until the next one that involves a port that acts once per row.
  @inline(__always)
  func blockLimit(_ node: Int) -> Int {
    let state = nodes + node
    guard state.pointee.hasFirst || state.pointee.hasLast else {
      return min(state.pointee.goal, state.pointee.fence) &- state.pointee.fired
    }
    if state.pointee.hasFirst && state.pointee.column == 0 { return 0 }
    return state.pointee.rowLength &- state.pointee.column &- (state.pointee.hasLast ? 1 : 0)
  }

  /// Lets nodes take inputs, and sequential forks write what they can, when no firing completes.
  private func advancePartially(_ open: inout Int) -> Bool {
    var progress = false
    for node in order where nodes[node].fired < nodes[node].goal {
      if passFence(node) && fireOnce(node, partially: true) { progress = true }
      if nodes[node].fired == nodes[node].goal { open -= 1 }
    }
    return progress
  }

  // MARK: Layout

  private func layOut() {
    for (index, specification) in graph.nodes.enumerated() {
      nodes[index].interval = specification.interval
      nodes[index].isMerge = specification.inputs.contains { $0.rate == .selected }
      nodes[index].isSequential =
        specification.fork == .sequential
        && graph.outputFIFOs[index].reduce(0) { $0 + $1.count } > 1
      inputs[index] = graph.inputFIFOs[index]
      for (port, fifo) in zip(specification.inputs, graph.inputFIFOs[index]) {
        if port.rate == .everyFiring { everyInputs[index].append(fifo) }
        if port.rate == .firstOfRow { firstInputs[index].append(fifo) }
      }
      for (port, fifos) in zip(specification.outputs, graph.outputFIFOs[index]) {
        if port.rate == .everyFiring { everyOutputs[index] += fifos }
        if port.rate == .lastOfRow { lastOutputs[index] += fifos }
      }
      nodes[index].hasFirst = !firstInputs[index].isEmpty
      nodes[index].hasLast = !lastOutputs[index].isEmpty
      nodes[index].rowLength = specification.rows.length(ofRow: 0)
    }
    for (index, fifo) in graph.fifos.enumerated() { addFIFO(index, fifo) }
    var histories = [Int](repeating: 1, count: 2 * fifoCount + 1)
    assignTimelines(&histories)
    for index in 0..<timelineCount {
      (timelines + index).initialize(
        to: Timeline(history: histories[index], capacity: 1024 + 2 * histories[index]))
    }
    for index in 0..<nodeCount { assignConstraints(index) }
    assignGroups()
    for (index, port) in (memory?.ports ?? []).enumerated() {
      nodes[port.node].fence = 0
      nodes[port.node].memoryPort = index
    }
  }

  private func addFIFO(_ index: Int, _ fifo: FIFOSpecification) {
    let producer = graph.nodes[fifo.producer.node]
    let consumer = graph.nodes[fifo.consumer.node]
    let output = producer.outputs[fifo.producer.port]
    let input = consumer.inputs[fifo.consumer.port]
    let total = DataflowGraph.tokens(output.rate, producer.rows)
    var depth = FIFOState.endless
    if case .bounded(let slots) = fifo.depth, slots < total + fifo.initialTokens { depth = slots }
    (fifos + index).initialize(
      to: FIFOState(
        push: -1, pop: -1, depth: depth, arrival: max(producer.latency, fifo.sendLatency),
        response: fifo.responseLatency, initialTokens: fifo.initialTokens,
        producer: fifo.producer.node, consumer: fifo.consumer.node,
        pushesEvery: output.rate == .everyFiring, popsEvery: input.rate == .everyFiring,
        totalTokens: total, occupancy: -1))
  }

  private func newTimeline() -> Int {
    timelineCount += 1
    fifosOfTimeline.append([])
    groupsOfTimeline.append([])
    return timelineCount - 1
  }

  /// Ports that act in the same firings share a timeline; a sequential fork has one per FIFO.
  private func assignTimelines(_ histories: inout [Int]) {
    for node in 0..<nodeCount {
      if !everyInputs[node].isEmpty { nodes[node].popEvery = newTimeline() }
      if !firstInputs[node].isEmpty { nodes[node].popFirst = newTimeline() }
      for fifo in everyInputs[node] { fifos[fifo].pop = nodes[node].popEvery }
      for fifo in firstInputs[node] { fifos[fifo].pop = nodes[node].popFirst }
      if nodes[node].isMerge { for fifo in inputs[node] { fifos[fifo].pop = newTimeline() } }
      if nodes[node].isSequential {
        for fifo in everyOutputs[node] + lastOutputs[node] { fifos[fifo].push = newTimeline() }
      } else {
        if !everyOutputs[node].isEmpty { nodes[node].pushEvery = newTimeline() }
        if !lastOutputs[node].isEmpty { nodes[node].pushLast = newTimeline() }
        for fifo in everyOutputs[node] { fifos[fifo].push = nodes[node].pushEvery }
        for fifo in lastOutputs[node] { fifos[fifo].push = nodes[node].pushLast }
      }
    }
    for index in 0..<fifoCount {
      let state = fifos[index]
      fifosOfTimeline[state.push].append(index)
      fifosOfTimeline[state.pop].append(index)
      histories[state.push] = max(histories[state.push], state.initialTokens + 1)
      if state.depth < FIFOState.endless {
        histories[state.pop] = max(histories[state.pop], state.depth + 1)
      }
    }
  }

  /// Among constraints on the same timeline only the latest entry with the same delay can bind,
  /// since entries never decrease.
  private func assignConstraints(_ node: Int) {
    var arriving: [Constraint] = []
    for fifo in everyInputs[node] {
      let constraint = Constraint(
        timeline: fifos[fifo].push, offset: -fifos[fifo].initialTokens,
        delay: fifos[fifo].arrival)
      if !arriving.contains(constraint) { arriving.append(constraint) }
    }
    var freeing: [Constraint] = []
    for fifo in everyOutputs[node] where fifos[fifo].depth < FIFOState.endless {
      let constraint = Constraint(
        timeline: fifos[fifo].pop, offset: fifos[fifo].initialTokens - fifos[fifo].depth,
        delay: fifos[fifo].response)
      let twin = freeing.firstIndex {
        $0.timeline == constraint.timeline && $0.delay == constraint.delay
      }
      if let twin {
        freeing[twin].offset = max(freeing[twin].offset, constraint.offset)
      } else {
        freeing.append(constraint)
      }
    }
    inputConstraints[node] = arriving
    outputConstraints[node] = freeing
    nodes[node].kernel = kernel(node)
  }

  private func kernel(_ node: Int) -> BlockKernel {
    guard !nodes[node].isSequential else { return .general }
    let pushes = !everyOutputs[node].isEmpty
    switch (inputConstraints[node].count, pushes ? outputConstraints[node].count : -1) {
    case (0, 0): return .in0out0
    case (0, 1): return .in0out1
    case (0, 2): return .in0out2
    case (1, -1): return .in1
    case (1, 0): return .in1out0
    case (1, 1): return .in1out1
    case (1, 2): return .in1out2
    case (2, -1): return .in2
    case (2, 0): return .in2out0
    case (2, 1): return .in2out1
    case (2, 2): return .in2out2
    default: return .general
    }
  }

  private func assignGroups() {
    for index in 0..<fifoCount {
      let state = fifos[index]
      let twin = groups.firstIndex {
        $0.push == state.push && $0.pop == state.pop && $0.response == state.response
          && $0.initialTokens == state.initialTokens
      }
      if let twin {
        groups[twin].limit = min(groups[twin].limit, state.depth)
        fifos[index].occupancy = twin
      } else {
        fifos[index].occupancy = groups.count
        groups.append(
          OccupancyGroup(
            push: state.push, pop: state.pop, initialTokens: state.initialTokens,
            response: state.response, limit: state.depth, peak: state.initialTokens))
        groupsOfTimeline[state.push].append(groups.count - 1)
        groupsOfTimeline[state.pop].append(groups.count - 1)
      }
    }
  }
}
