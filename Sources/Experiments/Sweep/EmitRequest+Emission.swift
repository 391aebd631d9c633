internal import Configuration
internal import ReferenceTransformer
internal import ResultsStore
internal import Units
internal import Workload

extension EmitRequest {
  /// The emission with the defaults of `orrery trace emit`.
  private func emission() throws -> TraceEmission {
    var emission = TraceEmission()
    if let batch { emission.batch = batch }
    if let prompt { emission.prompts = prompt.values }
    if let context { emission.contexts = context.values }
    if let generate { emission.generate = generate }
    switch phase {
    case .prefill: emission.steps = .prefill
    case .decode: emission.steps = .decode
    case .both: emission.steps = .both
    case nil:
      let isDefault = context == nil && requests == nil && lengths == nil
      emission.steps = prompt == nil && !isDefault ? .decode : .both
    }
    emission.layers = layers
    if let fuse, let fusion = OperatorFusion(rawValue: fuse.rawValue) { emission.fusion = fusion }
    if let seed { emission.seed = seed }
    emission.switches = try SwitchReader.read(file: nil, assignments: switchTexts)
    if let source = requests.map({ .file($0) }) ?? lengths.map(RequestSource.dataset) {
      try emission.take(source, batch: batch)
    }
    return emission
  }

  /// The digest of everything that the emitted trace follows from: architecture and options.
  ///
  /// With the build, which is part of every run's identity, this decides each byte of the trace, so
  /// the trace itself need not be made to find out that its run is done.
  ///
  /// - Throws: `ConfigurationError` when there is no such model, `RequestListError` for a list that cannot be used.
  func digest() throws -> String {
    let node = try PresetLibrary.load(model, kind: .models)
    _ = try ModelPresets.load(model)
    let emission = try emission()
    let parts = [
      "orrery.emit/1", node.canonicalText, "\(emission.batch)", "\(emission.prompts)",
      "\(emission.contexts)", "\(emission.generate)", emission.steps.rawValue,
      emission.layers.map(String.init) ?? "all", "\(emission.seed)",
      emission.fusion.rawValue, "\(emission.cutsContexts)", dtype?.rawValue ?? "",
      emission.switches.texts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: " "),
    ]
    return SHA256.hexDigest(of: parts.joined(separator: "\n"))
  }

  /// Emits the trace into memory.
  ///
  /// - Throws: `ConfigurationError` for the model; `ModelError` for lengths that make no sense.
  func emit() throws -> (header: TraceHeader, operators: [Operator]) {
    var architecture = try ModelPresets.load(model)
    if let dtype { architecture.dtype = dtype }
    let emission = try emission()
    var sink = OperatorCollector()
    try emission.emit(ModelConfiguration(architecture: architecture), into: &sink)
    return (emission.header(architecture, generator: "orrery sweep"), sink.operators)
  }
}
