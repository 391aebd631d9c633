/// How a run covers its epochs.
public enum Stepping: String, CaseIterable, Hashable, Sendable {
  /// Every firing is stepped.
  case step
  /// A stretch between two equal states is repeated in closed form.
  case periodic
}

/// What is wanted of a run.
public struct FabricRunOptions: Hashable, Sendable {
  public var stepping: Stepping
  /// Whether nodes compute values; a graph with a merge always does.
  public var carriesValues: Bool
  /// Keeps all enqueues and dequeues for occupancy curves; memory grows with the run.
  public var keepsHistory: Bool

  public init(
    stepping: Stepping = .periodic, carriesValues: Bool = false, keepsHistory: Bool = false
  ) {
    self.stepping = stepping
    self.carriesValues = carriesValues
    self.keepsHistory = keepsHistory
  }
}

/// What a run of a graph gave.
public struct FabricRunResult: Sendable {
  /// The largest local time of any node, also when the run ended in deadlock.
  public let cycles: Int
  /// Why the run could not go on; absent when it completed.
  public var deadlock: DeadlockReport?
  /// The largest fill of each FIFO.
  public let peaks: [Int]
  /// Enqueues plus dequeues, also those covered in closed form.
  public let fifoOperations: Int
  /// Epochs that were stepped, of all.
  public let steppedEpochs: Int
  public let epochs: Int
  /// The proven period in cycles and epochs, when one was used.
  public let period: (epochs: Int, cycles: Int)?
  /// Fill over time by FIFO: (cycle, fill) at each change; empty unless history was kept.
  public let occupancies: [[(cycle: Int, fill: Int)]]
  /// What memory nodes moved; absent without them.
  public var memory: FabricMemoryResult?
}

extension DataflowGraph {
  /// Runs the graph until every node has made all its firings, or none can go on.
  ///
  /// - Parameter memory: what memory nodes are connected to; needed exactly when there are some.
  /// - Throws: `GraphError` when values are wanted of a node that has no operation, or an extent
  ///   lies outside the memory.
  /// - Complexity: proportional to the firings that are stepped.
  public func run(
    _ options: FabricRunOptions = FabricRunOptions(), memory: FabricMemory? = nil
  ) throws(GraphError) -> FabricRunResult {
    let hasMemory = nodes.contains { $0.transfers != nil }
    guard hasMemory == (memory != nil) else {
      throw GraphError(
        .value,
        hasMemory
          ? "the graph has memory nodes: give the run a memory"
          : "the graph has no memory nodes: run it without a memory")
    }
    let plan = EpochPlan(self)
    let ports = memory.map { MemoryPorts($0, self) }
    let engine = TimingEngine(
      self, plan: plan, keepsHistory: options.keepsHistory, memory: ports)
    let hasMerge = nodes.contains { $0.kind == .merge }
    var values: ValuePlane?
    if options.carriesValues || hasMerge { values = try ValuePlane(self, plan: plan) }
    var detector = PeriodDetector()
    var period: (epochs: Int, cycles: Int)?
    var stepped = 0
    var epoch = 0
    var deadlocked = false
    let mayJump =
      options.stepping == .periodic && !hasMerge && !hasMemory && !options.keepsHistory
    while epoch < plan.count && !deadlocked {
      if let values {
        values.run(epoch: epoch)
        if hasMerge { engine.selections = values.selections }
      }
      deadlocked = !engine.run(epoch: epoch)
      stepped += 1
      epoch += 1
      guard mayJump, !deadlocked, period == nil, epoch > plan.uniformFrom,
        epoch < plan.fullEpochs
      else { continue }
      let state = engine.relativeState()
      if let found = detector.note(epoch: epoch, state: state, time: engine.nodes[0].time) {
        let repetitions = (plan.fullEpochs - epoch) / found.epochs
        engine.skip(found, repetitions: repetitions)
        period = (found.epochs, found.cycles)
        for _ in 0..<(repetitions * found.epochs) {
          values?.run(epoch: epoch)
          epoch += 1
        }
      }
    }
    values?.finish()
    engine.settleMemory()
    let elapsed = deadlocked ? engine.deadlockTime() : engine.elapsed
    let moved = ports?.result(self)
    if let failure = ports?.failure { throw GraphError(.value, "memory: \(failure)") }
    return FabricRunResult(
      cycles: elapsed, deadlock: deadlocked ? engine.deadlockReport() : nil,
      peaks: engine.finalPeaks(), fifoOperations: engine.operations, steppedEpochs: stepped,
      epochs: plan.count, period: period,
      occupancies: options.keepsHistory ? engine.occupancyCurves() : [], memory: moved)
  }
}
