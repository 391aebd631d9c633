internal import Foundation
public import ResultsStore
internal import Synchronization

/// Runs points of a sweep side by side.
public struct SweepRunner<Executor: PointExecutor>: Sendable {
  private let executor: Executor
  private let build: BuildIdentity
  private let workers: Int

  /// Makes a runner.
  ///
  /// - Precondition: at least one worker.
  public init(executor: Executor, build: BuildIdentity, workers: Int) {
    precondition(workers >= 1)
    self.executor = executor
    self.build = build
    self.workers = workers
  }

  /// Runs points, at most `workers` at a time, and hands each record over when it is there.
  ///
  /// Points that ask for the same run share it. A point that fails gives a record with its error,
  /// and the others go on. Each worker takes its next point itself and hands its records over itself, so
  /// that no core waits for another; it stays with a trace as long as there are points of it.
  ///
  /// - Parameter finished: called for one record after the other, in the order in which they end.
  /// - Throws: what `finished` throws; then the points under way are waited for and dropped.
  public func run(
    _ points: [SweepPoint], finished: (RunRecord, SweepPoint) throws -> Void
  ) throws {
    let queue = Mutex(PointQueue(points))
    let failure = Mutex<(any Error)?>(nil)
    SideBySide.run(workers: min(workers, queue.withLock { $0.count })) {
      var last: KeptTrace?
      var group: Int?
      while let point = queue.withLock({ $0.next(after: &group) }) {
        let record = record(of: point, keeping: &last)
        let isStopped = failure.withLock { failure in
          guard failure == nil else { return true }
          do { try finished(record, point) } catch { failure = error }
          return failure != nil
        }
        if isStopped { return }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// Runs one point.
  private func record(of point: SweepPoint, keeping last: inout KeptTrace?) -> RunRecord {
    let clock = ContinuousClock()
    let start = clock.now
    var outcome: RunRecord.Outcome
    var metrics: [Metric] = []
    do {
      let result = try executor.run(point, keeping: &last)
      outcome = .done(result: result)
      metrics = try ResultMetrics.metrics(ofJSON: result)
    } catch {
      outcome = .failed(error: "\(error)")
    }
    let seconds =
      Double((clock.now - start).components.attoseconds) * 1e-18
      + Double((clock.now - start).components.seconds)
    return RunRecord(
      identity: point.identity, build: build, system: point.system, trace: point.trace.label,
      traceDigest: point.traceDigest, configuration: point.configuration.leavesJSON,
      outcome: outcome, metrics: metrics, hostSeconds: seconds,
      finishedAt: Date.now.formatted(.iso8601))
  }
}

/// Which part of a sweep to run.
public struct Shard: Hashable, Sendable {
  /// From 1.
  public let index: Int
  /// How many shards there are.
  public let count: Int

  /// Makes a shard.
  ///
  /// - Precondition: `1 <= index <= count`.
  public init(index: Int, count: Int) {
    precondition(index >= 1 && index <= count)
    self.index = index
    self.count = count
  }

  /// Reads `i/N`; nil when it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), index >= 1,
      index <= count
    else { return nil }
    self.init(index: index, count: count)
  }

  /// Whether a point belongs to this shard: they are dealt out one by one.
  public func contains(_ number: Int) -> Bool { number % count == index - 1 }
}

/// The points of a run that nobody has taken, one of each identity, in groups that share a trace.
struct PointQueue {
  private let groups: [[SweepPoint]]
  /// How many points of each group are taken.
  private var taken: [Int]
  /// Groups from here on belong to nobody.
  private var fresh = 0

  /// How many points there are, taken or not.
  let count: Int

  init(_ points: [SweepPoint]) {
    var seen: Set<RunIdentity> = []
    var places: [String: Int] = [:]
    var groups: [[SweepPoint]] = []
    for point in points where seen.insert(point.identity).inserted {
      if let place = places[point.traceDigest] {
        groups[place].append(point)
      } else {
        places[point.traceDigest] = groups.count
        groups.append([point])
      }
    }
    self.groups = groups
    taken = groups.map { _ in 0 }
    count = seen.count
  }

  private func left(_ group: Int) -> Int { groups[group].count - taken[group] }

  /// Takes a point for a worker: of its own group first, then of one that is nobody's, then of that with most left.
  mutating func next(after group: inout Int?) -> SweepPoint? {
    if group.map({ left($0) == 0 }) ?? true {
      if fresh < groups.count {
        group = fresh
        fresh += 1
      } else {
        group = groups.indices.max { left($0) < left($1) }
      }
    }
    guard let own = group, left(own) > 0 else { return nil }
    taken[own] += 1
    return groups[own][taken[own] - 1]
  }
}
