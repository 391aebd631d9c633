internal import Experiments
internal import ResultsStore
internal import Units

/// The page of one simulation: why it takes as long as it does.
public struct ResultPage: ReportPage {
  let result: ResultDocument

  public init(_ result: ResultDocument) {
    self.result = result
  }

  public var title: String {
    "\(result.model.isEmpty ? "Trace" : result.model) on \(result.system)"
  }

  public var content: PageContent {
    var content = PageContent()
    content.subtitle = "\(result.trace), \(result.fidelity) fidelity"
    content.figures = figures
    content.charts = [
      causeChart, kindChart, rooflineChart, bandwidthChart, utilizationChart, footprintChart,
      energyChart,
    ].compactMap { $0 }
    content.tables = [
      slowestTable, stepTable, spaceTable, commandTable, metricTable, configurationTable,
    ].compactMap { $0 }
    return content
  }

  private var figures: [(name: String, value: String, remark: String)] {
    var figures: [(name: String, value: String, remark: String)] = []
    func add(_ metric: String, _ name: String, fraction: String? = nil, of peak: String = "") {
      guard let value = result.metric(metric) else { return }
      let remark = fraction.flatMap { result.metric($0) }.map {
        "\(NumberText.percent($0)) of \(peak)"
      }
      figures.append((name, MetricQuantity(metric).text(value), remark ?? ""))
    }
    add("time_ps", "simulated time")
    add("tokens_per_second", "throughput")
    add(
      "memory.bandwidth_bytes_per_second", "memory bandwidth", fraction: "memory.peak_fraction",
      of: "the peak")
    add(
      "compute.flops_per_second", "compute", fraction: "compute.peak_fraction",
      of: "the matrix peak")
    add("energy_joules", "energy")
    return figures
  }

  // MARK: Tables

  private func milliseconds(_ picoseconds: Int) -> String {
    NumberText.significant(Double(picoseconds) * 1e-9)
  }

  private var slowestTable: PageTable? {
    guard !result.operators.isEmpty else { return nil }
    let total = Double(max(result.metric("time_ps") ?? 1, 1))
    let slowest = result.operators.sorted {
      $0.end - $0.start != $1.end - $1.start
        ? $0.end - $0.start > $1.end - $1.start : $0.id < $1.id
    }
    return PageTable(
      title: "Slowest operators",
      columns: ["id", "name", "kind", "unit", "time (ms)", "share of the time"],
      isNumeric: [true, false, false, false, true, true],
      rows: slowest.prefix(25).map { op in
        [
          String(op.id), op.name, op.kind, op.unit, milliseconds(op.end - op.start),
          NumberText.percent(Double(op.end - op.start) / total),
        ]
      })
  }

  private var stepTable: PageTable? {
    guard result.steps.count > 1 else { return nil }
    var table = PageTable(
      title: "Steps", columns: ["step", "phase", "start (ms)", "time (ms)", "tokens"],
      isNumeric: [true, false, true, true, true],
      rows: result.steps.prefix(500).map { step in
        [
          String(step.step), step.phase, milliseconds(step.start),
          milliseconds(step.end - step.start), String(step.tokens),
        ]
      })
    if result.steps.count > 500 { table.remark = "\(result.steps.count - 500) more steps." }
    return table
  }

  /// What lies and moves in each memory space of xPU and PIM.
  private var spaceTable: PageTable? {
    guard !result.spaces.isEmpty else { return nil }
    let keys = [
      "used_bytes", "capacity_bytes", "experts", "kv", "prompts", "shared", "xpu_bytes_moved",
      "pim_bytes_moved",
    ]
    return PageTable(
      title: "Memory spaces of a device",
      columns: ["space"] + keys.map { $0.split(separator: "_").joined(separator: " ") },
      isNumeric: [true] + keys.map { _ in true },
      rows: result.spaces.map { space in
        [NumberText.grouped(space["space"]?.intValue ?? 0)]
          + keys.map { NumberText.grouped(space[$0]?.intValue ?? 0) }
      })
  }

  /// Commands of the memory with their energy.
  private var commandTable: PageTable? {
    guard !result.commands.isEmpty else { return nil }
    let sets = Set(result.commands.flatMap { $0["picojoules"]?.objectValue?.keys.sorted() ?? [] })
      .sorted()
    return PageTable(
      title: "Commands of the memory",
      columns: ["command", "for", "count", "rows opened", "bytes"] + sets.map { "mJ, \($0)" },
      isNumeric: [false, false, true, true, true] + sets.map { _ in true },
      rows: result.commands.map { command in
        [
          command["command"]?.stringValue ?? "", command["processor"]?.stringValue ?? "",
        ]
          + ["count", "rows", "bytes"].map {
            NumberText.grouped(command[$0]?.intValue ?? 0)
          }
          + sets.map { set in
            command["picojoules"]?[set]?.doubleValue.map {
              NumberText.significant($0 * 1e-9)
            } ?? ""
          }
      })
  }

  private var metricTable: PageTable {
    PageTable(
      title: "Metrics", columns: ["metric", "value", "unit"], isNumeric: [false, true, false],
      rows: result.metrics.map { [$0.name, ResultsListing.text($0.value), $0.unit] })
  }

  private var configurationTable: PageTable? {
    guard !result.configuration.isEmpty else { return nil }
    return PageTable(
      title: "Resolved configuration", columns: ["key", "value"], isNumeric: [false, false],
      rows: result.configuration.map { [$0.0, $0.1] })
  }
}
