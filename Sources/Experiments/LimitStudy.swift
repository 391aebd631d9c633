internal import Foundation
internal import SimulationCore
internal import Synchronization
public import Systems
public import Units
public import Workload

/// What each limit of a system is charged in a run, and what a run without that limit saves.
///
/// The trace runs as it is, then once for each limit with that one removed. The two figures answer different questions:
/// a charge says what the time went on, a saving also what the limit held up elsewhere, or what took its place. Charges
/// sum to the time, savings need not.
public struct LimitStudy: Sendable {
  public var system: any TraceSystem
  public var fidelity: Fidelity
  public var header: TraceHeader
  public var operators: [Operator]
  /// Runs at the same time; they do not change the result.
  public var workers: Int
  public var allowsOversubscription: Bool

  public init(
    system: any TraceSystem, fidelity: Fidelity, header: TraceHeader, operators: [Operator],
    workers: Int = 1, allowsOversubscription: Bool = false
  ) {
    self.system = system
    self.fidelity = fidelity
    self.header = header
    self.operators = operators
    self.workers = workers
    self.allowsOversubscription = allowsOversubscription
  }

  /// Runs everything.
  ///
  /// - Throws: `SystemError` for a system without limits to remove at this fidelity, and what a run throws.
  public func run() throws -> LimitReport {
    try system.check(fidelity)
    let limits = system.limits(fidelity)
    guard !limits.isEmpty else {
      throw SystemError(
        "system '\(system.name)' has no limits to remove at \(fidelity.rawValue) fidelity; "
          + "try --fidelity cycle")
    }
    let sets = [Set<IdealLimit>()] + limits.map { Set([$0]) }
    let next = Atomic(0)
    let ended = Mutex<[Int: Result<SimulationResult, any Error>]>([:])
    SideBySide.run(workers: min(max(workers, 1), sets.count)) {
      while true {
        let number = next.add(1, ordering: .relaxed).oldValue
        guard number < sets.count else { return }
        let result = Result { try simulate(without: sets[number]) }
        ended.withLock { $0[number] = result }
      }
    }
    let results = try ended.withLock { ended in
      try sets.indices.map { number in
        guard let result = ended[number] else { preconditionFailure("a run was left out") }
        return try result.get()
      }
    }
    return LimitReport(
      base: results[0],
      limits: zip(limits, results.dropFirst()).map { limit, result in
        LimitReport.Limit(
          limit: limit, charged: results[0].run.causes[limit.cause],
          saved: results[0].time - result.time)
      })
  }

  private func simulate(without ideal: Set<IdealLimit>) throws -> SimulationResult {
    try Simulate(
      system: system,
      options: RunOptions(fidelity: fidelity, keepsOperators: false, slowest: 0, ideal: ideal),
      allowsOversubscription: allowsOversubscription
    ).run(OperatorSequence(operators), header: header, trace: "")
  }
}

/// The outcome of `LimitStudy`, schema `orrery.limits/1`.
public struct LimitReport: Sendable {
  /// One limit.
  public struct Limit: Sendable {
    public var limit: IdealLimit
    /// What the run with all limits charges to the limit's cause.
    public var charged: Duration
    /// By how much the run without it is shorter; negative where it is longer.
    public var saved: Duration

    /// The saving over the charge; nil where nothing was charged.
    public var ratio: Double? { charged > .zero ? saved.seconds / charged.seconds : nil }
  }

  /// The run with all limits.
  public let base: SimulationResult
  public let limits: [Limit]

  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.limits/1")
      json.field("system", base.system)
      json.field("model", base.model)
      json.field("fidelity", base.fidelity)
      json.field("time_ps", base.time.picoseconds)
      json.records("limits", limits) { json, limit in
        json.field("limit", limit.limit.rawValue)
        json.field("cause", limit.limit.cause.name)
        json.field("charged_ps", limit.charged.picoseconds)
        json.field("saved_ps", limit.saved.picoseconds)
      }
    }
    return json.text
  }
}
