/// An order of nodes that respects their dependences, which may point anywhere in a file.
///
/// Metadata nodes drop out; what depended on one depends on what it depended on. Among nodes that
/// may go, the first in the file goes first.
struct ChakraOrder {
  /// Indices of the nodes in order, metadata left out.
  private(set) var sorted: [Int] = []
  /// Data dependences of each node, as indices.
  private(set) var data: [[Int]]
  /// Control dependences of each node, as indices.
  private(set) var control: [[Int]]

  init(_ nodes: [ChakraNode]) throws(ImportError) {
    var places: [UInt64: Int] = [:]
    for (index, node) in nodes.enumerated() {
      if places.updateValue(index, forKey: node.id) != nil {
        throw ImportError("node id \(node.id) occurs twice")
      }
    }
    func indices(_ ids: [UInt64], of node: ChakraNode) throws(ImportError) -> [Int] {
      var result: Set<Int> = []
      for id in ids {
        guard let place = places[id] else {
          throw ImportError(
            "node \(node.id) ('\(node.name)') depends on \(id), which does not exist")
        }
        result.insert(place)
      }
      return result.sorted()
    }
    data = []
    control = []
    for node in nodes {
      data.append(try indices(node.dataDependences, of: node))
      control.append(try indices(node.controlDependences, of: node))
    }
    try sort(nodes)
    dropMetadata(nodes)
  }

  private mutating func sort(_ nodes: [ChakraNode]) throws(ImportError) {
    var waiting = nodes.indices.map { Set(data[$0] + control[$0]).count }
    var dependents = nodes.map { _ in [Int]() }
    for index in nodes.indices {
      for place in Set(data[index] + control[index]) { dependents[place].append(index) }
    }
    // A min-heap of indices that may go.
    var ready: [Int] = []
    func push(_ value: Int) {
      ready.append(value)
      var child = ready.count - 1
      while child > 0, ready[(child - 1) / 2] > ready[child] {
        ready.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    }
    func pop() -> Int {
      ready.swapAt(0, ready.count - 1)
      let least = ready.removeLast()
      var parent = 0
      while 2 * parent + 1 < ready.count {
        var child = 2 * parent + 1
        if child + 1 < ready.count, ready[child + 1] < ready[child] { child += 1 }
        if ready[parent] <= ready[child] { break }
        ready.swapAt(parent, child)
        parent = child
      }
      return least
    }
    for index in nodes.indices where waiting[index] == 0 { push(index) }
    while !ready.isEmpty {
      let index = pop()
      sorted.append(index)
      for dependent in dependents[index] {
        waiting[dependent] -= 1
        if waiting[dependent] == 0 { push(dependent) }
      }
    }
    if let stuck = nodes.indices.first(where: { waiting[$0] > 0 }) {
      throw ImportError(
        "node \(nodes[stuck].id) ('\(nodes[stuck].name)') is on or behind a cycle of dependences")
    }
  }

  private mutating func dropMetadata(_ nodes: [ChakraNode]) {
    func isKept(_ index: Int) -> Bool {
      nodes[index].type != .metadata && nodes[index].type != .invalid
    }
    for index in sorted {
      data[index] = Set(data[index].flatMap { isKept($0) ? [$0] : data[$0] }).sorted()
      control[index] =
        Set(control[index].flatMap { isKept($0) ? [$0] : data[$0] + control[$0] }).sorted()
    }
    sorted.removeAll { !isKept($0) }
  }

  /// The id of each node that is kept: its own when they increase along the order, else its place.
  mutating func identifiers(_ nodes: [ChakraNode]) -> [Int?] {
    var result = [Int?](repeating: nil, count: nodes.count)
    let own = sorted.map { nodes[$0].id }
    let keeps =
      zip(own, own.dropFirst()).allSatisfy { $0 < $1 } && own.last ?? 0 < 1 << 53
      && sorted.count < 1 << 21
    for (place, index) in sorted.enumerated() {
      result[index] = keeps ? Int(nodes[index].id) : place
    }
    return result
  }
}
