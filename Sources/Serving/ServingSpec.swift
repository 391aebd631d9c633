public import Units
public import Workload

/// How requests arrive.
public enum ArrivalProcess: String, CaseIterable, Hashable, Sendable, Codable {
  /// The batch is always full: a request that finishes is replaced at the next stage.
  case closedLoop = "closed_loop"
  /// Independent exponential gaps with a mean rate.
  case poisson
  /// Every request is there at the start.
  case burst
  /// At the times of a list of requests.
  case trace
}

/// A request of a list.
public struct TracedRequest: Hashable, Sendable, Codable {
  /// Tokens of the prompt.
  public var prompt: Int
  /// Tokens to generate; drawn when the list does not say.
  public var output: Int?
  /// Seconds after the first arrival; nil when the list does not say.
  public var arrival: Double?

  public init(prompt: Int, output: Int? = nil, arrival: Double? = nil) {
    self.prompt = prompt
    self.output = output
    self.arrival = arrival
  }
}

/// When requests arrive.
public struct ArrivalSpec: Hashable, Sendable, Codable {
  /// The process.
  public var process: ArrivalProcess
  /// Requests per second; of a Poisson process only.
  public var rate: Double?

  public init(process: ArrivalProcess, rate: Double? = nil) {
    self.process = process
    self.rate = rate
  }
}

/// The distribution of a number of tokens.
public enum LengthDistribution: String, CaseIterable, Hashable, Sendable, Codable {
  case fixed, gaussian, uniform
  /// Prompts or answers as in a data set; mean and deviation are its own.
  case shareGPTLike = "sharegpt-like"
  case alpacaLike = "alpaca-like"

  /// The data set whose lengths are drawn, if one is.
  public var dataset: RequestDataset? { RequestDataset(rawValue: rawValue) }
}

/// A number of tokens: fixed, or drawn, rounded and cut off at its limits.
public struct LengthSpec: Hashable, Sendable, Codable {
  /// The distribution; fixed when left out.
  public var distribution: LengthDistribution?
  /// The mean, before limits; 0 where a data set gives it.
  public var mean: Double
  /// The standard deviation of a Gaussian; half the width of a uniform distribution.
  public var deviation: Double?
  /// The least length; 1 when left out.
  public var minimum: Int?
  /// The greatest length; none when left out.
  public var maximum: Int?

  public init(
    distribution: LengthDistribution? = nil, mean: Double, deviation: Double? = nil,
    minimum: Int? = nil, maximum: Int? = nil
  ) {
    self.distribution = distribution
    self.mean = mean
    self.deviation = deviation
    self.minimum = minimum
    self.maximum = maximum
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    distribution = try container.decodeIfPresent(LengthDistribution.self, forKey: .distribution)
    deviation = try container.decodeIfPresent(Double.self, forKey: .deviation)
    minimum = try container.decodeIfPresent(Int.self, forKey: .minimum)
    maximum = try container.decodeIfPresent(Int.self, forKey: .maximum)
    // Only a data set has a mean of its own.
    mean =
      distribution?.dataset == nil
      ? try container.decode(Double.self, forKey: .mean)
      : try container.decodeIfPresent(Double.self, forKey: .mean) ?? 0
  }

  /// The same number each time.
  public static func fixed(_ tokens: Int) -> LengthSpec { LengthSpec(mean: Double(tokens)) }
}

/// How stages combine prompts and decoding requests.
public enum StageMixing: String, CaseIterable, Hashable, Sendable, Codable {
  /// Admitted prompts and decoding requests share a stage (arXiv 2409.01141's definition).
  case mixed
  /// A stage with admitted prompts holds nothing else, as in the authors' public simulator.
  case separate
}

