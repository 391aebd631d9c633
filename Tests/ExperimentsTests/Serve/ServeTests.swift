import Devices
import Experiments
import Serving
import SimulationCore
import Systems
import Testing
import Units
import Workload

private func system(_ preset: String, _ overrides: [String] = []) throws -> any TraceSystem {
  try SystemLoader.load(try SystemLoader.configuration(preset, overrides: overrides))
}

private func closedLoop(batch: Int, length: Int) -> ServingSpec {
  ServingSpec(
    seed: 7, arrivals: ArrivalSpec(process: .closedLoop), prompt: .fixed(length),
    output: .fixed(length), batchLimit: batch, startsStaggered: true)
}

private func serve(
  _ preset: String, _ spec: ServingSpec, stages: Int, model: String = "mixtral-8x7b",
  overrides: [String] = []
) throws -> ServiceResult {
  try Serve(
    system: try system(preset, overrides), architecture: try ModelPresets.load(model), spec: spec
  ).run(stages: stages)
}

@Suite struct ServeTests {
  /// Measured with the authors' simulator in ideal mode, Mixtral batch 64 (256, 256): 8041.5,
  /// 11606.6, 15013.9, 8336.3 and, with twice the GPUs, 13466.0 tokens/s.
  @Test(arguments: [
    ("gpu-code", 8041.5), ("duplex-code", 11606.6), ("duplex-code-pe-et", 15013.9),
    ("bank-pim-code", 8336.3), ("gpu2-code", 13466.0),
  ])
  func closedLoopsOfMixtralReachTheMeasuredRates(preset: String, expected: Double) throws {
    let result = try serve(preset, closedLoop(batch: 64, length: 256), stages: 32)
    let rate = try #require(result.run.tokensPerSecond)
    #expect(abs(rate - expected) <= 0.03 * expected, "\(preset): \(rate) tokens/s")
    #expect(result.run.causes.total == result.run.time)
    #expect(result.run.tokens == 32 * 64)
  }

  @Test func equalSeedsGiveEqualBytes() throws {
    let spec = closedLoop(batch: 8, length: 32)
    let one = try serve("duplex-code-pe-et", spec, stages: 12)
    let two = try serve("duplex-code-pe-et", spec, stages: 12)
    #expect(one.json == two.json)
    var other = spec
    other.seed = 8
    #expect(try serve("duplex-code-pe-et", other, stages: 12).json != one.json)
  }

  @Test func everySystemTypeServes() throws {
    let result = try serve(
      "h100", closedLoop(batch: 4, length: 16), stages: 8, model: "llama3-8b")
    #expect(result.run.stages.count == 8)
    #expect(result.run.energy == nil)
  }

  @Test func modelsThatDoNotFitAreRefused() throws {
    let error = #expect(throws: SimulationRefusal.self) {
      try serve(
        "duplex-code", closedLoop(batch: 64, length: 256), stages: 1, overrides: ["devices=1"])
    }
    #expect(error?.description.contains("batch_limit") == true)
  }

  @Test func skewedRoutersAreSlowerWithExpertsOnDevices() throws {
    var skewed = closedLoop(batch: 32, length: 64)
    skewed.routerSkew = 1.5
    let even = try serve("duplex-code", closedLoop(batch: 32, length: 64), stages: 8)
    let uneven = try serve("duplex-code", skewed, stages: 8)
    #expect(uneven.run.time > even.run.time)
    #expect(uneven.run.causes[.loadImbalance] > even.run.causes[.loadImbalance])
  }
}
