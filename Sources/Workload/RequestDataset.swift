public import Units

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A data set of requests, reproduced by distributions that have its published means and medians.
///
/// The data themselves are not shipped. Means and medians: NeuPIMs (arXiv 2403.00579) and the statistics of its
/// public generator. Left out: what prompt and answer have to do with each other, and the peaks of real data.
public enum RequestDataset: String, CaseIterable, Hashable, Sendable, Codable {
  /// Short instructions: prompts of mean 12.1 and median 11 tokens, answers of 55.8 and 40.
  case alpaca = "alpaca-like"
  /// Conversations: prompts of mean 80.3 and median 17 tokens, answers of 295.0 and 261.
  case shareGPT = "sharegpt-like"

  /// Mean and median of the tokens of a prompt.
  public var promptMoments: (mean: Double, median: Double) {
    switch self {
    case .alpaca: (12.1, 11)
    case .shareGPT: (80.3, 17)
    }
  }

  /// Mean and median of the tokens of an answer.
  public var outputMoments: (mean: Double, median: Double) {
    switch self {
    case .alpaca: (55.8, 40)
    case .shareGPT: (295.0, 261)
    }
  }
}

/// Draws requests of a data set; the same seed gives the same requests.
///
/// Prompts and answers come, shuffled, from 8192 quantiles each, which are used up before they are shuffled again, as
/// one draws from a data set without putting back: a small batch is as random as independent draws, and the mean of
/// many is the published one.
public struct RequestSampler: Sendable {
  private var prompts: LengthDeck
  private var outputs: LengthDeck
  private var phases: SeededGenerator
  /// Sums of the sorted answers, to pick one in proportion to its length.
  private let cumulative: [Int]

  /// Tokens beyond which requests are cut off, as the authors do.
  public static let longest = 2048

  public init(_ dataset: RequestDataset, seed: UInt64) {
    var seeds = SeededGenerator(seed: seed)
    prompts = LengthDeck(dataset.promptMoments, seed: seeds.next())
    outputs = LengthDeck(dataset.outputMoments, seed: seeds.next())
    phases = SeededGenerator(seed: seeds.next())
    var sum = 0
    cumulative = outputs.sorted.map { length in
      sum += length
      return sum
    }
  }

  /// Tokens of the next prompt.
  public mutating func nextPrompt() -> Int { prompts.next() }

  /// Tokens of the next answer.
  public mutating func nextOutput() -> Int { outputs.next() }

  /// Cached tokens of a request that is being served in a loop that has run for long: a prompt and a part of an answer.
  ///
  /// Requests with long answers are met in proportion to their length, each point of an answer as often as any other.
  public mutating func nextContext() -> Int {
    let point = phases.next(below: cumulative.last ?? 1)
    let index = cumulative.partitioningIndex { $0 > point }
    let output = outputs.sorted[index]
    let generated = 1 + phases.next(below: max(output - 1, 1))
    return min(prompts.next() + generated, Self.longest)
  }
}

/// Lengths with a given mean and median, dealt without putting back.
struct LengthDeck: Sendable {
  /// All lengths, shortest first.
  let sorted: [Int]
  private var order: [Int]
  private var position = 0
  private var generator: SeededGenerator

  private static let count = 8192

  /// Quantiles of a log-normal around the median, rounded, and cut off at `RequestSampler.longest`; its width is the
  /// one with which the mean of what is left is the given one.
  init(_ moments: (mean: Double, median: Double), seed: UInt64) {
    let normals = Self.normalQuantiles(Self.count)
    func lengths(_ width: Double) -> [Int] {
      normals.map { normal in
        let length = (moments.median * exp(width * normal)).rounded()
        return Int(min(max(length, 1), Double(RequestSampler.longest)))
      }
    }
    var (low, high) = (0.0, 8.0)
    for _ in 0..<40 {
      let middle = (low + high) / 2
      let sum = lengths(middle).reduce(0, +)
      if Double(sum) < moments.mean * Double(Self.count) { low = middle } else { high = middle }
    }
    sorted = lengths(high)
    order = Array(0..<Self.count)
    generator = SeededGenerator(seed: seed)
    order.shuffle(using: &generator)
  }

  mutating func next() -> Int {
    if position == order.count {
      order.shuffle(using: &generator)
      position = 0
    }
    defer { position += 1 }
    return sorted[order[position]]
  }

  /// The normal quantiles of (i + 1/2) / count, by Newton steps on the distribution function.
  private static func normalQuantiles(_ count: Int) -> [Double] {
    var normal = -4.0
    return (0..<count).map { index in
      let share = (Double(index) + 0.5) / Double(count)
      for _ in 0..<32 {
        let density = exp(-normal * normal / 2) / (2 * Double.pi).squareRoot()
        let step = (share - erfc(-normal / 2.0.squareRoot()) / 2) / density
        normal += step
        if abs(step) < 1e-13 { break }
      }
      return normal
    }
  }
}

extension Array {
  /// The first index whose element passes, all elements after it passing too; the count when none does.
  func partitioningIndex(where passes: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if passes(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
