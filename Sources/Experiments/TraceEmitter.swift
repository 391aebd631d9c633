internal import Foundation
internal import Numerics
public import ReferenceTransformer
internal import TraceFormat
public import Units
internal import Workload

/// Writes the operator trace of a model, a preset or a single operator to a file.
public struct TraceEmitter: Sendable {
  /// What the trace holds.
  public var emission: TraceEmission
  /// The element type of weights and activations of presets; nil for the preset's own.
  public var dtype: DataType?
  /// Whether the model of a directory is run, so that experts are chosen by its own router.
  public var isExecuted: Bool
  /// The program and version for the header.
  public var generator: String
  /// Takes notes for the user.
  public var note: @Sendable (String) -> Void

  public init(
    emission: TraceEmission, dtype: DataType? = nil, isExecuted: Bool = false, generator: String,
    note: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.note = note
    self.emission = emission
    self.dtype = dtype
    self.isExecuted = isExecuted
    self.generator = generator
  }

  /// Emits the trace of the model that `reference` names: a directory with a `config.json`, a preset
  /// or a `.yaml` file.
  ///
  /// - Returns: how many operators were written.
  /// - Throws: `ModelError`, `ConfigurationError`, `TraceError`; nothing partial is left behind.
  public func emit(model reference: String, to path: String) throws -> Int {
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: reference, isDirectory: &isDirectory)
    let isModelFile = reference.hasSuffix(".gguf") || reference.hasSuffix(".bin")
    if exists && (isDirectory.boolValue || isModelFile) {
      return try emit(weights: reference, to: path)
    }
    guard !isExecuted else {
      throw ModelError(reference, "a preset has no weights to run; leave out --execute")
    }
    var architecture = try ModelPresets.load(reference)
    if let dtype { architecture.dtype = dtype }
    noteCuts(architecture.positions)
    let header = emission.header(architecture, generator: generator)
    var sink = try TraceWriter(path: path, header: header)
    try emission.emit(ModelConfiguration(architecture: architecture), into: &sink)
    try sink.finish()
    return sink.count
  }

  private func noteCuts(_ positions: Int) {
    let (count, length) = emission.cutContexts(positions: positions)
    if count > 0 {
      note(
        "\(count) request(s) cut to \(length) tokens: the model has \(positions) positions, and "
          + "generated tokens need some")
    }
  }

  private func emit(weights directory: String, to path: String) throws -> Int {
    guard dtype == nil else {
      throw ModelError(
        directory, "the weights of a directory have their own type; leave out --dtype")
    }
    let model = try ModelLoader.load(path: directory)
    noteCuts(model.architecture.positions)
    let header = emission.header(model.architecture, generator: generator)
    var sink = try TraceWriter(path: path, header: header)
    try emission.emit(model, isExecuted: isExecuted, into: &sink)
    try sink.finish()
    return sink.count
  }

  /// The tokens of each expert in a trace, summed over its steps, for replay.
  ///
  /// - Throws: `TraceError`; `ModelError` when the trace has no experts.
  public static func routing(ofTrace path: String) throws -> RoutingDistribution {
    var reader = try TraceReader(path: path)
    var layers: [[Int]] = []
    while let op = try reader.next() {
      guard case .expertFFN(let ffn) = op.operation, let layer = op.layer else { continue }
      while layers.count <= layer { layers.append([]) }
      let counts = ffn.tokensPerExpert
      layers[layer] =
        layers[layer].count == counts.count ? zip(layers[layer], counts).map(+) : counts
    }
    guard !layers.isEmpty else {
      throw ModelError(path, "the trace has no experts whose tokens could be replayed")
    }
    return .replay(layers)
  }

  /// Emits a lone matrix product.
  ///
  /// - Throws: `ArchitectureError` for sizes out of range, `TraceError` when writing fails.
  public static func emitGEMM(
    m: Int, k: Int, n: Int, dtype: DataType, generator: String, to path: String
  ) throws {
    let op = try Operator.singleGEMM(m: m, k: k, n: n, dtype: dtype)
    let header = TraceHeader(
      model: "gemm \(m)x\(k)x\(n)", dtype: dtype.rawValue, generator: generator)
    var writer = try TraceWriter(path: path, header: header)
    try writer.emit(op)
    try writer.finish()
  }
}
