/// Runs the values of a graph beside its timing.
///
/// What nodes compute does not depend on when they fire (Kahn's principle), so values move in
/// large blocks, whatever the depth of the FIFOs.
///
/// Source: G. Kahn, "The semantics of a simple language for parallel programming", IFIP 1974.
final class ValuePlane {
  /// The tokens of one output port that some reader still needs.
  private struct Buffer {
    var base: UnsafeMutablePointer<Double>
    var capacity: Int
    var width: Int
    var origin = 0
    var count = 0

    func pointer(to token: Int) -> UnsafeMutablePointer<Double> {
      base + (token - origin) * width
    }
  }

  private struct NodeProgress {
    var fired = 0
    var goal = 0
    var row = 0
    var column = 0
    var rowLength = 1
  }

  private let graph: DataflowGraph
  private let plan: EpochPlan
  private var kernels: [ValueKernel] = []
  private var progress: [NodeProgress]
  private var buffers: [Buffer] = []
  /// By node and port: the buffer that an output writes, and the FIFO and buffer of an input.
  private var outputBuffers: [[Int]] = []
  private var inputBuffers: [[Int]] = []
  /// Tokens read by FIFO, less the initial ones.
  private var consumed: [Int]
  private var readers: [[Int]] = []
  private(set) var selections: [Int: MergeSelection] = [:]
  private let inputPointers: UnsafeMutablePointer<UnsafePointer<Double>>
  private let outputPointers: UnsafeMutablePointer<UnsafeMutablePointer<Double>>
  private let zeros: UnsafeMutablePointer<Double>

  static let largestBlock = 512

  init(_ graph: DataflowGraph, plan: EpochPlan) throws(GraphError) {
    for node in graph.nodes
    where node.operation == nil && node.kind != .sink && node.kind != .memoryWriter {
      throw GraphError(
        .value, "node '\(node.name)' has no operation: run the graph without values")
    }
    self.graph = graph
    self.plan = plan
    progress = graph.nodes.map { NodeProgress(rowLength: $0.rows.length(ofRow: 0)) }
    consumed = graph.fifos.map { -$0.initialTokens }
    let ports = graph.nodes.map { max($0.inputs.count, $0.outputs.count) }.max() ?? 1
    inputPointers = .allocate(capacity: ports)
    outputPointers = .allocate(capacity: ports)
    let widest = graph.nodes.flatMap { $0.inputs + $0.outputs }.map(\.type.width).max() ?? 1
    zeros = .allocate(capacity: widest)
    zeros.initialize(repeating: 0, count: widest)
    for (index, node) in graph.nodes.enumerated() {
      kernels.append(node.operation?.makeKernel() ?? DiscardKernel())
      if node.kind == .merge { selections[index] = MergeSelection() }
      var ports: [Int] = []
      for (port, output) in node.outputs.enumerated() {
        let capacity = 2 * ValuePlane.largestBlock
        let base = UnsafeMutablePointer<Double>.allocate(capacity: capacity * output.type.width)
        ports.append(buffers.count)
        buffers.append(Buffer(base: base, capacity: capacity, width: output.type.width))
        readers.append(graph.outputFIFOs[index][port])
      }
      outputBuffers.append(ports)
    }
    for fifos in graph.inputFIFOs {
      inputBuffers.append(
        fifos.map {
          outputBuffers[graph.fifos[$0].producer.node][graph.fifos[$0].producer.port]
        })
    }
  }

  deinit {
    for buffer in buffers { buffer.base.deallocate() }
    inputPointers.deallocate()
    outputPointers.deallocate()
    zeros.deallocate()
  }

  /// Computes all firings of an epoch.
  func run(epoch: Int) {
    for node in progress.indices {
      progress[node].goal = plan.firings(ofNode: node, throughEpoch: epoch)
    }
    var moved = true
    while moved {
      moved = false
      for node in graph.order where progress[node].fired < progress[node].goal {
        if graph.nodes[node].kind == .merge {
          if merge(node) { moved = true }
        } else if fire(node) {
          moved = true
        }
      }
    }
  }

  /// Ends a run.
  func finish() {
    for kernel in kernels { kernel.finish() }
  }

  private func available(_ fifo: Int, _ buffer: Int) -> Int {
    buffers[buffer].count - consumed[fifo]
  }

