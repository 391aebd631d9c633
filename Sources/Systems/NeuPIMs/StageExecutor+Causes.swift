internal import DRAM
internal import SimulationCore
internal import Units

/// What the time of NPU programs and of attention goes on, from what the channels counted meanwhile.
extension StageExecutor {
  /// What the end of an NPU program waited for: its units, and before and after them the memory, whose clocks go on what
  /// those of the fullest channel went on meanwhile. What of its wait no channel worked for is latency.
  func programCauses(of summary: NPUSummary, clocks: Int, since before: [PIMTimes]) -> CauseLedger {
    let host = zip(memory.hostTimes, before).map { $0 - $1 }.max { $0.total < $1.total }
    let times = host ?? PIMTimes()
    let waiting = min(summary.memoryClocks, clocks)
    let traffic = min(times.total, waiting)
    var ledger = CauseLedger()
    if traffic > 0 { ledger = memoryCauses(times).scaled(to: duration(traffic)) }
    ledger.charge(duration(clocks - waiting), to: .compute)
    ledger.charge(duration(waiting - traffic), to: .dependency)
    return ledger
  }

  /// What attention's time goes on, phase by phase where a barrier parts them.
  ///
  /// The fullest channel runs beyond the mean of all by what `load_imbalance` is charged; its causes fill the mean. Of
  /// what is left of the phase, operands and results that the host moves take their causes, and softmax, stores and
  /// results on their way the rest.
  func laneCauses(_ lane: PIMLane, end: Int) -> CauseLedger {
    let (last, host) = (memory.productTimes, memory.hostTimes)
    guard !lane.timesAtValues.isEmpty else {
      return phaseCauses(
        end - lane.keyStart, products: (lane.timesAtKeys, last), host: (lane.hostAtKeys, host))
    }
    var ledger = phaseCauses(
      lane.valueStart - lane.keyStart, products: (lane.timesAtKeys, lane.timesAtValues),
      host: (lane.hostAtKeys, lane.hostAtValues))
    ledger.add(
      phaseCauses(
        end - lane.valueStart, products: (lane.timesAtValues, last),
        host: (lane.hostAtValues, host)))
    return ledger
  }

  private func phaseCauses(
    _ clocks: Int, products: (before: [PIMTimes], after: [PIMTimes]),
    host: (before: [PIMTimes], after: [PIMTimes])
  ) -> CauseLedger {
    let spent = zip(products.after, products.before).map { $0 - $1 }
    let fullest = spent.max { $0.total < $1.total } ?? PIMTimes()
    let most = min(fullest.total, clocks)
    let mean = spent.reduce(0) { $0 + $1.total } / max(spent.count, 1)
    let level = min(mean, most)
    var ledger = CauseLedger()
    if level > 0 { ledger = memoryCauses(fullest, areProducts: true).scaled(to: duration(level)) }
    ledger.charge(duration(most - level), to: .loadImbalance)
    let moved = zip(host.after, host.before).map { $0 - $1 }.max { $0.total < $1.total }
    let traffic = min(moved?.total ?? 0, clocks - most)
    if let moved, traffic > 0 {
      ledger.add(memoryCauses(moved).scaled(to: duration(traffic)))
    }
    ledger.charge(duration(clocks - most - traffic), to: .dependency)
    return ledger
  }

  /// Causes of a channel's clocks; of those between column steps of products a part is the power limit's.
  private func memoryCauses(_ times: PIMTimes, areProducts: Bool = false) -> CauseLedger {
    var ledger = CauseLedger()
    let columns = times[.columns]
    let power = areProducts ? columns * memory.powerClocks / memory.computeInterval : 0
    ledger.charge(duration(columns - power + times[.load]), to: .dramBus)
    ledger.charge(duration(power), to: .power)
    ledger.charge(duration(times[.row]), to: .rowActivation)
    ledger.charge(duration(times[.tfaw]), to: .tfaw)
    ledger.charge(duration(times[.turnaround]), to: .turnaround)
    ledger.charge(duration(times[.refresh]), to: .refresh)
    ledger.charge(duration(times[.commands]), to: .queue)
    return ledger
  }

  /// Clocks that an NPU program takes at least: what it loads at the peak of all buses, or its operations at the peak
  /// of its units. Stores may leave after it.
  func bound(of summary: NPUSummary) -> Int {
    let perBurst = memory.burstBytes * memory.channelCount
    let loads = summary.loadedBytes * system.compiled.burstTicks / perBurst
    return max(loads, summary.leastClocks)
  }
}
