/// A block of firings with its pointers resolved, ready to be repeated.
struct BlockTask {
  var kernel: BlockKernel
  var node: Int
  var count: Int
  var time: Int
  var interval: Int
  var in0: UnsafeMutablePointer<Int>
  var in1: UnsafeMutablePointer<Int>
  var out0: UnsafeMutablePointer<Int>
  var out1: UnsafeMutablePointer<Int>
  var in0Delay: Int
  var in1Delay: Int
  var out0Delay: Int
  var out1Delay: Int
  var pop: UnsafeMutablePointer<Int>
  var push: UnsafeMutablePointer<Int>
}

extension TimingEngine {
  /// Room for `count` more entries in every timeline that a block of `node` writes.
  func makeRoom(_ node: Int, _ count: Int) {
    if nodes[node].popEvery >= 0 { makeRoom(timeline: nodes[node].popEvery, count) }
    if nodes[node].isSequential {
      for fifo in everyOutputs[node] { makeRoom(timeline: fifos[fifo].push, count) }
    } else if nodes[node].pushEvery >= 0 {
      makeRoom(timeline: nodes[node].pushEvery, count)
    }
  }

  @inline(__always)
  func makeRoom(timeline: Int, _ count: Int) {
    if timelines[timeline].room < count { compact(timeline, count) }
  }

  /// Slides a timeline past the entries that neither a FIFO nor an occupancy check needs any more.
  @inline(never)
  private func compact(_ timeline: Int, _ count: Int) {
    for group in groupsOfTimeline[timeline] { checkOccupancy(group) }
    guard !keepsHistory else {
      timelines[timeline].compact(keeping: timelines[timeline].origin, room: max(count, 1024))
      return
    }
    var oldest = timelines[timeline].count
    for fifo in fifosOfTimeline[timeline] {
      let state = fifos[fifo]
      if state.push == timeline {
        oldest = min(oldest, timelines[state.pop].count - state.initialTokens)
      } else if state.depth < FIFOState.endless {
        oldest = min(
          oldest, timelines[state.push].count + state.initialTokens - state.depth)
      }
    }
    for index in groupsOfTimeline[timeline] {
      let group = groups[index]
      oldest = min(
        oldest,
        group.push == timeline
          ? group.checked : group.checked + group.initialTokens - group.peak - 1)
    }
    timelines[timeline].compact(keeping: oldest, room: count)
  }

  /// Fires a node `count` times within a row.
  func runBlock(_ node: Int, _ count: Int) {
    if nodes[node].kernel == .general {
      runGeneralBlock(node, count)
    } else {
      var task = makeTask(node, count)
      TimingEngine.execute(&task, offset: 0, count: count)
      nodes[node].time = task.time
    }
    complete(node, count)
  }

  /// Counts `count` firings whose entries are written.
  func complete(_ node: Int, _ count: Int) {
    let state = nodes + node
    state.pointee.fired += count
    if state.pointee.popEvery >= 0 { timelines[state.pointee.popEvery].count += count }
    if state.pointee.isSequential {
      for fifo in everyOutputs[node] { timelines[fifos[fifo].push].count += count }
    } else if state.pointee.pushEvery >= 0 {
      timelines[state.pointee.pushEvery].count += count
    }
    if state.pointee.hasFirst || state.pointee.hasLast { moveColumn(node, count) }
  }

  @inline(__always)
  func moveColumn(_ node: Int, _ count: Int) {
    let state = nodes + node
    state.pointee.column += count
    if state.pointee.column == state.pointee.rowLength {
      state.pointee.column = 0
      state.pointee.row += 1
      let rows = graph.nodes[node].rows
      if state.pointee.row < rows.rows {
        state.pointee.rowLength = rows.length(ofRow: state.pointee.row)
      }
    }
  }

  /// The block's pointers as of now; entries still to be written are addressed too.
  func makeTask(_ node: Int, _ count: Int) -> BlockTask {
    let state = nodes[node]
    let unused = timelines[0].base
    func pointer(_ constraint: Constraint) -> UnsafeMutablePointer<Int> {
      timelines[constraint.timeline].pointer(to: state.fired &+ constraint.offset)
    }
    var task = BlockTask(
      kernel: state.kernel, node: node, count: count, time: state.time, interval: state.interval,
      in0: unused, in1: unused, out0: unused, out1: unused, in0Delay: 0, in1Delay: 0,
      out0Delay: 0, out1Delay: 0, pop: unused, push: unused)
    let arriving = inputConstraints[node]
    let freeing = outputConstraints[node]
    if arriving.count > 0 { (task.in0, task.in0Delay) = (pointer(arriving[0]), arriving[0].delay) }
    if arriving.count > 1 { (task.in1, task.in1Delay) = (pointer(arriving[1]), arriving[1].delay) }
    if freeing.count > 0 { (task.out0, task.out0Delay) = (pointer(freeing[0]), freeing[0].delay) }
    if freeing.count > 1 { (task.out1, task.out1Delay) = (pointer(freeing[1]), freeing[1].delay) }
    if state.popEvery >= 0 { task.pop = timelines[state.popEvery].pointer(to: state.fired) }
    if state.pushEvery >= 0 { task.push = timelines[state.pushEvery].pointer(to: state.fired) }
    return task
  }

