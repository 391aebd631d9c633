public import Configuration
internal import ResultsStore
public import Systems
internal import TraceFormat
internal import Workload

/// Whoever runs the points of a sweep.
public protocol PointExecutor: Sendable {
  /// The digest of a trace's content, or of all that an emitter makes it from.
  ///
  /// - Throws: when there is no such trace.
  func digest(of trace: TraceRequest) throws -> String

  /// Checks a resolved configuration of a system and whether it runs at a fidelity.
  ///
  /// - Throws: what is wrong with it.
  func check(_ configuration: ConfigurationNode, fidelity: Fidelity) throws

  /// Runs one point and gives its result as JSON, schema `orrery.result/1`, without operators.
  ///
  /// - Throws: why the point cannot be run; the sweep goes on.
  func run(_ point: SweepPoint) throws -> String

  /// Runs one point after another on the same worker, which keeps the last trace.
  ///
  /// - Throws: why the point cannot be run; the sweep goes on.
  func run(_ point: SweepPoint, keeping last: inout KeptTrace?) throws -> String
}

extension PointExecutor {
  public func run(_ point: SweepPoint, keeping last: inout KeptTrace?) throws -> String {
    try run(point)
  }
}

/// The trace that a worker ran last: neighbours in a sweep often share theirs.
public struct KeptTrace: Sendable {
  /// Longer traces are read from their files again, in constant memory.
  static let limit = 20_000

  let digest: String
  let header: TraceHeader
  let operators: [Operator]

  /// Emits or reads a point's trace; nil for a file that is too long to be kept.
  ///
  /// - Throws: when it cannot be had.
  init?(of point: SweepPoint) throws {
    digest = point.traceDigest
    switch point.trace {
    case .emit(let request): (header, operators) = try request.emit()
    case .file(let path):
      var reader = try TraceReader(path: path)
      var operators: [Operator] = []
      while let op = try reader.next() {
        operators.append(op)
        if operators.count > KeptTrace.limit { return nil }
      }
      header = reader.header
      self.operators = operators
    }
  }
}

/// Runs points through `Simulate`.
public struct SimulationExecutor: PointExecutor {
  private let definitions = HardwareDefinitions()

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

  public func check(_ configuration: ConfigurationNode, fidelity: Fidelity) throws {
    try SystemLoader.load(configuration, definitions: definitions).check(fidelity)
  }

  public func run(_ point: SweepPoint) throws -> String {
    var last: KeptTrace?
    return try run(point, keeping: &last)
  }

  public func run(_ point: SweepPoint, keeping last: inout KeptTrace?) throws -> String {
    // Each run builds its own system: shared classes would make the workers wait for each other.
    let simulate = Simulate(
      system: try SystemLoader.load(point.configuration, definitions: definitions),
      options: RunOptions(fidelity: point.fidelity, keepsOperators: false),
      allowsOversubscription: point.allowsOversubscription)
    if last?.digest != point.traceDigest { last = try KeptTrace(of: point) }
    let result: SimulationResult
    if let trace = last {
      result = try simulate.run(
        OperatorSequence(trace.operators), header: trace.header, trace: point.trace.label)
    } else {
      let reader = try TraceReader(path: point.trace.label)
      let header = reader.header
      result = try simulate.run(reader, header: header, trace: point.trace.label)
    }
    return String(decoding: result.json, as: UTF8.self)
  }
}
