internal import Workload

/// The requests of a step, dealt to data-parallel groups.
enum RequestDivision {
  /// The runs of each of `groups` groups; requests are dealt one by one, so that equal ones spread.
  static func deal(_ runs: [RequestRun], groups: Int) -> [[RequestRun]] {
    if groups == 1 { return [runs] }
    var result = [[RequestRun]](repeating: [], count: groups)
    var turn = 0
    for run in runs {
      for offset in 0..<groups {
        let group = (turn + offset) % groups
        let count = run.count / groups + (offset < run.count % groups ? 1 : 0)
        if count == 0 { continue }
        result[group].append(
          RequestRun(first: run.first, count: count, query: run.query, kv: run.kv, slot: run.slot))
      }
      turn = (turn + run.count) % groups
    }
    return result
  }

  /// What the fullest group has of the rows of `op`, and what all have: the requests of a head, which
  /// takes one row of each, the new tokens of other operators, one of one where neither is known.
  static func share(of op: Operator, groups: Int) -> (most: Int, all: Int) {
    let share =
      op.kind == .head
      ? (
        most: dividedUp(op.requests.requestCount, by: groups), all: op.requests.requestCount
      ) : tokens(op.requests, groups: groups)
    return share.all == 0 ? (1, 1) : share
  }

  /// The new tokens of the fullest group, and of all.
  static func tokens(_ runs: [RequestRun], groups: Int) -> (most: Int, all: Int) {
    let all = runs.tokenCount
    if groups == 1 { return (all, all) }
    return (deal(runs, groups: groups).map(\.tokenCount).max() ?? 0, all)
  }
}
