public import Units

/// An amount over time, in windows of equal length, in bounded memory.
///
/// When the run outgrows the windows, neighbours are merged and the window length doubles, so the
/// series always covers the whole run with `capacity / 2` to `capacity` windows. The sum over the
/// windows is exactly the amount that was added.
public struct TimeSeries: Hashable, Sendable {
  /// The unit of the amounts.
  public let unit: StatisticUnit
  /// The largest number of windows; even.
  public let capacity: Int
  /// The length of one window.
  public private(set) var window: Duration
  /// The amount in each window, from time zero.
  public private(set) var amounts: [Int] = []

  /// Makes an empty series.
  ///
  /// - Precondition: `window` and `capacity` are positive, and `capacity` is even.
  public init(unit: StatisticUnit, window: Duration, capacity: Int = 1024) {
    precondition(window > .zero && capacity > 0 && capacity % 2 == 0)
    self.unit = unit
    self.window = window
    self.capacity = capacity
  }

  /// Adds an amount at one instant.
  public mutating func add(_ amount: Int, at instant: Instant) {
    add(amount, from: instant, until: instant)
  }

  /// Adds an amount that is spread evenly from `start` until `end`.
  ///
  /// What has flowed up to a window's end is rounded down, so the windows' shares sum to `amount`.
  ///
  /// - Precondition: `amount` is not negative and `end` is not before `start`.
  public mutating func add(_ amount: Int, from start: Instant, until end: Instant) {
    precondition(amount >= 0 && start >= .zero && end >= start)
    let last = max(start.picoseconds, end.picoseconds - 1)
    while last / window.picoseconds >= capacity { merge() }
    let lastIndex = last / window.picoseconds
    if lastIndex >= amounts.count {
      amounts.append(contentsOf: repeatElement(0, count: lastIndex + 1 - amounts.count))
    }
    let length = end.picoseconds - start.picoseconds
    var flowed = 0
    for index in start.picoseconds / window.picoseconds...lastIndex {
      let until = (index + 1) * window.picoseconds - start.picoseconds
      let share = index == lastIndex ? amount : multiplyDivideFloor(amount, until, length)
      amounts[index] += share - flowed
      flowed = share
    }
  }

  private mutating func merge() {
    window = window * 2
    let merged = (amounts.count + 1) / 2
    for index in 0..<merged {
      let second = 2 * index + 1
      amounts[index] = amounts[2 * index] + (second < amounts.count ? amounts[second] : 0)
    }
    amounts.removeLast(amounts.count - merged)
  }
}
