public import Units

/// The tasks of a run and the chain of them that determined its makespan.
///
/// Each task names the earlier task whose end determined its own start: the last producer of its
/// inputs (`dependency`), or the task that occupied its unit (`queue`). Walking back from the last
/// finisher along these links visits disjoint intervals; together with the gaps between them they
/// cover the makespan, so the charges add up to it exactly:
///
/// - the time of a task on the path goes to its own split by cause;
/// - a gap between the end of the predecessor and the start of its successor goes to the gap cause
///   that the successor names (how long something took that is not a task, such as a launch);
/// - the time before the first task of the path, and after the last task of the run, is `idle`
///   unless the first task names another cause for its gap.
///
/// Storage is 40 bytes a task and 16 bytes for each of its causes. Slack of tasks beside the path
/// is not analysed.
public struct CriticalPath: ~Copyable {
  private struct Task {
    var start: Int
    var end: Int
    var predecessor: Int
    var firstCharge: Int
    var gapCause: Cause
  }

  private struct Charge {
    var picoseconds: Int
    var cause: Cause
  }

  private var tasks: [Task] = []
  private var charges: [Charge] = []
  private var lastFinisher = -1

  /// Makes a path without tasks.
  public init() {}

  /// The number of tasks recorded.
  public var count: Int { tasks.count }

  /// The end of the last finisher; zero without tasks.
  public var makespan: Duration {
    Duration(picoseconds: lastFinisher < 0 ? 0 : tasks[lastFinisher].end)
  }

  /// Records a task and returns its number.
  ///
  /// - Parameters:
  ///   - predecessor: the number of the task whose end determined `start`; nil when nothing did.
  ///   - gapCause: what the time between that end and `start` was spent on; without a predecessor,
  ///     the time between zero and `start`.
  ///   - split: what the time of the task itself was spent on.
  /// - Precondition: the task does not end before it starts, the predecessor is recorded and ends at
  ///   or before `start`, and the split sums to the task's time.
  @discardableResult
  public mutating func record(
    start: Instant, end: Instant, after predecessor: Int?, gapCause: Cause, split: CauseLedger
  ) -> Int {
    precondition(start >= .zero && end >= start, "a task ends before it starts")
    precondition(split.total == end - start, "the causes of a task do not sum to its time")
    if let predecessor {
      precondition(tasks.indices.contains(predecessor), "a task follows one that is not recorded")
      precondition(
        tasks[predecessor].end <= start.picoseconds, "a task starts before what determined it")
    }
    tasks.append(
      Task(
        start: start.picoseconds, end: end.picoseconds, predecessor: predecessor ?? -1,
        firstCharge: charges.count, gapCause: gapCause))
    for (cause, duration) in split.charges {
      charges.append(Charge(picoseconds: duration.picoseconds, cause: cause))
    }
    if lastFinisher < 0 || end.picoseconds > tasks[lastFinisher].end {
      lastFinisher = tasks.count - 1
    }
    return tasks.count - 1
  }

  /// The numbers of the tasks on the critical path, from the first to the last finisher.
  ///
  /// Of several last finishers, the one that was recorded first counts.
  public var path: [Int] {
    var numbers: [Int] = []
    var number = lastFinisher
    while number >= 0 {
      numbers.append(number)
      number = tasks[number].predecessor
    }
    return numbers.reversed()
  }

  /// What the makespan was spent on; sums to `makespan` exactly.
  public var causes: CauseLedger {
    var ledger = CauseLedger()
    var number = lastFinisher
    while number >= 0 {
      let task = tasks[number]
      let next = number + 1 < tasks.count ? tasks[number + 1].firstCharge : charges.count
      for charge in charges[task.firstCharge..<next] {
        ledger.charge(Duration(picoseconds: charge.picoseconds), to: charge.cause)
      }
      let released = task.predecessor < 0 ? 0 : tasks[task.predecessor].end
      ledger.charge(Duration(picoseconds: task.start - released), to: task.gapCause)
      number = task.predecessor
    }
    precondition(ledger.total == makespan, "the causes do not sum to the makespan")
    return ledger
  }

  /// What the time up to `end` was spent on; the time after the last finisher is idle.
  ///
  /// - Precondition: `end` is not before the end of the last finisher.
  public func causes(until end: Instant) -> CauseLedger {
    var ledger = causes
    ledger.charge(end - Instant.zero - makespan, to: .idle)
    return ledger
  }
}
