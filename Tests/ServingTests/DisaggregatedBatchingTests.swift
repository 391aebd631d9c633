import Serving
import SimulationCore
import Testing
import Units
import Workload

private struct Clockwork: IterationExecutor {
  var fixed: Int
  var eachToken: Int
  var seen: [Iteration] = []

  mutating func execute(_ iteration: Iteration) -> IterationOutcome {
    seen.append(iteration)
    let time = Duration(picoseconds: fixed + eachToken * iteration.runs.tokenCount)
    return IterationOutcome(duration: time, causes: CauseLedger(.compute, time))
  }
}

private func serve(
  _ spec: ServingSpec, stages: Int? = nil, transfer: Int = 0
) throws -> (run: ServiceRun, prefill: [Iteration], decode: [Iteration]) {
  var prefill = Clockwork(fixed: 10, eachToken: 1)
  var decode = Clockwork(fixed: 4, eachToken: 1)
  var batching = try DisaggregatedBatching(spec) { Duration(picoseconds: transfer * $0) }
  let run = try batching.serve(stages: stages, prefill: &prefill, decode: &decode)
  return (run, prefill.seen, decode.seen)
}

@Suite struct DisaggregatedBatchingTests {
  @Test func aRequestPrefillsMovesAndDecodes() throws {
    let spec = ServingSpec(
      count: 1, arrivals: ArrivalSpec(process: .burst), prompt: .fixed(6), output: .fixed(3),
      batchLimit: 2)
    let (run, prefill, decode) = try serve(spec, transfer: 2)
    #expect(prefill.count == 1)
    #expect(decode.map { $0.runs[0].kv } == [7, 8])
    let record = try #require(run.requests.first)
    #expect(record.timeToFirstToken == Duration(picoseconds: 16))
    // 12 for the transfer, then two stages of 5.
    #expect(record.endToEnd == Duration(picoseconds: 16 + 12 + 5 + 5))
    #expect(run.timeBetweenTokens.greatest == 17)
    #expect(run.causes.total == run.time)
  }

  @Test func poolsOverlapAndEverythingIsConserved() throws {
    var generator = SeededGenerator(seed: 21)
    for _ in 0..<30 {
      let count = 5 + generator.next(below: 40)
      let spec = ServingSpec(
        seed: generator.next(), count: count,
        arrivals: ArrivalSpec(process: .poisson, rate: 2e10),
        prompt: LengthSpec(distribution: .uniform, mean: 20, deviation: 15),
        output: LengthSpec(distribution: .uniform, mean: 8, deviation: 7),
        batchLimit: 1 + generator.next(below: 8), promptTokenLimit: 50)
      let (run, prefill, decode) = try serve(spec, transfer: 1)
      #expect(run.finished == count)
      #expect(run.tokens == run.requests.reduce(0) { $0 + $1.output })
      #expect(prefill.reduce(0) { $0 + $1.runs.requestCount } == count)
      #expect(decode.allSatisfy { $0.runs.requestCount <= spec.batchLimit })
      #expect(run.causes.total == run.time)
      for pool in [Phase.prefill, .decode] {
        let stages = run.stages.filter { $0.phase == pool }
        for (first, second) in zip(stages, stages.dropFirst()) {
          #expect(first.end <= second.start)
        }
      }
      let starts = run.stages.map(\.start)
      #expect(starts == starts.sorted())
      for request in run.requests { #expect(request.admitted >= request.arrival) }
      // A slot is never held twice at a time.
      for iteration in decode {
        let slots = iteration.runs.map(\.slot)
        #expect(Set(slots).count == slots.count)
      }
    }
  }

  @Test func aClosedLoopKeepsItsSlotsFull() throws {
    let spec = ServingSpec(
      arrivals: ArrivalSpec(process: .closedLoop), prompt: .fixed(5), output: .fixed(4),
      batchLimit: 3)
    let (run, _, _) = try serve(spec, stages: 60)
    #expect(run.stages.count == 60)
    let open = run.requests.count { $0.finished == nil } + run.waiting
    #expect(open <= 3)
  }
}
