internal import Experiments
internal import ResultsStore

/// The page of one run of continuous batching: rates, latencies, stages.
public struct ServicePage: ReportPage {
  let service: ServiceDocument

  public init(_ service: ServiceDocument) {
    self.service = service
  }

  public var title: String { "\(service.model) served on \(service.system)" }

  public var content: PageContent {
    var content = PageContent()
    content.subtitle =
      "\(NumberText.grouped(service.requests.count)) requests in "
      + "\(NumberText.grouped(service.stages.count)) stages, \(service.fidelity) fidelity"
    content.figures = figures
    content.charts = [latencyChart, throughputChart, batchChart, causeChart].compactMap { $0 }
    content.tables = [latencyTable, phaseTable, slowestTable, metricTable].compactMap { $0 }
    return content
  }

  private var figures: [(name: String, value: String, remark: String)] {
    var figures: [(name: String, value: String, remark: String)] = []
    func add(_ metric: String, _ name: String, _ remark: String = "") {
      guard let value = service.metric(metric) else { return }
      figures.append((name, MetricQuantity(metric).text(value), remark))
    }
    add("time_ps", "simulated time")
    add("tokens_per_second", "throughput")
    if let rate = service.metric("requests_per_second") {
      figures.append(("requests", NumberText.significant(rate) + " /s", "finished"))
    }
    for (name, label) in ServicePage.latencies {
      guard let value = service.metric("latency_ps.\(name).p99") else { continue }
      figures.append((label, NumberText.significant(value * 1e-9) + " ms", "99th percentile"))
    }
    return figures
  }

  /// Latencies by their key in results, in the order in which a request meets them.
  static let latencies = [
    ("time_to_first_token", "time to first token"),
    ("time_between_tokens", "time between tokens"), ("end_to_end", "end to end"),
  ]

  // MARK: Tables

  private var latencyTable: PageTable? {
    let columns = ["mean", "p50", "p90", "p99", "max"]
    let rows = ServicePage.latencies.compactMap { name, label -> [String]? in
      guard service.metric("latency_ps.\(name).mean") != nil else { return nil }
      return [label]
        + columns.map { column in
          service.metric("latency_ps.\(name).\(column)").map {
            NumberText.significant($0 * 1e-9)
          } ?? ""
        }
    }
    guard !rows.isEmpty else { return nil }
    return PageTable(
      title: "Latency (ms)", columns: [""] + columns,
      isNumeric: [false] + columns.map { _ in true }, rows: rows)
  }

  private var phaseTable: PageTable? {
    let phases = Dictionary(grouping: service.stages, by: \.phase)
    guard !phases.isEmpty else { return nil }
    return PageTable(
      title: "Stages by phase",
      columns: ["phase", "stages", "mean time (ms)", "mean requests", "tokens/s"],
      isNumeric: [false, true, true, true, true],
      rows: phases.sorted { $0.key < $1.key }.map { phase, stages in
        let time = stages.reduce(0.0) { $0 + Double($1.end - $1.start) }
        let tokens = stages.reduce(0) { $0 + $1.tokens }
        let requests = stages.reduce(0) { $0 + $1.requests }
        return [
          phase, NumberText.grouped(stages.count),
          NumberText.significant(time / Double(stages.count) * 1e-9),
          NumberText.significant(Double(requests) / Double(stages.count)),
          time > 0 ? NumberText.significant(Double(tokens) / time * 1e12) : "",
        ]
      })
  }

  private var slowestTable: PageTable? {
    let done = service.requests.compactMap { request in request.endToEnd.map { (request, $0) } }
    guard !done.isEmpty else { return nil }
    let slowest = done.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0.id < $1.0.id }
    func text(_ picoseconds: Double?) -> String {
      picoseconds.map { NumberText.significant($0 * 1e-9) } ?? ""
    }
    return PageTable(
      title: "Slowest requests",
      columns: [
        "request", "prompt", "output", "arrival (ms)", "first token (ms)", "between tokens (ms)",
        "end to end (ms)",
      ],
      isNumeric: Array(repeating: true, count: 7),
      rows: slowest.prefix(25).map { request, time in
        [
          String(request.id), String(request.prompt), String(request.output),
          text(Double(request.arrival)), text(request.firstToken), text(request.betweenTokens),
          text(time),
        ]
      })
  }

  private var metricTable: PageTable {
    PageTable(
      title: "Metrics", columns: ["metric", "value", "unit"], isNumeric: [false, true, false],
      rows: service.metrics.map { [$0.name, ResultsListing.text($0.value), $0.unit] })
  }
}
