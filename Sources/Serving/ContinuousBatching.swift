internal import SimulationCore
internal import Units
internal import Workload

/// Continuous batching, iteration by iteration.
///
/// At the start of a stage, requests that have arrived are admitted in order of arrival while slots,
/// KV tokens and the prompt limit allow. A prompt is processed whole and yields the first token; every
/// other request adds a token. A request that has all its tokens leaves at the end of the stage.
/// Left out: preemption, chunked prompts, priorities.
public struct ContinuousBatching: Sendable {
  private struct Active: Sendable {
    var record: Int
    var prompt: Int
    var output: Int
    var generated: Int
    var lastToken: Instant?
    var kv: Int { prompt + generated }
  }

  private let spec: ServingSpec
  private var stream: RequestStream
  /// Requests in their KV slots.
  private var slots: [Active?]
  private var pending: ServingRequest?
  private var now = Instant.zero
  private var reservedTokens = 0
  private var hasStarted = false
  /// What has happened so far.
  public private(set) var run = ServiceRun()

  /// Makes a scheduler.
  ///
  /// - Throws: `ServingError` when the specification makes no sense.
  public init(_ spec: ServingSpec) throws(ServingError) {
    try spec.validate()
    self.spec = spec
    stream = RequestStream(spec)
    slots = [Active?](repeating: nil, count: spec.batchLimit)
    pending = stream.next()
  }

  /// The stages that are done.
  public var stageCount: Int { run.stages.count }

  /// The next stage, with newly admitted requests; nil when every request has been served.
  ///
  /// Waits, in simulated time, for the next arrival when nothing is there to do.
  ///
  /// - Throws: `ServingError` when a request can never be admitted.
  public mutating func nextIteration() throws(ServingError) -> Iteration? {
    if !hasStarted {
      hasStarted = true
      if spec.startsStaggered == true { startUnderWay() }
    }
    if let arrival = pending?.arrival, slots.allSatisfy({ $0 == nil }), arrival > now,
      spec.arrivals.process != .closedLoop
    {
      run.causes.charge(arrival - now, to: .idle)
      now = arrival
    }
    try admit()
    return iteration()
  }

  /// Notes what the stage that `nextIteration` gave has taken.
  public mutating func complete(_ iteration: Iteration, _ outcome: IterationOutcome) {
    precondition(outcome.causes.total == outcome.duration, "causes do not sum to the duration")
    let end = now + outcome.duration
    var stage = StageRecord(
      stage: iteration.stage, phase: iteration.phase, start: now, end: end, requests: 0,
      prompts: 0, promptTokens: 0, tokens: 0, kvTokens: 0)
    for run in iteration.runs {
      for slot in run.slot..<run.slot + run.count { advance(slot: slot, to: end, &stage) }
    }
    for active in slots { stage.kvTokens += active?.kv ?? 0 }
    run.stages.append(stage)
    run.causes.add(outcome.causes)
    if let energy = outcome.energy { run.energy = (run.energy ?? .zero) + energy }
    now = end
  }

  /// Serves until every request is done, or for at most `stages` stages.
  ///
  /// - Throws: what the executor throws; `ServingError`.
  public mutating func serve(
    stages: Int?, with executor: inout some IterationExecutor
  ) throws -> ServiceRun {
    guard stages != nil || spec.isFinite else {
      throw ServingError("a closed loop without 'count' goes on for ever; give a number of stages")
    }
    while stages.map({ stageCount < $0 }) ?? true, let iteration = try nextIteration() {
      complete(iteration, try executor.execute(iteration))
    }
    var result = run
    while let request = pending, request.arrival <= now, spec.count != nil {
      result.waiting += 1
      pending = stream.next()
    }
    return result
  }

  private mutating func advance(slot: Int, to end: Instant, _ stage: inout StageRecord) {
    guard var active = slots[slot] else { preconditionFailure("a stage ran an empty slot") }
    stage.requests += 1
    stage.tokens += 1
    if active.generated == 0 {
      stage.prompts += 1
      stage.promptTokens += active.prompt
      run.requests[active.record].firstToken = end
    }
    if let last = active.lastToken {
      run.timeBetweenTokens.record((end - last).picoseconds)
    }
    active.lastToken = end
    active.generated += 1
    run.requests[active.record].generated = active.generated
    if active.generated == active.output {
      run.requests[active.record].finished = end
      reservedTokens -= active.prompt + active.output
      slots[slot] = nil
    } else {
      slots[slot] = active
    }
  }

  private mutating func admit() throws(ServingError) {
    var promptTokens = 0
    var searchFrom = 0
    while let request = pending {
      guard spec.arrivals.process == .closedLoop || request.arrival <= now else { return }
      let need = request.prompt + request.output
      if let limit = spec.kvTokens {
        guard need <= limit else {
          throw ServingError(
            "request \(request.id) needs \(need) KV tokens and kv_tokens is \(limit)")
        }
        guard reservedTokens + need <= limit else { return }
      }
      if let limit = spec.promptTokenLimit, promptTokens > 0,
        promptTokens + request.prompt > limit
      {
        return
      }
      guard let slot = slots[searchFrom...].firstIndex(where: { $0 == nil }) else { return }
      searchFrom = slot + 1
      promptTokens += request.prompt
      place(request, in: slot, generated: 0)
      pending = stream.next()
    }
  }

  /// Fills the slots of a closed loop with requests that have generated a part of their outputs.
  private mutating func startUnderWay() {
    for slot in slots.indices {
      guard let request = pending else { return }
      let need = request.prompt + request.output
      if let limit = spec.kvTokens, reservedTokens + need > limit { return }
      // Slot s of n is s/n of the way; a request with no token yet is admitted as a prompt.
      place(request, in: slot, generated: slot * request.output / slots.count)
      pending = stream.next()
    }
  }

  private mutating func place(_ request: ServingRequest, in slot: Int, generated: Int) {
    reservedTokens += request.prompt + request.output
    let arrival = spec.arrivals.process == .closedLoop ? now : request.arrival
    slots[slot] = Active(
      record: run.requests.count, prompt: request.prompt, output: request.output,
      generated: generated, lastToken: nil)
    run.requests.append(
      RequestRecord(
        id: request.id, prompt: request.prompt, output: request.output, arrival: arrival,
        admitted: now, firstToken: now, finished: nil, generated: generated,
        wasUnderWay: generated > 0))
  }

  /// The runs of the stage: prompts query their whole length, the others one token.
  private func iteration() -> Iteration? {
    let hasPrompts = slots.contains { $0?.generated == 0 }
    let hasDecodes = slots.contains { ($0?.generated ?? 0) > 0 }
    guard hasPrompts || hasDecodes else { return nil }
    let promptsOnly = hasPrompts && spec.mixing == .separate
    var runs: [RequestRun] = []
    for (slot, active) in slots.enumerated() {
      guard let active else { continue }
      let isPrompt = active.generated == 0
      if promptsOnly && !isPrompt { continue }
      let query = isPrompt ? active.prompt : 1
      let kv = isPrompt ? active.prompt : active.kv
      let id = run.requests[active.record].id
      if let last = runs.last, last.query == query, last.kv == kv,
        last.slot + last.count == slot, last.first + last.count == id
      {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(RequestRun(first: id, count: 1, query: query, kv: kv, slot: slot))
      }
    }
    let phase: Phase =
      !hasPrompts ? .decode : (promptsOnly || !hasDecodes) ? .prefill : .mixed
    return Iteration(stage: stageCount, phase: phase, runs: runs)
  }
}
