public import Units
internal import Workload

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A request before it is served.
public struct ServingRequest: Hashable, Sendable {
  /// The position in the stream, from 0.
  public var id: Int
  /// When it arrives; a closed loop admits it as soon as a slot is free.
  public var arrival: Instant
  /// Tokens of the prompt.
  public var prompt: Int
  /// Tokens to generate.
  public var output: Int

  public init(id: Int, arrival: Instant, prompt: Int, output: Int) {
    self.id = id
    self.arrival = arrival
    self.prompt = prompt
    self.output = output
  }
}

/// The requests of a specification, one after the other, the same for the same seed.
///
/// Arrivals and lengths come from generators of their own, so that another rate leaves the lengths.
public struct RequestStream: Sendable {
  private let spec: ServingSpec
  private var arrivals: SeededGenerator
  private var lengths: SeededGenerator
  private var promptSampler: RequestSampler?
  private var outputSampler: RequestSampler?
  private var clock = 0.0
  private var nextID = 0

  public init(_ spec: ServingSpec) {
    self.spec = spec
    var seeds = SeededGenerator(seed: spec.seed ?? 0)
    arrivals = SeededGenerator(seed: seeds.next())
    lengths = SeededGenerator(seed: seeds.next())
    let (promptSeed, outputSeed) = (seeds.next(), seeds.next())
    promptSampler = spec.prompt.distribution?.dataset.map { RequestSampler($0, seed: promptSeed) }
    outputSampler = spec.output.distribution?.dataset.map { RequestSampler($0, seed: outputSeed) }
  }

  /// The next request, or nil when all have been given.
  public mutating func next() -> ServingRequest? {
    if let count = spec.count, nextID >= count { return nil }
    if let traced = spec.traced { return next(of: traced) }
    defer { nextID += 1 }
    if spec.arrivals.process == .poisson, let rate = spec.arrivals.rate {
      // Inverse transform of the exponential distribution; 1 - u is never zero.
      clock += -log(1 - arrivals.nextUnit()) / rate
    }
    let prompt = promptSampler?.nextPrompt() ?? draw(spec.prompt)
    let output = outputSampler?.nextOutput() ?? draw(spec.output)
    return ServingRequest(
      id: nextID, arrival: Instant(picoseconds: Int((clock * 1e12).rounded())),
      prompt: limit(prompt, spec.prompt), output: limit(output, spec.output))
  }

  /// The next request of a list, which begins again in a closed loop.
  private mutating func next(of traced: [TracedRequest]) -> ServingRequest? {
    guard spec.arrivals.process == .closedLoop || nextID < traced.count else { return nil }
    defer { nextID += 1 }
    let entry = traced[nextID % traced.count]
    if spec.arrivals.process == .trace {
      clock = entry.arrival ?? 0
    } else if spec.arrivals.process == .poisson, let rate = spec.arrivals.rate {
      clock += -log(1 - arrivals.nextUnit()) / rate
    }
    let output = entry.output ?? outputSampler?.nextOutput() ?? draw(spec.output)
    return ServingRequest(
      id: nextID, arrival: Instant(picoseconds: Int((clock * 1e12).rounded())),
      prompt: entry.prompt, output: limit(output, spec.output))
  }

  private mutating func draw(_ length: LengthSpec) -> Int {
    let value: Double
    switch length.distribution ?? .fixed {
    case .fixed, .shareGPTLike, .alpacaLike: value = length.mean
    case .uniform:
      value = length.mean + (2 * lengths.nextUnit() - 1) * (length.deviation ?? 0)
    case .gaussian:
      // Box and Muller: two uniform numbers, of whose two normal ones one is used.
      let radius = (-2 * log(1 - lengths.nextUnit())).squareRoot()
      value =
        length.mean
        + (length.deviation ?? 0) * radius * cos(2 * Double.pi * lengths.nextUnit())
    }
    return Int(max(1, min(1e9, value.rounded())))
  }

  private func limit(_ tokens: Int, _ length: LengthSpec) -> Int {
    min(max(tokens, length.minimum ?? 1), length.maximum ?? Int.max)
  }
}
