public import Numerics
internal import Units
public import Workload

/// A model with its weights, ready to run in binary32.
///
/// Results are the same to the bit for any number of threads and on all x86-64 machines, and do not
/// depend on how prompts are batched or cut into chunks.
public final class ReferenceModel: Sendable {
  public let configuration: ModelConfiguration
  let weights: ModelWeights
  let store: WeightStore

  init(configuration: ModelConfiguration, weights: ModelWeights, store: WeightStore) {
    self.configuration = configuration
    self.weights = weights
    self.store = store
  }

  /// A model with seeded random weights, for benchmarks and studies of shapes.
  ///
  /// Matrices are uniform with the variance 1 / inputs, norms are 1, biases 0.
  public init(configuration: ModelConfiguration, randomWeightsSeed seed: UInt64) {
    self.configuration = configuration
    weights = ModelWeights(configuration.architecture) { _ in nil }
    store = WeightStore()
    var generator = SeededGenerator(seed: seed)
    for weight in weights.all {
      let shape = weight.tensor.shape
      let inputs = weight.layout == .plain ? shape[0] : shape[shape.rank - 1]
      let width = (12 / Double(inputs)).squareRoot()
      store.append(count: shape.elements) { target in
        for index in target.indices {
          target[index] =
            shape.rank > 1
            ? Float((generator.nextUnit() - 0.5) * width)
            : weight.tensor.name.hasSuffix("bias") ? 0 : 1
        }
      }
    }
  }

  /// A model whose weights are given element by element, for constructed examples.
  ///
  /// - Parameter value: the element of a weight at a row and column of its shape; vectors have row 0.
  public init(
    configuration: ModelConfiguration, value: (_ name: String, _ row: Int, _ column: Int) -> Float
  ) {
    self.configuration = configuration
    weights = ModelWeights(configuration.architecture) { _ in nil }
    store = WeightStore()
    for weight in weights.all {
      let shape = weight.tensor.shape
      let columns = shape[shape.rank - 1]
      store.append(count: shape.elements) { target in
        for index in target.indices {
          target[index] = value(weight.tensor.name, index / columns, index % columns)
        }
      }
    }
  }

  /// The model with its weights in the types that the switches say; itself when they say nothing.
  func retyped(_ types: WeightTypes?) -> ReferenceModel {
    guard let types else { return self }
    let retyped = retypedWeights(types)
    return ReferenceModel(
      configuration: configuration, weights: retyped,
      store: WeightStore(rounding: store, of: weights, to: retyped, types: types))
  }

  /// The weights as a trace names them under other types.
  func retypedWeights(_ types: WeightTypes?) -> ModelWeights {
    guard let types else { return weights }
    // Weights are declared in the same order again, under the names and types that they had.
    var declared = weights.all.filter { !$0.isScale }.map(\.tensor)[...]
    return ModelWeights(architecture, types: types) { _ in
      declared.popFirst().map { ($0.name, $0.dtype) }
    }
  }

  public var architecture: TransformerArchitecture { configuration.architecture }

  /// The elements of all weights.
  public var parameterCount: Int { weights.parameterCount }

  /// The weights as a trace names them, in order of address.
  public var weightTensors: [Workload.Tensor] { weights.all.map(\.tensor) }

  /// Bytes of weights that were widened to binary32 instead of being used where they lie.
  public var copiedBytes: Int { store.copiedBytes }
}

/// How a model is run.
public struct GenerationOptions: Sendable {
  /// The kernels' instruction set and threads.
  public var context = ComputeContext()
  /// Prompt tokens that a prefill step takes from each request; nil takes all.
  public var chunk: Int?
  /// How operators are cut in the emitted trace.
  public var fusion = OperatorFusion.attention
  /// Changes of the architecture.
  public var switches = ArchitectureSwitches()

  public init() {}
}

