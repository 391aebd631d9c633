public import Numerics
public import Units
public import Workload

/// What an emitted trace shall hold.
public struct TraceEmission: Sendable {
  /// Which steps are emitted.
  public enum Steps: String, CaseIterable, Hashable, Sendable {
    case prefill, decode, both
  }

  /// The number of requests.
  public var batch = 1
  /// Prompt tokens, one number for all requests or one each.
  public var prompts = [128]
  /// Tokens in the KV cache before the first step, one number for all requests or one each.
  public var contexts = [0]
  /// The number of decode steps.
  public var generate = 1
  public var steps = Steps.both
  /// Only the first layers; nil for all.
  public var layers: Int?
  /// Seed of expert routing and, in real runs, of the prompt's tokens.
  public var seed: UInt64 = 0
  /// How tokens spread over experts when no router runs.
  public var routing = RoutingDistribution.uniform
  public var fusion = OperatorFusion.attention
  /// Prompt tokens that a prefill step takes from each request; nil takes all.
  public var chunk: Int?
  /// Changes of the architecture.
  public var switches = ArchitectureSwitches()
  /// Whether contexts that fill the model's positions are cut so that the generated tokens fit, as lists of cached
  /// tokens that were made up to the limit need it.
  public var cutsContexts = false

  public init() {}

  /// The element type of the KV cache, one of the switches; nil for the model's.
  public var kvType: DataType? {
    get { switches.kvType }
    set { switches.kvType = newValue }
  }
}

extension TraceEmission {
  /// The header line of the trace.
  public func header(
    _ architecture: TransformerArchitecture, generator: String
  ) -> TraceHeader {
    TraceHeader(
      model: architecture.name, architecture: architecture.family.rawValue,
      layers: min(layers ?? architecture.layers, architecture.layers),
      dtype: architecture.dtype.rawValue, generator: generator, seed: seed,
      switches: switches.texts)
  }

  /// Emits a trace from an architecture alone: the model's code over tensors without storage.
  ///
  /// - Throws: `ModelError` when the lengths make no sense, and what the sink throws.
  /// - Complexity: linear in layers, steps and runs; independent of lengths and batch, but for
  ///   expert routing, which draws up to 4096 tokens a layer.
  public func emit(
    _ configuration: ModelConfiguration, into sink: inout (some OperatorSink & ~Copyable)
  ) throws {
    try switches.validate(configuration.architecture)
    let weights = ModelWeights(
      configuration.architecture, layers: try layerCount(configuration),
      types: switches.weightTypes
    ) { _ in nil }
    try emit(configuration, weights: weights, store: nil, context: .single, into: &sink)
  }

  /// Emits a trace of a loaded model, under its files' own names and types.
  ///
  /// - Parameter isExecuted: runs the model on seeded random prompts, so that experts are chosen by
  ///   the real router; otherwise the same code runs over tensors without storage.
  public func emit(
    _ model: ReferenceModel, isExecuted: Bool, context: ComputeContext = ComputeContext(),
    into sink: inout (some OperatorSink & ~Copyable)
  ) throws {
    let count = try layerCount(model.configuration)
    try switches.validate(model.architecture)
    var weights = model.weights
    var store = model.store
    if isExecuted {
      let retyped = model.retyped(switches.weightTypes)
      weights = retyped.weights
      store = retyped.store
    } else {
      weights = model.retypedWeights(switches.weightTypes)
    }
    weights.keepFirst(layers: count)
    try emit(
      model.configuration, weights: weights, store: isExecuted ? store : nil,
      context: context, into: &sink)
  }

  private func layerCount(_ configuration: ModelConfiguration) throws(ModelError) -> Int {
    let architecture = configuration.architecture
    guard let layers else { return architecture.layers }
    guard layers >= 1 && layers <= architecture.layers else {
      throw ModelError(
        architecture.name, "layers is \(layers); the model has \(architecture.layers)")
    }
    return layers
  }

  private func emit(
    _ configuration: ModelConfiguration, weights: ModelWeights, store: WeightStore?,
    context: ComputeContext, into sink: inout (some OperatorSink & ~Copyable)
  ) throws {
    let lengths = try lengths(configuration)
    let architecture = configuration.architecture
    let layers = weights.layers.count
    let capacity = zip(lengths.contexts, lengths.prompts).map { $0 + $1 }.max() ?? 0
    let plans = plans(lengths)
    let cache = KVCache(
      configuration, layers: layers, slots: lengths.prompts.count,
      capacity: capacity + (steps == .prefill ? 0 : generate),
      longestQuery: plans.flatMap(\.runs).map(\.query).max() ?? 1, switches: switches,
      firstID: weights.all.count,
      address: weights.endAddress, hasStorage: store != nil)
    let pass = ForwardPass(
      configuration: configuration, store: store, context: context, fusion: fusion, cache: cache,
      firstTensor: cache.nextID,
      activationType: architecture.dtype, switches: switches, isRecording: true)
    var runner = StepRunner(
      weights: weights, pass: pass, routing: Routing(routing, seed: seed))
    var tokens = TokenFeed(
      isActive: store != nil, vocabulary: architecture.vocabulary, seed: seed,
      requests: lengths.prompts.count)
    if store != nil, lengths.contexts.contains(where: { $0 > 0 }) {
      // A real run needs real keys and values: the context is computed first, off the record.
      var silent = runner
      silent.pass.isRecording = false
      for plan in StepPlan.prefill(
        prompts: lengths.contexts, contexts: lengths.contexts.map { _ in 0 }, chunk: nil)
      {
        var nowhere = DiscardingSink()
        _ = try silent.run(plan, tokens: tokens.next(plan), into: &nowhere)
      }
      cache.forgetProducers()
    }
    for plan in plans {
      let logits = try runner.run(plan, tokens: tokens.next(plan), into: &sink)
      tokens.take(logits, plan)
    }
  }

