internal import Numerics
internal import Units

/// How tokens are spread over experts when no router runs.
public enum RoutingDistribution: Hashable, Sendable {
  /// Every expert is equally likely.
  case uniform
  /// Expert e is likely in proportion to 1 / (e + 1)^s.
  case zipf(Double)
  /// Token counts of each expert from a real run, by layer; scaled when the token number differs.
  case replay([[Int]])
}

/// Draws, seeded, how many tokens each expert gets.
public struct Routing: Sendable {
  private let distribution: RoutingDistribution
  private var generator: SeededGenerator
  /// The counts of real routers, in the order of the run: layer, tokens of each expert.
  public private(set) var recorded: [(layer: Int, counts: [Int])] = []

  public init(_ distribution: RoutingDistribution = .uniform, seed: UInt64 = 0) {
    self.distribution = distribution
    generator = SeededGenerator(seed: seed)
  }

  /// A number from 0 to 1, 1 excluded.
  mutating func nextUnit() -> Double { generator.nextUnit() }

  mutating func record(layer: Int, counts: [Int]) { recorded.append((layer, counts)) }

  /// More tokens than this are drawn as a sample of so many and scaled.
  static let largestSample = 4096

  /// Tokens of each expert: each token visits `topK` different experts.
  mutating func counts(layer: Int, tokens: Int, experts: Int, topK: Int) -> [Int] {
    if case .replay(let layers) = distribution, !layers.isEmpty {
      let counts = layers[layer % layers.count]
      if counts.count == experts { return Self.scaled(counts, to: tokens * topK, limit: tokens) }
    }
    let sample = min(tokens, Self.largestSample)
    var counts = [Int](repeating: 0, count: experts)
    let weights = weights(experts)
    var isTaken = [Bool](repeating: false, count: experts)
    var chosen: [Int] = []
    for _ in 0..<sample {
      var remaining = weights.total
      for _ in 0..<topK {
        var target = generator.nextUnit() * remaining
        var pick = -1
        for expert in 0..<experts where !isTaken[expert] {
          pick = expert
          target -= weights.each[expert]
          if target < 0 { break }
        }
        isTaken[pick] = true
        remaining -= weights.each[pick]
        counts[pick] += 1
        chosen.append(pick)
      }
      for expert in chosen { isTaken[expert] = false }
      chosen.removeAll(keepingCapacity: true)
    }
    return sample == tokens ? counts : Self.scaled(counts, to: tokens * topK, limit: tokens)
  }

  private func weights(_ experts: Int) -> (each: [Double], total: Double) {
    var each = [Double](repeating: 1, count: experts)
    if case .zipf(let exponent) = distribution {
      for expert in 0..<experts {
        each[expert] = 1 / ElementaryFunctions.pow(Double(expert + 1), exponent)
      }
    }
    return (each, each.reduce(0, +))
  }

  /// Counts in the same proportions with the given sum and none above `limit`: largest remainders.
  static func scaled(_ counts: [Int], to total: Int, limit: Int) -> [Int] {
    let sum = counts.reduce(0, +)
    guard sum > 0, sum != total else { return counts }
    let exact = counts.map { Double($0) * Double(total) / Double(sum) }
    var result = exact.map { min(Int($0), limit) }
    let order = exact.indices.sorted {
      let (left, right) = (exact[$0] - Double(Int(exact[$0])), exact[$1] - Double(Int(exact[$1])))
      return left == right ? $0 < $1 : left > right
    }
    var missing = total - result.reduce(0, +)
    while missing > 0 {
      var changed = false
      for index in order where missing > 0 && result[index] < limit {
        result[index] += 1
        missing -= 1
        changed = true
      }
      if !changed { break }
    }
    return result
  }
}
