public import Units

/// How the experts of a device are divided between xPU and PIM when both work at once.
public enum ExpertSplitRule: String, CaseIterable, Hashable, Sendable, Codable {
  /// All start on the xPU; those with the fewest tokens move to PIM one by one, and the best
  /// division is kept (the text of arXiv 2409.01141).
  case fewestToPIM = "fewest_to_pim"
  /// All start on PIM; those with most tokens move to the xPU while the estimate falls, in groups
  /// when there are more than the memory spaces (the authors' simulator).
  case mostToXPU = "most_to_xpu"
  /// The division with the least time: a bound that shows what the rules lose.
  case optimal
}

/// The times of each expert of a device on each processor.
public struct ExpertTimes: Hashable, Sendable {
  public var xpu: [Duration]
  public var pim: [Duration]

  public init(xpu: [Duration], pim: [Duration]) {
    precondition(xpu.count == pim.count, "an expert has a time on each processor")
    self.xpu = xpu
    self.pim = pim
  }

  /// The longer of the two processors' sums when the experts in `onPIM` are on PIM.
  public func makespan(onPIM: [Bool]) -> Duration {
    var sums = (xpu: Duration.zero, pim: Duration.zero)
    for index in onPIM.indices {
      if onPIM[index] { sums.pim += pim[index] } else { sums.xpu += xpu[index] }
    }
    return max(sums.xpu, sums.pim)
  }
}

/// The relative times with which the authors' simulator divides experts.
///
/// The unit is one expert's weights at `efficiency` of the xPU's bandwidth.
public struct ExpertEstimate: Hashable, Sendable {
  /// PIM bandwidth in multiples of the xPU's.
  public var bandwidthMultiple: Double
  /// Tokens at which PIM turns from memory to compute bound at full bandwidth.
  public var pimRidge: Double
  /// Tokens at which the xPU turns from memory to compute bound at full bandwidth.
  public var xpuRidge: Double
  /// The fraction of the bandwidth that a stream reaches (0.75 in the authors' simulator: a bundle
  /// row takes 168 cycles for 128 cycles of data).
  public var efficiency: Double

  public init(
    bandwidthMultiple: Double, pimRidge: Double, xpuRidge: Double, efficiency: Double = 0.75
  ) {
    self.bandwidthMultiple = bandwidthMultiple
    self.pimRidge = pimRidge
    self.xpuRidge = xpuRidge
    self.efficiency = efficiency
  }

  /// The time of an expert with `tokens` on PIM; zero without tokens.
  public func pim(tokens: Int) -> Double {
    tokens == 0 ? 0 : max(1, efficiency * Double(tokens) / pimRidge) / bandwidthMultiple
  }

  /// The time of an expert with `tokens` on the xPU; zero without tokens.
  public func xpu(tokens: Int) -> Double {
    tokens == 0 ? 0 : max(1, efficiency * Double(tokens) / xpuRidge)
  }
}

/// Divides the experts of one device between its processors.
public enum ExpertSplit {
  /// Which experts go to PIM by the paper's text.
  ///
  /// - Parameter spaces: as in `mostToXPU`; 0 moves experts one by one however many there are.
  /// - Complexity: O(n log n).
  public static func fewestToPIM(
    tokens: [Int], times: ExpertTimes, spaces: Int = 0
  ) -> [Bool] {
    let (groups, load) = groups(of: tokens, spaces: spaces)
    let order = groups.indices.sorted { load[$0] == load[$1] ? $0 < $1 : load[$0] < load[$1] }
    var sums = (xpu: times.xpu.reduce(Duration.zero, +), pim: Duration.zero)
    var best = (time: sums.xpu, count: 0)
    for (moved, group) in order.enumerated() {
      for expert in groups[group] {
        sums.xpu -= times.xpu[expert]
        sums.pim += times.pim[expert]
      }
      let time = max(sums.xpu, sums.pim)
      if time < best.time { best = (time, moved + 1) }
    }
    var onPIM = [Bool](repeating: false, count: tokens.count)
    for group in order.prefix(best.count) {
      for expert in groups[group] { onPIM[expert] = true }
    }
    return onPIM
  }

  /// The experts that move as a whole, and their tokens: consecutive ones in as many groups as there
  /// are spaces when a device has more experts than those, in a multiple of them.
  private static func groups(
    of tokens: [Int], spaces: Int
  ) -> (groups: [[Int]], load: [Int]) {
    let isGrouped = spaces > 0 && tokens.count > spaces && tokens.count % spaces == 0
    let size = isGrouped ? tokens.count / spaces : 1
    let groups = (0..<tokens.count / size).map { group in
      Array(group * size..<(group + 1) * size)
    }
    return (groups, groups.map { $0.reduce(0) { $0 + tokens[$1] } })
  }

  /// Which experts go to PIM by the authors' simulator.
  ///
  /// - Parameter spaces: the memory spaces of a device; with more experts than spaces, in a multiple
  ///   of them, consecutive experts form as many groups, which move as a whole.
  public static func mostToXPU(tokens: [Int], estimate: ExpertEstimate, spaces: Int) -> [Bool] {
    let (groups, load) = groups(of: tokens, spaces: spaces)
    let order = groups.indices.sorted { load[$0] == load[$1] ? $0 < $1 : load[$0] > load[$1] }
    var high = 0.0
    var low = tokens.reduce(0.0) { $0 + estimate.pim(tokens: $1) }
    var onPIM = [Bool](repeating: true, count: tokens.count)
    var best = low
    for group in order {
      for expert in groups[group] {
        low -= estimate.pim(tokens: tokens[expert])
        high += estimate.xpu(tokens: tokens[expert])
      }
      // Sums of the same terms in another order may differ in the last bit; that is no gain.
      let time = max(high, low)
      guard time < best * (1 - 1e-12) else { break }
      best = time
      for expert in groups[group] { onPIM[expert] = false }
    }
    return onPIM
  }

  /// The most experts that `optimal` takes; the set of useful partial sums may double with each.
  public static let optimalLimit = 24

  /// The division with the least time, exactly; nil for more than `optimalLimit` experts.
  ///
  /// Keeps, expert by expert, the partial divisions that no other one beats on both processors.
  public static func optimal(times: ExpertTimes) -> [Bool]? {
    guard times.xpu.count <= optimalLimit else { return nil }
    var front = [Partial(xpu: .zero, pim: .zero, choice: 0)]
    for expert in times.xpu.indices {
      var next: [Partial] = []
      next.reserveCapacity(2 * front.count)
      for partial in front {
        next.append(
          Partial(
            xpu: partial.xpu + times.xpu[expert], pim: partial.pim, choice: partial.choice))
        next.append(
          Partial(
            xpu: partial.xpu, pim: partial.pim + times.pim[expert],
            choice: partial.choice | 1 << UInt32(expert)))
      }
      next.sort { ($0.xpu, $0.pim, $0.choice) < ($1.xpu, $1.pim, $1.choice) }
      front.removeAll(keepingCapacity: true)
      var least = Duration(picoseconds: Int.max)
      for partial in next where partial.pim < least {
        least = partial.pim
        front.append(partial)
      }
    }
    guard let best = front.min(by: { ($0.time, $0.choice) < ($1.time, $1.choice) }) else {
      return []
    }
    return times.xpu.indices.map { best.choice >> UInt32($0) & 1 == 1 }
  }

  private struct Partial {
    var xpu: Duration
    var pim: Duration
    var choice: UInt32
    var time: Duration { max(xpu, pim) }
  }
}
