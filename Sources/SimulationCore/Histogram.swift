/// A distribution of non-negative integers in bounded memory.
///
/// Count, sum, mean, least and greatest are exact. Values up to 255 have a bucket each; above,
/// each power of two is cut into 128 buckets, so a percentile is at most 1/128 above the exact
/// nearest-rank value and never below it. Recording takes O(1); 59 KiB when full.
///
/// Source of the layout: HdrHistogram (Tene), with 128 sub-buckets.
public struct Histogram: Sendable {
  /// The unit of the values.
  public let unit: StatisticUnit
  /// The number of values.
  public private(set) var count = 0
  /// The least value, or nil when there is none.
  public private(set) var least: Int?
  /// The greatest value, or nil when there is none.
  public private(set) var greatest: Int?
  private var sum: UInt128 = 0
  private var buckets: [Int] = []

  public init(unit: StatisticUnit) {
    self.unit = unit
  }

  /// Records a value, `times` over.
  ///
  /// - Precondition: `value` and `times` are not negative.
  public mutating func record(_ value: Int, times: Int = 1) {
    precondition(value >= 0 && times >= 0, "a histogram holds non-negative numbers")
    if times == 0 { return }
    let index = Histogram.bucket(of: value)
    if index >= buckets.count {
      buckets.append(contentsOf: repeatElement(0, count: index + 1 - buckets.count))
    }
    buckets[index] += times
    count += times
    sum += UInt128(value) * UInt128(times)
    least = least.map { min($0, value) } ?? value
    greatest = greatest.map { max($0, value) } ?? value
  }

  /// The mean, or nil when there is no value.
  public var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  /// The nearest-rank percentile, rounded up to the end of its bucket, or nil without values.
  ///
  /// - Precondition: `percent` is in 0...100.
  public func percentile(_ percent: Double) -> Int? {
    precondition((0...100).contains(percent), "a percentile lies between 0 and 100")
    guard let least, let greatest else { return nil }
    let rank = max(1, Int((percent / 100 * Double(count)).rounded(.up)))
    var seen = 0
    for (index, amount) in buckets.enumerated() {
      seen += amount
      if seen >= rank { return max(least, min(greatest, Histogram.lastValue(of: index))) }
    }
    return greatest
  }

  private static func bucket(of value: Int) -> Int {
    if value < 256 { return value }
    let shift = 63 - value.leadingZeroBitCount - 7
    return shift << 7 + value >> shift
  }

  /// The greatest value that falls into a bucket.
  private static func lastValue(of index: Int) -> Int {
    if index < 256 { return index }
    let shift = index >> 7 - 1
    let first = (index & 127 + 128) << shift
    return first + (1 << shift - 1)
  }
}
