/// Why a run could not go on.
public struct DeadlockReport: Hashable, Sendable {
  /// What a blocked node waits for.
  public struct BlockedNode: Hashable, Sendable {
    public let node: String
    public let localTime: Int
    public let firing: Int
    /// FIFOs without a token that the node needs, and FIFOs without a slot that it needs.
    public let emptyInputs: [String]
    public let fullOutputs: [String]
  }

  /// The fill of a FIFO when the run stopped.
  public struct Fill: Hashable, Sendable {
    public let fifo: String
    public let fill: Int
    public let depth: FIFODepth
  }

  /// A FIFO and the least depth that lets the run complete.
  public struct Remedy: Hashable, Sendable {
    public let fifo: String
    public let depth: Int
  }

  /// The largest local time of any node.
  public let cycle: Int
  public let blocked: [BlockedNode]
  public let fullFIFOs: [Fill]
  public let emptyFIFOs: [String]
  /// Nodes of which each waits for the next, and the last for the first.
  public let waitCycle: [String]
  /// FIFOs on the wait cycle that are full.
  public let waitCycleFIFOs: [String]
  /// The least depths that free the run; filled by `DataflowGraph.remedies`.
  public var remedies: [Remedy] = []
}

extension TimingEngine {
  /// The elapsed cycles of a blocked run: nodes have peeked at their inputs up to the first empty.
  func deadlockTime() -> Int {
    for node in 0..<nodeCount
    where nodes[node].fired < plan.firings(ofNode: node, throughEpoch: plan.count - 1)
      && !nodes[node].isPending
    {
      for fifo in inputsOfNextFiring(node) {
        guard available(fifo) > 0 else { break }
        nodes[node].time = max(nodes[node].time, headStamp(fifo))
      }
    }
    return elapsed
  }

  /// Describes the blocked state.
  func deadlockReport() -> DeadlockReport {
    let names = graph.fifos.map(\.name)
    var blocked: [DeadlockReport.BlockedNode] = []
    var waits = [[(node: Int, fifo: Int)]](repeating: [], count: nodeCount)
    for node in 0..<nodeCount where nodes[node].fired < nodes[node].goal {
      let empty =
        nodes[node].isPending ? [] : inputsOfNextFiring(node).filter { available($0) <= 0 }
      let full = empty.isEmpty ? blockingOutputs(node) : []
      for fifo in empty { waits[node].append((fifos[fifo].producer, fifo)) }
      for fifo in full { waits[node].append((fifos[fifo].consumer, fifo)) }
      blocked.append(
        DeadlockReport.BlockedNode(
          node: graph.nodes[node].name, localTime: nodes[node].time, firing: nodes[node].fired,
          emptyInputs: empty.map { names[$0] }, fullOutputs: full.map { names[$0] }))
    }
    let cycle = waitCycle(waits)
    let full = (0..<fifoCount).filter { space($0) <= 0 }
    return DeadlockReport(
      cycle: elapsed, blocked: blocked,
      fullFIFOs: full.map {
        DeadlockReport.Fill(fifo: names[$0], fill: available($0), depth: graph.fifos[$0].depth)
      },
      emptyFIFOs: (0..<fifoCount).filter { available($0) <= 0 }.map { names[$0] },
      waitCycle: cycle.map { graph.nodes[$0.node].name },
      waitCycleFIFOs: cycle.map(\.fifo).filter { full.contains($0) }.map { names[$0] })
  }

  private func blockingOutputs(_ node: Int) -> [Int] {
    let outputs = outputsOfNextFiring(node)
    let waiting =
      nodes[node].isSequential ? outputs[nodes[node].nextOutput...].prefix(1) : outputs[...]
    return waiting.filter { space($0) <= 0 }
  }

  /// Follows the waits from each node until one comes twice.
  private func waitCycle(_ waits: [[(node: Int, fifo: Int)]]) -> [(node: Int, fifo: Int)] {
    var finished = Set<Int>()
    for start in 0..<nodeCount where !waits[start].isEmpty {
      var path: [(node: Int, fifo: Int)] = []
      if let cycle = search(start, waits, &path, &finished) { return cycle }
    }
    return []
  }

  private func search(
    _ node: Int, _ waits: [[(node: Int, fifo: Int)]], _ path: inout [(node: Int, fifo: Int)],
    _ finished: inout Set<Int>
  ) -> [(node: Int, fifo: Int)]? {
    if let index = path.firstIndex(where: { $0.node == node }) { return Array(path[index...]) }
    guard !finished.contains(node) else { return nil }
    for wait in waits[node] {
      path.append((node, wait.fifo))
      if let cycle = search(wait.node, waits, &path, &finished) { return cycle }
      path.removeLast()
    }
    finished.insert(node)
    return nil
  }

  /// Fill over time, from the kept history.
  func occupancyCurves() -> [[(cycle: Int, fill: Int)]] {
    (0..<fifoCount).map { fifo in
      let state = fifos[fifo]
      let (issues, pops) = (timelines[state.push], timelines[state.pop])
      var curve: [(cycle: Int, fill: Int)] = []
      var fill = state.initialTokens
      var (issue, pop) = (0, 0)
      while issue < issues.count || pop < pops.count {
        let issueCycle = issue < issues.count ? issues[issue] : Int.max
        let popCycle = pop < pops.count ? pops[pop] + state.response : Int.max
        let cycle = min(issueCycle, popCycle)
        while pop < pops.count && pops[pop] + state.response == cycle {
          fill -= 1
          pop += 1
        }
        while issue < issues.count && issues[issue] == cycle {
          fill += 1
          issue += 1
        }
        curve.append((cycle, fill))
      }
      return curve
    }
  }
}
