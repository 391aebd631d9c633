/// Cuts a run into epochs of whole rows, at whose ends all FIFOs hold their initial tokens again.
struct EpochPlan {
  /// The number of epochs; the last may be shorter.
  let count: Int
  /// From this epoch on all full epochs consist of rows of equal lengths.
  let uniformFrom: Int
  /// Epochs that have the full number of rows.
  let fullEpochs: Int
  /// By node: the rows in one full epoch, and firings before each row of a ragged shape.
  private let rowsPerEpoch: [Int]
  private let shapes: [RowShape]
  private let raggedSums: [[Int]]

  /// An epoch has at least this many firings of the busiest node, unless the run is shorter.
  static let leastFirings = 2048

  init(_ graph: DataflowGraph) {
    shapes = graph.nodes.map(\.rows)
    raggedSums = shapes.map { shape in
      guard case .ragged(let lengths) = shape else { return [] }
      var sums = [0]
      sums.reserveCapacity(lengths.count + 1)
      var sum = 0
      for length in lengths {
        sum += length
        sums.append(sum)
      }
      return sums
    }
    let units = EpochPlan.balancedUnits(graph, shapes, raggedSums)
    let busiest = max(1, (shapes.map(\.firings).max() ?? 1) / units)
    let unitsPerEpoch = max(1, (EpochPlan.leastFirings + busiest - 1) / busiest)
    count = (units + unitsPerEpoch - 1) / unitsPerEpoch
    fullEpochs = units / unitsPerEpoch
    rowsPerEpoch = shapes.map { $0.rows / units * unitsPerEpoch }
    uniformFrom = EpochPlan.firstUniform(shapes, rowsPerEpoch, fullEpochs)
  }

  /// Firings that a node has made when an epoch is complete.
  func firings(ofNode node: Int, throughEpoch epoch: Int) -> Int {
    EpochPlan.firings(
      shapes[node], raggedSums[node],
      rows: min(shapes[node].rows, (epoch + 1) * rowsPerEpoch[node]))
  }

  /// Rows that a node makes in a full epoch.
  func rows(ofNode node: Int) -> Int { rowsPerEpoch[node] }

  private static func firings(_ shape: RowShape, _ sums: [Int], rows: Int) -> Int {
    switch shape {
    case .uniform(_, let length): rows * length
    case .ragged: sums[rows]
    }
  }

  /// The largest number of equal parts after each of which every FIFO is balanced.
  private static func balancedUnits(
    _ graph: DataflowGraph, _ shapes: [RowShape], _ sums: [[Int]]
  ) -> Int {
    // Memory nodes fetch ahead of the row that the others are in.
    if graph.nodes.contains(where: { $0.kind == .merge || $0.transfers != nil }) { return 1 }
    let units = shapes.reduce(0) { greatestCommonDivisor($0, $1.rows) }
    for fifo in graph.fifos {
      let (from, to) = (fifo.producer.node, fifo.consumer.node)
      let sends = graph.nodes[from].outputs[fifo.producer.port].rate == .everyFiring
      let takes = graph.nodes[to].inputs[fifo.consumer.port].rate == .everyFiring
      if shapes[from] == shapes[to] && sends == takes { continue }
      func tokens(_ node: Int, _ everyFiring: Bool, _ unit: Int) -> Int {
        let rows = shapes[node].rows / units * unit
        return everyFiring ? firings(shapes[node], sums[node], rows: rows) : rows
      }
      for unit in 1...units where tokens(from, sends, unit) != tokens(to, takes, unit) {
        return 1
      }
    }
    return units
  }

  private static func firstUniform(
    _ shapes: [RowShape], _ rowsPerEpoch: [Int], _ fullEpochs: Int
  ) -> Int {
    var first = 0
    for (shape, rows) in zip(shapes, rowsPerEpoch) {
      guard case .ragged(let lengths) = shape, fullEpochs > 1 else { continue }
      var epoch = fullEpochs - 1
      let last = lengths[(epoch * rows)..<((epoch + 1) * rows)]
      while epoch > 0 && lengths[((epoch - 1) * rows)..<(epoch * rows)].elementsEqual(last) {
        epoch -= 1
      }
      first = max(first, epoch)
    }
    return first
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
