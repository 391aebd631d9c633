public import Configuration
public import Experiments
internal import SimulationCore
internal import Systems
public import Units
internal import Workload

/// A part of the simulated time.
public struct TimeWindow: Hashable, Sendable {
  public var start: Instant
  public var end: Instant

  public init(start: Instant, end: Instant) {
    self.start = start
    self.end = end
  }

  /// Reads `FROM..TO`, two times with their units.
  ///
  /// - Throws: `ConfigurationError` when the text is no window.
  public init(parsing text: String) throws(ConfigurationError) {
    let parts = text.split(separator: "..", maxSplits: 1).map {
      String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    guard parts.count == 2 else {
      throw ConfigurationError("window '\(text)': write it as FROM..TO, such as '0 us..50 us'")
    }
    let start: Duration
    let end: Duration
    do {
      start = try Duration(parsing: parts[0])
      end = try Duration(parsing: parts[1])
    } catch {
      throw ConfigurationError("window '\(text)': \(error)")
    }
    guard end > start else {
      throw ConfigurationError("window '\(text)': it is empty; the end must come after the start")
    }
    self.init(start: Instant.zero + start, end: Instant.zero + end)
  }
}

/// What a timeline shows of a simulation: units with their operators, steps, counters.
///
/// When there are more operators than fit, the longest are kept and the others are counted, so that
/// a file stays below 50 MB; counters always cover all operators of the window.
public struct TimelineModel: Sendable {
  /// A slice on a track.
  struct Slice: Sendable {
    var name: String
    var category: String
    var start: Int
    var end: Int
    var track: Int
    var arguments: [(name: String, value: Int)]
  }

  /// A value that holds from its time on.
  struct Sample: Sendable {
    var time: Int
    var value: Double
  }

  /// A counter.
  struct Counter: Sendable {
    var name: String
    var unit: String
    var samples: [Sample]
  }

  /// The most slices in one file: at 150 to 250 bytes each, far below 50 MB.
  static let largestCount = 150_000

  let system: String
  let trace: String
  /// The names of the tracks: units first, steps last.
  var tracks: [String]
  /// By start; on one track they do not overlap.
  var slices: [Slice]
  var counters: [Counter]
  /// Operators of the window that are left out.
  public let leftOut: Int

  /// Takes a timeline from a result that kept its operators.
  ///
  /// - Parameter window: only operators that run within it; nil shows all.
  public init(
    _ result: SimulationResult, window: TimeWindow? = nil, limit: Int = TimelineModel.defaultLimit
  ) {
    system = result.system
    trace = result.trace
    let run = result.run
    tracks = run.units.map(\.name) + ["steps"]
    let shown = run.operators.filter { record in
      guard let window else { return true }
      return record.end > window.start && record.start < window.end
    }
    var kept = shown
    if shown.count > limit {
      kept.sort {
        $0.end - $0.start != $1.end - $1.start
          ? $0.end - $0.start > $1.end - $1.start : $0.id < $1.id
      }
      kept.removeLast(shown.count - limit)
    }
    leftOut = shown.count - kept.count
    slices = kept.map { record in
      Slice(
        name: record.name, category: record.kind.rawValue, start: record.start.picoseconds,
        end: record.end.picoseconds, track: record.unit,
        arguments: [
          ("id", record.id), ("step", record.step), ("flops", record.flops),
          ("bytes", record.bytes.count),
        ])
    }
    let stepTrack = tracks.count - 1
    for step in run.steps {
      if let window, step.end <= window.start || step.start >= window.end { continue }
      slices.append(
        Slice(
          name: "step \(step.step)", category: step.phase.rawValue,
          start: step.start.picoseconds, end: step.end.picoseconds, track: stepTrack,
          arguments: [("tokens", step.tokens)]))
    }
    slices.sort { $0.start != $1.start ? $0.start < $1.start : $0.track < $1.track }
    counters =
      TimelineModel.counters(shown, result: result, window: window)
      + TimelineModel.channelCounters(result, window: window)
  }

  /// The measured bandwidth of each channel that a command-level memory simulated.
  private static func channelCounters(
    _ result: SimulationResult, window: TimeWindow?
  ) -> [Counter] {
    let from = (window?.start ?? Instant.zero) - Instant.zero
    let end = window.map { $0.end - Instant.zero } ?? result.time
    let until = min(end, result.time)
    return (result.run.memory?.channelSeries ?? []).map { channel, series in
      let length = series.window
      var samples: [Sample] = []
      for (index, bytes) in series.bytes.enumerated() {
        let start = length.picoseconds * index
        guard start < until.picoseconds, start + length.picoseconds > from.picoseconds else {
          continue
        }
        samples.append(
          Sample(
            time: max(start, from.picoseconds),
            value: Double(bytes.count) / length.seconds * 1e-9))
      }
      samples.append(Sample(time: until.picoseconds, value: 0))
      return Counter(name: "channel \(channel)", unit: "GB/s", samples: samples)
    }
  }

  /// The default for the most slices in one file.
  public static var defaultLimit: Int { largestCount }

  /// Bandwidth and compute rate in equal parts of the window.
  private static func counters(
    _ records: [OperatorRecord], result: SimulationResult, window: TimeWindow?
  ) -> [Counter] {
    let start = window?.start ?? Instant.zero
    let whole = Instant.zero + result.time
    let end = min(window?.end ?? whole, whole)
    guard end > start else { return [] }
    let parts = 1_000
    let length = Duration(picoseconds: max(1, (end - start).picoseconds / parts + 1))
    var bytes = TimeSeries(unit: .bytes, window: length, capacity: 2 * parts)
    var flops = TimeSeries(unit: .flops, window: length, capacity: 2 * parts)
    for record in records where record.end > record.start {
      // Shares outside the window are left out, in proportion.
      let from = max(record.start, start)
      let until = min(record.end, end)
      let share =
        Double((until - from).picoseconds) / Double((record.end - record.start).picoseconds)
      let shift = start - Instant.zero
      bytes.add(
        Int(Double(record.bytes.count) * share), from: from - shift, until: until - shift)
      flops.add(Int(Double(record.flops) * share), from: from - shift, until: until - shift)
    }
    func counter(_ name: String, _ unit: String, _ series: TimeSeries, _ scale: Double) -> Counter {
      Counter(
        name: name, unit: unit,
        samples: series.amounts.enumerated().map { index, amount in
          Sample(
            time: start.picoseconds + index * series.window.picoseconds,
            value: Double(amount) / series.window.seconds * scale)
        } + [Sample(time: end.picoseconds, value: 0)])
    }
    return [
      counter("memory bandwidth", "GB/s", bytes, 1e-9),
      counter("compute", "TFLOP/s", flops, 1e-12),
    ].filter { counter in counter.samples.contains { $0.value > 0 } }
  }
}
