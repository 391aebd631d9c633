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
    result.steps = steps.steps
    result.promptTokens = steps.promptTokens
    return result
  }

  private let options: RunOptions
  private let sets: [MemoryEnergySpec]
  private var steps = StepCollector()

  init(spec: XPUPIMSystemSpec, grid: DeviceGrid, options: RunOptions) {
    self.options = options
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
    for (index, set) in sets.enumerated() {
      var energy = set.energy(of: planned.xpuWork, on: .xpu)
      energy += set.energy(of: planned.pimWork, on: .pim)
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

/// Keeps the operators that took longest, longest first.
private func insert(_ record: OperatorRecord, into list: inout [OperatorRecord], limit: Int) {
  let duration = record.end - record.start
  guard limit > 0 else { return }
  if list.count == limit, let last = list.last, last.end - last.start >= duration { return }
  let place = list.firstIndex { $0.end - $0.start < duration } ?? list.count
  list.insert(record, at: place)
  if list.count > limit { list.removeLast() }
}