/// What came out of a run.
public struct Generation: Sendable {
  /// Logits of each request's prompt, `[prompt, vocabulary]`.
  public var promptLogits: [NDArray<Float>] = []
  /// Logits of each request's decode steps, `[steps - 1, vocabulary]`.
  public var stepLogits: [NDArray<Float>] = []
  /// The generated tokens of each request.
  public var tokens: [[Int]] = []
  /// Tokens of each expert, by step and layer, in the order of the run.
  public var expertTokens: [[Int]] = []
  /// Keys of each request and layer, `[tokens, kv_heads, head_dim]`.
  public var keys: [[NDArray<Float>]] = []
  /// Values of each request and layer, `[tokens, kv_heads, head_dim]`.
  public var values: [[NDArray<Float>]] = []
}

/// A sink that drops what it gets.
public struct DiscardingSink: OperatorSink {
  public init() {}
  public mutating func emit(_ operator: Operator) {}
}

extension ReferenceModel {
  /// Runs one prompt and generates `steps` tokens greedily.
  ///
  /// - Throws: `ModelError` for a token outside the vocabulary or a context that is too long.
  public func generate(
    tokens: [Int], steps: Int, options: GenerationOptions = GenerationOptions(),
    probe: Probe? = nil
  ) throws -> Generation {
    var sink = DiscardingSink()
    return try generate(
      batch: [tokens], steps: steps, options: options, probe: probe, isRecording: false,
      into: &sink)
  }

  /// Runs several prompts, ragged or not, as one batch, and emits every operator.
  ///
  /// The first token of each request comes from the prefill, so there are `steps - 1` decode steps.
  /// - Throws: `ModelError` for bad tokens or lengths, and what the sink throws.
  public func generate(
    batch prompts: [[Int]], steps: Int, options: GenerationOptions = GenerationOptions(),
    probe: Probe? = nil, isRecording: Bool = true,
    into sink: inout (some OperatorSink & ~Copyable)
  ) throws -> Generation {
    try check(prompts, steps: steps)
    try options.switches.validate(architecture)
    if let types = options.switches.weightTypes {
      var rest = options
      rest.switches.weightTypes = nil
      return try retyped(types).generate(
        batch: prompts, steps: steps, options: rest, probe: probe, isRecording: isRecording,
        into: &sink)
    }
    var runner = makeRunner(
      slots: prompts.count, capacity: (prompts.map(\.count).max() ?? 0) + max(steps - 1, 0),
      longestQuery: min(options.chunk ?? Int.max, prompts.map(\.count).max() ?? 1),
      options: options, isRecording: isRecording)
    var result = Generation()
    let vocabulary = architecture.vocabulary
    var logits = prompts.map { _ in [Float]() }
    for plan in StepPlan.prefill(
      prompts: prompts.map(\.count), contexts: prompts.map { _ in 0 }, chunk: options.chunk)
    {
      var tokens: [Int] = []
      for run in plan.runs {
        for request in run.first..<run.first + run.count {
          tokens += prompts[request][run.kv - run.query..<run.kv]
        }
      }
      let value = try runner.run(
        plan, tokens: tokens, scope: .everyToken, probe: probe, into: &sink)
      guard let rows = value?.storage?.pointer else { continue }
      var row = 0
      for run in plan.runs {
        for request in run.first..<run.first + run.count {
          logits[request] += UnsafeBufferPointer(
            start: rows + row * vocabulary, count: run.query * vocabulary)
          row += run.query
        }
      }
    }
    result.promptLogits = zip(logits, prompts).map {
      NDArray(shape: [$1.count, vocabulary], elements: $0)
    }
    result.tokens = prompts.map { _ in [] }
    var last = logits.map { Array($0.suffix(vocabulary)) }
    var stepLogits = prompts.map { _ in [Float]() }
    for step in 0..<max(steps, 0) {
      for request in prompts.indices {
        result.tokens[request].append(Self.greatest(last[request]))
      }
      if step + 1 == steps { break }
      let plan = StepPlan(
        phase: .decode,
        requests: prompts.indices.map { ($0, 1, prompts[$0].count + step + 1, true) })
      let tokens = result.tokens.map { $0[step] }
      let value = try runner.run(plan, tokens: tokens, probe: probe, into: &sink)
      guard let rows = value?.storage?.pointer else { continue }
      for request in prompts.indices {
        last[request] = Array(
          UnsafeBufferPointer(start: rows + request * vocabulary, count: vocabulary))
        stepLogits[request] += last[request]
      }
    }
    result.stepLogits = stepLogits.map {
      NDArray(shape: [max(steps - 1, 0), vocabulary], elements: $0)
    }
    result.expertTokens = runner.routing.recorded.map(\.counts)
    readCache(runner.pass.cache, lengths: prompts.map { $0.count + max(steps - 1, 0) }, &result)
    return result
  }

