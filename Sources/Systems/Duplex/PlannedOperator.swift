internal import Devices
internal import SimulationCore
internal import Units

/// The units of the representative device of a pipeline stage.
enum HybridUnit: Int, CaseIterable {
  case xpu, pim, link
}

/// Work of one unit; its duration is that of the slowest device.
struct PlannedTask {
  var unit: HybridUnit
  var duration: Duration
  var causes: CauseLedger

  init(unit: HybridUnit, duration: Duration, causes: CauseLedger) {
    self.unit = unit
    self.duration = duration
    self.causes = causes
  }

  init(_ unit: HybridUnit, _ cost: KernelCost, launch: Duration = .zero) {
    self.unit = unit
    duration = launch + cost.duration
    causes = CauseLedger(.launch, launch)
    causes.add(cost.causes)
  }

  static func link(_ duration: Duration) -> PlannedTask {
    PlannedTask(unit: .link, duration: duration, causes: CauseLedger(.link, duration))
  }
}

/// What an operator becomes: groups of tasks; those of a group start together, groups follow one
/// another.
struct PlannedOperator {
  var groups: [[PlannedTask]] = []
  /// Work of all devices together on their xPUs.
  var xpuWork = KernelWork()
  /// Work of all devices together in their memories.
  var pimWork = KernelWork()
  /// Bytes sent over links by all devices together.
  var linkBytes = 0
  /// Commands of all memories together, at cycle fidelity.
  var commands = CommandTally()
  /// Bytes that the xPUs and PIM move in each memory space; what the xPUs move beyond lies over all.
  var xpuSpaces: [Int] = []
  var pimSpaces: [Int] = []

  mutating func append(_ task: PlannedTask) {
    if task.duration > .zero { groups.append([task]) }
  }

  mutating func appendTogether(_ tasks: [PlannedTask]) {
    let busy = tasks.filter { $0.duration > .zero }
    if !busy.isEmpty { groups.append(busy) }
  }
}
