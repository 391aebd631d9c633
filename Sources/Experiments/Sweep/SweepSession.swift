public import ResultsStore
internal import Systems

/// Wherever runs are kept.
public protocol RunArchive: Sendable {
  /// Which of the runs are there, with whether each is done.
  ///
  /// - Throws: when the archive cannot be read.
  func knownRuns(among runs: [RunIdentity]) throws -> [RunIdentity: Bool]

  /// A run; nil when it is not there.
  ///
  /// - Throws: when the archive cannot be read.
  func run(_ identity: RunIdentity) throws -> RunRecord?

  /// Keeps a run, whole or not at all.
  ///
  /// - Throws: when it cannot be written.
  func keep(_ run: RunRecord) throws
}

extension ResultsStore: RunArchive {
  public func knownRuns(among runs: [RunIdentity]) throws -> [RunIdentity: Bool] {
    let wanted = Set(runs)
    return try knownRuns().filter { wanted.contains($0.key) }
  }

  public func run(_ identity: RunIdentity) throws -> RunRecord? {
    try runs(startingWith: identity.digest).first
  }

  public func keep(_ run: RunRecord) throws { try add(run) }
}

extension PointFolder: RunArchive {
  public func run(_ identity: RunIdentity) throws -> RunRecord? { try read(identity) }
  public func keep(_ run: RunRecord) throws { try add(run) }
}

/// How far a sweep is.
public struct SweepProgress: Sendable {
  /// The best value of an objective so far and the point that has it.
  public struct Best: Sendable {
    public var objective: Objective
    public var value: Double
    public var point: String
  }

  /// Runs that this call is to do.
  public var total: Int
  /// Runs that have ended.
  public var ended = 0
  /// Runs of those that failed.
  public var failed = 0
  /// The best point of each objective that has a value.
  public var best: [Best] = []

  public init(total: Int) {
    self.total = total
  }

  mutating func note(_ record: RunRecord, _ point: SweepPoint, _ objectives: [Objective]) {
    ended += 1
    if !record.isDone { failed += 1 }
    for objective in objectives {
      guard let value = record.metric(objective.metric) else { continue }
      let new = Best(objective: objective, value: value, point: point.label)
      if let index = best.firstIndex(where: { $0.objective == objective }) {
        if objective.isBetter(value, than: best[index].value) { best[index] = new }
      } else {
        best.append(new)
      }
    }
  }
}

/// A plan and the archive that its runs go to.
public struct SweepSession<Executor: PointExecutor>: Sendable {
  /// The points.
  public let plan: SweepPlan
  private let archive: any RunArchive
  private let runner: SweepRunner<Executor>

  public init(plan: SweepPlan, archive: any RunArchive, executor: Executor, workers: Int) {
    self.plan = plan
    self.archive = archive
    runner = SweepRunner(executor: executor, build: plan.build, workers: workers)
  }

  /// The points of a shard whose runs are not in the archive, one for each run.
  ///
  /// - Parameters:
  ///   - limit: at most so many.
  ///   - retriesFailed: whether runs that failed count as missing.
  /// - Throws: when the archive cannot be read.
  public func pending(
    shard: Shard = Shard(index: 1, count: 1), limit: Int? = nil, retriesFailed: Bool = false
  ) throws -> [SweepPoint] {
    let own = plan.points.filter { shard.contains($0.number) }
    let known = try archive.knownRuns(among: own.map(\.identity))
    var seen: Set<RunIdentity> = []
    let missing = own.filter { point in
      let isMissing = known[point.identity].map { retriesFailed && !$0 } ?? true
      return isMissing && seen.insert(point.identity).inserted
    }
    return limit.map { Array(missing.prefix($0)) } ?? missing
  }

  /// Runs points and keeps each record as it comes.
  ///
  /// - Throws: when a record cannot be kept.
  public func run(
    _ points: [SweepPoint], progress: (SweepProgress) -> Void
  ) throws {
    var state = SweepProgress(total: points.count)
    progress(state)
    try runner.run(points) { record, point in
      try archive.keep(record)
      state.note(record, point, plan.specification.objectives)
      progress(state)
    }
  }

  /// The objectives of points at cycle fidelity as analytic fidelity has them; points that have no
  /// analytic model are left out.
  func estimates(of points: [SweepPoint]) throws -> [Int: [Double]] {
    let objectives = plan.specification.objectives
    var values: [RunIdentity: [Double]] = [:]
    try runner.run(points.filter { $0.fidelity == .cycle }.map(\.analytic)) { record, point in
      let vector = objectives.compactMap { record.metric($0.metric) }
      if record.isDone, vector.count == objectives.count { values[point.identity] = vector }
    }
    var estimates: [Int: [Double]] = [:]
    for point in points { estimates[point.number] = values[point.identity] }
    return estimates
  }

  /// Finds the Pareto front with as few runs as proven bounds allow.
  ///
  /// Points at cycle fidelity run analytically first, which decides their order and nothing else.
  ///
  /// - Returns: the points of the front, and those that were discarded without a run.
  /// - Throws: when a bound or the archive cannot be had.
  public func optimize(
    bounds provider: some LowerBoundProvider, progress: (SweepProgress) -> Void
  ) throws -> (front: [SweepPoint], discarded: [BoundedSearch.Discarded]) {
    let objectives = plan.specification.objectives
    var bounds: [Int: PointBound] = [:]
    // Points of one trace after the other: the provider keeps the last.
    for point in plan.points.sorted(by: { $0.traceDigest < $1.traceDigest }) {
      bounds[point.number] = try provider.bound(of: point)
    }
    var search = BoundedSearch(
      points: plan.points.map(\.number), objectives: objectives, bounds: bounds,
      estimates: try estimates(of: plan.points))
    while !search.rung.isEmpty {
      let rung = search.rung
      let points = rung.map { plan.points[$0] }
      let known = try archive.knownRuns(among: points.map(\.identity))
      try run(points.filter { known[$0.identity] == nil }, progress: progress)
      var outcomes: [Int: [Double]] = [:]
      for point in points {
        guard let record = try archive.run(point.identity) else { continue }
        let vector = objectives.compactMap { record.metric($0.metric) }
        if vector.count == objectives.count { outcomes[point.number] = vector }
      }
      search.record(outcomes, of: rung)
    }
    return (search.front.map { plan.points[$0] }, search.discarded)
  }
}
