internal import Experiments
public import ResultsStore
internal import Units

/// A result as pages and comparisons need it, read from its JSON.
public struct ResultDocument: Sendable {
  /// An operator of the result.
  struct Operator: Sendable {
    var id: Int
    var name: String
    var kind: String
    var unit: String
    var start: Int
    var end: Int
    /// Operations and bytes, where the result has them.
    var flops: Int?
    var bytes: Int?
  }

  /// A step of the trace.
  struct Step: Sendable {
    var step: Int
    var phase: String
    var start: Int
    var end: Int
    var tokens: Int
  }

  /// The bytes that a command-level memory moved in each of its windows.
  struct MemorySeries: Sendable {
    var window: Int
    var bytes: [Int]
  }

  /// Where it came from, for headings.
  public var label: String
  var system: String
  var model: String
  var trace: String
  var fidelity: String
  var metrics: [Metric]
  /// Key paths and values of the resolved configuration; empty where the result has none.
  var configuration: [(String, String)]
  var operators: [Operator] = []
  var steps: [Step] = []
  /// Measured at cycle fidelity; nil without a command-level memory.
  var memorySeries: MemorySeries?
  /// Memory spaces and commands of the memory, one row each, where the result has them.
  var spaces: [JSONValue] = []
  var commands: [JSONValue] = []

  /// What went into the run: configuration, trace, fidelity.
  var inputs: [(String, String)] {
    configuration + [("trace", trace), ("fidelity", fidelity), ("system", system)]
  }

  /// Reads a result.
  ///
  /// - Parameters:
  ///   - text: JSON of the schema `orrery.result/1`.
  ///   - configuration: a JSON object of key paths and values, when it is kept apart.
  /// - Throws: `StoreError` when the text is no result.
  public init(
    json text: String, label: String, configuration: String? = nil
  ) throws(StoreError) {
    let value: JSONValue
    do { value = try JSONValue.parse(text) } catch {
      throw StoreError("\(label): not JSON: \(error.message)")
    }
    guard value["schema"]?.stringValue?.hasPrefix("orrery.result/") == true else {
      throw StoreError(
        "\(label): not a result of 'orrery simulate --json' (no schema orrery.result)")
    }
    self.label = label
    system = value["system"]?.stringValue ?? ""
    model = value["model"]?.stringValue ?? ""
    trace = value["trace"]?.stringValue ?? ""
    fidelity = value["fidelity"]?.stringValue ?? ""
    metrics = try ResultMetrics.metrics(ofJSON: text)
    if let configuration {
      self.configuration = ConfigurationLeaves.parse(configuration).map { ($0.path, $0.value) }
    } else {
      self.configuration = (value["configuration"]?.objectValue ?? [:]).compactMap { key, value in
        value.stringValue.map { (key, $0) }
      }.sorted { $0.0 < $1.0 }
    }
    if let series = value["memory"]?["dram"]?["bandwidth"],
      let window = series["window_ps"]?.intValue, window > 0
    {
      memorySeries = MemorySeries(
        window: window, bytes: (series["bytes"]?.arrayValue ?? []).compactMap(\.intValue))
    }
    for item in value["operators"]?.arrayValue ?? [] {
      guard let id = item["id"]?.intValue, let start = item["start_ps"]?.intValue,
        let end = item["end_ps"]?.intValue, start >= 0, end >= start
      else { throw StoreError("\(label): an operator lacks its id or its times") }
      operators.append(
        Operator(
          id: id, name: item["name"]?.stringValue ?? "", kind: item["kind"]?.stringValue ?? "",
          unit: item["unit"]?.stringValue ?? "", start: start, end: end,
          flops: item["flops"]?.intValue, bytes: item["bytes"]?.intValue))
    }
    spaces = value["memory"]?["spaces"]?.arrayValue ?? []
    commands = value["commands"]?.arrayValue ?? []
    for item in value["steps"]?.arrayValue ?? [] {
      guard let step = item["step"]?.intValue, let start = item["start_ps"]?.intValue,
        let end = item["end_ps"]?.intValue
      else { throw StoreError("\(label): a step lacks its number or its times") }
      steps.append(
        Step(
          step: step, phase: item["phase"]?.stringValue ?? "", start: start, end: end,
          tokens: item["tokens"]?.intValue ?? 0))
    }
  }

  /// The document of a run in a store.
  ///
  /// - Throws: `StoreError` when the run failed.
  public init(_ run: RunRecord, label: String) throws(StoreError) {
    switch run.outcome {
    case .done(let result):
      try self.init(json: result, label: label, configuration: run.configuration)
    case .failed(let error): throw StoreError("\(label): the run failed: \(error)")
    }
  }

  /// The value of a metric.
  func metric(_ name: String) -> Double? { metrics.first { $0.name == name }?.value.double }

  /// The metrics of a family such as `causes.`, without its name, largest first.
  func family(_ prefix: String) -> [(name: String, value: Double)] {
    metrics.filter { $0.name.hasPrefix(prefix) }
      .map { (name: String($0.name.dropFirst(prefix.count)), value: $0.value.double) }
      .sorted { $0.value != $1.value ? $0.value > $1.value : $0.name < $1.name }
  }
}
