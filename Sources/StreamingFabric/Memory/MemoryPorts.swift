internal import DRAM

/// The memory nodes of one run: which transfers are under way, in the buffer, and done with.
///
/// A node stops at a fence: the next firing that needs a transfer, or after which one is done with.
/// Requests go out when the node meets the fence, at its local time; the memory advances only when
/// no node can go on without it, so that no request comes too late.
final class MemoryPorts {
  struct Port {
    let node: Int
    let isWrite: Bool
    let plan: MemoryTransfers
    /// By transfer: the cycle of its last byte, or -1.
    var ready: [Int]
    var issued = 0
    /// The next transfer to wait for, and the first whose place is still taken.
    var next = 0
    var held = 0
    var stall = 0
  }

  let memory: FabricMemory
  var ports: [Port] = []
  private var owners: [Int: (port: Int, transfer: Int)] = [:]
  private(set) var lastCycle = 0
  /// What the memory refused: an extent outside it.
  private(set) var failure: (any Error)?

  init(_ memory: FabricMemory, _ graph: DataflowGraph) {
    self.memory = memory
    for (index, node) in graph.nodes.enumerated() {
      guard let plan = node.transfers else { continue }
      ports.append(
        Port(
          node: index, isWrite: node.kind == .memoryWriter, plan: plan,
          ready: [Int](repeating: -1, count: plan.transfers.count)))
    }
  }

  /// Lets a node pass the fence at `fired` firings, if it can.
  ///
  /// - Returns: the cycle from which it goes on and the next fence; nil while the memory is awaited.
  func pass(_ index: Int, fired: Int, time: Int) -> (time: Int, fence: Int)? {
    ports[index].isWrite
      ? passWriter(index, fired: fired, time: time) : passReader(index, fired: fired, time: time)
  }

  private func passReader(_ index: Int, fired: Int, time: Int) -> (time: Int, fence: Int)? {
    let transfers = ports[index].plan.transfers
    while ports[index].held < transfers.count && transfers[ports[index].held].release <= fired {
      ports[index].held += 1
    }
    let last = min(transfers.count, ports[index].held + ports[index].plan.window)
    while ports[index].issued < last { issue(index, cycle: time) }
    var start = time
    while ports[index].next < transfers.count, transfers[ports[index].next].firing <= fired {
      let ready = ports[index].ready[ports[index].next]
      guard ready >= 0 else { return nil }
      start = max(start, ready)
      ports[index].next += 1
    }
    ports[index].stall += start - time
    var fence = Int.max
    if ports[index].next < transfers.count { fence = transfers[ports[index].next].firing }
    if ports[index].held < transfers.count {
      fence = min(fence, transfers[ports[index].held].release)
    }
    return (start, fence)
  }

  /// Firing f makes transfer f, and needs the place of transfer f - window.
  private func passWriter(_ index: Int, fired: Int, time: Int) -> (time: Int, fence: Int)? {
    while ports[index].issued < min(fired, ports[index].ready.count) { issue(index, cycle: time) }
    let place = fired - ports[index].plan.window
    var start = time
    if place >= 0 && fired < ports[index].ready.count {
      guard ports[index].ready[place] >= 0 else { return nil }
      start = max(time, ports[index].ready[place])
      ports[index].stall += start - time
    }
    return (start, fired + 1)
  }

  private func issue(_ index: Int, cycle: Int) {
    let number = ports[index].issued
    let transfer = ports[index].plan.transfers[number]
    ports[index].issued += 1
    do {
      switch try memory.request(
        source: index, isWrite: ports[index].isWrite, offset: transfer.offset,
        length: transfer.length, cycle: cycle)
      {
      case .done(let cycle): finish(index, number, cycle)
      case .pending(let task): owners[task] = (index, number)
      }
    } catch {
      if failure == nil { failure = error }
      finish(index, number, cycle)
    }
  }

  private func finish(_ port: Int, _ transfer: Int, _ cycle: Int) {
    ports[port].ready[transfer] = cycle
    lastCycle = max(lastCycle, cycle)
  }

  /// Advances the memory to the next completion; false when nothing is under way.
  func advance() -> Bool {
    guard let next = memory.nextCompletion() else { return false }
    if let owner = owners.removeValue(forKey: next.task) {
      finish(owner.port, owner.transfer, next.cycle)
    }
    return true
  }

  /// What was moved; the memory runs until its last transfer is done.
  func result(_ graph: DataflowGraph) -> FabricMemoryResult {
    while advance() {}
    let ports = ports.map { port in
      FabricMemoryResult.Port(
        node: graph.nodes[port.node].name, isWrite: port.isWrite, transfers: port.issued,
        bytes: port.plan.transfers[..<port.issued].reduce(0) { $0 + $1.length },
        stallCycles: port.stall)
    }
    if case .commandLevel(let memory) = memory.backing {
      return FabricMemoryResult(
        ports: ports, lastCycle: lastCycle, statistics: memory.statistics,
        peakBandwidth: memory.peakBandwidth)
    }
    return FabricMemoryResult(
      ports: ports, lastCycle: lastCycle, statistics: nil, peakBandwidth: nil)
  }
}

extension TimingEngine {
  /// Whether a node may fire now as far as its memory transfers go.
  func passFence(_ node: Int) -> Bool {
    guard nodes[node].fired == nodes[node].fence, !nodes[node].isPending, let memory else {
      return true
    }
    let port = nodes[node].memoryPort
    guard
      let passed = memory.pass(port, fired: nodes[node].fired, time: nodes[node].time)
    else { return false }
    nodes[node].time = passed.time
    nodes[node].fence = passed.fence
    return true
  }

  /// Sends out what writers have made, then lets the memory complete one transfer.
  func advanceMemory() -> Bool {
    guard let memory else { return false }
    settleMemory()
    return memory.advance()
  }

  /// Sends out what writers have made.
  func settleMemory() {
    for node in 0..<nodeCount where nodes[node].fired == nodes[node].fence { _ = passFence(node) }
  }
}
