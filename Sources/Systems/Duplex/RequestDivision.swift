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

  /// The new tokens of the fullest group, and of all.
  static func tokens(_ runs: [RequestRun], groups: Int) -> (most: Int, all: Int) {
    let all = runs.tokenCount
    if groups == 1 { return (all, all) }
    return (deal(runs, groups: groups).map(\.tokenCount).max() ?? 0, all)
  }
}