  /// The index of the greatest logit; the first among equals.
  static func greatest(_ logits: [Float]) -> Int {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return best
  }

  private func check(_ prompts: [[Int]], steps: Int) throws(ModelError) {
    let name = architecture.name
    guard !prompts.isEmpty, prompts.allSatisfy({ !$0.isEmpty }) else {
      throw ModelError(name, "a prompt needs at least one token")
    }
    guard steps >= 0 else { throw ModelError(name, "the number of steps is negative") }
    for token in prompts.joined() where token < 0 || token >= architecture.vocabulary {
      throw ModelError(
        name, "token \(token) is outside the vocabulary 0...\(architecture.vocabulary - 1)")
    }
    let longest = (prompts.map(\.count).max() ?? 0) + max(steps - 1, 0)
    guard longest <= architecture.positions else {
      throw ModelError(
        name,
        "a context of \(longest) tokens exceeds max_position_embeddings "
          + "(\(architecture.positions)); shorten the prompt or generate less")
    }
  }

  func makeRunner(
    slots: Int, capacity: Int, longestQuery: Int, options: GenerationOptions, isRecording: Bool
  ) -> StepRunner {
    let cache = KVCache(
      configuration, layers: architecture.layers, slots: slots, capacity: capacity,
      longestQuery: longestQuery, switches: options.switches, firstID: weights.all.count,
      address: weights.endAddress, hasStorage: true)
    let pass = ForwardPass(
      configuration: configuration, store: store, context: options.context,
      fusion: options.fusion, cache: cache,
      firstTensor: cache.nextID,
      activationType: architecture.dtype, switches: options.switches, isRecording: isRecording)
    return StepRunner(weights: weights, pass: pass, routing: Routing())
  }

  private func readCache(_ cache: KVCache, lengths: [Int], _ result: inout Generation) {
    let width = architecture.kvHeads * architecture.headDim
    for (slot, length) in lengths.enumerated() {
      func rows(_ storage: Storage?) -> NDArray<Float> {
        let start = slot * cache.capacity * width
        let elements = storage.map {
          Array(UnsafeBufferPointer(start: $0.pointer + start, count: length * width))
        }
        // Linear attention has no cache.
        let length = storage == nil ? 0 : length
        return NDArray(
          shape: [length, architecture.kvHeads, architecture.headDim], elements: elements ?? [])
      }
      result.keys.append(cache.layers.map { rows($0.key) })
      result.values.append(cache.layers.map { rows($0.value) })
    }
  }
}

extension StepPlan {
  /// The prefill steps of prompts behind contexts, in chunks when asked.
  static func prefill(prompts: [Int], contexts: [Int], chunk: Int?) -> [StepPlan] {
    var done = prompts.map { _ in 0 }
    var plans: [StepPlan] = []
    while true {
      var requests: [(id: Int, query: Int, kv: Int, yields: Bool)] = []
      for request in prompts.indices where done[request] < prompts[request] {
        let query = min(chunk ?? Int.max, prompts[request] - done[request])
        done[request] += query
        requests.append(
          (request, query, contexts[request] + done[request], done[request] == prompts[request]))
      }
      if requests.isEmpty { return plans }
      plans.append(StepPlan(phase: .prefill, requests: requests))
    }
  }
}
