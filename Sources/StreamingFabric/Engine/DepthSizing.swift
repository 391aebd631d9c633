extension DataflowGraph {
  /// The least depths that let a deadlocked graph complete: empty when none does.
  ///
  /// FIFOs on the wait cycle are opened one after the other until the run completes; then each gets
  /// the least depth with which it still does.
  /// - Complexity: a timing run for each halving of each opened FIFO.
  public func remedies(for report: DeadlockReport) throws(GraphError) -> [DeadlockReport.Remedy] {
    var depths = fifos.map(\.depth)
    var opened: [Int] = []
    var current: DeadlockReport? = report
    while let blocked = current {
      let onCycle = fifos.indices.filter { index in
        depths[index] != .unbounded && blocked.waitCycleFIFOs.contains(fifos[index].name)
      }
      guard let next = onCycle.first else { return [] }
      opened.append(next)
      depths[next] = .unbounded
      current = try withDepths(depths).run().deadlock
    }
    for index in opened {
      var low = fifos[index].depth.slots ?? 1
      var high = max(low + 1, try withDepths(depths).run().peaks[index])
      while high - low > 1 {
        let middle = (low + high) / 2
        depths[index] = .bounded(middle)
        if try withDepths(depths).run().deadlock == nil { high = middle } else { low = middle }
      }
      depths[index] = .bounded(high)
    }
    return opened.map {
      DeadlockReport.Remedy(fifo: fifos[$0].name, depth: depths[$0].slots ?? 0)
    }
  }

  /// The least depths, FIFO by FIFO in order, that cost no cycle against ample ones.
  ///
  /// Ample is unbounded, and for FIFOs from sources a row and all latencies, since an unbounded
  /// source may run ahead without end.
  /// - Complexity: a timing run for each halving of each FIFO.
  public func fullThroughputDepths() throws(GraphError) -> [FIFODepth] {
    let slack = nodes.reduce(64) { $0 + $1.latency + $1.interval }
    let row =
      nodes.map { node in
        (0..<node.rows.rows).reduce(0) { max($0, node.rows.length(ofRow: $1)) }
      }.max() ?? 1
    let sources = sourceFIFOs
    var depths: [FIFODepth] = fifos.indices.map {
      sources.contains($0) ? .bounded(row + slack) : .unbounded
    }
    let ample = try withDepths(depths).run()
    guard ample.deadlock == nil else {
      throw GraphError(.value, "the graph is in deadlock at any depth")
    }
    // With depths equal to the peaks no enqueue ever waits, so the run is the same.
    for index in fifos.indices { depths[index] = .bounded(max(1, ample.peaks[index])) }
    for index in fifos.indices {
      var low = max(0, fifos[index].initialTokens - 1)
      var high = depths[index].slots ?? 1
      while high - low > 1 {
        let middle = (low + high) / 2
        depths[index] = .bounded(middle)
        let trial = try withDepths(depths).run()
        if trial.deadlock == nil && trial.cycles == ample.cycles {
          high = middle
        } else {
          low = middle
        }
      }
      depths[index] = .bounded(high)
    }
    return depths
  }
}

extension FIFODepth {
  /// The number of slots; absent when unbounded.
  public var slots: Int? {
    switch self {
    case .bounded(let slots): slots
    case .unbounded: nil
    }
  }
}
