internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// When planned operators run: units work in trace order, an operator waits for its dependences, and
/// a step waits for the one before it.
///
/// Times follow from a recurrence over the ends of earlier tasks; every unit is a queue in trace
/// order, so no event could happen in another order. Memory: the operators of one step.
struct HybridTimeline: ~Copyable {
  private struct End {
    var instant = Instant.zero
    var task: Int?
  }

  private(set) var path = CriticalPath()
  private(set) var busy: [Duration]
  private var unitEnds: [End]
  private var ends: [Int: End] = [:]
  private var step = -1
  /// The last end so far: steps do not overlap.
  private var last = End()
  private var barrier = End()

  init(stages: Int) {
    busy = [Duration](repeating: .zero, count: stages * HybridUnit.allCases.count)
    unitEnds = busy.map { _ in End() }
  }

  /// Runs an operator on the units of a pipeline stage; returns when, and on which unit longest.
  mutating func run(
    _ op: Operator, _ planned: PlannedOperator, stage: Int
  ) -> (start: Instant, end: Instant, unit: Int) {
    if op.step != step {
      step = op.step
      ends.removeAll(keepingCapacity: true)
      barrier = last
    }
    var ready = barrier
    for id in op.dataDependences { wait(for: id, &ready) }
    for id in op.controlDependences { wait(for: id, &ready) }
    var start: Instant?
    let first = stage * HybridUnit.allCases.count
    var longest = (unit: first, time: Duration.zero)
    for group in planned.groups {
      var groupEnd = ready
      for task in group {
        let unit = first + task.unit.rawValue
        let begin = unitEnds[unit].instant > ready.instant ? unitEnds[unit] : ready
        let end = begin.instant + task.duration
        let number = path.record(
          start: begin.instant, end: end, after: begin.task, gapCause: .idle, split: task.causes)
        unitEnds[unit] = End(instant: end, task: number)
        busy[unit] += task.duration
        if end > groupEnd.instant { groupEnd = unitEnds[unit] }
        if task.duration > longest.time { longest = (unit, task.duration) }
        start = min(start ?? begin.instant, begin.instant)
      }
      ready = groupEnd
    }
    ends[op.id] = ready
    if ready.instant > last.instant { last = ready }
    return (start ?? ready.instant, ready.instant, longest.unit)
  }

  private func wait(for id: Int, _ ready: inout End) {
    if let end = ends[id], end.instant > ready.instant { ready = end }
  }
}
