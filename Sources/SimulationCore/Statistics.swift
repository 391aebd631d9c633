public import Units

/// What a statistic counts, so that no figure is printed without its unit.
public enum StatisticUnit: String, CaseIterable, Hashable, Sendable {
  case events, requests, commands, tokens, bytes, flops, cycles, picoseconds, picojoules
}

/// A quantity that only grows.
public struct Counter: Hashable, Sendable {
  /// The name in results: snake_case.
  public let name: String
  /// What is counted.
  public let unit: StatisticUnit
  /// The sum so far.
  public private(set) var value = 0

  public init(_ name: String, unit: StatisticUnit) {
    self.name = name
    self.unit = unit
  }

  /// Adds to the sum; traps on overflow.
  ///
  /// - Precondition: `amount` is not negative.
  public mutating func add(_ amount: Int = 1) {
    precondition(amount >= 0, "a counter only grows")
    value += amount
  }
}

/// The time for which a unit is busy with at least one piece of work.
public struct BusyTime: Hashable, Sendable {
  /// The busy time so far; overlapping work counts once.
  public private(set) var busy = Duration.zero
  private var coveredUntil = Instant.zero
  private var lastStart = Instant.zero

  public init() {}

  /// Notes work from `start` until `end`.
  ///
  /// - Precondition: work is noted in the order of its start, and does not end before it starts.
  public mutating func occupy(from start: Instant, until end: Instant) {
    precondition(start >= lastStart, "work is noted in the order of its start")
    precondition(end >= start, "work ends before it starts")
    lastStart = start
    let uncovered = start > coveredUntil ? start : coveredUntil
    if end > uncovered {
      busy += end - uncovered
      coveredUntil = end
    }
  }

  /// The busy fraction of `elapsed`, or nil when no time has passed.
  public func utilisation(over elapsed: Duration) -> Double? {
    elapsed > .zero ? Double(busy.picoseconds) / Double(elapsed.picoseconds) : nil
  }
}
