import Serving
import SimulationCore
import Testing
import Units
import Workload

/// An executor whose stages take a fixed time and a part for each new token.
private struct Clockwork: IterationExecutor {
  var fixed: Int
  var eachToken: Int
  var seen: [Iteration] = []

  mutating func execute(_ iteration: Iteration) -> IterationOutcome {
    seen.append(iteration)
    let time = Duration(picoseconds: fixed + eachToken * iteration.runs.tokenCount)
    return IterationOutcome(
      duration: time, causes: CauseLedger(.compute, time), energy: Energy(picojoules: 2))
  }
}

private func serve(
  _ spec: ServingSpec, stages: Int? = nil, fixed: Int = 10, eachToken: Int = 1
) throws -> (run: ServiceRun, seen: [Iteration]) {
  var executor = Clockwork(fixed: fixed, eachToken: eachToken)
  var batching = try ContinuousBatching(spec)
  let run = try batching.serve(stages: stages, with: &executor)
  return (run, executor.seen)
}

private func closedLoop(
  batch: Int, prompt: Int, output: Int, count: Int? = nil, staggered: Bool? = nil
) -> ServingSpec {
  ServingSpec(
    count: count, arrivals: ArrivalSpec(process: .closedLoop), prompt: .fixed(prompt),
    output: .fixed(output), batchLimit: batch, startsStaggered: staggered)
}

@Suite struct ContinuousBatchingTests {
  @Test func aRequestIsAPromptOnceAndThenOneTokenAStage() throws {
    let (run, seen) = try serve(closedLoop(batch: 1, prompt: 7, output: 3, count: 1))
    #expect(seen.map(\.phase) == [.prefill, .decode, .decode])
    #expect(seen.map { $0.runs[0].query } == [7, 1, 1])
    #expect(seen.map { $0.runs[0].kv } == [7, 8, 9])
    let record = try #require(run.requests.first)
    #expect(record.timeToFirstToken == Duration(picoseconds: 17))
    #expect(record.endToEnd == Duration(picoseconds: 17 + 11 + 11))
    #expect(run.tokens == 3)
    #expect(run.promptTokens == 7)
    #expect(run.timeBetweenTokens.count == 2)
    #expect(run.timeBetweenTokens.greatest == 11)
  }

  @Test func aFinishedRequestIsReplacedAtTheNextStage() throws {
    let (run, seen) = try serve(
      closedLoop(batch: 4, prompt: 5, output: 3, staggered: true), stages: 30)
    #expect(seen.allSatisfy { $0.runs.requestCount == 4 })
    #expect(run.stages.allSatisfy { $0.tokens == 4 })
    // In the steady state a third of the slots turns over in each stage.
    let prompts = run.stages.dropFirst(3).reduce(0) { $0 + $1.prompts }
    #expect(prompts == 27 * 4 / 3)
    #expect(seen.contains { $0.phase == .mixed })
  }

  @Test func tokensAndRequestsAreConserved() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<40 {
      let count = 1 + generator.next(below: 60)
      let spec = ServingSpec(
        seed: generator.next(), count: count,
        arrivals: ArrivalSpec(process: .poisson, rate: 1e9),
        prompt: LengthSpec(distribution: .gaussian, mean: 40, deviation: 25, maximum: 90),
        output: LengthSpec(distribution: .uniform, mean: 12, deviation: 11),
        batchLimit: 1 + generator.next(below: 9),
        mixing: generator.next(below: 2) == 0 ? .mixed : .separate,
        promptTokenLimit: generator.next(below: 2) == 0 ? 64 : nil, kvTokens: 400)
      let (run, seen) = try serve(spec)
      #expect(run.finished == count)
      #expect(run.tokens == run.requests.reduce(0) { $0 + $1.output })
      #expect(run.promptTokens == run.requests.reduce(0) { $0 + $1.prompt })
      #expect(run.waiting == 0)
      #expect(run.causes.total == run.time)
      #expect(run.stages.allSatisfy { $0.kvTokens <= 400 })
      #expect(run.stages.allSatisfy { $0.requests <= spec.batchLimit })
      for request in run.requests {
        #expect(request.admitted >= request.arrival)
        #expect(request.firstToken > request.admitted)
        #expect(try #require(request.finished) >= request.firstToken)
      }
      for iteration in seen {
        let slots = iteration.runs.flatMap { $0.slot..<$0.slot + $0.count }
        #expect(Set(slots).count == slots.count)
        if spec.mixing == .separate { #expect(iteration.phase != .mixed) }
      }
    }
  }

  @Test func aStageNeverAdmitsARequestBeforeItArrives() throws {
    let spec = ServingSpec(
      count: 50, arrivals: ArrivalSpec(process: .poisson, rate: 5e9), prompt: .fixed(4),
      output: .fixed(2), batchLimit: 3)
    let (run, _) = try serve(spec)
    #expect(run.requests.allSatisfy { $0.admitted >= $0.arrival })
    #expect(run.causes[.idle] > .zero)
    let order = run.requests.map(\.id)
    #expect(order == order.sorted())
  }

