public import Experiments
internal import Serving
internal import SimulationCore
internal import Systems
internal import Units
internal import Workload

/// The text that `orrery serve` prints.
public struct ServiceReport {
  private let result: ServiceResult

  public init(_ result: ServiceResult) {
    self.result = result
  }

  /// The whole report, ended by a newline.
  public var text: String {
    let run = result.run
    var lines = ["\(result.model) served on \(result.system), \(result.fidelity) fidelity", ""]
    lines += summary
    lines += ["", "Latency"]
    lines += latency
    lines += ["", "Why it takes this long"]
    var causes = TextTable([.left, .right, .right, .left])
    for (cause, duration) in run.causes.charges.sorted(by: { $0.duration > $1.duration }) {
      causes.add([
        cause.name,
        NumberText.percent(
          Double(duration.picoseconds) / Double(max(1, run.time.picoseconds))),
        NumberText.time(duration), cause.explanation,
      ])
    }
    lines += causes.lines()
    lines += ["", "Stages"]
    lines += phases
    return lines.joined(separator: "\n") + "\n"
  }

  private var summary: [String] {
    let run = result.run
    var table = TextTable([.left, .right, .left])
    table.add([
      "simulated time", NumberText.time(run.time), "\(NumberText.grouped(run.stages.count)) stages",
    ])
    if let rate = run.tokensPerSecond {
      table.add([
        "throughput", "\(NumberText.amount(rate, digits: 1)) tokens/s",
        "\(NumberText.grouped(run.tokens)) generated, \(NumberText.grouped(run.promptTokens)) "
          + "prompt tokens",
      ])
    }
    if let rate = run.requestsPerSecond {
      table.add([
        "requests", "\(NumberText.amount(rate, digits: 2)) requests/s",
        "\(NumberText.grouped(run.finished)) finished, \(NumberText.grouped(run.waiting)) waiting",
      ])
    }
    if let energy = result.picojoulesPerToken {
      table.add([
        "energy", "\(NumberText.amount(energy / 1e9, digits: 2)) mJ/token",
        "memory and arithmetic, first set of coefficients",
      ])
    }
    if let footprint = result.footprint {
      table.add([
        "memory needed", NumberText.binaryBytes(Double(footprint.total.count)),
        "of \(result.capacity.text), fullest device times devices",
      ])
    }
    return table.lines(indent: 0)
  }

  private var latency: [String] {
    var table = TextTable([.left, .right, .right, .right, .right, .right])
    table.add(["", "mean", "p50", "p90", "p99", "max"])
    let summaries = [
      ("time between tokens", LatencySummary(result.run.timeBetweenTokens)),
      ("time to first token", LatencySummary(result.run.timesToFirstToken)),
      ("end to end", LatencySummary(result.run.endToEndTimes)),
    ]
    for (name, summary) in summaries {
      guard let summary else { continue }
      table.add([
        name, NumberText.time(Duration(picoseconds: Int(summary.mean.rounded()))),
        NumberText.time(summary.p50), NumberText.time(summary.p90),
        NumberText.time(summary.p99), NumberText.time(summary.greatest),
      ])
    }
    return table.lines()
  }

  private var phases: [String] {
    var table = TextTable([.left, .right, .right, .right])
    for phase in Phase.allCases {
      let stages = result.run.stages.filter { $0.phase == phase }
      guard !stages.isEmpty else { continue }
      let time = stages.reduce(Duration.zero) { $0 + ($1.end - $1.start) }
      let tokens = stages.reduce(0) { $0 + $1.tokens }
      table.add([
        phase.rawValue, "\(NumberText.grouped(stages.count)) stages",
        NumberText.time(Duration(picoseconds: time.picoseconds / stages.count)) + " each",
        time > .zero
          ? NumberText.amount(Double(tokens) / time.seconds, digits: 1) + " tokens/s" : "",
      ])
    }
    return table.lines()
  }
}
