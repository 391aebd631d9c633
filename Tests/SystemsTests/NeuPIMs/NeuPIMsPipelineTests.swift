import DRAM
import Devices
import SimulationCore
import Testing
import Units
import Workload

@testable import Systems

/// Layers over pipeline stages, micro-batches that follow each other.
@Suite struct NeuPIMsPipelineTests {
  /// Steps of `layers` equal layers for requests of `length` tokens.
  private func steps(
    layers: Int, requests: Int, length: Int = 100, count: Int = 1
  ) -> [Operator] {
    var id = 0
    var result: [Operator] = []
    for step in 0..<count {
      for number in 0..<layers {
        let lengths = [Int](repeating: length + step, count: requests)
        for var op in NeuPIMsLayer.layer(lengths, number: number, firstID: id) {
          op.step = step
          result.append(op)
          id += 1
        }
      }
    }
    return result
  }

  private func run(
    _ operators: [Operator], pipeline: Int = 1, microBatches: Int? = nil,
    ideal: Set<IdealLimit> = [], _ edit: (inout NeuPIMsSpec) -> Void = { _ in }
  ) throws -> SystemRun {
    try NeuPIMsLayer.run(operators, ideal: ideal) {
      $0.npu.traffic = .complete
      $0.parallel.tensor = 16
      $0.parallel.pipeline = pipeline
      $0.parallel.microBatches = microBatches
      $0.refresh = false
      edit(&$0)
    }
  }

  private func clocks(_ duration: Duration) -> Int { duration.picoseconds / 1000 }

  /// Clocks of each task by stage and micro-batch, in the order in which they ran.
  private func tasks(_ run: SystemRun, _ stage: Int, _ microBatch: Int) -> [(start: Int, end: Int)]
  {
    run.stages.filter { $0.name == "p\(stage).m\(microBatch) task" }.map {
      ($0.start.picoseconds / 1000, $0.end.picoseconds / 1000)
    }
  }

  /// 0.8 us and 4096 elements of 2 bytes a token at 300 GB/s.
  private func send(_ tokens: Int) -> Int { 800 + (tokens * 8192 + 299) / 300 }

  /// What all devices of a run did, whatever their order.
  private func work(_ run: SystemRun) -> [Int] {
    let pim = run.pim
    return [pim?.columnSteps ?? -1, pim?.count(of: "GEMV") ?? -1]
      + (pim?.hostTraffic ?? []).flatMap { [$0.read, $0.written, $0.busRead, $0.busWritten] }
  }

  @Test func oneBatchPassesTheStagesOneAfterTheOther() throws {
    let alone = clocks(try run(steps(layers: 1, requests: 8)).makespan)
    for stages in [2, 3] {
      let piped = try run(steps(layers: stages, requests: 8), pipeline: stages)
      #expect(clocks(piped.makespan) == stages * alone + (stages - 1) * send(8))
      #expect(piped.causes.total == piped.makespan)
      #expect(clocks(piped.causes[.link]) >= (stages - 1) * send(8))
      let free = try run(steps(layers: stages, requests: 8), pipeline: stages, ideal: [.link])
      #expect(piped.makespan > free.makespan)
      #expect(free.causes[.link] == .zero)
    }
  }

  /// P equal stages and M equal micro-batches: P + M - 1 tasks and P - 1 moves over the link.
  @Test(arguments: [(2, 2), (2, 4), (3, 3)])
  func microBatchesFillThePipeline(stages: Int, microBatches: Int) throws {
    let part = clocks(try run(steps(layers: 1, requests: 8)).makespan)
    let piped = try run(
      steps(layers: stages, requests: 8 * microBatches), pipeline: stages,
      microBatches: microBatches)
    let wanted = (stages + microBatches - 1) * part + (stages - 1) * send(8)
    // Later micro-batches find rows open and writes queued that the first did not.
    #expect(abs(clocks(piped.makespan) - wanted) * 100 <= wanted * 2)
    #expect(piped.causes.total == piped.makespan)
    // The recurrence holds to the clock: a task starts when its stage is free and its input has come.
    for stage in 0..<stages {
      for micro in 0..<microBatches {
        let found = try #require(tasks(piped, stage, micro).first)
        let free = micro > 0 ? try #require(tasks(piped, stage, micro - 1).first).end : 0
        let ready =
          stage > 0 ? try #require(tasks(piped, stage - 1, micro).first).end + send(8) : 0
        #expect(found.start == max(free, ready))
      }
    }
    #expect(
      try #require(tasks(piped, stages - 1, microBatches - 1).first).end == clocks(piped.makespan))
    #expect(try #require(piped.bound) <= piped.makespan)
  }

  /// In a steady state a full pipeline gives a batch in the time of its micro-batches on one stage.
  @Test func stepsFollowEachOtherWithoutBubbles() throws {
    let piped = try run(
      steps(layers: 2, requests: 16, count: 4), pipeline: 2, microBatches: 2, ideal: [.link])
    let first = tasks(piped, 0, 0)
    #expect(first.count == 4)
    for stage in 0..<2 {
      // After the first task the stage never waits for longer than unequal tasks make it.
      let all = (tasks(piped, stage, 0) + tasks(piped, stage, 1)).sorted { $0.start < $1.start }
      let busy = all.reduce(0) { $0 + $1.end - $1.start }
      let span = try #require(all.last).end - all[0].start
      #expect(busy * 100 >= span * 98)
    }
    // One batch at a time leaves each of the two stages idle for half of the time.
    let serial = try run(
      steps(layers: 2, requests: 16, count: 4), pipeline: 2, ideal: [.link])
    #expect(serial.units[0].busy.picoseconds * 100 <= serial.makespan.picoseconds * 51)
    #expect(piped.units[0].busy.picoseconds * 100 >= piped.makespan.picoseconds * 60)
    #expect(piped.tokens == 64 && piped.steps.count == 4)
  }

