internal import DRAM
internal import Devices
internal import ReferenceTransformer
public import Serving
internal import SimulationCore
public import Systems
internal import Units
public import Workload

/// Serves requests with a model on a system: continuous batching over simulated stages.
public struct Serve: Sendable {
  /// The system that executes the stages.
  public var system: any TraceSystem
  /// The system that processes prompts, when decoding has a system of its own.
  public var prefillSystem: (any TraceSystem)?
  /// The model.
  public var architecture: TransformerArchitecture
  /// Requests and batching.
  public var spec: ServingSpec
  /// How closely hardware is modelled.
  public var fidelity: Fidelity
  /// Whether a model and cache that do not fit the memory are served all the same.
  public var allowsOversubscription: Bool

  public init(
    system: any TraceSystem, prefillSystem: (any TraceSystem)? = nil,
    architecture: TransformerArchitecture, spec: ServingSpec, fidelity: Fidelity = .analytic,
    allowsOversubscription: Bool = false
  ) {
    self.system = system
    self.prefillSystem = prefillSystem
    self.architecture = architecture
    self.spec = spec
    self.fidelity = fidelity
    self.allowsOversubscription = allowsOversubscription
  }

  /// Runs until every request is served, or for at most `stages` stages.
  ///
  /// - Throws: `ServingError`, `SystemError`, `DeviceError`, `ModelError`; `SimulationRefusal` when
  ///   weights and KV slots do not fit the memory.
  public func run(stages: Int?) throws -> ServiceResult {
    var executor = try SystemExecutor(self, system: system)
    let run: ServiceRun
    var name = system.name
    if let prefillSystem {
      let token = architecture.kvBytesPerToken(dtype: architecture.dtype)
      let rate = spec.kvTransferBandwidth
      var batching = try DisaggregatedBatching(spec) { tokens in
        rate?.duration(moving: token * tokens) ?? .zero
      }
      var prefill = try SystemExecutor(self, system: prefillSystem)
      run = try batching.serve(stages: stages, prefill: &prefill, decode: &executor)
      name = "\(prefillSystem.name) (prefill) + \(system.name) (decode)"
    } else {
      var batching = try ContinuousBatching(spec)
      run = try batching.serve(stages: stages, with: &executor)
    }
    return ServiceResult(
      system: name, model: architecture.name, fidelity: fidelity.rawValue, spec: spec,
      capacity: system.capacity, footprint: executor.footprint, run: run)
  }
}

/// Executes iterations: the model's operators for the batch, run on the system.
struct SystemExecutor: IterationExecutor {
  private let serve: Serve
  private let system: any TraceSystem
  private var emission: StepEmission
  private let header: TraceHeader
  private var hasChecked = false
  /// What the model takes on the system; known after the first stage.
  private(set) var footprint: Footprint?

  init(_ serve: Serve, system: any TraceSystem) throws {
    self.serve = serve
    self.system = system
    let skew = serve.spec.routerSkew ?? 0
    emission = try StepEmission(
      ModelConfiguration(architecture: serve.architecture), slots: serve.spec.batchLimit,
      capacity: serve.spec.requestTokens, fusion: .full,
      routing: Routing(skew == 0 ? .uniform : .zipf(skew), seed: serve.spec.seed ?? 0))
    header = TraceHeader(
      model: serve.architecture.name, architecture: serve.architecture.family.rawValue,
      layers: serve.architecture.layers, dtype: serve.architecture.dtype.rawValue,
      generator: "serve", seed: serve.spec.seed ?? 0)
  }

  mutating func execute(_ iteration: Iteration) throws -> IterationOutcome {
    let operators = try emission.operators(phase: iteration.phase, runs: iteration.runs)
    let run = try system.run(
      OperatorSequence(operators), header: header,
      options: RunOptions(
        fidelity: serve.fidelity, keepsOperators: false, slowest: 0, channels: .symmetric))
    if !hasChecked {
      hasChecked = true
      footprint = run.footprint
      try check(run.footprint)
      if !serve.allowsOversubscription, let refusal = run.spaceRefusal(system: system.name) {
        throw refusal
      }
    }
    return IterationOutcome(
      duration: run.makespan, causes: run.causes,
      energy: run.energy.first.map { Energy(picojoules: $0.parts.total) })
  }

  private func check(_ footprint: Footprint) throws {
    guard !serve.allowsOversubscription, footprint.total > system.capacity else { return }
    throw SimulationRefusal(
      description:
        "the model needs \(footprint.total.count) bytes on the fullest device times the devices "
        + "(weights \(footprint.weights.count), KV \(footprint.kv.count), activations "
        + "\(footprint.activations.count)) and the memory of '\(system.name)' holds "
        + "\(system.capacity.count) (\(system.capacity.text)); use a smaller "
        + "batch_limit, more devices or --allow-oversubscription")
  }
}
