/// A point in simulated time, in whole picoseconds since the start of the simulation.
///
/// 64 bits last for 106 days of simulated time; arithmetic traps on overflow.
@frozen
public struct Instant: Hashable, Comparable, Sendable {
  /// Picoseconds since the start of the simulation.
  public var picoseconds: Int

  @inlinable
  public init(picoseconds: Int) {
    self.picoseconds = picoseconds
  }

  /// The start of the simulation.
  @inlinable
  public static var zero: Instant { Instant(picoseconds: 0) }

  @inlinable
  public static func < (left: Instant, right: Instant) -> Bool {
    left.picoseconds < right.picoseconds
  }

  @inlinable
  public static func + (left: Instant, right: Duration) -> Instant {
    Instant(picoseconds: left.picoseconds + right.picoseconds)
  }

  @inlinable
  public static func - (left: Instant, right: Duration) -> Instant {
    Instant(picoseconds: left.picoseconds - right.picoseconds)
  }

  /// The time from `right` to `left`; negative when `left` is earlier.
  @inlinable
  public static func - (left: Instant, right: Instant) -> Duration {
    Duration(picoseconds: left.picoseconds - right.picoseconds)
  }

  @inlinable
  public static func += (left: inout Instant, right: Duration) {
    left = left + right
  }
}

/// A length of simulated time, in whole picoseconds.
@frozen
public struct Duration: Hashable, Comparable, Sendable {
  /// Picoseconds; negative for a difference that goes backwards.
  public var picoseconds: Int

  @inlinable
  public init(picoseconds: Int) {
    self.picoseconds = picoseconds
  }

  /// No time at all.
  @inlinable
  public static var zero: Duration { Duration(picoseconds: 0) }

  /// This duration in seconds, rounded to a double.
  @inlinable
  public var seconds: Double { Double(picoseconds) * 1e-12 }

  @inlinable
  public static func < (left: Duration, right: Duration) -> Bool {
    left.picoseconds < right.picoseconds
  }

  @inlinable
  public static func + (left: Duration, right: Duration) -> Duration {
    Duration(picoseconds: left.picoseconds + right.picoseconds)
  }

  @inlinable
  public static func - (left: Duration, right: Duration) -> Duration {
    Duration(picoseconds: left.picoseconds - right.picoseconds)
  }

  @inlinable
  public static func * (left: Duration, right: Int) -> Duration {
    Duration(picoseconds: left.picoseconds * right)
  }

  @inlinable
  public static func += (left: inout Duration, right: Duration) {
    left = left + right
  }

  @inlinable
  public static func -= (left: inout Duration, right: Duration) {
    left = left - right
  }
}

/// A number of clock cycles of some clock domain.
///
/// A count alone says nothing about time: a `ClockDomain` turns it into an instant.
@frozen
public struct Cycles: Hashable, Comparable, Sendable {
  /// The number of cycles.
  public var count: Int

  @inlinable
  public init(_ count: Int) {
    self.count = count
  }

  /// No cycles.
  @inlinable
  public static var zero: Cycles { Cycles(0) }

  @inlinable
  public static func < (left: Cycles, right: Cycles) -> Bool { left.count < right.count }

  @inlinable
  public static func + (left: Cycles, right: Cycles) -> Cycles { Cycles(left.count + right.count) }

  @inlinable
  public static func - (left: Cycles, right: Cycles) -> Cycles { Cycles(left.count - right.count) }

  @inlinable
  public static func * (left: Cycles, right: Int) -> Cycles { Cycles(left.count * right) }

  @inlinable
  public static func += (left: inout Cycles, right: Cycles) { left = left + right }
}
