public import Configuration
internal import ResultsStore
internal import Systems
internal import TraceFormat
internal import Workload

/// Whoever runs the points of a sweep.
public protocol PointExecutor: Sendable {
  /// The digest of a trace's content, or of all that an emitter makes it from.
  ///
  /// - Throws: when there is no such trace.
  func digest(of trace: TraceRequest) throws -> String

  /// Checks a resolved configuration of a system.
  ///
  /// - Throws: what is wrong with it.
  func check(_ configuration: ConfigurationNode) throws

  /// Runs one point and gives its result as JSON, schema `orrery.result/1`, without operators.
  ///
  /// - Throws: why the point cannot be run; the sweep goes on.
  func run(_ point: SweepPoint) throws -> String
}

/// Runs points through `Simulate`.
public struct SimulationExecutor: PointExecutor {
  public init() {}

  public func digest(of trace: TraceRequest) throws -> String {
    switch trace {
    case .file(let path):
      // Opening it finds what is no trace before anything runs.
      _ = try TraceReader(path: path)
      return try BuildIdentity.digest(ofFile: path)
    case .emit(let request):
      return try request.digest()
    }
  }

  public func check(_ configuration: ConfigurationNode) throws {
    _ = try SystemLoader.load(configuration)
  }

  public func run(_ point: SweepPoint) throws -> String {
    // Each run builds its own system: shared classes would make the workers wait for each other.
    let simulate = Simulate(
      system: try SystemLoader.load(point.configuration),
      options: RunOptions(fidelity: point.fidelity, keepsOperators: false),
      allowsOversubscription: point.allowsOversubscription)
    switch point.trace {
    case .file(let path):
      let reader = try TraceReader(path: path)
      let header = reader.header
      let result = try simulate.run(reader, header: header, trace: path)
      return String(decoding: result.json, as: UTF8.self)
    case .emit(let request):
      let (header, operators) = try request.emit()
      let result = try simulate.run(
        OperatorSequence(operators), header: header, trace: request.label)
      return String(decoding: result.json, as: UTF8.self)
    }
  }
}
