internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// Where an operator runs and what it costs there.
struct OperatorPlan {
  var unit: Int
  var cost: OperatorCost
  /// Bytes that the device reads again, beyond reading each once.
  var restreamed = ByteCount.zero
}

/// Decides where each operator runs.
protocol OperatorPlanner {
  func plan(_ op: Operator, work: OperatorWork, traffic: OperatorTraffic) throws -> OperatorPlan
}

/// An operator that was read and has not ended.
private struct PendingOperator {
  var op: Operator
  var plan: OperatorPlan
  var work: OperatorWork
  var bytes: ByteCount
  var recordIndex: Int
}

/// Runs operators on units that each work in trace order, one at a time.
///
/// An operator starts when its unit is free and its dependences have ended. Units do not wait for
/// each other otherwise, so a collective overlaps whatever does not depend on it. Operators are
/// read as the units take them, at most `window` ahead of the oldest that has not ended.
struct InOrderExecutor<Source: OperatorSource & ~Copyable, Planner: OperatorPlanner>: EventHandler,
  ~Copyable
{
  private let window = 1_024
  private var source: Source
  private let planner: Planner
  private let clock: ClockID
  private let keepsOperators: Bool
  private let slowestCount: Int
  private var pending: [Int: PendingOperator] = [:]
  private var queues: [[Int]]
  private var heads: [Int]
  private var isBusy: [Bool]
  private var isExhausted = false
  private var failure: (any Error)?
  private var path = CriticalPath()
  private var lastEnded: Int?
  private var run = SystemRun()
  private var steps = StepCollector()
  private var footprint = FootprintCollector()

  init(
    source: consuming Source, planner: Planner, clock: ClockID, units: [String],
    keepsOperators: Bool, slowest: Int
  ) {
    self.source = source
    self.planner = planner
    self.clock = clock
    self.keepsOperators = keepsOperators
    slowestCount = slowest
    queues = units.map { _ in [] }
    heads = units.map { _ in 0 }
    isBusy = units.map { _ in false }
    run.units = units.map { UnitRecord(name: $0, busy: .zero) }
  }

  /// Reads the first operators and starts those that can go.
  mutating func start(_ simulation: inout Simulation) {
    advance(&simulation)
  }

  mutating func handle(_ event: Event, in simulation: inout Simulation) {
    let id = Int(event.payload)
    guard let ended = pending.removeValue(forKey: id) else { return }
    isBusy[ended.plan.unit] = false
    let start = simulation.now - ended.plan.cost.duration
    lastEnded = path.record(
      start: start, end: simulation.now, after: predecessors.removeValue(forKey: id) ?? nil,
      gapCause: .idle, split: ended.plan.cost.causes)
    steps.extend(step: ended.op.step, start: start, end: simulation.now)
    note(ended, start: start, end: simulation.now)
    advance(&simulation)
    if failure != nil { simulation.stop() }
  }

  /// The result, once the simulation has drained.
  ///
  /// - Throws: what reading or planning threw.
  consuming func finish() throws -> SystemRun {
    if let failure { throw failure }
    precondition(pending.isEmpty && isExhausted, "operators are left over at the end of a run")
    var result = run
    result.makespan = path.makespan
    result.causes = path.causes
    result.steps = steps.steps
    result.promptTokens = steps.promptTokens
    result.footprint = footprint.footprint
    return result
  }

  /// The task whose end let each running operator start.
  private var predecessors: [Int: Int?] = [:]

  /// Reads ahead and starts what can start now.
  private mutating func advance(_ simulation: inout Simulation) {
    while failure == nil {
      readAhead()
      var started = false
      for unit in queues.indices { started = tryStart(unit, &simulation) || started }
      if !started { return }
    }
  }

  private mutating func readAhead() {
    while failure == nil, !isExhausted, pending.count < window {
      do {
        guard let op = try source.next() else {
          isExhausted = true
          return
        }
        try accept(op)
      } catch {
        failure = error
      }
    }
  }

  private mutating func accept(_ op: Operator) throws {
    let work = op.work
    var traffic = op.traffic
    let plan = try planner.plan(op, work: work, traffic: traffic)
    traffic.read += plan.restreamed
    run.operatorCount += 1
    run.work.matrix += work.matrix
    run.work.vector += work.vector
    run.traffic.read += traffic.read
    run.traffic.written += traffic.written
    steps.add(op)
    footprint.add(op)
    var recordIndex = -1
    if keepsOperators {
      recordIndex = run.operators.count
      run.operators.append(
        OperatorRecord(
          id: op.id, name: op.name, kind: op.kind, step: op.step, start: .zero, end: .zero,
          unit: plan.unit, flops: work.flops, bytes: traffic.total))
    }
    pending[op.id] = PendingOperator(
      op: op, plan: plan, work: work, bytes: traffic.total, recordIndex: recordIndex)
    queues[plan.unit].append(op.id)
  }

  /// Starts the next operator of a unit if the unit is free and the dependences have ended.
  private mutating func tryStart(_ unit: Int, _ simulation: inout Simulation) -> Bool {
    guard !isBusy[unit], heads[unit] < queues[unit].count else { return false }
    let id = queues[unit][heads[unit]]
    guard let next = pending[id] else { return false }
    // An operator that has ended, or that the trace never had, is not pending.
    guard !next.op.dataDependences.contains(where: { pending[$0] != nil }),
      !next.op.controlDependences.contains(where: { pending[$0] != nil })
    else { return false }
    heads[unit] += 1
    if heads[unit] == 4_096 {
      queues[unit].removeFirst(4_096)
      heads[unit] = 0
    }
    isBusy[unit] = true
    predecessors[id] = lastEnded
    let end = simulation.now + next.plan.cost.duration
    simulation.schedule(
      Event(target: UInt32(unit), payload: UInt64(id)), on: clock,
      at: Cycles(end.picoseconds), priority: .completion)
    return true
  }

  private mutating func note(_ ended: PendingOperator, start: Instant, end: Instant) {
    run.units[ended.plan.unit].busy += end - start
    run.timeByKind[ended.op.kind, default: .zero] += end - start
    if ended.recordIndex >= 0 {
      run.operators[ended.recordIndex].start = start
      run.operators[ended.recordIndex].end = end
    }
    let record = OperatorRecord(
      id: ended.op.id, name: ended.op.name, kind: ended.op.kind, step: ended.op.step,
      start: start, end: end, unit: ended.plan.unit, flops: ended.work.flops, bytes: ended.bytes)
    run.noteSlow(record, limit: slowestCount)
  }
}
