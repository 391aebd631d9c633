internal import Numerics
internal import Units
internal import Workload

/// Which heads the tokens of a step use.
struct HeadChoice {
  /// Query heads of each token.
  let count: Int
  /// Key-value heads that at least one query reads, one number a run, over its requests.
  let keyHeads: [Int]
  /// The indices as the next operator reads them.
  let value: Value
  /// Whether head h is used by row r, at r * heads + h; empty when shape-only.
  let isUsed: [Bool]
}

extension ForwardPass {
  /// The router of heads, without parameters: the heads whose queries have the greatest norms.
  mutating func routeHeads(
    _ query: Value, name: String, routing: inout Routing
  ) -> HeadChoice? {
    guard let router = switches.headRouting else { return nil }
    let architecture = configuration.architecture
    let count = router.count(architecture)
    // What is chosen: single heads, or groups that share keys and values.
    let unit = router.isAligned ? architecture.heads / architecture.kvHeads : 1
    let units = architecture.heads / unit
    var norms = makeValue([query.rows, units], like: query)
    norms.producer = note(
      name + ".head_router",
      .gate(Gate(tokens: query.rows, hidden: unit * architecture.headDim, experts: units)),
      [query], outputs: [norms.tensor])
    var choice = makeValue([query.rows, count / unit], like: nil, dtype: .i32)
    choice.producer = note(
      name + ".head_top_k", .topK(TopK(rows: query.rows, columns: units, k: count / unit)),
      [norms], outputs: [choice.tensor])
    var isUsed: [Bool] = []
    if let q = query.storage?.pointer, let norms = norms.storage?.pointer {
      isUsed = [Bool](repeating: false, count: query.rows * architecture.heads)
      let width = unit * architecture.headDim
      for row in 0..<query.rows {
        var scores = [Float](repeating: 0, count: units)
        for index in 0..<units {
          let q = q + row * query.columns + index * width
          scores[index] = Float(KeyChoice.product(width, q, q))
          norms[row * units + index] = scores[index]
        }
        for index in KeyChoice.greatest(count / unit, of: scores) {
          for head in index * unit..<(index + 1) * unit {
            isUsed[row * architecture.heads + head] = true
          }
        }
      }
    }
    let keyHeads =
      isUsed.isEmpty
      ? routing.keyHeads(
        runs, heads: architecture.heads, kvHeads: architecture.kvHeads, kept: count,
        isAligned: router.isAligned)
      : keyHeadsUsed(isUsed)
    return HeadChoice(count: count, keyHeads: keyHeads, value: choice, isUsed: isUsed)
  }

  /// Key-value heads that the rows of each request use together, summed by run.
  private func keyHeadsUsed(_ isUsed: [Bool]) -> [Int] {
    let architecture = configuration.architecture
    let (heads, group) = (architecture.heads, architecture.heads / architecture.kvHeads)
    var row = 0
    return runs.map { run in
      var sum = 0
      for _ in 0..<run.count {
        let rows = row..<row + run.query
        row += run.query
        sum += (0..<architecture.kvHeads).count { keyHead in
          rows.contains { row in
            (keyHead * group..<(keyHead + 1) * group).contains { isUsed[row * heads + $0] }
          }
        }
      }
      return sum
    }
  }

  /// Heads that are not used add nothing.
  func silence(_ out: Value, _ choice: HeadChoice) {
    guard let target = out.storage?.pointer else { return }
    let dim = configuration.architecture.headDim
    for (place, isUsed) in choice.isUsed.enumerated() where !isUsed {
      (target + place * dim).update(repeating: 0, count: dim)
    }
  }
}

extension Routing {
  /// Key-value heads that each run's requests read when no router runs.
  ///
  /// Heads are chosen independently: a key-value head of a group of g is unread by one token with the
  /// probability (1 - kept / heads)^g. Without grouping one token reads exactly the chosen heads. Runs of
  /// more than 4096 requests are drawn as so many and scaled.
  mutating func keyHeads(
    _ runs: [RequestRun], heads: Int, kvHeads: Int, kept: Int, isAligned: Bool
  ) -> [Int] {
    if kept == heads { return runs.map { $0.count * kvHeads } }
    let group = heads / kvHeads
    let isExact = isAligned || group == 1
    let least = isExact ? kept / group : (kept + group - 1) / group
    let off = 1 - Double(kept) / Double(heads)
    return runs.map { run in
      if run.query == 1 && isExact { return run.count * least }
      let draws = Double(isAligned ? run.query : group * run.query)
      let unread = ElementaryFunctions.pow(off, draws)
      let sample = min(run.count, Self.largestSample)
      var sum = 0
      for _ in 0..<sample {
        var read = 0
        for _ in 0..<kvHeads where nextUnit() >= unread { read += 1 }
        sum += max(read, least)
      }
      return sample == run.count ? sum : sum * run.count / sample
    }
  }
}
