internal import Experiments
public import ResultsStore
internal import Units

/// The outcome of serving as pages need it, read from its JSON.
public struct ServiceDocument: Sendable {
  /// A stage of the run.
  struct Stage: Sendable {
    var phase: String
    var start: Int
    var end: Int
    var requests: Int
    var tokens: Int
    var kvTokens: Int
  }

  /// A request: its lengths and what it waited for, in picoseconds.
  struct Request: Sendable {
    var id: Int
    var prompt: Int
    var output: Int
    var arrival: Int
    /// Absent when the request was under way before the run or not finished at its end.
    var firstToken: Double?
    var betweenTokens: Double?
    var endToEnd: Double?
  }

  /// Where it came from, for headings.
  public var label: String
  var system: String
  var model: String
  var fidelity: String
  var metrics: [Metric]
  var stages: [Stage] = []
  var requests: [Request] = []

  /// Whether a JSON text says that it is the outcome of serving.
  public static func isService(json text: String) -> Bool {
    (try? JSONValue.parse(text))?["schema"]?.stringValue?.hasPrefix("orrery.service/") == true
  }

  /// Reads the outcome of serving.
  ///
  /// - Parameter text: JSON of the schema `orrery.service/1`.
  /// - Throws: `StoreError` when the text is none.
  public init(json text: String, label: String) throws(StoreError) {
    let value: JSONValue
    do { value = try JSONValue.parse(text) } catch {
      throw StoreError("\(label): not JSON: \(error.message)")
    }
    guard value["schema"]?.stringValue?.hasPrefix("orrery.service/") == true else {
      throw StoreError(
        "\(label): not a result of 'orrery serve --json' (no schema orrery.service)")
    }
    self.label = label
    system = value["system"]?.stringValue ?? ""
    model = value["model"]?.stringValue ?? ""
    fidelity = value["fidelity"]?.stringValue ?? ""
    metrics = try ResultMetrics.metrics(ofJSON: text)
    for item in value["stages"]?.arrayValue ?? [] {
      guard let start = item["start_ps"]?.intValue, let end = item["end_ps"]?.intValue,
        start >= 0, end >= start
      else { throw StoreError("\(label): a stage lacks its times") }
      stages.append(
        Stage(
          phase: item["phase"]?.stringValue ?? "", start: start, end: end,
          requests: item["requests"]?.intValue ?? 0, tokens: item["tokens"]?.intValue ?? 0,
          kvTokens: item["kv_tokens"]?.intValue ?? 0))
    }
    for item in value["requests"]?.arrayValue ?? [] {
      guard let id = item["request"]?.intValue, let arrival = item["arrival_ps"]?.intValue
      else { throw StoreError("\(label): a request lacks its number or its arrival") }
      requests.append(
        Request(
          id: id, prompt: item["prompt"]?.intValue ?? 0, output: item["output"]?.intValue ?? 0,
          arrival: arrival, firstToken: item["time_to_first_token_ps"]?.doubleValue,
          betweenTokens: item["mean_time_between_tokens_ps"]?.doubleValue,
          endToEnd: item["end_to_end_ps"]?.doubleValue))
    }
  }

  /// The value of a metric.
  func metric(_ name: String) -> Double? { metrics.first { $0.name == name }?.value.double }

  /// The simulated time in picoseconds.
  var time: Int { stages.map(\.end).max() ?? 0 }
}
