internal import Foundation
internal import Units

/// A published distribution of request lengths, reproduced by a log-normal with the same mean and median.
///
/// A log-normal of median m and mean a has mu = ln m and sigma = sqrt(2 ln(a/m)). Left out: correlation of prompt and
/// answer, and the peaks of real data.
public enum RequestDistribution: String, CaseIterable, Hashable, Sendable {
  /// Tokens in the cache of ShareGPT conversations half way: mean 300, median 205 (measured in the authors' lists).
  case shareGPT = "sharegpt"
  /// As for Alpaca: mean 62.8 tokens (measured in the authors' lists); median an assumption from the ratio of ShareGPT.
  case alpaca

  /// Mean and median of the tokens of a request.
  public var moments: (mean: Double, median: Double) {
    switch self {
    case .shareGPT: (300, 205)
    case .alpaca: (62.8, 43)
    }
  }

  /// `count` lengths from a seed, clipped to 1...longest.
  ///
  /// - Precondition: `longest` is positive.
  public func lengths(count: Int, seed: UInt64, longest: Int = 2048) -> RequestList {
    precondition(longest > 0, "requests of no length")
    var generator = SeededGenerator(seed: seed)
    let (mean, median) = moments
    let sigma = (2 * log(mean / median)).squareRoot()
    func uniform() -> Double { (Double(generator.next() >> 11) + 0.5) * 0x1p-53 }
    let entries = (0..<count).map { _ in
      // Box and Muller: one normal from two uniforms.
      let normal = (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
      let tokens = Int((median * exp(sigma * normal)).rounded())
      return RequestList.Entry(tokens: min(max(tokens, 1), longest))
    }
    return RequestList(entries: entries)
  }
}

extension RequestList {
  /// The tokens of each request, for the emitter of traces.
  public var lengths: [Int] { entries.map(\.tokens) }

  /// The list as CSV.
  public var csv: String {
    let hasChannels = entries.contains { $0.channel != nil }
    var text = hasChannels ? "seq_len,ch_idx\n" : "seq_len\n"
    for entry in entries {
      text += "\(entry.tokens)" + (hasChannels ? ",\(entry.channel ?? 0)\n" : "\n")
    }
    return text
  }
}
