internal import SimulationCore
public import Units
internal import Workload

/// Prompts on one pool of devices, decoding on another (Duplex-Split, DistServe).
///
/// The prefill pool takes what waits, up to the prompt limit, whenever it is free, and yields the first
/// tokens; keys and values then move to the decode pool, where a request joins the next stage. A
/// request holds a KV slot of the decode pool from its prompt to its last token. Stages of the two
/// pools overlap; the causes of a run are those of the decode pool. Left out: contention of
/// transfers, preemption.
public struct DisaggregatedBatching {
  private struct Waiting {
    var request: ServingRequest
    /// When a slot is free and the request is there.
    var available: Instant
    /// The KV slot that it will hold.
    var slot: Int
  }

  private struct Active {
    var record: Int
    var slot: Int
    var kv: Int
    var left: Int
    var ready: Instant
    var lastToken: Instant
  }

  private let spec: ServingSpec
  private let transfer: (Int) -> Duration
  private var stream: RequestStream
  private var waiting: [Waiting] = []
  private var active: [Active] = []
  private var freeSlots: [(slot: Int, at: Instant)]
  private var next: ServingRequest?
  private var prefillFree = Instant.zero
  private var decodeFree = Instant.zero
  private var run = ServiceRun()

  /// - Parameters:
  ///   - spec: requests and batching; a staggered start is not possible.
  ///   - transfer: the time to move the keys and values of so many tokens.
  /// - Throws: `ServingError`.
  public init(
    _ spec: ServingSpec, transfer: @escaping (Int) -> Duration
  ) throws(ServingError) {
    try spec.validate()
    guard spec.startsStaggered != true else {
      throw ServingError("starts_staggered is not possible with separate pools")
    }
    guard spec.kvTokens == nil else {
      throw ServingError("kv_tokens is not possible with separate pools; use batch_limit")
    }
    self.spec = spec
    self.transfer = transfer
    stream = RequestStream(spec)
    freeSlots = (0..<spec.batchLimit).map { ($0, .zero) }
    next = stream.next()
  }

  /// Serves until every request is done, or until `stages` stages have started.
  ///
  /// - Throws: what an executor throws; `ServingError`.
  public mutating func serve(
    stages: Int?, prefill: inout some IterationExecutor, decode: inout some IterationExecutor
  ) throws -> ServiceRun {
    guard stages != nil || spec.isFinite else {
      throw ServingError("a closed loop without 'count' goes on for ever; give a number of stages")
    }
    while stages.map({ run.stages.count < $0 }) ?? true {
      fillSlots()
      let prefillStart = waiting.first.map { max(prefillFree, $0.available) }
      let decodeStart = active.map(\.ready).min().map { max(decodeFree, $0) }
      switch (prefillStart, decodeStart) {
      case (nil, nil):
        return finished()
      case (let start?, nil):
        try runPrefill(at: start, &prefill)
      case (nil, let start?):
        try runDecode(at: start, &decode)
      case (let first?, let second?):
        // Stages run in the order of their starts, so whatever a stage may see has happened.
        if first < second {
          try runPrefill(at: first, &prefill)
        } else {
          try runDecode(at: second, &decode)
        }
      }
    }
    return finished()
  }

  private func finished() -> ServiceRun {
    var result = run
    result.causes.charge(result.time - result.causes.total, to: .idle)
    result.waiting = waiting.count
    return result
  }

  /// Gives free slots to the next requests.
  private mutating func fillSlots() {
    while let request = next, let slot = freeSlots.first {
      freeSlots.removeFirst()
      var request = request
      if spec.arrivals.process == .closedLoop { request.arrival = slot.at }
      waiting.append(
        Waiting(request: request, available: max(request.arrival, slot.at), slot: slot.slot))
      next = stream.next()
    }
  }

  private mutating func runPrefill(
    at start: Instant, _ executor: inout some IterationExecutor
  ) throws {
    var count = 0
    var tokens = 0
    while count < waiting.count, waiting[count].available <= start {
      let prompt = waiting[count].request.prompt
      if count > 0, let limit = spec.promptTokenLimit, tokens + prompt > limit { break }
      tokens += prompt
      count += 1
    }
    let batch = Array(waiting.prefix(count))
    waiting.removeFirst(count)
    let runs = batch.map { entry in
      RequestRun(
        first: entry.request.id, count: 1, query: entry.request.prompt, kv: entry.request.prompt,
        slot: entry.slot)
    }
    let outcome = try executor.execute(
      Iteration(stage: run.stages.count, phase: .prefill, runs: runs))
    let end = start + outcome.duration
    prefillFree = end
    note(outcome)
    for entry in batch {
      let request = entry.request
      let isDone = request.output == 1
      run.requests.append(
        RequestRecord(
          id: request.id, prompt: request.prompt, output: request.output,
          arrival: request.arrival, admitted: start, firstToken: end,
          finished: isDone ? end : nil, generated: 1, wasUnderWay: false))
      if isDone {
        release(entry.slot, at: end)
      } else {
        active.append(
          Active(
            record: run.requests.count - 1, slot: entry.slot, kv: request.prompt,
            left: request.output - 1, ready: end + transfer(request.prompt), lastToken: end))
      }
    }
    run.stages.append(
      StageRecord(
        stage: run.stages.count, phase: .prefill, start: start, end: end, requests: count,
        prompts: count, promptTokens: tokens, tokens: count, kvTokens: tokens))
  }

  private mutating func runDecode(
    at start: Instant, _ executor: inout some IterationExecutor
  ) throws {
    var runs: [RequestRun] = []
    for index in active.indices where active[index].ready <= start {
      active[index].kv += 1
      let request = active[index]
      runs.append(
        RequestRun(
          first: run.requests[request.record].id, count: 1, query: 1, kv: request.kv,
          slot: request.slot))
    }
    let outcome = try executor.execute(
      Iteration(stage: run.stages.count, phase: .decode, runs: runs))
    let end = start + outcome.duration
    run.causes.charge(start - decodeFree, to: .idle)
    run.causes.add(outcome.causes)
    decodeFree = end
    note(outcome)
    var kvTokens = 0
    for index in active.indices where active[index].ready <= start {
      run.timeBetweenTokens.record((end - active[index].lastToken).picoseconds)
      active[index].lastToken = end
      active[index].left -= 1
      let record = active[index].record
      run.requests[record].generated += 1
      kvTokens += active[index].kv
      if active[index].left == 0 {
        run.requests[record].finished = end
        release(active[index].slot, at: end)
      }
    }
    active.removeAll { $0.left == 0 }
    run.stages.append(
      StageRecord(
        stage: run.stages.count, phase: .decode, start: start, end: end, requests: runs.count,
        prompts: 0, promptTokens: 0, tokens: runs.count, kvTokens: kvTokens))
  }

  private mutating func note(_ outcome: IterationOutcome) {
    if let energy = outcome.energy { run.energy = (run.energy ?? .zero) + energy }
  }

  /// Frees a slot; slots are given out in the order in which they became free.
  private mutating func release(_ slot: Int, at instant: Instant) {
    let place = freeSlots.firstIndex { $0.at > instant } ?? freeSlots.count
    freeSlots.insert((slot, instant), at: place)
  }
}