/// Requests and the rules of continuous batching.
public struct ServingSpec: Hashable, Sendable, Codable {
  /// The seed of arrivals, lengths and router draws; 0 when left out.
  public var seed: UInt64?
  /// Requests in all. A closed loop may go on until its stages are done.
  public var count: Int?
  /// When they arrive.
  public var arrivals: ArrivalSpec
  /// A list of requests, a CSV or JSON Lines file beside this one; its lengths replace `prompt`, and
  /// `output` where it has them.
  public var trace: String?
  /// The requests of the list, once it has been read.
  public var traced: [TracedRequest]?
  /// Tokens of prompts.
  public var prompt: LengthSpec
  /// Tokens that each request generates, the first included.
  public var output: LengthSpec
  /// Whether `output` was given.
  private var hasOutput = true
  /// The most requests in a stage, which is the number of KV slots.
  public var batchLimit: Int
  /// How stages combine prompts and decoding requests; mixed when left out.
  public var mixing: StageMixing?
  /// The most prompt tokens that a stage admits, except that one prompt always goes; no limit when
  /// left out.
  public var promptTokenLimit: Int?
  /// Tokens that the KV cache holds, prompt and output of an admitted request reserved at once; no
  /// limit when left out.
  public var kvTokens: Int?
  /// Whether the first requests of a closed loop start part of the way through their outputs, evenly
  /// spread, as in a loop that has run for long; false when left out.
  public var startsStaggered: Bool?
  /// The exponent s of the router's distribution over experts, in proportion to 1 / (e + 1)^s; 0,
  /// every expert alike, when left out.
  public var routerSkew: Double?
  /// The rate at which keys and values move from prefill to decode devices, where these are apart;
  /// they move in no time when left out.
  public var kvTransferBandwidth: Bandwidth?

