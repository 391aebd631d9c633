public import Units

/// Simulated time by cause, whose sum is exact.
///
/// The ledger is 128 bytes of plain data: it is copied without allocation.
@frozen
public struct CauseLedger: Hashable, Sendable {
  @usableFromInline var picoseconds = SIMD16<Int>(repeating: 0)

  /// Makes a ledger without charges.
  @inlinable
  public init() {}

  /// Makes a ledger that charges all of `duration` to one cause.
  @inlinable
  public init(_ cause: Cause, _ duration: Duration) {
    charge(duration, to: cause)
  }

  /// The time charged to `cause`.
  @inlinable
  public subscript(cause: Cause) -> Duration {
    Duration(picoseconds: picoseconds[Int(cause.rawValue)])
  }

  /// The sum over all causes.
  @inlinable
  public var total: Duration {
    var sum = 0
    for index in 0..<Cause.count { sum += picoseconds[index] }
    return Duration(picoseconds: sum)
  }

  /// Charges `duration` to `cause`.
  ///
  /// - Precondition: `duration` is not negative.
  @inlinable
  public mutating func charge(_ duration: Duration, to cause: Cause) {
    precondition(duration >= .zero, "a negative time is charged to a cause")
    picoseconds[Int(cause.rawValue)] += duration.picoseconds
  }

  /// Adds all charges of another ledger.
  @inlinable
  public mutating func add(_ other: CauseLedger) {
    for index in 0..<Cause.count { picoseconds[index] += other.picoseconds[index] }
  }

  /// This ledger scaled so that its sum is exactly `total`.
  ///
  /// Shares are in proportion, rounded down; the picoseconds that are left over go one each to the
  /// largest remainders, ties to the earlier cause.
  ///
  /// - Precondition: `total` is not negative, and is zero if this ledger is empty.
  public func scaled(to total: Duration) -> CauseLedger {
    let sum = self.total.picoseconds
    if sum == total.picoseconds { return self }
    precondition(sum > 0 && total >= .zero, "an empty ledger cannot be scaled")
    var result = CauseLedger()
    var remainders: [(remainder: UInt, index: Int)] = []
    var assigned = 0
    for index in 0..<Cause.count where picoseconds[index] > 0 {
      let product = UInt(picoseconds[index]).multipliedFullWidth(by: UInt(total.picoseconds))
      let (quotient, remainder) = UInt(sum).dividingFullWidth(product)
      result.picoseconds[index] = Int(quotient)
      assigned += Int(quotient)
      remainders.append((remainder, index))
    }
    remainders.sort {
      $0.remainder != $1.remainder ? $0.remainder > $1.remainder : $0.index < $1.index
    }
    for (_, index) in remainders.prefix(total.picoseconds - assigned) {
      result.picoseconds[index] += 1
    }
    return result
  }

  /// The causes that have time, in the order of the list.
  public var charges: [(cause: Cause, duration: Duration)] {
    Cause.allCases.compactMap { cause in
      self[cause] > .zero ? (cause, self[cause]) : nil
    }
  }
}

extension Cause {
  /// The number of causes.
  @inlinable public static var count: Int { 13 }
}
