import StreamingFabric

/// A slow, independent simulator of the same rules: a global clock, queues of tokens, and each
/// node doing at every cycle what it may do in that cycle. It shares no code with the engine.
struct TickedOracle {
  struct Outcome: Equatable {
    var cycles: Int
    var isDeadlock: Bool
    var peaks: [Int]
    var operations: Int
  }

  private struct Queue {
    var arrivals: [Int] = []
    var head = 0
    /// Cycles at which taken slots come back.
    var returns: [Int] = []
    var used = 0
    var peak = 0
    var operations = 0
  }

  private enum Phase {
    case peeking(Int)
    case writing(Int)
  }

  private struct Unit {
    var time = 0
    var phase = Phase.peeking(0)
    var row = 0
    var column = 0
    var isDone = false
  }

  static func run(_ graph: DataflowGraph) -> Outcome {
    var queues = graph.fifos.map { fifo in
      var queue = Queue()
      queue.arrivals = [Int](repeating: 0, count: fifo.initialTokens)
      queue.used = fifo.initialTokens
      queue.peak = fifo.initialTokens
      return queue
    }
    var units = [Unit](repeating: Unit(), count: graph.nodes.count)
    var clock = 0
    var lastEvent = 0
    while units.contains(where: { !$0.isDone }) {
      for index in queues.indices {
        queues[index].used -= queues[index].returns.count { $0 == clock }
        queues[index].returns.removeAll { $0 <= clock }
      }
      for node in units.indices {
        if step(graph, node, &units[node], &queues, clock) { lastEvent = clock }
      }
      clock += 1
      let horizon = horizonOf(graph, units, queues)
      if clock > lastEvent + horizon {
        return Outcome(
          cycles: units.map(\.time).max() ?? 0, isDeadlock: true, peaks: queues.map(\.peak),
          operations: queues.reduce(0) { $0 + $1.operations })
      }
    }
    return Outcome(
      cycles: units.map(\.time).max() ?? 0, isDeadlock: false, peaks: queues.map(\.peak),
      operations: queues.reduce(0) { $0 + $1.operations })
  }

  /// No event may lie further ahead than this.
  private static func horizonOf(_ graph: DataflowGraph, _ units: [Unit], _ queues: [Queue]) -> Int {
    let latency = graph.nodes.map { $0.latency + $0.interval }.max() ?? 1
    let links = graph.fifos.map { $0.sendLatency + $0.responseLatency }.max() ?? 1
    return latency + links + 2
  }

  /// What a node does at cycle `clock`; it may finish one firing, never start two.
  private static func step(
    _ graph: DataflowGraph, _ node: Int, _ unit: inout Unit, _ queues: inout [Queue], _ clock: Int
  ) -> Bool {
    guard !unit.isDone, unit.time <= clock else { return false }
    let specification = graph.nodes[node]
    var acted = false
    if case .peeking(var peeked) = unit.phase {
      let wanted = graph.fifos.indices.filter { graph.fifos[$0].consumer.node == node }
        .sorted { graph.fifos[$0].consumer.port < graph.fifos[$1].consumer.port }
        .filter {
          let rate = specification.inputs[graph.fifos[$0].consumer.port].rate
          return rate == .everyFiring || unit.column == 0
        }
      while peeked < wanted.count {
        let queue = queues[wanted[peeked]]
        guard queue.head < queue.arrivals.count, queue.arrivals[queue.head] <= clock else { break }
        // Local time follows the stamp, even when a later input is still missing.
        unit.time = max(unit.time, queue.arrivals[queue.head])
        peeked += 1
        acted = true
      }
      unit.phase = .peeking(peeked)
      guard peeked == wanted.count else { return acted }
      unit.time = clock
      for index in wanted {
        queues[index].head += 1
        queues[index].operations += 1
        queues[index].returns.append(clock + graph.fifos[index].responseLatency)
      }
      unit.phase = .writing(0)
      acted = true
    }
    guard case .writing(var written) = unit.phase else { return acted }
    let isLast = unit.column == specification.rows.length(ofRow: unit.row) - 1
    func outgoing(_ rate: PortRate) -> [Int] {
      specification.outputs.indices.filter { specification.outputs[$0].rate == rate }.flatMap {
        port in
        graph.fifos.indices.filter {
          graph.fifos[$0].producer.node == node && graph.fifos[$0].producer.port == port
        }
      }
    }
    let outputs = outgoing(.everyFiring) + (isLast ? outgoing(.lastOfRow) : [])
    func hasSlot(_ index: Int) -> Bool {
      guard case .bounded(let depth) = graph.fifos[index].depth else { return true }
      return queues[index].used < depth
    }
    if specification.fork == .atomic && !outputs.allSatisfy(hasSlot) { return acted }
    while written < outputs.count {
      let index = outputs[written]
      guard hasSlot(index) else {
        unit.phase = .writing(written)
        return acted
      }
      let fifo = graph.fifos[index]
      queues[index].arrivals.append(clock + max(specification.latency, fifo.sendLatency))
      queues[index].used += 1
      queues[index].peak = max(queues[index].peak, queues[index].used)
      queues[index].operations += 1
      unit.time = clock
      written += 1
      acted = true
    }
    unit.time = max(unit.time, clock) + specification.interval
    unit.phase = .peeking(0)
    unit.column += 1
    if unit.column == specification.rows.length(ofRow: unit.row) {
      unit.column = 0
      unit.row += 1
      unit.isDone = unit.row == specification.rows.rows
    }
    return true
  }
}
