/// The rate of a clock, in whole hertz.
@frozen
public struct Frequency: Hashable, Comparable, Sendable {
  /// Cycles per second.
  public var hertz: Int

  @inlinable
  public init(hertz: Int) {
    self.hertz = hertz
  }

  @inlinable
  public static func < (left: Frequency, right: Frequency) -> Bool { left.hertz < right.hertz }
}

/// A named clock whose edges never drift: edge `n` falls at ⌊n·10¹²/f⌋ ps.
///
/// The time of an edge comes from its index in full-width arithmetic, never from an accumulated
/// period, so 3.2 GHz and 1.333333333 GHz are exact to the picosecond after any number of cycles.
///
///     let clock = ClockDomain(name: "hbm3", frequency: Frequency(hertz: 1_300_000_000))
///     clock.instant(of: Cycles(13))  // 10 000 ps
///
/// Jitter, skew between domains and frequency scaling are not modelled.
@frozen
public struct ClockDomain: Hashable, Sendable {
  /// The name under which results report this clock.
  public var name: String
  /// The rate of the clock; positive and at most 1 THz, so that edges are distinct picoseconds.
  public var frequency: Frequency

  /// Makes a clock domain.
  ///
  /// - Precondition: `frequency` is between 1 Hz and 1 THz.
  @inlinable
  public init(name: String, frequency: Frequency) {
    precondition(
      frequency.hertz > 0 && frequency.hertz <= 1_000_000_000_000,
      "a clock runs between 1 Hz and 1 THz")
    self.name = name
    self.frequency = frequency
  }

  /// The time of edge `cycle`: ⌊cycle·10¹²/f⌋ ps.
  ///
  /// - Precondition: `cycle` is not negative and the result fits 64 bits.
  @inlinable
  public func instant(of cycle: Cycles) -> Instant {
    precondition(cycle.count >= 0, "edges are numbered from zero")
    return Instant(
      picoseconds: multiplyDivideFloor(cycle.count, picosecondsPerSecond, frequency.hertz))
  }

  /// The index of the first edge at or after `instant`.
  ///
  /// - Precondition: `instant` is not negative.
  @inlinable
  public func firstEdge(atOrAfter instant: Instant) -> Cycles {
    // Edge n is at or after t  <=>  n·10¹²/f >= t, because t is whole  <=>  n >= t·f/10¹².
    Cycles(multiplyDivideCeiling(instant.picoseconds, frequency.hertz, picosecondsPerSecond))
  }

  /// The index of the last edge at or before `instant`.
  ///
  /// - Precondition: `instant` is not negative.
  @inlinable
  public func lastEdge(atOrBefore instant: Instant) -> Cycles {
    // Edge n is at or before t  <=>  n·10¹²/f < t + 1  <=>  n < (t + 1)·f/10¹².
    let bound = multiplyDivideCeiling(
      instant.picoseconds + 1, frequency.hertz, picosecondsPerSecond)
    return Cycles(bound - 1)
  }

  /// The least number of cycles that lasts at least `duration`.
  @inlinable
  public func cycles(covering duration: Duration) -> Cycles {
    Cycles(multiplyDivideCeiling(duration.picoseconds, frequency.hertz, picosecondsPerSecond))
  }
}

@usableFromInline
let picosecondsPerSecond = 1_000_000_000_000

/// ⌊left·right/divisor⌋ of non-negative numbers, in full width.
///
/// - Precondition: the operands are not negative, `divisor` is positive, the quotient fits 63 bits.
@inlinable
public func multiplyDivideFloor(_ left: Int, _ right: Int, _ divisor: Int) -> Int {
  precondition(left >= 0 && right >= 0 && divisor > 0)
  let product = UInt(left).multipliedFullWidth(by: UInt(right))
  precondition(product.high < UInt(divisor), "the quotient does not fit 64 bits")
  return Int(UInt(divisor).dividingFullWidth(product).quotient)
}

/// ⌈left·right/divisor⌉ of non-negative numbers, in full width.
///
/// - Precondition: the operands are not negative, `divisor` is positive, the quotient fits 63 bits.
@inlinable
public func multiplyDivideCeiling(_ left: Int, _ right: Int, _ divisor: Int) -> Int {
  precondition(left >= 0 && right >= 0 && divisor > 0)
  let product = UInt(left).multipliedFullWidth(by: UInt(right))
  precondition(product.high < UInt(divisor), "the quotient does not fit 64 bits")
  let (quotient, remainder) = UInt(divisor).dividingFullWidth(product)
  return Int(quotient) + (remainder == 0 ? 0 : 1)
}
