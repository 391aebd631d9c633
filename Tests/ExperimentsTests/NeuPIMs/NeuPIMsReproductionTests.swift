import Testing
import Workload

@testable import Experiments

@Suite struct NeuPIMsReproductionTests {
  private typealias Machine = NeuPIMsReproduction.Machine

  /// Layers of made-up lengths, which are known.
  private func claims(_ seconds: (Machine, Int) -> Double) -> [PublishedClaim] {
    var table = NeuPIMsTable()
    let reproduction = NeuPIMsReproduction(workers: 1)
    for model in NeuPIMsReproduction.allModels {
      for dataset in RequestDataset.allCases {
        for batch in NeuPIMsReproduction.allBatches {
          var measured: [Machine: LayerMeasurement] = [:]
          for machine in Machine.allCases {
            measured[machine] = LayerMeasurement(
              seconds: seconds(machine, batch), npuUse: 0.5, pimUse: 0.2, memoryPower: 18,
              plainMemoryPower: 10)
          }
          table.add(
            measured,
            at: NeuPIMsPoint(
              model: model.name, tensor: model.tensor, dataset: dataset, batch: batch, seed: 1,
              machines: []))
        }
      }
    }
    return NeuPIMsClaims(table: table, reproduction: reproduction).all
  }

  @Test func claimsFollowFromTheMeasuredLayers() throws {
    let layers: [Machine: Double] = [
      .gpu: 3, .gpuCeiling: 6, .npuOnly: 2.4, .naive: 1.6, .naiveDispatch: 2.5,
      .balanced: 1.5, .dual: 1.2,
      .dualReleased: 1.1, .dualBalanced: 1.05, .dualInterleaved: 1.1, .neupims: 1,
    ]
    let claims = claims { machine, batch in
      let base = layers[machine] ?? 0
      return machine == .dualBalanced && batch < 128 ? 0.9 : base
    }
    func claim(_ id: String) throws -> PublishedClaim {
      try #require(claims.first { $0.id == id })
    }
    for (id, value) in [
      ("N1", 3.0), ("N2", 2.4), ("N3", 1.6), ("N4", 1.5), ("P1", 1.8), ("P2", -25),
    ] {
      let claim = try claim(id)
      #expect(abs((claim.oursValue ?? 0) - value) < 1e-9, "\(id): \(claim.ours)")
      #expect(claim.verdict == .agrees)
    }
    #expect(try claim("N3").assumption.contains("2.50x over one that dispatches"))
    #expect(abs((try claim("A1").oursValue ?? 0) - 100.0 / 3) < 1e-9)
    #expect(try claim("A1").verdict == .differs)
    // Balanced without the other steps gains everywhere; over dual it gains too; sub-batches only lose at 64.
    #expect(try claim("A2").verdict == .agrees)
    #expect(try claim("A3").verdict == .agrees)
    #expect(try claim("U1b").oursValue == 50)
    #expect(try claim("T1").verdict == .notRun)
    #expect(try claim("X1").verdict == .notModelled)
    #expect(Set(claims.map(\.id)).count == claims.count)
  }

  @Test func aBalanceThatLosesOnceIsNotAlways() throws {
    let claims = claims { machine, batch in machine == .balanced && batch == 64 ? 1.1 : 1 }
    #expect(try #require(claims.first { $0.id == "A2" }).verdict == .differs)
  }

  /// Commands run behind the figures: the smallest batch with sub-batches.
  @Test func aSmallRunMeasuresASteadyLayer() async throws {
    var reproduction = NeuPIMsReproduction(
      batches: [2], models: ["gpt3-7b"], datasets: [.alpaca], workers: 2)
    reproduction.machines = [.neupims]
    let result = try await reproduction.run()
    #expect(result.points.count == 1)
    for point in result.points {
      for name in ["layer_us", "npu_use", "pim_use", "memory_watts"] {
        #expect(point.values.contains { $0.name == name && $0.value > 0 }, "\(name)")
      }
    }
    #expect(result.claims.contains { $0.id == "N3" && $0.verdict == .notRun })
  }

  @Test func anyNumberOfWorkersGivesTheSameBytes() async throws {
    func run(workers: Int) async throws -> [UInt8] {
      var reproduction = NeuPIMsReproduction(
        batches: [2, 4], models: ["gpt3-7b"], datasets: [.alpaca], workers: workers)
      reproduction.machines = [.gpu]
      return try await reproduction.run().json
    }
    #expect(try await run(workers: 3) == run(workers: 1))
  }
}
