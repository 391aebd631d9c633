import Configuration
import Experiments
import Foundation
import ResultsStore
import Testing
import Units

@Suite struct SystemBoundTests {
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
    let provider = SystemBoundProvider()
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

  /// A model small enough to run it command by command.
  private static let toyModel = """
    name: toy
    family: llama
    source: a test
    layers: 2
    hidden: 128
    heads: 4
    kv_heads: 2
    head_dim: 32
    intermediate: 256
    vocabulary: 512
    positions: 512
    position_embedding: {kind: rope, theta: 10000}
    norm: rms
    norm_epsilon: 1.0e-5
    norm_placement: pre
    activation: silu
    gated: true
    biases: {query_key_value: false, attention_output: false, feed_forward: false}
    query_key_norm: false
    tied_embeddings: false
    dtype: f16
    """

  @Test func theFrontAtCycleFidelityIsThatOfTheFullSweep() throws {
    let model = FileManager.default.temporaryDirectory.appending(
      path: UUID().uuidString + ".yaml"
    ).path()
    try Self.toyModel.write(to: URL(filePath: model), atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: model) }
    let yaml = """
      name: s
      system: h100
      fidelity: cycle
      trace: {model: \(model), prompt: 16, generate: 2, phase: both}
      axes:
        channels: {vary: system.memory.dram.channels, values: [5, 20, 160]}
        matrix: {vary: system.device.matrix_rate.f16, values: [10 GFLOPS, 1 TFLOPS]}
        launch: {vary: system.device.launch, values: [0 ps, 3 us]}
        batch: {vary: trace.batch, values: [1, 4]}
      """
    let node = try ConfigurationNode(yaml: yaml, name: "sweep")
    let executor = SimulationExecutor()
    let points = try SweepPlan(
      SweepSpecification(node, text: yaml, folder: "."), build: BuildIdentity(digest: "b"),
      executor: executor
    ).points
    #expect(points.count == 24)
    let provider = SystemBoundProvider()
    let objectives = [
      Objective(metric: "time_ps", isMaximized: false),
      Objective(metric: "tokens_per_second", isMaximized: true),
    ]
    var vectors: [[Double]] = []
    var bounds: [Int: PointBound] = [:]
    for point in points {
      let metrics = try ResultMetrics.metrics(ofJSON: executor.run(point))
      func value(_ name: String) throws -> Double {
        try #require(metrics.first { $0.name == name }).value.double
      }
      let bound = try #require(try provider.bound(of: point))
      #expect(Double(bound.time.picoseconds) <= (try value("time_ps")), "\(point.label)")
      #expect(Double(try #require(bound.tokens)) == (try value("tokens")))
      bounds[vectors.count] = bound
      vectors.append(try objectives.map { try value($0.metric) })
    }
    var search = BoundedSearch(
      points: Array(points.indices), objectives: objectives, bounds: bounds)
    while !search.rung.isEmpty {
      let rung = search.rung
      search.record(
        Dictionary(uniqueKeysWithValues: rung.map { ($0, vectors[$0]) }), of: rung)
    }
    #expect(search.front == ParetoFront.indices(vectors, objectives))
    #expect(!search.discarded.isEmpty, "the bound saves runs")
  }

  /// Points of a sweep of one system, of its trace and fidelity.
  private func points(_ axes: String, system: String, trace: String, fidelity: String) throws
    -> [SweepPoint]
  {
    let yaml = """
      name: s
      system: \(system)
      fidelity: \(fidelity)
      allow_oversubscription: true
      trace: {\(trace)}
      axes:
      \(axes)
      """
    let node = try ConfigurationNode(yaml: yaml, name: "sweep")
    return try SweepPlan(
      SweepSpecification(node, text: yaml, folder: "."), build: BuildIdentity(digest: "b"),
      executor: SimulationExecutor()
    ).points
  }

  /// How close the closest bound comes; every one is at most the simulated time.
  private func closest(_ points: [SweepPoint]) throws -> Double {
    let provider = SystemBoundProvider()
    let executor = SimulationExecutor()
    var closest = 0.0
    for point in points {
      let metrics = try ResultMetrics.metrics(ofJSON: executor.run(point))
      let time = try #require(metrics.first { $0.name == "time_ps" }).value.double
      let bound = try #require(try provider.bound(of: point))
      let share = Double(bound.time.picoseconds) / time
      #expect(share <= 1, "\(point.system) \(point.label): bound \(share) of the time")
      let tokens = metrics.first { $0.name == "tokens" }?.value.double
      #expect(bound.tokens.map(Double.init) == tokens)
      closest = max(closest, share)
    }
    return closest
  }

  @Test func noHybridMachineIsFasterThanItsBound() throws {
    let machines =
      "  system: {values: [gpu-code, gpu2-code, duplex-code, duplex-code-pe, duplex-code-pe-et, "
      + "duplex-paper, bank-pim-code, bankgroup-pim-code, hetero-code]}\n"
    let decode = try closest(
      points(
        machines + "  batch: {vary: trace.batch, values: [1, 7, 64]}\n"
          + "  context: {vary: trace.context, values: [1, 900]}", system: "gpu-code",
        trace: "model: mixtral-8x7b, layers: 2, phase: decode, generate: 2", fidelity: "analytic"))
    let prefill = try closest(
      points(
        machines + "  batch: {vary: trace.batch, values: [1, 5]}\n"
          + "  prompt: {vary: trace.prompt, values: [3, 700]}\n"
          + "  fuse: {vary: trace.fuse, values: [none, attention]}", system: "gpu-code",
        trace: "model: llama3-8b, layers: 2, phase: both, generate: 1", fidelity: "analytic"))
    #expect(decode > 0.5 && prefill > 0.5, "the bound is of use")
  }

  @Test func noNPUBesidePIMIsFasterThanItsBound() throws {
    let model = FileManager.default.temporaryDirectory.appending(
      path: UUID().uuidString + ".yaml"
    ).path()
    let wide = Self.toyModel.replacing("hidden: 128", with: "hidden: 512")
      .replacing("kv_heads: 2", with: "kv_heads: 4").replacing(
        "head_dim: 32", with: "head_dim: 128")
    try wide.write(to: URL(filePath: model), atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: model) }
    let share = try closest(
      points(
        "  system: {values: [npu-only, npu-pim-blocked, neupims]}\n"
          + "  batch: {vary: trace.batch, values: [2, 9]}\n"
          + "  released: {vary: system.npu.traffic, values: [complete, as-released]}\n"
          + "  early: {vary: system.npu.prefetch, values: [false, true]}\n"
          + "  stages: {vary: system.parallel.pipeline, values: [1, 2]}\n"
          + "  parts: {vary: system.parallel.micro_batches, values: [1, 3]}",
        system: "neupims", trace: "model: \(model), phase: decode, context: 20", fidelity: "cycle"))
    #expect(share > 0.05, "the bound is of use")
  }

  @Test func noStreamingDeviceIsFasterThanItsBound() throws {
    let share = try closest(
      points(
        "  bandwidth: {vary: system.memory.bandwidth, values: [10 GB/s, 1 TB/s]}\n"
          + "  prompt: {vary: trace.prompt, values: [1, 24]}\n"
          + "  batch: {vary: trace.batch, values: [1, 3]}",
        system: "streaming-dataflow",
        trace: "model: llama3-8b, layers: 1, phase: both, generate: 1",
        fidelity: "analytic"))
    #expect(share > 0.5, "the bound is of use")
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
