/// Bursts moved over time, in at most ``capacity`` windows of equal length.
///
/// The window doubles when the run outgrows the series, so memory and the work of sampling are bounded. A burst counts
/// in the window in which its column command was sent. Sampled from counters at window ends: nothing is done per burst.
public struct BandwidthSeries: Hashable, Sendable {
  /// Windows that are kept at most.
  public static let capacity = 64
  /// Ticks of a window at first.
  static let shortestWindow = 1024
  /// Ticks of a window; a power of two times 1 024.
  public private(set) var window = BandwidthSeries.shortestWindow
  /// Bursts of each window, from tick 1 on.
  public private(set) var bursts: [Int] = []

  public init() {}

  /// Adds bursts sent up to `tick` and after the end of the window before it.
  mutating func add(_ count: Int, at tick: Int) {
    if count == 0 { return }
    while (tick - 1) / window >= Self.capacity { doubleWindow() }
    let index = max(tick - 1, 0) / window
    while bursts.count <= index { bursts.append(0) }
    bursts[index] += count
  }

  /// The end of the window that tick `now` + 1 lies in.
  func boundary(after now: Int) -> Int { (now / window + 1) * window }

  /// Adds another series window by window.
  mutating func add(_ other: BandwidthSeries, times: Int = 1) {
    var other = other
    while other.window < window { other.doubleWindow() }
    while window < other.window { doubleWindow() }
    for (index, count) in other.bursts.enumerated() where count > 0 {
      add(count * times, at: (index + 1) * window)
    }
  }

  /// Doubles the window until it is `length`, a window that another series has.
  mutating func widen(to length: Int) {
    while window < length { doubleWindow() }
  }

  private mutating func doubleWindow() {
    bursts = stride(from: 0, to: bursts.count, by: 2).map { index in
      bursts[index] + (index + 1 < bursts.count ? bursts[index + 1] : 0)
    }
    window *= 2
  }
}

extension ChannelController {
  /// Runs until nothing is left to do, noting the bursts of each window; `times` for channels that stand for several.
  mutating func drain(into series: inout BandwidthSeries, times: Int = 1) {
    crossesLimit = true
    defer { crossesLimit = false }
    var counted = movedBursts
    while true {
      let limit = series.boundary(after: now)
      advance(to: limit, untilDrained: true)
      // A known block may have led into the next window.
      let moved = movedBursts - burstsPastLimit
      burstsPastLimit = 0
      series.add((moved - counted) * times, at: min(now, limit))
      counted = moved
      if now < limit || isDrained {
        series.add((movedBursts - counted) * times, at: now)
        return
      }
    }
  }

  /// Bursts that crossed the data bus.
  var movedBursts: Int {
    statistics.counts[ChannelStatistics.reads] + statistics.counts[ChannelStatistics.writes]
  }
}