  private func plans(_ lengths: (prompts: [Int], contexts: [Int])) -> [StepPlan] {
    var plans: [StepPlan] = []
    if steps != .decode {
      plans = StepPlan.prefill(prompts: lengths.prompts, contexts: lengths.contexts, chunk: chunk)
    }
    if steps == .prefill { return plans }
    for step in 0..<generate {
      plans.append(
        StepPlan(
          phase: .decode,
          requests: lengths.prompts.indices.map {
            ($0, 1, lengths.contexts[$0] + lengths.prompts[$0] + step + 1, true)
          }))
    }
    return plans
  }

  /// Whether a context is cut so that the generated tokens fit.
  private func isCut(_ context: Int, positions: Int) -> Bool {
    steps != .prefill && context <= positions && context > positions - generate
      && generate < positions
  }

  /// How many requests have their contexts cut, and to what.
  public func cutContexts(positions: Int) -> (count: Int, length: Int) {
    let count = cutsContexts ? contexts.count { isCut($0, positions: positions) } : 0
    return (count, positions - generate)
  }

  /// Prompt and context of each request; without a prefill there are no prompts.
  private func lengths(
    _ configuration: ModelConfiguration
  ) throws(ModelError) -> (prompts: [Int], contexts: [Int]) {
    let name = configuration.architecture.name
    func spread(_ values: [Int], _ key: String, least: Int) throws(ModelError) -> [Int] {
      guard values.count == 1 || values.count == batch else {
        throw ModelError(
          name, "\(values.count) \(key) lengths for a batch of \(batch); give one or \(batch)")
      }
      for value in values where value < least || value > 1 << 28 {
        throw ModelError(name, "a \(key) of \(value) tokens; it must be at least \(least)")
      }
      return values.count == batch ? values : Array(repeating: values[0], count: batch)
    }
    guard batch >= 1 && batch <= 1 << 20 else {
      throw ModelError(name, "a batch of \(batch); it must lie between 1 and 2^20")
    }
    guard generate >= 0 && generate <= 1 << 20 else {
      throw ModelError(name, "\(generate) decode steps; they must lie between 0 and 2^20")
    }
    if let chunk, chunk < 1 { throw ModelError(name, "a chunk of \(chunk) tokens") }
    let limit = configuration.architecture.positions
    let contexts = try spread(contexts, "context", least: 0).map {
      cutsContexts && isCut($0, positions: limit) ? limit - generate : $0
    }
    let prompts =
      steps == .decode
      ? contexts.map { _ in 0 } : try spread(prompts, "prompt", least: 1)
    let decoded = steps == .prefill ? 0 : generate
    let lengths = zip(contexts, prompts).map { $0 + $1 + decoded }
    let positions = configuration.architecture.positions
    if let index = lengths.firstIndex(where: { $0 > positions }) {
      let request = lengths.count > 1 ? "request \(index + 1) of \(lengths.count): " : ""
      throw ModelError(
        name, "\(request)a context of \(lengths[index]) tokens exceeds the model's \(positions)")
    }
    return (prompts, contexts)
  }
}

/// Where the tokens of a real run come from: seeded prompts, then greedy choices.
private struct TokenFeed {
  let isActive: Bool
  let vocabulary: Int
  var generator: SeededGenerator
  var last: [Int]

  init(isActive: Bool, vocabulary: Int, seed: UInt64, requests: Int) {
    self.isActive = isActive
    self.vocabulary = vocabulary
    generator = SeededGenerator(seed: seed)
    last = Array(repeating: 0, count: isActive ? requests : 0)
  }

  mutating func next(_ plan: StepPlan) -> [Int] {
    guard isActive else { return [] }
    var tokens: [Int] = []
    for run in plan.runs {
      for request in run.first..<run.first + run.count {
        if plan.phase == .decode {
          tokens.append(last[request])
        } else {
          for _ in 0..<run.query { tokens.append(generator.next(below: vocabulary)) }
        }
      }
    }
    return tokens
  }

  mutating func take(_ logits: Value?, _ plan: StepPlan) {
    guard isActive, let rows = logits?.storage?.pointer else { return }
    var row = 0
    for (run, isYielding) in zip(plan.runs, plan.yields) where isYielding {
      for request in run.first..<run.first + run.count {
        last[request] = ReferenceModel.greatest(
          Array(UnsafeBufferPointer(start: rows + row * vocabulary, count: vocabulary)))
        row += 1
      }
    }
  }
}
