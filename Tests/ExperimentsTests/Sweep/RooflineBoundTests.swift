import Configuration
import Experiments
import ResultsStore
import Testing
import Units

@Suite struct RooflineBoundTests {
  /// Small models on many machines: bound by memory, by matrix units and by vector units.
  private func points(fidelity: String = "analytic") throws -> [SweepPoint] {
    let yaml = """
      name: s
      system: h100
      fidelity: \(fidelity)
      trace: {model: llama2-7b, layers: 2, prompt: 64, generate: 2, phase: both}
      axes:
        batch: {vary: trace.batch, range: {from: 1, to: 40}}
        bandwidth: {vary: system.memory.bandwidth, log_range: {from: 10 GB/s, to: 100 TB/s}}
        matrix: {vary: system.device.matrix_rate.f16, log_range: {from: 1 TFLOPS, to: 1 PFLOPS}}
        vector: {vary: system.device.vector_rate, log_range: {from: 1 GFLOPS, to: 90 TFLOPS}}
        launch: {vary: system.device.launch, values: [0 ps, 3 us]}
      sample: {method: latin_hypercube, points: 24, seed: 3}
      """
    let node = try ConfigurationNode(yaml: yaml, name: "sweep")
    let specification = try SweepSpecification(node, text: yaml, folder: ".")
    return try SweepPlan(
      specification, build: BuildIdentity(digest: "b"), executor: SimulationExecutor()
    ).points
  }

  @Test func noRunIsFasterThanItsBound() throws {
    let provider = RooflineBoundProvider()
    var closest = 0.0
    for point in try points() {
      let metrics = try ResultMetrics.metrics(ofJSON: SimulationExecutor().run(point))
      func value(_ name: String) throws -> Int {
        let metric = try #require(metrics.first { $0.name == name })
        return Int(metric.value.double)
      }
      let bound = try #require(try provider.bound(of: point))
      let time = try value("time_ps")
      #expect(bound.time.picoseconds <= time, "\(point.label)")
      #expect(bound.tokens == (try value("tokens")))
      closest = max(closest, Double(bound.time.picoseconds) / Double(time))
    }
    #expect(closest > 0.8, "the bound is of use")
  }

  @Test func otherFidelitiesHaveNoBound() throws {
    let provider = RooflineBoundProvider()
    #expect(try provider.bound(of: try #require(try points(fidelity: "cycle").first)) == nil)
  }

  @Test func theSameRequestGivesTheSameResultAndAnotherBatchAnother() throws {
    let point = try #require(try points().first)
    #expect(try SimulationExecutor().run(point) == SimulationExecutor().run(point))
    let executor = SimulationExecutor()
    var other = EmitRequest(model: "llama2-7b")
    let digest = try executor.digest(of: .emit(other))
    other.batch = 1
    #expect(try executor.digest(of: .emit(other)) == digest, "1 is the default")
    other.batch = 2
    #expect(try executor.digest(of: .emit(other)) != digest)
    #expect(throws: ConfigurationError.self) {
      try executor.digest(of: .emit(EmitRequest(model: "llama2-7")))
    }
    #expect(throws: (any Error).self) { try executor.digest(of: .file("/no/such/trace.zst")) }
  }
}
