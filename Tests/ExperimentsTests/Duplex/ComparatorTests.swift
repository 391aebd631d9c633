import Experiments
import Serving
import SimulationCore
import Systems
import Testing
import Units
import Workload

private let comparators = [
  "duplex", "duplex-%-pe", "duplex-%-pe-et", "gpu", "gpu2", "bank-pim", "bankgroup-pim", "hetero",
]

/// The preset of a comparator with the numbers of `devices`.
private func preset(_ name: String, _ devices: String) -> String {
  name.contains("%")
    ? name.split(separator: "%").joined(separator: devices) : "\(name)-\(devices)"
}

@Suite struct ComparatorTests {
  /// Every comparator is a configuration that runs at both fidelities.
  @Test(arguments: ["paper", "code"], Fidelity.allCases)
  func everyComparatorRuns(devices: String, fidelity: Fidelity) throws {
    let operators = try HybridStage.operators("mixtral-8x7b", batch: 7, context: 129, prompt: 65)
    for name in comparators {
      let run = try HybridStage.run(
        try HybridStage.system(preset(name, devices)), operators, fidelity: fidelity)
      #expect(run.makespan > .zero && run.causes.total == run.makespan, "\(name)")
      #expect(run.bound.map { $0 <= run.makespan } ?? (fidelity == .analytic), "\(name)")
      #expect(!run.energy.isEmpty, "\(name)")
    }
  }

  /// Models of the paper on both sets of numbers, with odd batches and contexts.
  @Test(
    arguments: [
      ("mixtral-8x7b", 4), ("glam-143b", 8), ("grok1-314b", 16), ("opt-66b", 4),
      ("llama3-70b", 4),
    ], ["duplex-paper", "duplex-code"])
  func everyModelRuns(model: (name: String, devices: Int), preset: String) throws {
    let system = try HybridStage.system(preset, ["devices=\(model.devices)"])
    for (batch, context) in [(1, 1), (3, 17), (1, 1000)] {
      let operators = try HybridStage.operators(model.name, batch: batch, context: context)
      let analytic = try HybridStage.run(system, operators, fidelity: .analytic)
      let cycle = try HybridStage.run(system, operators)
      #expect(analytic.makespan > .zero && cycle.makespan >= analytic.makespan)
      #expect(analytic.tokens == batch && cycle.tokens == batch)
    }
  }

  /// One device, and three nodes, of which each divides what the machine can divide.
  @Test(arguments: ["duplex-paper", "duplex-paper-pe-et", "gpu-code"])
  func oddMachinesRun(preset: String) throws {
    let operators = try HybridStage.operators("mixtral-8x7b", batch: 7, context: 17)
    for overrides in [
      ["devices=1"], ["devices=3"], ["devices=24", "node_devices=8"],
      ["devices=4", "parallelism.pipeline=2"],
    ] {
      let system = try HybridStage.system(preset, overrides)
      for fidelity in Fidelity.allCases {
        let run = try HybridStage.run(system, operators, fidelity: fidelity)
        #expect(run.makespan > .zero && run.causes.total == run.makespan, "\(overrides)")
        let bytes = run.memorySpaces.reduce(0) { $0 + $1.xpuTraffic.count }
        #expect(run.memorySpaces.isEmpty || bytes == run.traffic.total.count)
      }
    }
  }

  /// Both readings of the link between nodes are configuration, and Grok-1 feels it.
  @Test func bothReadingsOfTheLinkBetweenNodesRun() throws {
    let operators = try HybridStage.operators("grok1-314b", batch: 32, context: 256)
    func time(_ preset: String, _ bandwidth: String) throws -> Duration {
      try HybridStage.run(
        try HybridStage.system(preset, ["devices=16", "node_link.bandwidth=\(bandwidth)"]),
        operators, fidelity: .analytic
      ).makespan
    }
    for preset in ["duplex-paper", "duplex-code"] {
      #expect(try time(preset, "50 GB/s") > time(preset, "400 GB/s"))
    }
  }

  @Test(arguments: ["paper", "code"], Fidelity.allCases)
  func duplexSplitServesWithTwoPools(devices: String, fidelity: Fidelity) throws {
    let pool = try HybridStage.system("duplex-split-\(devices)")
    let result = try Serve(
      system: pool, prefillSystem: pool, architecture: try ModelPresets.load("mixtral-8x7b"),
      spec: ServingSpec(
        seed: 1, count: 3, arrivals: ArrivalSpec(process: .burst), prompt: .fixed(40),
        output: .fixed(3), batchLimit: 2), fidelity: fidelity
    ).run(stages: nil)
    #expect(result.run.finished == 3 && result.run.tokens == 9)
    #expect(result.run.causes.total == result.run.time)
  }
}
