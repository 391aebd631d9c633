import Experiments
import SimulationCore
import Systems
import Testing
import Units
import Workload

/// What a removed limit saves against what its cause was charged: between half and 1.2 times.
///
/// Two exceptions are set aside and tested by themselves. Where devices differ, what the slowest one
/// takes beyond the mean is imbalance, whatever it went on, so limits are compared without
/// imbalance. Where xPU and PIM work at once, a limit of the side that ends first saves nothing, and
/// without a limit experts are divided anew.
@Suite struct IdealLimitTests {
  private static let limits: [(limit: IdealLimit, cause: Cause)] = [
    (.refresh, .refresh), (.row, .rowActivation), (.tfaw, .tfaw), (.turnaround, .turnaround),
    (.link, .link),
  ]

  @Test(
    arguments: [
      "duplex-paper", "gpu-paper", "bank-pim-paper", "bankgroup-pim-paper", "duplex-code",
    ],
    [("mixtral-8x7b", 4), ("opt-66b", 4), ("llama3-70b", 4), ("glam-143b", 8)])
  func savingsAgreeWithCauses(preset: String, model: (name: String, devices: Int)) throws {
    let system = try HybridStage.system(preset, ["devices=\(model.devices)"])
    for (batch, context, prompt) in [(1, 17, 0), (32, 1111, 0), (7, 300, 200)] {
      let operators = try HybridStage.operators(
        model.name, batch: batch, context: context, prompt: prompt, layers: 2)
      let base = try HybridStage.run(system, operators, ideal: [.balance])
      for (limit, cause) in Self.limits {
        let charged = Double(base.causes[cause].picoseconds)
        let without = try HybridStage.run(system, operators, ideal: [.balance, limit])
        #expect(without.makespan <= base.makespan)
        // A hundredth of the time decides little: rounding to whole clocks and rows.
        guard charged >= 0.01 * Double(base.makespan.picoseconds) else { continue }
        let ratio = Double((base.makespan - without.makespan).picoseconds) / charged
        #expect(
          ratio >= 0.5 && ratio <= 1.2,
          "\(preset) \(model.name) \(batch) \(context): \(limit.rawValue) saves \(ratio)")
      }
    }
  }

  /// Imbalance hides what the slowest device goes through: a limit then saves more than its charge, but
  /// no more than the charge and the imbalance.
  @Test func imbalanceHidesOtherCauses() throws {
    let system = try HybridStage.system("gpu-paper")
    let operators = try HybridStage.operators("mixtral-8x7b", batch: 1, context: 17)
    let base = try HybridStage.run(system, operators)
    let without = try HybridStage.run(system, operators, ideal: [.refresh])
    let saved = base.makespan - without.makespan
    #expect(saved > base.causes[.refresh])
    #expect(saved <= base.causes[.refresh] + base.causes[.loadImbalance])
    let even = try HybridStage.run(system, operators, ideal: [.balance])
    #expect(base.makespan - even.makespan == base.causes[.loadImbalance])
  }

  /// A power limit saves its charge exactly, on machines where nothing else takes its place.
  @Test func removingThePowerLimitGivesBackItsCause() throws {
    let system = try HybridStage.system("duplex-paper", ["device.pim.power_limit_watts=15"])
    let operators = try HybridStage.operators("mixtral-8x7b", batch: 4, context: 2000)
    let base = try HybridStage.run(system, operators, ideal: [.balance])
    let without = try HybridStage.run(system, operators, ideal: [.balance, .power])
    #expect(base.causes[.power] > .zero && without.causes[.power] == .zero)
    #expect(without.makespan < base.makespan)
  }

  /// With both processors at once each removed limit still helps or leaves the time, whatever moves.
  @Test(arguments: ["duplex-paper-pe", "duplex-paper-pe-et", "hetero-paper"])
  func limitsNeverHelpWhenTheyAreThere(preset: String) throws {
    let system = try HybridStage.system(
      preset, ["schedule.expert_split=optimal", "command_level.charges_conflicts=false"])
    let operators = try HybridStage.operators("mixtral-8x7b", batch: 32, context: 700)
    let base = try HybridStage.run(system, operators)
    for (limit, _) in Self.limits {
      #expect(try HybridStage.run(system, operators, ideal: [limit]).makespan <= base.makespan)
    }
    let bound = try #require(base.bound)
    #expect(bound <= base.makespan)
  }
}
