/// Consecutive requests of a step that have the same lengths.
///
/// Runs are how a trace carries per-request lengths: a uniform batch is one run, a ragged one has
/// a run per request. On disk a run is an array `[first, count, query, kv]`, with `slot` as a
/// fifth element when it differs from `first`.
@frozen
public struct RequestRun: Hashable, Sendable {
  /// The id of the first request.
  public var first: Int
  /// How many requests, with consecutive ids and slots.
  public var count: Int
  /// New tokens of each request in this step.
  public var query: Int
  /// Tokens of each request in the KV cache after this step, the new ones included.
  public var kv: Int
  /// The slot of the KV tensors that holds the first request.
  public var slot: Int

  @inlinable
  public init(first: Int, count: Int, query: Int, kv: Int, slot: Int? = nil) {
    self.first = first
    self.count = count
    self.query = query
    self.kv = kv
    self.slot = slot ?? first
  }
}

/// The part of inference that a step belongs to.
public enum Phase: String, CaseIterable, Hashable, Sendable, Codable {
  /// Prompts are processed.
  case prefill
  /// Each request adds one token.
  case decode
  /// Prefilling and decoding requests share the step.
  case mixed
}

extension RequestRun {
  /// Whether the requests decode, that is, add a token to a context that was there before.
  ///
  /// In a mixed step a one-token chunk of a longer prompt counts as decoding.
  @inlinable
  public func isDecoding(in phase: Phase) -> Bool {
    switch phase {
    case .prefill: false
    case .decode: true
    case .mixed: query == 1 && kv > 1
    }
  }
}

extension Collection<RequestRun> {
  /// The number of requests.
  @inlinable
  public var requestCount: Int { reduce(0) { $0 + $1.count } }

  /// The number of new tokens.
  @inlinable
  public var tokenCount: Int { reduce(0) { $0 + $1.count * $1.query } }
}

/// The runs of requests 0, 1, 2 ... with the given lengths, equal neighbours merged.
public func makeRuns(_ lengths: some Sequence<(query: Int, kv: Int)>) -> [RequestRun] {
  var runs: [RequestRun] = []
  var next = 0
  for (query, kv) in lengths {
    if let last = runs.last, last.query == query, last.kv == kv {
      runs[runs.count - 1].count += 1
    } else {
      runs.append(RequestRun(first: next, count: 1, query: query, kv: kv))
    }
    next += 1
  }
  return runs
}
