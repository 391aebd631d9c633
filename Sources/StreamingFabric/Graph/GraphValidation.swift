extension DataflowGraph {
  static func validateNodes(_ nodes: [NodeSpecification]) throws(GraphError) {
    guard !nodes.isEmpty else { throw GraphError(.shape, "the graph has no nodes") }
    var names: Set<String> = []
    for node in nodes {
      guard names.insert(node.name).inserted else {
        throw GraphError(.name, "two nodes are called '\(node.name)': give each its own name")
      }
      guard node.interval >= 1 else {
        throw GraphError(
          .zeroDelay, "node '\(node.name)': initiation interval \(node.interval), must be >= 1")
      }
      guard node.latency >= 1 else {
        throw GraphError(.zeroDelay, "node '\(node.name)': latency \(node.latency), must be >= 1")
      }
      guard node.rows.rows >= 1, node.rows.shortestRow >= 1 else {
        throw GraphError(.shape, "node '\(node.name)': every row needs at least one firing")
      }
      guard !node.inputs.isEmpty || !node.outputs.isEmpty else {
        throw GraphError(.unconnectedPort, "node '\(node.name)' has no ports")
      }
      for port in node.inputs where port.rate == .lastOfRow {
        throw GraphError(.shape, "input '\(node.name).\(port.name)' cannot wait for a row's end")
      }
      for port in node.outputs where port.rate == .firstOfRow || port.rate == .selected {
        throw GraphError(
          .shape, "output '\(node.name).\(port.name)' must act in every or the last firing")
      }
      let selected = node.inputs.count { $0.rate == .selected }
      guard selected == 0 || (node.kind == .merge && selected == node.inputs.count) else {
        throw GraphError(.shape, "node '\(node.name)': only all inputs of a merge are selected")
      }
      try validateTransfers(node)
      for port in node.inputs + node.outputs where port.type.width < 1 {
        throw GraphError(.elementType, "port '\(node.name).\(port.name)': width below 1")
      }
    }
  }

  private static func validateTransfers(_ node: NodeSpecification) throws(GraphError) {
    let isMemory = node.kind == .memoryReader || node.kind == .memoryWriter
    guard isMemory == (node.transfers != nil) else {
      throw GraphError(
        .value, "node '\(node.name)': memory readers and writers, and only they, have transfers")
    }
    guard let plan = node.transfers else { return }
    guard node.kind == .memoryReader ? node.inputs.isEmpty : node.outputs.isEmpty else {
      throw GraphError(
        .shape, "node '\(node.name)': a memory reader only sends, a writer only takes")
    }
    guard plan.window >= 1 else {
      throw GraphError(.value, "node '\(node.name)': its buffer holds no transfer")
    }
    if node.kind == .memoryWriter {
      let isPerFiring = plan.transfers.indices.allSatisfy { plan.transfers[$0].firing == $0 }
      guard isPerFiring, plan.transfers.count == node.rows.firings else {
        throw GraphError(.value, "node '\(node.name)': a writer has one transfer a firing")
      }
      return
    }
    var (firing, release) = (0, 0)
    for transfer in plan.transfers {
      guard transfer.firing >= firing, transfer.release >= release, transfer.length > 0,
        transfer.release > transfer.firing, transfer.release <= node.rows.firings
      else {
        throw GraphError(
          .value, "node '\(node.name)': transfers must be in the order of their firings")
      }
      (firing, release) = (transfer.firing, transfer.release)
    }
  }

  static func connections(
    _ nodes: [NodeSpecification], _ fifos: [FIFOSpecification]
  ) throws(GraphError) -> ([[Int]], [[[Int]]]) {
    var inputs = nodes.map { [Int](repeating: -1, count: $0.inputs.count) }
    var outputs = nodes.map { [[Int]](repeating: [], count: $0.outputs.count) }
    for (index, fifo) in fifos.enumerated() {
      let (from, to) = (fifo.producer, fifo.consumer)
      guard nodes.indices.contains(from.node), nodes[from.node].outputs.indices.contains(from.port),
        nodes.indices.contains(to.node), nodes[to.node].inputs.indices.contains(to.port)
      else { throw GraphError(.unconnectedPort, "FIFO '\(fifo.name)' ends at a missing port") }
      guard inputs[to.node][to.port] < 0 else {
        let port = nodes[to.node].inputs[to.port].name
        throw GraphError(
          .unconnectedPort, "input '\(nodes[to.node].name).\(port)' has two producers")
      }
      inputs[to.node][to.port] = index
      outputs[from.node][from.port].append(index)
    }
    for (node, ports) in zip(nodes, inputs) {
      for (port, fifo) in zip(node.inputs, ports) where fifo < 0 {
        throw GraphError(
          .unconnectedPort, "input '\(node.name).\(port.name)' is not connected to any output")
      }
    }
    for (node, ports) in zip(nodes, outputs) {
      for (port, fifos) in zip(node.outputs, ports) where fifos.isEmpty {
        throw GraphError(
          .unconnectedPort,
          "output '\(node.name).\(port.name)' is not connected: end it in a sink")
      }
    }
    return (inputs, outputs)
  }

  static func validate(
    _ fifo: FIFOSpecification, _ nodes: [NodeSpecification]
  ) throws(GraphError) {
    let producer = nodes[fifo.producer.node]
    let consumer = nodes[fifo.consumer.node]
    let output = producer.outputs[fifo.producer.port]
    let input = consumer.inputs[fifo.consumer.port]
    guard output.type == input.type else {
      throw GraphError(
        .elementType,
        "FIFO '\(fifo.name)': \(producer.name).\(output.name) gives \(output.type), "
          + "\(consumer.name).\(input.name) takes \(input.type)")
    }
    guard fifo.sendLatency >= 1, fifo.responseLatency >= 1 else {
      throw GraphError(.zeroDelay, "FIFO '\(fifo.name)': send and response latency must be >= 1")
    }
    if case .bounded(let depth) = fifo.depth, depth < max(1, fifo.initialTokens) {
      throw GraphError(
        .value, "FIFO '\(fifo.name)': depth \(depth) must be >= \(max(1, fifo.initialTokens))")
    }
    guard fifo.initialTokens >= 0 else {
      throw GraphError(.value, "FIFO '\(fifo.name)': negative number of initial tokens")
    }
    let sent = tokens(output.rate, producer.rows)
    guard input.rate != .selected else { return }
    // Initial tokens shift the stream: a loop leaves as many behind at the end.
    let taken = tokens(input.rate, consumer.rows)
    guard sent == taken else {
      throw GraphError(
        .tokenBalance,
        "FIFO '\(fifo.name)': \(producer.name) sends \(sent) tokens, \(consumer.name) takes \(taken)"
      )
    }
  }

  /// A loop whose FIFOs hold no token can never start.
  static func validateLoops(
    _ nodes: [NodeSpecification], _ fifos: [FIFOSpecification]
  ) throws(GraphError) {
    let unprimed = fifos.filter { $0.initialTokens == 0 }
    let sorted = topologicalOrder(nodes.count, unprimed)
    guard sorted.count < nodes.count else { return }
    let left = Set(nodes.indices).subtracting(sorted)
    let names = left.sorted().map { nodes[$0].name }.joined(separator: ", ")
    throw GraphError(
      .unprimedLoop, "loop without delay among \(names): put an initial token on one of its FIFOs")
  }

  /// The nodes in data order; FIFOs with initial tokens are ignored, which breaks every loop.
  static func dataOrder(_ nodes: [NodeSpecification], _ fifos: [FIFOSpecification]) -> [Int] {
    topologicalOrder(nodes.count, fifos.filter { $0.initialTokens == 0 })
  }

  private static func topologicalOrder(_ count: Int, _ fifos: [FIFOSpecification]) -> [Int] {
    var waiting = [Int](repeating: 0, count: count)
    var successors = [[Int]](repeating: [], count: count)
    for fifo in fifos {
      waiting[fifo.consumer.node] += 1
      successors[fifo.producer.node].append(fifo.consumer.node)
    }
    var order = (0..<count).filter { waiting[$0] == 0 }
    var next = 0
    while next < order.count {
      for successor in successors[order[next]] {
        waiting[successor] -= 1
        if waiting[successor] == 0 { order.append(successor) }
      }
      next += 1
    }
    return order
  }
}
