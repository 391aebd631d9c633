internal import Devices
internal import SimulationCore
internal import Units
internal import Workload

/// What a run adds up beside its times.
struct HybridTotals {
  private var record = SystemRun()
  /// The sums so far.
  var run: SystemRun {
    var result = record
    addSpaces(to: &result)
    result.steps = steps.steps
    result.promptTokens = steps.promptTokens
    return result
  }

  private let options: RunOptions
  private let sets: [MemoryEnergySpec]
  private var steps = StepCollector()
  /// The commands of the memory, at cycle fidelity.
  private let table: [MemoryCommand]?
  private(set) var commands = CommandTally()
  private let spaces: DeviceSpaces
  private var xpuTraffic: [Int]
  private var pimTraffic: [Int]

  init(
    spec: XPUPIMSystemSpec, grid: DeviceGrid, spaces: DeviceSpaces, table: [MemoryCommand]?,
    options: RunOptions
  ) {
    self.options = options
    self.table = table
    self.spaces = spaces
    xpuTraffic = [Int](repeating: 0, count: spaces.count)
    pimTraffic = xpuTraffic
    sets = spec.energy ?? []
    for stage in 0..<grid.pipeline {
      let suffix = grid.pipeline > 1 ? "\(stage)" : ""
      let pim = spec.device.pim.map { "\($0.level.rawValue)_pim" } ?? "pim"
      for name in ["xpu", pim, "link"] {
        record.units.append(UnitRecord(name: name + suffix, busy: .zero))
      }
    }
    record.energy = sets.map { EnergyRecord(name: $0.name, source: $0.source) }
    if let bandwidth = spec.device.pim.map({ pim in
      spec.devices * spec.device.stacks * spec.device.stack.bandwidth.bytesPerSecond
        * pim.bandwidthMultiple
    }) {
      record.pim = PIMActivity(internalPeak: Bandwidth(bytesPerSecond: bandwidth))
    }
  }

  mutating func add(
    _ op: Operator, _ planned: PlannedOperator, start: Instant, end: Instant, unit: Int
  ) {
    var work = planned.xpuWork
    work += planned.pimWork
    record.operatorCount += 1
    record.work.matrix += work.matrix
    record.work.vector += work.vector
    record.traffic.read += ByteCount(planned.xpuWork.read)
    record.traffic.written += ByteCount(planned.xpuWork.written)
    record.pim?.internalTraffic.read += ByteCount(planned.pimWork.read)
    record.pim?.internalTraffic.written += ByteCount(planned.pimWork.written)
    record.linkBytes += ByteCount(planned.linkBytes)
    commands += planned.commands
    addSpaces(planned)
    for (index, set) in sets.enumerated() {
      var energy: EnergyBreakdown
      if let table {
        energy = set.energy(of: planned.commands, table)
        energy.compute = Double(work.flops) * set.operation.picojoules
      } else {
        energy = set.energy(of: planned.xpuWork, on: .xpu)
        energy += set.energy(of: planned.pimWork, on: .pim)
      }
      if let bit = set.linkBit {
        energy.link = Double(planned.linkBytes) * 8 * bit.picojoules
      }
      record.energy[index].add(energy, kind: op.kind)
    }
    steps.add(op)
    steps.extend(step: op.step, start: start, end: end)
    record.timeByKind[op.kind, default: .zero] += end - start
    guard options.keepsOperators || options.slowest > 0 else { return }
    let entry = OperatorRecord(
      id: op.id, name: op.name, kind: op.kind, step: op.step, start: start, end: end, unit: unit,
      flops: work.flops, bytes: ByteCount(work.bytes))
    if options.keepsOperators { record.operators.append(entry) }
    insert(entry, into: &record.slowest, limit: options.slowest)
  }
}

extension HybridTotals {
  /// Notes in which memory spaces bytes move.
  private mutating func addSpaces(_ planned: PlannedOperator) {
    for (space, bytes) in planned.pimSpaces.enumerated() { pimTraffic[space] += bytes }
    var placed = 0
    for (space, bytes) in planned.xpuSpaces.enumerated() {
      xpuTraffic[space] += bytes
      placed += bytes
    }
    let rest = planned.xpuWork.bytes - placed
    precondition(
      rest >= 0 && planned.pimSpaces.reduce(0, +) == planned.pimWork.bytes,
      "the bytes of an operator and of its memory spaces differ")
    for (space, bytes) in spaces.spread(rest).enumerated() { xpuTraffic[space] += bytes }
  }

  /// Writes the traffic of the memory spaces into a run.
  private func addSpaces(to run: inout SystemRun) {
    guard spaces.count > 1 else { return }
    run.memorySpaces = (0..<spaces.count).map { space in
      var record = MemorySpaceRecord(space: space, capacity: ByteCount(spaces.capacity))
      record.xpuTraffic = ByteCount(xpuTraffic[space])
      record.pimTraffic = ByteCount(pimTraffic[space])
      return record
    }
  }

  /// Commands and their energy, with the refreshes that fell due.
  func commandRecords(refreshes: CommandTally) -> [CommandRecord] {
    guard let table else { return [] }
    var all = commands
    all += refreshes
    return zip(table, all.counts).filter { $0.1 > 0 }.map { command, count in
      CommandRecord(
        command: command, count: count,
        picojoules: sets.map { set in
          command.rows + command.bytes > 0 ? Double(count) * set.energy(of: command) : nil
        })
    }
  }
}

/// Keeps the operators that took longest, longest first.
private func insert(_ record: OperatorRecord, into list: inout [OperatorRecord], limit: Int) {
  let duration = record.end - record.start
  guard limit > 0 else { return }
  if list.count == limit, let last = list.last, last.end - last.start >= duration { return }
  let place = list.firstIndex { $0.end - $0.start < duration } ?? list.count
  list.insert(record, at: place)
  if list.count > limit { list.removeLast() }
}