  /// Runs `count` firings of a resolved block, `offset` entries further than it was resolved for.
  ///
  /// A literal count unrolls the inner loop.
  @inline(__always)
  static func execute(_ task: inout BlockTask, offset: Int, count: Int) {
    switch task.kernel {
    case .in0out0: fire(&task, offset, count, inputs: 0, outputs: 0, pushes: true)
    case .in0out1: fire(&task, offset, count, inputs: 0, outputs: 1, pushes: true)
    case .in0out2: fire(&task, offset, count, inputs: 0, outputs: 2, pushes: true)
    case .in1: fire(&task, offset, count, inputs: 1, outputs: 0, pushes: false)
    case .in1out0: fire(&task, offset, count, inputs: 1, outputs: 0, pushes: true)
    case .in1out1: fire(&task, offset, count, inputs: 1, outputs: 1, pushes: true)
    case .in1out2: fire(&task, offset, count, inputs: 1, outputs: 2, pushes: true)
    case .in2: fire(&task, offset, count, inputs: 2, outputs: 0, pushes: false)
    case .in2out0: fire(&task, offset, count, inputs: 2, outputs: 0, pushes: true)
    case .in2out1: fire(&task, offset, count, inputs: 2, outputs: 1, pushes: true)
    case .in2out2: fire(&task, offset, count, inputs: 2, outputs: 2, pushes: true)
    case .general: break
    }
  }

  /// The inner loop; the literal arguments disappear when it is inlined.
  @inline(__always)
  private static func fire(
    _ task: inout BlockTask, _ offset: Int, _ count: Int, inputs: Int, outputs: Int, pushes: Bool
  ) {
    // Local copies: a store through a pointer might otherwise change the task.
    let (in0, in1, out0, out1) = (task.in0, task.in1, task.out0, task.out1)
    let (in0Delay, in1Delay) = (task.in0Delay, task.in1Delay)
    let (out0Delay, out1Delay) = (task.out0Delay, task.out1Delay)
    let (pop, push, interval) = (task.pop, task.push, task.interval)
    var time = task.time
    var step = 0
    repeat {
      let index = offset &+ step
      if inputs > 0 { time = max(time, in0[index] &+ in0Delay) }
      if inputs > 1 { time = max(time, in1[index] &+ in1Delay) }
      if inputs > 0 { pop[index] = time }
      if outputs > 0 { time = max(time, out0[index] &+ out0Delay) }
      if outputs > 1 { time = max(time, out1[index] &+ out1Delay) }
      if pushes { push[index] = time }
      time &+= interval
      step &+= 1
    } while step < count
    task.time = time
  }

  /// Any number of constraints, and sequential forks.
  func runGeneralBlock(_ node: Int, _ count: Int) {
    let state = nodes[node]
    var time = state.time
    for firing in state.fired..<(state.fired + count) {
      for constraint in inputConstraints[node] {
        time = max(
          time, timelines[constraint.timeline][firing &+ constraint.offset] &+ constraint.delay)
      }
      if state.popEvery >= 0 { timelines[state.popEvery].pointer(to: firing).pointee = time }
      if state.isSequential {
        for fifo in everyOutputs[node] {
          let target = fifos + fifo
          if target.pointee.depth < FIFOState.endless {
            let slot = firing &+ target.pointee.initialTokens &- target.pointee.depth
            time = max(time, timelines[target.pointee.pop][slot] &+ target.pointee.response)
          }
          timelines[target.pointee.push].pointer(to: firing).pointee = time
        }
      } else {
        for constraint in outputConstraints[node] {
          time = max(
            time, timelines[constraint.timeline][firing &+ constraint.offset] &+ constraint.delay)
        }
        if state.pushEvery >= 0 { timelines[state.pushEvery].pointer(to: firing).pointee = time }
      }
      time &+= state.interval
    }
    nodes[node].time = time
  }
}
