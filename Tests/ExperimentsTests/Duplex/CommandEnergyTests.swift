import DRAM
import Devices
import Experiments
import SimulationCore
import Systems
import Testing
import Units
import Workload

private let presets = [
  "duplex-paper", "duplex-paper-pe-et", "duplex-code", "gpu-paper", "bank-pim-paper",
  "bankgroup-pim-paper",
]

private func isNear(_ value: Double, _ expected: Double, within fraction: Double = 1e-9) -> Bool {
  abs(value - expected) <= fraction * abs(expected)
}

@Suite struct CommandEnergyTests {
  /// Commands counted by energy are the commands issued.
  @Test(arguments: presets)
  func energyIsThatOfTheCommandsIssued(preset: String) throws {
    let system = try HybridStage.system(preset)
    let run = try HybridStage.run(
      system, try HybridStage.operators("mixtral-8x7b", batch: 7, context: 300, prompt: 90))
    #expect(!run.commands.isEmpty)
    for (index, set) in try #require(system.spec.energy).enumerated() {
      let parts = run.energy[index].parts
      let commands = run.commands.reduce(0) { $0 + ($1.picojoules[index] ?? 0) }
      let arithmetic = Double(run.work.flops) * set.operation.picojoules
      #expect(isNear(commands + arithmetic, parts.total), "\(preset) \(set.name)")
      let rows = run.commands.reduce(0) { $0 + $1.count * $1.command.rows }
      #expect(isNear(Double(rows) * set.activation.picojoules, parts.activation))
      #expect(isNear(run.energy[index].byKind.values.reduce(0, +), parts.total))
    }
  }

  /// Whole bursts of all channels: never less than what operators ask for, and hardly more.
  @Test(arguments: presets)
  func commandsMoveTheBytesOfTheOperators(preset: String) throws {
    let run = try HybridStage.run(
      try HybridStage.system(preset),
      try HybridStage.operators("mixtral-8x7b", batch: 32, context: 2145))
    func moved(_ processor: Processor) -> Int {
      run.commands.filter { $0.command.processor == processor }
        .reduce(0) { $0 + $1.count * $1.command.bytes }
    }
    let asked = [
      (moved(.xpu), run.traffic.total.count),
      (moved(.pim), run.pim?.internalTraffic.total.count ?? 0),
    ]
    for (moved, asked) in asked {
      #expect(moved >= asked && moved <= asked + asked / 50, "\(preset): \(moved) and \(asked)")
    }
  }

  @Test func bundlesOpenEveryRowOnceAndRefreshesFallDue() throws {
    let system = try HybridStage.system("duplex-paper")
    let run = try HybridStage.run(
      system, try HybridStage.operators("mixtral-8x7b", batch: 1, context: 17))
    func count(_ name: String) -> Int {
      run.commands.first { $0.command.name == name }?.count ?? 0
    }
    // 32 columns a row: a kernel opens one row for each 32 of its column commands, rounded up.
    #expect(count("ALLACT") * 32 >= count("ALLRD") + count("ALLWR"))
    #expect(count("ALLACT") > count("ALLPRE"))
    #expect(count("ALLACT") > 0 && count("ACT") > 0 && count("RD") > 0 && count("WR") > 0)
    // Two ranks of 160 channels of four devices, every 5070 clocks of 1.3 GHz.
    let clocks = run.makespan.picoseconds * 13 / 10_000
    #expect(count("REFab") == clocks / 5070 * 2 * 160 * 4)
    let pim = try #require(run.pim)
    #expect(pim.count(of: "ALLRD") == count("ALLRD"))
    #expect(pim.rowsOpened?.pim == 8 * count("ALLACT"))
    #expect(pim.rowsOpened?.host == count("ACT"))
    #expect(pim.externalTraffic?.read.count == 32 * count("RD"))
  }

  @Test func allChannelsCountTheSameCommands() throws {
    let operators = try HybridStage.operators(
      "mixtral-8x7b", batch: 3, context: 100, layers: 1)
    let short = try HybridStage.run(try HybridStage.system("duplex-paper-pe-et"), operators)
    let long = try HybridStage.run(
      try HybridStage.system("duplex-paper-pe-et", ["command_level.reuses_kernels=false"]),
      operators, channels: .all)
    #expect(short.commands == long.commands)
    #expect(short.makespan == long.makespan)
  }

  @Test func analyticRunsHaveNoCommands() throws {
    let run = try HybridStage.run(
      try HybridStage.system("duplex-paper"),
      try HybridStage.operators("mixtral-8x7b", batch: 1, context: 17), fidelity: .analytic)
    #expect(run.commands.isEmpty && run.pim?.commands.isEmpty == true)
    #expect(run.pim?.rowsOpened == nil)
  }
}
