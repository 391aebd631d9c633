internal import Numerics
public import Workload

/// Emits the operators of single steps of an architecture, for whatever requests a scheduler picks.
///
/// The weights and the slots of the KV cache stay the same from step to step, so a system sees the
/// tensors of one model. Every request of a step yields a token.
public struct StepEmission {
  private let architecture: TransformerArchitecture
  private let capacity: Int
  private let slots: Int
  private var runner: StepRunner

  /// Makes an emitter of steps without weights.
  ///
  /// - Parameters:
  ///   - slots: the requests that the KV cache holds.
  ///   - capacity: the tokens of each of them.
  ///   - fusion: how finely operators are cut.
  ///   - routing: how tokens spread over experts.
  /// - Throws: `ModelError` when the slots or their capacity make no sense for the model.
  public init(
    _ configuration: ModelConfiguration, slots: Int, capacity: Int,
    fusion: OperatorFusion = .full, routing: Routing = Routing()
  ) throws(ModelError) {
    let architecture = configuration.architecture
    guard slots >= 1, slots <= 1 << 20 else {
      throw ModelError(architecture.name, "\(slots) KV slots; they must lie between 1 and 2^20")
    }
    guard capacity >= 1, capacity <= architecture.positions else {
      throw ModelError(
        architecture.name,
        "\(capacity) tokens a request; they must lie between 1 and the model's "
          + "\(architecture.positions) positions")
    }
    self.architecture = architecture
    self.capacity = capacity
    self.slots = slots
    let weights = ModelWeights(architecture, layers: architecture.layers) { _ in nil }
    let cache = KVCache(
      configuration, layers: architecture.layers, slots: slots, capacity: capacity,
      longestQuery: capacity, switches: ArchitectureSwitches(),
      firstID: weights.all.count, address: weights.endAddress, hasStorage: false)
    let pass = ForwardPass(
      configuration: configuration, store: nil, context: ComputeContext.single, fusion: fusion,
      cache: cache,
      firstTensor: cache.nextID,
      activationType: architecture.dtype, switches: ArchitectureSwitches(), isRecording: true)
    runner = StepRunner(weights: weights, pass: pass, routing: routing)
  }

  /// The operators of the next step.
  ///
  /// - Throws: `ModelError` when a request does not fit its slot.
  /// - Complexity: linear in layers and runs.
  public mutating func operators(phase: Phase, runs: [RequestRun]) throws -> [Operator] {
    for run in runs {
      guard run.count > 0, run.query > 0, run.kv >= run.query, run.kv <= capacity,
        run.slot >= 0, run.slot + run.count <= slots
      else {
        throw ModelError(
          architecture.name,
          "a request of \(run.query) new and \(run.kv) cached tokens in slot \(run.slot) does not "
            + "fit \(slots) slots of \(capacity) tokens")
      }
    }
    var plan = StepPlan(phase: phase, requests: [])
    plan.runs = runs
    plan.yields = runs.map { _ in true }
    var collector = OperatorCollector()
    _ = try runner.run(plan, tokens: [], into: &collector)
    return collector.operators
  }
}
