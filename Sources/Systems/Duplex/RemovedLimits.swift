internal import DRAM
internal import Devices
internal import SimulationCore
internal import Units

/// The limits that a run does without, as the xPU + PIM system understands them.
struct RemovedLimits {
  /// Rows of the command-level memory that are left out.
  let memory: Set<MemoryStandard.Limit>
  /// Whether banks are refreshed.
  let refreshes: Bool
  private let ideal: Set<IdealLimit>

  /// - Throws: `SystemError` for limits of the command-level memory at analytic fidelity.
  init(_ options: RunOptions, system: String) throws(SystemError) {
    ideal = options.ideal
    memory = Set(ideal.compactMap(\.ofMemory))
    refreshes = !ideal.contains(.refresh)
    let machine: Set<IdealLimit> = [.link, .power, .balance]
    let rest = ideal.subtracting(machine).map(\.rawValue).sorted()
    guard options.fidelity == .cycle || rest.isEmpty else {
      throw SystemError(
        "system '\(system)': --ideal \(rest.joined(separator: ",")) removes limits of the "
          + "command-level memory; add --fidelity cycle")
    }
  }

  func contains(_ limit: IdealLimit) -> Bool { ideal.contains(limit) }

  /// Takes the power limit off the PIM units.
  func apply(to spec: inout XPUPIMSystemSpec) {
    if contains(.power) { spec.device.pim?.powerLimit = nil }
  }

  /// Takes links and imbalance out of an operator.
  func apply(to planned: inout PlannedOperator) {
    guard contains(.link) || contains(.balance) else { return }
    for group in planned.groups.indices {
      if contains(.link) { planned.groups[group].removeAll { $0.unit == .link } }
      guard contains(.balance) else { continue }
      for index in planned.groups[group].indices { planned.groups[group][index].balance() }
    }
    planned.groups.removeAll(where: \.isEmpty)
  }
}

extension PlannedTask {
  /// Every device does the mean of what all do.
  mutating func balance() {
    let excess = causes[.loadImbalance]
    guard excess > .zero else { return }
    var rest = CauseLedger()
    for (cause, time) in causes.charges where cause != .loadImbalance {
      rest.charge(time, to: cause)
    }
    causes = rest
    duration = duration - excess
  }
}
