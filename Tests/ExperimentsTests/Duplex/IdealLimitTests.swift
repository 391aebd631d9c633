import Experiments
import SimulationCore
import Systems
import Testing
import Units
import Workload

/// What a removed limit saves against what its cause was charged: between half and 1.2 times.
///
/// Three exceptions are set aside and tested by themselves. Where devices differ, what the slowest one
/// takes beyond the mean is imbalance, whatever it went on, so limits are compared without
/// imbalance. After a refresh all rows open anew and wait for the window, which is charged to refresh, so the
/// limits of rows are compared without refresh. Where xPU and PIM work at once, a limit of the side that
/// ends first saves nothing, and without a limit experts are divided anew.
@Suite struct IdealLimitTests {
  private static let limits: [(limit: IdealLimit, cause: Cause)] = [
    (.refresh, .refresh), (.row, .rowActivation), (.tfaw, .tfaw), (.turnaround, .turnaround),
    (.link, .link),
  ]

  @Test(
    arguments: [
      "duplex-paper", "gpu-paper", "bank-pim-paper", "bankgroup-pim-paper", "duplex-code",
    ])
  func savingsAgreeWithCauses(preset: String) throws {
    let system = try HybridStage.system(preset, ["devices=8"])
    for (model, batch, context, prompt) in [
      ("mixtral-8x7b", 1, 17, 0), ("mixtral-8x7b", 32, 1111, 0), ("mixtral-8x7b", 7, 300, 200),
      ("opt-66b", 3, 300, 0), ("llama3-70b", 64, 500, 0), ("glam-143b", 32, 700, 0),
    ] {
      let operators = try HybridStage.operators(
        model, batch: batch, context: context, prompt: prompt)
      let cold = try HybridStage.run(system, operators, ideal: [.balance, .refresh])
      let whole = try HybridStage.run(system, operators, ideal: [.balance])
      for (limit, cause) in Self.limits {
        let isOfRows = limit != .refresh && limit != .link
        let base = isOfRows ? cold : whole
        let charged = Double(base.causes[cause].picoseconds)
        let without = try HybridStage.run(
          system, operators, ideal: isOfRows ? [.balance, .refresh, limit] : [.balance, limit])
        // A greedy scheduler may lose a clock here and there when a limit goes.
        let slack = base.makespan.picoseconds / 1000
        #expect(without.makespan.picoseconds <= base.makespan.picoseconds + slack)
        // A hundredth of the time decides little: rounding to whole clocks and rows.
        guard charged >= 0.01 * Double(base.makespan.picoseconds) else { continue }
        let ratio = Double((base.makespan - without.makespan).picoseconds) / charged
        #expect(
          ratio >= 0.5 && ratio <= 1.2,
          "\(preset) \(model) \(batch) \(context): \(limit.rawValue) saves \(ratio)")
      }
    }
  }

  /// Refresh makes rows open anew together: without the window it costs less, so that the window saves more
  /// than its charge, but no more than its charge and that of refresh.
  @Test func refreshHidesTheWindowOfActivations() throws {
    let system = try HybridStage.system("gpu-paper")
    let operators = try HybridStage.operators("llama3-70b", batch: 32, context: 700)
    let base = try HybridStage.run(system, operators)
    let without = try HybridStage.run(system, operators, ideal: [.tfaw])
    #expect(without.causes[.refresh] < base.causes[.refresh])
    let saved = base.makespan - without.makespan
    #expect(saved > base.causes[.tfaw])
    #expect(saved <= base.causes[.tfaw] + base.causes[.refresh])
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
      let without = try HybridStage.run(system, operators, ideal: [limit]).makespan
      #expect(without.picoseconds <= base.makespan.picoseconds / 1000 * 1001)
    }
    let bound = try #require(base.bound)
    #expect(bound <= base.makespan)
  }
}
