/// A measured or derived number of a run, with its unit.
public struct Metric: Hashable, Sendable {
  /// The value; whole numbers stay exact.
  public enum Value: Hashable, Sendable {
    case integer(Int)
    case real(Double)

    /// The value as a double.
    public var double: Double {
      switch self {
      case .integer(let value): Double(value)
      case .real(let value): value
      }
    }
  }

  /// The key path in the result's JSON: `memory.peak_fraction`.
  public var name: String
  /// The value.
  public var value: Value
  /// The unit: `ps`, `B/s`, `J`; `1` for pure numbers.
  public var unit: String

  public init(name: String, value: Value, unit: String) {
    self.name = name
    self.value = value
    self.unit = unit
  }
}

/// One row of the store: a run with its inputs and its outcome.
public struct RunRecord: Hashable, Sendable {
  /// How a run ended.
  public enum Outcome: Hashable, Sendable {
    /// It gave a result, here as JSON.
    case done(result: String)
    /// It gave an error.
    case failed(error: String)
  }

  /// The identity.
  public var identity: RunIdentity
  /// The build that made it.
  public var build: BuildIdentity
  /// The name of the system.
  public var system: String
  /// The trace as the user named it, or what the emitter was asked for.
  public var trace: String
  /// The digest of the trace's content.
  public var traceDigest: String
  /// The resolved configuration: a JSON object of key paths and values.
  public var configuration: String
  /// How it ended.
  public var outcome: Outcome
  /// The numbers of the result; empty for a failed run.
  public var metrics: [Metric]
  /// How long the run took on the host, in seconds.
  public var hostSeconds: Double
  /// When it ended, UTC, ISO 8601.
  public var finishedAt: String

  public init(
    identity: RunIdentity, build: BuildIdentity, system: String, trace: String,
    traceDigest: String, configuration: String, outcome: Outcome, metrics: [Metric],
    hostSeconds: Double, finishedAt: String
  ) {
    self.identity = identity
    self.build = build
    self.system = system
    self.trace = trace
    self.traceDigest = traceDigest
    self.configuration = configuration
    self.outcome = outcome
    self.metrics = metrics
    self.hostSeconds = hostSeconds
    self.finishedAt = finishedAt
  }

  /// Whether the run gave a result.
  public var isDone: Bool {
    if case .done = outcome { true } else { false }
  }

  /// The value of a metric.
  public func metric(_ name: String) -> Double? {
    metrics.first { $0.name == name }?.value.double
  }
}

/// The value of an axis at a point.
public struct Coordinate: Hashable, Sendable {
  /// The name of the axis.
  public var axis: String
  /// The value as the configuration has it: `2 TB/s`.
  public var text: String
  /// The value in base units, when it is a number.
  public var number: Double?
  /// The base unit; empty for pure numbers and texts.
  public var unit: String

  public init(axis: String, text: String, number: Double? = nil, unit: String = "") {
    self.axis = axis
    self.text = text
    self.number = number
    self.unit = unit
  }
}

/// A metric to make large or small.
public struct Objective: Hashable, Sendable {
  /// The metric.
  public var metric: String
  /// Whether larger is better.
  public var isMaximized: Bool

  public init(metric: String, isMaximized: Bool) {
    self.metric = metric
    self.isMaximized = isMaximized
  }

  /// Whether `left` is strictly better than `right`.
  public func isBetter(_ left: Double, than right: Double) -> Bool {
    isMaximized ? left > right : left < right
  }
}

/// A point of a sweep.
public struct PointRecord: Hashable, Sendable {
  /// The place in the sweep, from 0.
  public var number: Int
  /// The run that the point asks for; points may share it.
  public var run: RunIdentity
  /// The values of the axes, in the order of the axes.
  public var coordinates: [Coordinate]

  public init(number: Int, run: RunIdentity, coordinates: [Coordinate]) {
    self.number = number
    self.run = run
    self.coordinates = coordinates
  }
}

/// A sweep as the store keeps it.
public struct SweepRecord: Hashable, Sendable {
  /// The digest of all its points' identities.
  public var id: String
  /// The name in its file.
  public var name: String
  /// What it is about, in one line.
  public var title: String
  /// The text of its file.
  public var specification: String
  /// What it looks for.
  public var objectives: [Objective]
  /// All points, in order.
  public var points: [PointRecord]

  public init(
    id: String, name: String, title: String, specification: String, objectives: [Objective],
    points: [PointRecord]
  ) {
    self.id = id
    self.name = name
    self.title = title
    self.specification = specification
    self.objectives = objectives
    self.points = points
  }

  /// The names of the axes, in order.
  public var axes: [String] { points.first?.coordinates.map(\.axis) ?? [] }
}