  /// A step of a micro-batch needs the tokens of its step before: 4 bytes a request over the link.
  @Test func tokensComeBackBeforeTheNextStep() throws {
    let piped = try run(steps(layers: 2, requests: 8, count: 2), pipeline: 2)
    let last = tasks(piped, 1, 0)
    let first = tasks(piped, 0, 0)
    #expect(first.count == 2 && last.count == 2)
    #expect(first[1].start == last[0].end + 801)
    #expect(piped.causes.total == piped.makespan)
  }

  /// The devices of all stages do the work that one device does with all layers, and count the same bytes.
  @Test func stagesDoTheWorkOfOneDevice() throws {
    let operators = steps(layers: 3, requests: 6)
    let alone = try run(operators)
    let piped = try run(operators, pipeline: 2)
    #expect(work(alone) == work(piped))
    #expect(alone.traffic == piped.traffic)
    let pim = try #require(piped.pim)
    #expect(pim.energy.first { $0.name == "pim_compute" }?.count == pim.columnSteps)
    #expect(pim.energy.first { $0.name == "pim_load" }?.count == pim.count(of: "GWRITE"))
    #expect(
      pim.internalPeak.bytesPerSecond == 2 * (alone.pim?.internalPeak.bytesPerSecond ?? 0))
    // Standby is that of both memories for the whole time.
    func standby(_ run: SystemRun) -> Int {
      run.pim?.energy.filter { $0.name.hasPrefix("standby") }.reduce(0) { $0 + $1.count } ?? 0
    }
    #expect(standby(piped) == 2 * clocks(piped.makespan) * 32 * 2 * 16)
    #expect(standby(alone) == clocks(alone.makespan) * 32 * 2 * 16)
    // Two layers and one.
    let (first, second) = (tasks(piped, 0, 0)[0], tasks(piped, 1, 0)[0])
    #expect((first.end - first.start) > 19 * (second.end - second.start) / 10)
  }

  /// Micro-batches load the weights again; sub-batches within them, and prompts, go the same way.
  @Test func microBatchesCoverTheBatchInEveryConfiguration() throws {
    let operators = steps(layers: 2, requests: 5, count: 2)
    let whole = try run(operators)
    let edits: [(inout NeuPIMsSpec) -> Void] = [
      { _ in }, { $0.attention.interleaves = true }, { $0.attention.unit = .npu },
      { $0.npu.traffic = .asReleased }, { $0.npu.prefetch = true },
      { $0.npu.dma = DMASpec(burst: ByteCount(1024), outstanding: 64, ports: 4) },
      { $0.refresh = true },
    ]
    for (number, edit) in edits.enumerated() {
      let base = try run(operators, edit)
      let piped = try run(operators, pipeline: 2, microBatches: 3, edit)
      #expect(piped.causes.total == piped.makespan, "\(number)")
      #expect(try #require(piped.bound) <= piped.makespan, "\(number)")
      #expect(piped.pim?.columnSteps == base.pim?.columnSteps, "\(number)")
      #expect(piped.tokens == whole.tokens)
      for record in piped.operators {
        #expect(record.causes?.total == record.end - record.start, "\(number) \(record.name)")
      }
    }
    let piped = try run(operators, pipeline: 2, microBatches: 3)
    func weights(_ run: SystemRun) -> Int {
      run.pim?.hostTraffic.first { $0.kind == .weights }?.read ?? 0
    }
    #expect(weights(piped) == 3 * weights(whole))
    func outputs(_ run: SystemRun) -> Int {
      run.pim?.hostTraffic.first { $0.kind == .outputs }?.written ?? 0
    }
    #expect(outputs(piped) == outputs(whole))
  }

  /// A stage holds its own layers only: what is too much for one device fits two.
  @Test func capacityIsThatOfEachStage() throws {
    let operators = steps(layers: 2, requests: 128, length: 2000)
    func run(_ pipeline: Int) throws -> SystemRun {
      var memory = try NeuPIMsLayer.memory("dual")
      memory.organization.rows = 1024
      let system = try NeuPIMsSystem(
        spec: try NeuPIMsLayer.spec {
          $0.npu.traffic = .complete
          $0.parallel.tensor = 8
          $0.parallel.pipeline = pipeline
        }, memory: memory)
      var options = RunOptions(fidelity: .cycle)
      options.allowsOversubscription = false
      return try system.run(
        OperatorSequence(operators),
        header: TraceHeader(model: "gpt3-7b", dtype: "f16", generator: "test"), options: options)
    }
    let error = #expect(throws: SystemError.self) { _ = try run(1) }
    let text = try #require(error).description
    for part in ["channel", "'neupims' is full", "layer 1", "parallel.pipeline"] {
      #expect(text.contains(part), "\(text)")
    }
    #expect(try run(2).makespan > .zero)
  }

  @Test func moreStagesThanLayersAreRefused() throws {
    let operators = steps(layers: 2, requests: 2)
    let error = #expect(throws: SystemError.self) { try run(operators, pipeline: 3) }
    #expect(
      try #require(error).description == "parallel.pipeline (3) exceeds the 2 layers of the trace")
    let none = #expect(throws: SystemError.self) { try run(operators, microBatches: 0) }
    #expect(try #require(none).description.contains("parallel.micro_batches"))
  }
}
