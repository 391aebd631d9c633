internal import Numerics
internal import Units
internal import Workload

/// One step of a trace: which requests take part, and which of them yield a token.
struct StepPlan: Hashable {
  var phase: Phase
  var runs: [RequestRun]
  /// One flag a run.
  var yields: [Bool]

  /// Runs from requests in ascending order; equal neighbours with consecutive ids merge.
  init(phase: Phase, requests: [(id: Int, query: Int, kv: Int, yields: Bool)]) {
    self.phase = phase
    runs = []
    yields = []
    for request in requests {
      if let last = runs.last, last.query == request.query, last.kv == request.kv,
        last.first + last.count == request.id, yields.last == request.yields
      {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(
          RequestRun(first: request.id, count: 1, query: request.query, kv: request.kv))
        yields.append(request.yields)
      }
    }
  }
}

/// Whose logits the head computes.
public enum LogitsScope: Hashable, Sendable {
  /// The last token of each request that yields one.
  case lastToken
  /// Every token of the step.
  case everyToken
}

/// Runs steps of one model one after the other and hands their operators to a sink.
struct StepRunner {
  let weights: ModelWeights
  let rotary: RotaryEmbedding?
  var pass: ForwardPass
  var routing: Routing
  private var lastHead: Int?
  private var nextStep = 0

  init(weights: ModelWeights, pass: ForwardPass, routing: Routing) {
    self.weights = weights
    self.pass = pass
    self.routing = routing
    let architecture = pass.configuration.architecture
    rotary = architecture.positionEmbedding.rotary(
      headDim: architecture.headDim, isInterleaved: pass.configuration.isRopeInterleaved)
  }

  /// Runs one step and returns its logits.
  ///
  /// - Parameter tokens: the new tokens request by request; empty when shape-only.
  mutating func run(
    _ plan: StepPlan, tokens: [Int], scope: LogitsScope = .lastToken, probe: Probe? = nil,
    into sink: inout (some OperatorSink & ~Copyable)
  ) throws -> Value? {
    let count = plan.runs.tokenCount
    let placement = pass.switches.normPlacement ?? pass.configuration.architecture.normPlacement
    let finalNorm =
      placement == .post ? nil : weights.finalNorm ?? NormLayer(name: "final_norm")
    pass.runs = plan.runs
    pass.phase = plan.phase
    pass.step = nextStep
    nextStep += 1
    pass.begin(layer: nil, tokens: count)
    // A generated token is known only when the last step's head has ended.
    let control = plan.phase == .prefill ? [] : [lastHead].compactMap { $0 }
    var x = pass.embed(tokens: tokens, count: count, weights: weights, control: control)
    probe?.take("hidden_states.0", x)
    for (index, layer) in weights.layers.enumerated() {
      x = pass.decoderLayer(
        x, layer, index: index, rotary: rotary, routing: &routing, probe: probe)
      if index + 1 < weights.layers.count || finalNorm == nil {
        probe?.take("hidden_states.\(index + 1)", x)
      }
      for noted in pass.takeOperators() { try sink.emit(noted) }
    }
    pass.begin(layer: nil, tokens: count)
    if let finalNorm {
      x = pass.norm(x, finalNorm)
      probe?.take("hidden_states.\(weights.layers.count)", x)
    }
    if let projection = weights.projectOut { x = pass.linear(x, projection) }
    var logits: Value?
    let yielding = zip(plan.runs, plan.yields).filter(\.1).map(\.0)
    if scope == .everyToken {
      logits = pass.head(x, weights.head, requests: plan.runs)
    } else if !yielding.isEmpty {
      let rows = pass.lastRows(x, yields: plan.yields)
      logits = pass.head(rows, weights.head, requests: yielding)
    }
    if let head = logits?.producer { lastHead = head }
    for noted in pass.takeOperators() { try sink.emit(noted) }
    return logits
  }
}
