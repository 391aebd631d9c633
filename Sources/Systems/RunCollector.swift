internal import SimulationCore
internal import Units
internal import Workload

/// Collects what every executor reports of the operators that ran: records, steps, sums, footprint.
struct RunCollector {
  private(set) var run = SystemRun()
  private var steps = StepCollector()
  private var footprint = FootprintCollector()
  private let options: RunOptions

  init(units: [String], options: RunOptions) {
    self.options = options
    run.units = units.map { UnitRecord(name: $0, busy: .zero) }
  }

  /// Notes an operator that ran from `start` to `end` on a unit.
  mutating func add(
    _ op: Operator, work: OperatorWork, traffic: OperatorTraffic, unit: Int, from start: Instant,
    to end: Instant, causes: CauseLedger? = nil
  ) {
    run.operatorCount += 1
    run.work.matrix += work.matrix
    run.work.vector += work.vector
    run.traffic.read += traffic.read
    run.traffic.written += traffic.written
    run.units[unit].busy += end - start
    run.timeByKind[op.kind, default: .zero] += end - start
    steps.add(op)
    steps.extend(step: op.step, start: start, end: end)
    footprint.add(op)
    run.steps = steps.steps
    run.promptTokens = steps.promptTokens
    run.footprint = footprint.footprint
    let record = OperatorRecord(
      id: op.id, name: op.name, kind: op.kind, step: op.step, start: start, end: end, unit: unit,
      flops: work.flops, bytes: traffic.total, causes: causes)
    if options.keepsOperators { run.operators.append(record) }
    run.noteSlow(record, limit: options.slowest)
  }
}

extension SystemRun {
  /// Keeps `record` if it is among the `limit` longest; of equals the earlier one.
  mutating func noteSlow(_ record: OperatorRecord, limit: Int) {
    let duration = record.end - record.start
    if slowest.count == limit, let last = slowest.last, last.end - last.start >= duration { return }
    let place = slowest.firstIndex { $0.end - $0.start < duration } ?? slowest.count
    slowest.insert(record, at: place)
    if slowest.count > limit { slowest.removeLast() }
  }
}
