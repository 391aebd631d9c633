public import Units
public import Workload

/// What no run of a trace on a system can be faster than: a theorem about the system's model, not an estimate.
public protocol LowerBound {
  /// Takes the next operator of the trace.
  ///
  /// - Throws: `DeviceError` or `SystemError` when the system cannot run it.
  mutating func add(_ op: Operator) throws

  /// The bound of the operators so far.
  var time: Duration { get }
}

/// The greatest whole duration in which `amount` at `perSecond` certainly does not pass: rounded down.
func leastTime(_ amount: Int, perSecond: Int) -> Duration {
  guard amount > 0, perSecond > 0 else { return .zero }
  let (high, low) = amount.multipliedFullWidth(by: 1_000_000_000_000)
  guard high < perSecond else { return Duration(picoseconds: Int.max / 4) }
  return Duration(picoseconds: perSecond.dividingFullWidth((high, low)).quotient)
}