  public init(
    seed: UInt64? = nil, count: Int? = nil, arrivals: ArrivalSpec, prompt: LengthSpec,
    output: LengthSpec, batchLimit: Int, mixing: StageMixing? = nil,
    promptTokenLimit: Int? = nil, kvTokens: Int? = nil, startsStaggered: Bool? = nil,
    routerSkew: Double? = nil, kvTransferBandwidth: Bandwidth? = nil,
    traced: [TracedRequest]? = nil
  ) {
    self.seed = seed
    self.count = count
    self.arrivals = arrivals
    self.prompt = prompt
    self.output = output
    self.batchLimit = batchLimit
    self.mixing = mixing
    self.promptTokenLimit = promptTokenLimit
    self.kvTokens = kvTokens
    self.startsStaggered = startsStaggered
    self.routerSkew = routerSkew
    self.kvTransferBandwidth = kvTransferBandwidth
    self.traced = traced
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func value<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
      try container.decodeIfPresent(Value.self, forKey: key)
    }
    seed = try value(.seed)
    count = try value(.count)
    arrivals = try container.decode(ArrivalSpec.self, forKey: .arrivals)
    trace = try value(.trace)
    // A list of requests has lengths of its own.
    if trace == nil {
      prompt = try container.decode(LengthSpec.self, forKey: .prompt)
      output = try container.decode(LengthSpec.self, forKey: .output)
    } else {
      let given: LengthSpec? = try value(.prompt)
      guard given == nil else {
        throw ServingError("prompt belongs to drawn requests; the list of 'trace' has prompts")
      }
      prompt = .fixed(1)
      output = try value(.output) ?? .fixed(1)
    }
    hasOutput = container.contains(.output)
    batchLimit = try container.decode(Int.self, forKey: .batchLimit)
    mixing = try value(.mixing)
    promptTokenLimit = try value(.promptTokenLimit)
    kvTokens = try value(.kvTokens)
    startsStaggered = try value(.startsStaggered)
    routerSkew = try value(.routerSkew)
    kvTransferBandwidth = try value(.kvTransferBandwidth)
  }

  enum CodingKeys: String, CodingKey {
    case seed, count, arrivals, trace, prompt, output
    case batchLimit = "batch_limit"
    case mixing
    case promptTokenLimit = "prompt_token_limit"
    case kvTokens = "kv_tokens"
    case startsStaggered = "starts_staggered"
    case routerSkew = "router_skew"
    case kvTransferBandwidth = "kv_transfer_bandwidth"
  }

  /// Checks that every number makes sense.
  ///
  /// - Throws: `ServingError` that names the key.
  public func validate() throws(ServingError) {
    guard batchLimit > 0 else { throw ServingError("batch_limit must be positive") }
    if let count, count <= 0 { throw ServingError("count must be positive") }
    switch arrivals.process {
    case .poisson:
      guard let rate = arrivals.rate, rate > 0, rate.isFinite else {
        throw ServingError("arrivals: a Poisson process needs a positive rate")
      }
    case .closedLoop, .burst, .trace:
      guard arrivals.rate == nil else {
        throw ServingError("arrivals.rate belongs to process: poisson only")
      }
    }
    try checkTrace()
    guard arrivals.process == .closedLoop || count != nil || traced != nil else {
      throw ServingError(
        "the key 'count' is missing; only a closed loop or a list of requests goes without it")
    }
    guard startsStaggered != true || arrivals.process == .closedLoop else {
      throw ServingError("starts_staggered belongs to process: closed_loop only")
    }
    if let promptTokenLimit, promptTokenLimit <= 0 {
      throw ServingError("prompt_token_limit must be positive")
    }
    if let kvTransferBandwidth, kvTransferBandwidth.bytesPerSecond <= 0 {
      throw ServingError("kv_transfer_bandwidth must be positive")
    }
    if let routerSkew, !(routerSkew >= 0 && routerSkew < 100) {
      throw ServingError("router_skew must lie between 0 and 100")
    }
    try ServingSpec.check(prompt, "prompt")
    try ServingSpec.check(output, "output")
    if let kvTokens, kvTokens < ServingSpec.least(prompt) + ServingSpec.least(output) {
      throw ServingError("kv_tokens (\(kvTokens)) is less than one request may need")
    }
  }

  /// The most tokens that a request is expected to have in the cache: the greatest lengths, or four
  /// deviations above the mean where there is no limit.
  public var requestTokens: Int {
    let drawn = ServingSpec.greatest(output)
    if let traced { return traced.reduce(1) { max($0, $1.prompt + ($1.output ?? drawn)) } }
    return ServingSpec.greatest(prompt) + drawn
  }

  /// Whether all numbers of a list of requests are there.
  private func checkTrace() throws(ServingError) {
    guard let traced else {
      guard arrivals.process != .trace else {
        throw ServingError("arrivals.process: trace needs a list of requests; add the key 'trace'")
      }
      return
    }
    guard let first = traced.first else { throw ServingError("trace: no request in the list") }
    guard arrivals.process != .trace || traced.allSatisfy({ $0.arrival != nil }) else {
      throw ServingError(
        "arrivals.process: trace needs arrival times, which the list has not; use poisson, burst or "
          + "closed_loop")
    }
    guard first.output != nil || hasOutput else {
      throw ServingError("the list of requests has no output lengths; add the key 'output'")
    }
    if let count, arrivals.process != .closedLoop, count > traced.count {
      throw ServingError("count (\(count)) exceeds the \(traced.count) requests of the list")
    }
  }

  private static func greatest(_ length: LengthSpec) -> Int {
    let deviation = length.deviation ?? 0
    let reach: Double
    switch length.distribution ?? .fixed {
    case .fixed: reach = 0
    case .uniform: reach = deviation
    case .gaussian: reach = 4 * deviation
    case .shareGPTLike, .alpacaLike: reach = Double(RequestSampler.longest)
    }
    let greatest = Int(max(1, length.mean + reach).rounded(.up))
    return max(length.minimum ?? 1, min(length.maximum ?? Int.max, greatest))
  }

  private static func least(_ length: LengthSpec) -> Int {
    length.distribution ?? .fixed == .fixed ? Int(length.mean) : length.minimum ?? 1
  }

  private static func check(_ length: LengthSpec, _ key: String) throws(ServingError) {
    let dataset = length.distribution?.dataset
    if let dataset, length.mean != 0 || length.deviation != nil {
      throw ServingError(
        "\(key): \(dataset.rawValue) lengths have a mean and deviation of their own")
    }
    guard dataset != nil || (length.mean >= 1 && length.mean < 1e9) else {
      throw ServingError("\(key).mean must lie between 1 and 10^9 tokens")
    }
    let minimum = length.minimum ?? 1
    guard minimum >= 1, minimum <= length.maximum ?? Int.max else {
      throw ServingError("\(key): minimum must be positive and not above maximum")
    }
    switch length.distribution ?? .fixed {
    case .fixed:
      guard length.deviation == nil else {
        throw ServingError("\(key).deviation belongs to drawn lengths only")
      }
      guard length.mean == length.mean.rounded() else {
        throw ServingError("\(key).mean of a fixed length is a whole number")
      }
    case .gaussian, .uniform:
      guard let deviation = length.deviation, deviation >= 0, deviation.isFinite else {
        throw ServingError("\(key): a drawn length needs a deviation that is not negative")
      }
    case .shareGPTLike, .alpacaLike: break
    }
  }
}

/// Why requests cannot be served.
public struct ServingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what is wrong and how to mend it.
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

extension ServingSpec {
  /// Whether the requests come to an end: a count, or a list that is not gone through again and again.
  public var isFinite: Bool { count != nil || (traced != nil && arrivals.process != .closedLoop) }
}
