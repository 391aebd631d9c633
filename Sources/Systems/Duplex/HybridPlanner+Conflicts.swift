internal import Devices
internal import SimulationCore
internal import Units

extension HybridPlanner {
  /// Work of the xPU beside work of PIM, in memory spaces of their own.
  ///
  /// At cycle fidelity each side's memory time is longer while the other works too, by what two long
  /// streams cost each other on one channel; the rest runs alone. What is added waits in queues.
  func appendTogether(
    xpu: PlannedTask, pim: PlannedTask, to planned: inout PlannedOperator
  ) {
    var (xpu, pim) = (xpu, pim)
    if spec.commandLevel?.chargesConflicts ?? true, let contention = device.contention,
      xpu.duration > .zero, pim.duration > .zero
    {
      let x = 1 + (contention.xpu - 1) * xpu.memoryShare
      let p = 1 + (contention.pim - 1) * pim.memoryShare
      let (xpuTime, pimTime) = (
        Double(xpu.duration.picoseconds), Double(pim.duration.picoseconds)
      )
      // Both work until the first ends; by then the other has done its part at its slower rate.
      let overlap = min(xpuTime * x, pimTime * p)
      xpu.wait(overlap * (1 - 1 / x))
      pim.wait(overlap * (1 - 1 / p))
    }
    planned.appendTogether([xpu, pim])
  }
}

extension PlannedTask {
  /// The part of the time that the memory decides.
  fileprivate var memoryShare: Double {
    let memory: [Cause] = [.dramBus, .rowActivation, .tfaw, .turnaround, .refresh]
    let time = memory.reduce(0) { $0 + causes[$1].picoseconds }
    return Double(time) / Double(max(1, duration.picoseconds))
  }

  /// Waits so many picoseconds more.
  fileprivate mutating func wait(_ picoseconds: Double) {
    let extra = Duration(picoseconds: max(0, Int(picoseconds.rounded())))
    duration = duration + extra
    causes.charge(extra, to: .queue)
  }
}
