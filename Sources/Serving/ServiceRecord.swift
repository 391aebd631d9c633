public import SimulationCore
public import Units
public import Workload

/// What one stage did.
public struct StageRecord: Hashable, Sendable {
  public var stage: Int
  public var phase: Phase
  public var start: Instant
  public var end: Instant
  /// Requests in the stage.
  public var requests: Int
  /// Of them, those whose prompts were processed.
  public var prompts: Int
  /// Prompt tokens processed.
  public var promptTokens: Int
  /// Tokens generated: one a request.
  public var tokens: Int
  /// Tokens in the KV cache at the end of the stage.
  public var kvTokens: Int
}

/// What happened to one request.
public struct RequestRecord: Hashable, Sendable {
  public var id: Int
  public var prompt: Int
  public var output: Int
  public var arrival: Instant
  /// The start of the stage that processed its prompt.
  public var admitted: Instant
  /// The end of the stage that gave the first token.
  public var firstToken: Instant
  /// The end of the stage that gave the last token; nil when the run ended before.
  public var finished: Instant?
  /// Tokens generated so far.
  public var generated: Int
  /// Whether the request was under way before the first stage, so that its first token is unknown.
  public var wasUnderWay: Bool

  /// The time to the first token, waiting included.
  public var timeToFirstToken: Duration? { wasUnderWay ? nil : firstToken - arrival }
  /// The time to the last token, waiting included.
  public var endToEnd: Duration? {
    guard !wasUnderWay, let finished else { return nil }
    return finished - arrival
  }
}

/// The outcome of serving.
public struct ServiceRun: Sendable {
  /// The stages in the order of their starts.
  public var stages: [StageRecord] = []
  /// Requests that finished or were under way at the end, in the order of admission.
  public var requests: [RequestRecord] = []
  /// Gaps between consecutive tokens of a request.
  public var timeBetweenTokens = Histogram(unit: .picoseconds)
  /// What the time was spent on, waiting for arrivals (idle) included; sums to `time`.
  public var causes = CauseLedger()
  /// The energy of all stages; nil when the system has none.
  public var energy: Energy?
  /// Requests that had not been admitted when the run ended.
  public var waiting = 0

  /// The end of the last stage.
  public var time: Duration { (stages.map(\.end).max() ?? .zero) - .zero }
  /// Tokens generated.
  public var tokens: Int { stages.reduce(0) { $0 + $1.tokens } }
  /// Prompt tokens processed.
  public var promptTokens: Int { stages.reduce(0) { $0 + $1.promptTokens } }
  /// Requests that finished.
  public var finished: Int { requests.count { $0.finished != nil } }
  /// Generated tokens per second; nil when no time passed.
  public var tokensPerSecond: Double? {
    time > .zero ? Double(tokens) / time.seconds : nil
  }
  /// Finished requests per second; nil when no time passed.
  public var requestsPerSecond: Double? {
    time > .zero ? Double(finished) / time.seconds : nil
  }
  /// Times to the first token, of the requests whose first token fell into the run.
  public var timesToFirstToken: [Duration] { requests.compactMap(\.timeToFirstToken) }
  /// Times to the last token, of the requests that ran as a whole.
  public var endToEndTimes: [Duration] { requests.compactMap(\.endToEnd) }
}

/// Mean and nearest-rank percentiles of durations.
public struct LatencySummary: Hashable, Sendable {
  public var count: Int
  public var mean: Double
  public var p50: Duration
  public var p90: Duration
  public var p99: Duration
  public var greatest: Duration

  /// The summary of a list; nil when it is empty.
  public init?(_ durations: [Duration]) {
    let sorted = durations.sorted()
    guard let last = sorted.last else { return nil }
    count = sorted.count
    mean = sorted.reduce(0) { $0 + Double($1.picoseconds) } / Double(sorted.count)
    func rank(_ percent: Int) -> Duration {
      sorted[max(0, (percent * sorted.count + 99) / 100 - 1)]
    }
    p50 = rank(50)
    p90 = rank(90)
    p99 = rank(99)
    greatest = last
  }

  /// The summary of a histogram, percentiles at most 1/128 above the exact ones; nil when empty.
  public init?(_ histogram: Histogram) {
    guard let mean = histogram.mean, let greatest = histogram.greatest,
      let p50 = histogram.percentile(50), let p90 = histogram.percentile(90),
      let p99 = histogram.percentile(99)
    else { return nil }
    count = histogram.count
    self.mean = mean
    self.p50 = Duration(picoseconds: p50)
    self.p90 = Duration(picoseconds: p90)
    self.p99 = Duration(picoseconds: p99)
    self.greatest = Duration(picoseconds: greatest)
  }
}
