#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A PIM kernel compiled for a pair of formats.
struct PIMKernelRun: PrecisionBody {
  let kernel: PIMKernel
  let problem: AttentionProblem
  let order: PIMOrder

  func run<S: Rounding, A: Rounding>(_: S.Type, _: A.Type) -> [Double] {
    var rows = PIMRows<S, A>(problem, order)
    let exact = kernel == .value ? ExactParts.probabilities(problem).map(S.round) : []
    for head in 0..<problem.shape.heads {
      for row in 0..<problem.shape.rows {
        let line = head * problem.shape.rows + row
        switch kernel {
        case .key: rows.scores += rows.keyProducts(head: head, row: row)
        case .value:
          let keys = problem.shape.keys
          rows.valueProducts(head: head, line, Array(exact[line * keys..<(line + 1) * keys]))
        case .attention:
          let weights = rows.softmax(rows.keyProducts(head: head, row: row), row: row)
          rows.valueProducts(head: head, line, weights)
        }
      }
    }
    return kernel == .key ? rows.scores : rows.output
  }
}

/// Products in the order of the banks, of operands in S with accumulators in A.
struct PIMRows<S: Rounding, A: Rounding> {
  private let problem: AttentionProblem
  private let order: PIMOrder
  private var tree: [Double]
  var scores: [Double] = []
  var output: [Double]

  init(_ problem: AttentionProblem, _ order: PIMOrder) {
    self.problem = problem
    self.order = order
    let units = order.dealing.map { $0.channels * $0.banks } ?? 0
    tree = [Double](repeating: 0, count: max(order.lanes, order.vectorLanes, units))
    output = [Double](repeating: 0, count: problem.q.count)
  }

  /// Adds the first `count` entries of the tree, pairs first; the others are zero and change nothing.
  private mutating func treeSum(_ count: Int) -> Double {
    var width = count
    while width > 1 {
      let half = (width + 1) / 2
      for index in 0..<width / 2 { tree[index] = A.round(tree[2 * index] + tree[2 * index + 1]) }
      if width % 2 == 1 { tree[half - 1] = tree[width - 1] }
      width = half
    }
    return tree[0]
  }

  /// One product of a row: column steps of `lanes` elements into one accumulator, read out in the storage format.
  private mutating func product(_ range: Range<Int>, _ term: (Int) -> Double) -> Double {
    var accumulator = 0.0
    var column = range.lowerBound
    while column < range.upperBound {
      let end = min(range.upperBound, column + order.lanes)
      for index in column..<end { tree[index - column] = A.round(term(index)) }
      accumulator = A.round(accumulator + treeSum(end - column))
      column = end
    }
    return S.round(accumulator)
  }

  /// Parts of `range` that lie in one row when element `origin` of it starts a row.
  private func rows(of range: Range<Int>, offset: Int) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let inRow = (start + offset) % order.rowElements
      let end = min(range.upperBound, start + order.rowElements - inRow)
      parts.append(start..<end)
      start = end
    }
    return parts
  }

  /// The sum of partial results on the vector units, rounded to the storage format.
  private func gather(_ parts: [Double]) -> Double {
    guard parts.count > 1 else { return parts.first ?? 0 }
    return S.round(parts.dropFirst().reduce(parts[0]) { A.round($0 + $1) })
  }

  /// The scores of a query with all keys, zero where masked; the heads of a token lie side by side in its rows.
  mutating func keyProducts(head: Int, row: Int) -> [Double] {
    let shape = problem.shape
    let d = shape.dimension
    let kvHead = shape.kvHead(of: head)
    let query = (head * shape.rows + row) * d
    let parts = order.dealing == nil ? rows(of: 0..<d, offset: kvHead * d) : [0..<d]
    var scores = [Double](repeating: 0, count: shape.keys)
    for key in shape.visibleKeys(row) {
      let base = (kvHead * shape.keys + key) * d
      let (q, k) = (problem.q, problem.k)
      scores[key] = gather(parts.map { part in product(part) { q[query + $0] * k[base + $0] } })
    }
    return scores
  }

  /// Softmax of read-out scores on the vector units, in the accumulator's format; probabilities in storage.
  mutating func softmax(_ scores: [Double], row: Int) -> [Double] {
    let keys = problem.shape.visibleKeys(row)
    var weights = scores.map { A.round($0 * problem.shape.scale) }
    let maximum = keys.map { weights[$0] }.max() ?? 0
    for key in weights.indices {
      weights[key] = keys.contains(key) ? A.round(exp(A.round(weights[key] - maximum))) : 0
    }
    // Each lane sums its own elements, then the lanes are added in a tree.
    for lane in 0..<order.vectorLanes {
      var sum = 0.0
      for key in stride(from: lane, to: weights.count, by: order.vectorLanes) {
        sum = A.round(sum + weights[key])
      }
      tree[lane] = sum
    }
    let sum = treeSum(order.vectorLanes)
    return weights.map { S.round(A.round($0 / sum)) }
  }

  /// Probabilities by values dealt to units: each adds its own tokens, then the units are added in a tree.
  private mutating func dealtValues(
    _ dealing: PIMDealing, head: Int, _ line: Int, _ weights: [Double]
  ) {
    let shape = problem.shape
    let d = shape.dimension
    let base = shape.kvHead(of: head) * shape.keys * d
    let parts = (d + order.lanes - 1) / order.lanes
    let v = problem.v
    for part in 0..<parts {
      let units = dealing.tokens(0..<shape.keys, part: part, of: parts)
      for index in part * order.lanes..<min(d, (part + 1) * order.lanes) {
        var sums = [Double](repeating: 0, count: units.count)
        for (unit, columns) in units.enumerated() {
          for tokens in columns {
            for (place, token) in tokens.enumerated() {
              tree[place] = A.round(weights[token] * v[base + token * d + index])
            }
            sums[unit] = A.round(sums[unit] + treeSum(tokens.count))
          }
        }
        for (unit, sum) in sums.enumerated() { tree[unit] = sum }
        output[line * d + index] = S.round(treeSum(sums.count))
      }
    }
  }

  /// Probabilities by values: a row holds one dimension of many tokens.
  mutating func valueProducts(head: Int, _ line: Int, _ weights: [Double]) {
    if let dealing = order.dealing { return dealtValues(dealing, head: head, line, weights) }
    let shape = problem.shape
    let d = shape.dimension
    let base = shape.kvHead(of: head) * shape.keys * d
    let parts = rows(of: 0..<shape.keys, offset: 0)
    let v = problem.v
    for index in 0..<d {
      output[line * d + index] = gather(
        parts.map { part in product(part) { weights[$0] * v[base + $0 * d + index] } })
    }
  }
}
