public import ResultsStore
public import Units

/// What is proven about a point before it is simulated.
public struct PointBound: Hashable, Sendable {
  /// The simulated time is at least this.
  public var time: Duration
  /// The tokens that the trace generates, when known.
  public var tokens: Int?

  public init(time: Duration, tokens: Int? = nil) {
    self.time = time
    self.tokens = tokens
  }
}

/// Whoever can prove lower bounds of simulated times.
///
/// An answer must be a theorem about the system's model, not an estimate: a point is discarded on
/// it. A provider that knows nothing about a system answers nil.
public protocol LowerBoundProvider: Sendable {
  /// The bound of a point, or nil.
  ///
  /// - Throws: when the point's trace cannot be read.
  func bound(of point: SweepPoint) throws -> PointBound?
}

/// Finds the Pareto front of a sweep without simulating all of it.
///
/// Points are simulated in rungs, each the more promising half of those that are left: by estimates
/// where there are some (those that no other estimate beats come first), else by their bounds. An
/// estimate only orders. After a rung, every point is discarded whose *best possible* outcome is
/// dominated by one that was simulated. Since bounds are proven, the front is that of the full sweep,
/// exactly.
public struct BoundedSearch: Sendable {
  /// Why a point was not simulated.
  public struct Discarded: Hashable, Sendable {
    /// The point.
    public var number: Int
    /// The simulated point that is better than it can be.
    public var dominator: Int
  }

  /// The points and what is known of each.
  private struct Candidate {
    var number: Int
    var optimum: [Double]
  }

  private let objectives: [Objective]
  private var remaining: [Candidate] = []
  private var known: [(number: Int, vector: [Double])] = []
  /// Points that were discarded, in the order in which that happened.
  public private(set) var discarded: [Discarded] = []

  /// Sets up a search.
  ///
  /// - Parameters:
  ///   - bounds: what is proven of each point; a point without an entry is simulated.
  ///   - estimates: the objectives' values as a quicker model has them; they decide the order alone.
  public init(
    points: [Int], objectives: [Objective], bounds: [Int: PointBound],
    estimates: [Int: [Double]] = [:]
  ) {
    self.objectives = objectives
    remaining = points.map { number in
      Candidate(
        number: number,
        optimum: objectives.map { BoundedSearch.optimum(of: $0, bound: bounds[number]) })
    }
    let estimated = remaining.filter { estimates[$0.number] != nil }.map(\.number)
    let front = Set(
      ParetoFront.indices(estimated.map { estimates[$0] ?? [] }, objectives).map { estimated[$0] })
    remaining.sort { left, right in
      let isFirst = front.contains(left.number)
      if isFirst != front.contains(right.number) { return isFirst }
      let (one, other) = (
        estimates[left.number] ?? left.optimum, estimates[right.number] ?? right.optimum
      )
      for (index, objective) in objectives.enumerated() where one[index] != other[index] {
        return objective.isBetter(one[index], than: other[index])
      }
      return left.number < right.number
    }
  }

  /// The best value of a metric that a bound leaves possible.
  private static func optimum(of objective: Objective, bound: PointBound?) -> Double {
    let unknown = objective.isMaximized ? Double.infinity : -Double.infinity
    guard let bound, bound.time > .zero else { return unknown }
    switch (objective.metric, objective.isMaximized) {
    case ("time_ps", false): return Double(bound.time.picoseconds)
    case ("tokens_per_second", true):
      guard let tokens = bound.tokens else { return unknown }
      return Double(tokens) / Double(bound.time.picoseconds) * 1e12
    default: return unknown
    }
  }

  /// The points to simulate next, in order; empty at the end.
  public var rung: [Int] {
    remaining.prefix((remaining.count + 1) / 2).map(\.number)
  }

  /// Takes the outcomes of a rung and discards what they beat.
  ///
  /// - Parameter outcomes: the objectives' values by point; a point that failed has none.
  public mutating func record(_ outcomes: [Int: [Double]], of rung: [Int]) {
    let done = Set(rung)
    remaining.removeAll { done.contains($0.number) }
    for number in rung {
      if let vector = outcomes[number] { known.append((number, vector)) }
    }
    remaining.removeAll { candidate in
      let better = known.first {
        ParetoFront.dominates($0.vector, candidate.optimum, objectives)
      }
      guard let better else { return false }
      discarded.append(Discarded(number: candidate.number, dominator: better.number))
      return true
    }
  }

  /// The simulated points that no other dominates, ascending.
  public var front: [Int] {
    ParetoFront.indices(known.map(\.vector), objectives).map { known[$0].number }.sorted()
  }
}
