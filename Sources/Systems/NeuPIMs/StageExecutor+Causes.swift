internal import DRAM
internal import SimulationCore
internal import Units

/// What the time of NPU programs and of attention goes on, from what the channels counted meanwhile.
extension StageExecutor {
  /// An NPU program is bound by its memory or by its units: the longer of both is charged first, the rest is what of
  /// the other did not hide behind it.
  func programCauses(of summary: NPUSummary, clocks: Int, since before: [PIMTimes]) -> CauseLedger {
    let host = zip(memory.hostTimes, before).map { $0 - $1 }.max { $0.total < $1.total }
    let times = host ?? PIMTimes()
    let traffic = min(times.total, clocks)
    let work = min(summary.unitClocks, clocks)
    let isMemory = traffic >= work
    var ledger = CauseLedger()
    let waiting = isMemory ? traffic : min(traffic, clocks - work)
    if waiting > 0 { ledger = memoryCauses(times).scaled(to: duration(waiting)) }
    let computing = isMemory ? min(work, clocks - waiting) : work
    ledger.charge(duration(computing), to: .compute)
    ledger.charge(duration(clocks - waiting - computing), to: .dependency)
    return ledger
  }

  /// What attention's time goes on, phase by phase where a barrier parts them.
  ///
  /// The fullest channel runs beyond the mean of all by what `load_imbalance` is charged; its causes fill the mean.
  /// What is left of the phase is softmax, stores and results on their way.
  func laneCauses(_ lane: PIMLane, end: Int) -> CauseLedger {
    let last = memory.productTimes
    guard !lane.timesAtValues.isEmpty else {
      return phaseCauses(end - lane.keyStart, from: lane.timesAtKeys, to: last)
    }
    var ledger = phaseCauses(
      lane.valueStart - lane.keyStart, from: lane.timesAtKeys, to: lane.timesAtValues)
    ledger.add(phaseCauses(end - lane.valueStart, from: lane.timesAtValues, to: last))
    return ledger
  }

  private func phaseCauses(
    _ clocks: Int, from before: [PIMTimes], to after: [PIMTimes]
  ) -> CauseLedger {
    let spent = zip(after, before).map { $0 - $1 }
    let fullest = spent.max { $0.total < $1.total } ?? PIMTimes()
    let most = min(fullest.total, clocks)
    let mean = spent.reduce(0) { $0 + $1.total } / max(spent.count, 1)
    let level = min(mean, most)
    var ledger = CauseLedger()
    if level > 0 { ledger = memoryCauses(fullest, areProducts: true).scaled(to: duration(level)) }
    ledger.charge(duration(most - level), to: .loadImbalance)
    ledger.charge(duration(clocks - most), to: .dependency)
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
