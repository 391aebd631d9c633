internal import Numerics
internal import Workload

/// Which keys a query picks.
enum KeyChoice {
  /// The indices of the `count` greatest values, ascending; the first among equals.
  static func greatest(_ count: Int, of values: [Float]) -> [Int] {
    if count >= values.count { return Array(values.indices) }
    let order = values.indices.sorted {
      values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1]
    }
    return order.prefix(count).sorted()
  }

  /// The dot product of two rows, summed in order in binary64.
  static func product(
    _ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>
  ) -> Double {
    var sum = 0.0
    for index in 0..<count { sum += Double(x[index]) * Double(y[index]) }
    return sum
  }

  /// Positions at which recycled attention sees every key, among a run's queries.
  static func fullQueries(_ run: RequestRun, period: Int) -> Int {
    func below(_ position: Int) -> Int { (position + period - 1) / period }
    return below(run.kv) - below(run.kv - run.query)
  }
}