  private func fire(_ node: Int) -> Bool {
    let specification = graph.nodes[node]
    let state = progress[node]
    var count = min(
      state.goal - state.fired, state.rowLength - state.column, ValuePlane.largestBlock)
    let fifos = graph.inputFIFOs[node]
    for (port, fifo) in fifos.enumerated() {
      let tokens = available(fifo, inputBuffers[node][port])
      if specification.inputs[port].rate == .everyFiring {
        // Initial tokens are zeros outside any buffer: take them one by one.
        count = min(count, consumed[fifo] < 0 ? 1 : tokens)
      } else if tokens <= 0 {
        count = 0
      }
    }
    guard count > 0 else { return false }
    let isLast = state.column + count == state.rowLength
    for (port, output) in specification.outputs.enumerated() {
      let buffer = outputBuffers[node][port]
      if output.rate == .everyFiring || isLast {
        makeRoom(buffer, output.rate == .everyFiring ? count : 1)
      }
      outputPointers[port] = buffers[buffer].pointer(to: buffers[buffer].count)
    }
    for (port, fifo) in fifos.enumerated() {
      let buffer = buffers[inputBuffers[node][port]]
      inputPointers[port] = UnsafePointer(
        consumed[fifo] < 0 ? zeros : buffer.pointer(to: consumed[fifo]))
    }
    kernels[node].fire(
      FiringBlock(
        count: count, row: state.row, column: state.column, isFirst: state.column == 0,
        isLast: isLast, inputs: UnsafePointer(inputPointers),
        outputs: UnsafePointer(outputPointers)))
    for (port, output) in specification.outputs.enumerated() {
      let tokens = output.rate == .everyFiring ? count : (isLast ? 1 : 0)
      buffers[outputBuffers[node][port]].count += tokens
    }
    for (port, fifo) in fifos.enumerated() {
      if specification.inputs[port].rate == .everyFiring {
        consumed[fifo] += count
      } else if isLast {
        consumed[fifo] += 1
      }
    }
    move(node, count)
    return true
  }

  private func move(_ node: Int, _ count: Int) {
    progress[node].fired += count
    progress[node].column += count
    if progress[node].column == progress[node].rowLength {
      progress[node].column = 0
      progress[node].row += 1
      let rows = graph.nodes[node].rows
      if progress[node].row < rows.rows {
        progress[node].rowLength = rows.length(ofRow: progress[node].row)
      }
    }
  }

  private func makeRoom(_ index: Int, _ tokens: Int) {
    let buffer = buffers[index]
    guard buffer.count - buffer.origin + tokens > buffer.capacity else { return }
    let first = max(buffer.origin, readers[index].map { consumed[$0] }.min() ?? buffer.count)
    let kept = buffer.count - first
    let source = buffer.pointer(to: first)
    if kept + tokens > buffer.capacity / 2 {
      let capacity = 2 * (kept + tokens)
      let base = UnsafeMutablePointer<Double>.allocate(capacity: capacity * buffer.width)
      base.initialize(from: source, count: kept * buffer.width)
      buffer.base.deallocate()
      buffers[index].base = base
      buffers[index].capacity = capacity
    } else {
      buffer.base.update(from: source, count: kept * buffer.width)
    }
    buffers[index].origin = first
  }

  /// Takes the smaller head, the first input's when equal, until an input runs dry.
  private func merge(_ node: Int) -> Bool {
    let fifos = graph.inputFIFOs[node]
    let output = outputBuffers[node][0]
    var moved = false
    while progress[node].fired < progress[node].goal {
      var chosen = -1
      var smallest = Double.infinity
      for (port, fifo) in fifos.enumerated() {
        let buffer = inputBuffers[node][port]
        guard available(fifo, buffer) > 0 else {
          let producer = graph.fifos[fifo].producer.node
          if progress[producer].fired == progress[producer].goal { continue }
          return moved
        }
        let head = buffers[buffer].pointer(to: consumed[fifo]).pointee
        if chosen < 0 || head < smallest { (chosen, smallest) = (port, head) }
      }
      guard chosen >= 0 else { return moved }
      makeRoom(output, 1)
      buffers[output].pointer(to: buffers[output].count).pointee = smallest
      buffers[output].count += 1
      consumed[fifos[chosen]] += 1
      selections[node]?.ports.append(UInt8(chosen))
      progress[node].fired += 1
      moved = true
    }
    return moved
  }
}

/// Takes tokens and keeps nothing.
final class DiscardKernel: ValueKernel {
  override func fire(_ block: FiringBlock) {}
}