  @Test func equalSeedsGiveEqualRunsAndOtherSeedsDoNot() throws {
    func spec(_ seed: UInt64) -> ServingSpec {
      ServingSpec(
        seed: seed, count: 20, arrivals: ArrivalSpec(process: .poisson, rate: 1e9),
        prompt: LengthSpec(distribution: .gaussian, mean: 40, deviation: 10),
        output: LengthSpec(distribution: .gaussian, mean: 9, deviation: 3), batchLimit: 4)
    }
    #expect(try serve(spec(1)).run.stages == serve(spec(1)).run.stages)
    #expect(try serve(spec(1)).run.stages != serve(spec(2)).run.stages)
  }

  @Test func thePromptLimitStillLetsOneLongPromptIn() throws {
    var spec = closedLoop(batch: 4, prompt: 100, output: 2, count: 8)
    spec.promptTokenLimit = 60
    let (run, seen) = try serve(spec)
    #expect(run.finished == 8)
    #expect(seen.allSatisfy { $0.runs.filter { $0.query > 1 }.requestCount <= 1 })
  }

  @Test func specificationsThatMakeNoSenseAreRefused() {
    var spec = closedLoop(batch: 0, prompt: 1, output: 1)
    #expect(throws: ServingError.self) { try spec.validate() }
    spec.batchLimit = 1
    spec.arrivals = ArrivalSpec(process: .poisson)
    let rate = #expect(throws: ServingError.self) { try spec.validate() }
    #expect(rate?.description.contains("rate") == true)
    spec.arrivals.rate = 3
    let count = #expect(throws: ServingError.self) { try spec.validate() }
    #expect(count?.description.contains("count") == true)
    let endless = #expect(throws: ServingError.self) {
      try serve(closedLoop(batch: 1, prompt: 1, output: 1))
    }
    #expect(endless?.description.contains("stages") == true)
  }
}

@Suite struct RequestStreamTests {
  @Test func poissonGapsHaveTheMeanOfTheirRate() throws {
    let spec = ServingSpec(
      seed: 9, count: 20_000, arrivals: ArrivalSpec(process: .poisson, rate: 8),
      prompt: .fixed(1), output: .fixed(1), batchLimit: 1)
    var stream = RequestStream(spec)
    var last = Instant.zero
    while let request = stream.next() { last = request.arrival }
    // 20 000 exponential gaps: the standard error of the mean is 0.7 %.
    #expect(abs(Double(last.picoseconds) * 1e-12 / 20_000 * 8 - 1) < 0.03)
  }

  @Test func gaussianLengthsHaveTheirMeanAndDeviationWithinLimits() throws {
    let spec = ServingSpec(
      seed: 4, count: 20_000, arrivals: ArrivalSpec(process: .burst),
      prompt: LengthSpec(
        distribution: .gaussian, mean: 500, deviation: 50, minimum: 400, maximum: 600),
      output: .fixed(1), batchLimit: 1)
    var stream = RequestStream(spec)
    var sum = 0
    var squares = 0.0
    while let request = stream.next() {
      #expect((400...600).contains(request.prompt))
      sum += request.prompt
      squares += Double((request.prompt - 500) * (request.prompt - 500))
    }
    #expect(abs(Double(sum) / 20_000 - 500) < 2)
    // Cut off at two deviations, a normal deviate keeps about 0.96 of its deviation with ends held.
    let deviation = (squares / 20_000).squareRoot()
    #expect(deviation > 46 && deviation < 50)
  }

  @Test func anotherRateLeavesTheLengths() {
    func lengths(_ rate: Double) -> [Int] {
      var stream = RequestStream(
        ServingSpec(
          seed: 2, count: 50, arrivals: ArrivalSpec(process: .poisson, rate: rate),
          prompt: LengthSpec(distribution: .uniform, mean: 100, deviation: 90),
          output: .fixed(1), batchLimit: 1))
      var result: [Int] = []
      while let request = stream.next() { result.append(request.prompt) }
      return result
    }
    #expect(lengths(1) == lengths(1000))
  }
}

@Suite struct LatencySummaryTests {
  @Test func percentilesAreOfNearestRank() throws {
    let summary = try #require(
      LatencySummary((1...10).reversed().map { Duration(picoseconds: $0) }))
    #expect(summary.p50 == Duration(picoseconds: 5))
    #expect(summary.p90 == Duration(picoseconds: 9))
    #expect(summary.p99 == Duration(picoseconds: 10))
    #expect(summary.mean == 5.5)
    #expect(LatencySummary([Duration]()) == nil)
  }
}
