internal import Experiments
internal import Foundation
public import ResultsStore

/// The page of a sweep: what its axes do to its metrics.
public struct SweepPage: ReportPage {
  let sweep: SweepRecord
  let runs: [RunIdentity: RunRecord]
  /// The points whose run is done, with it.
  let points: [(point: PointRecord, run: RunRecord)]
  let axes: [SweepPageAxis]

  public init(sweep: SweepRecord, runs: [RunIdentity: RunRecord]) {
    self.sweep = sweep
    self.runs = runs
    points = sweep.points.compactMap { point in
      guard let run = runs[point.run], run.isDone else { return nil }
      return (point, run)
    }
    axes = sweep.axes.indices.map { SweepPageAxis(index: $0, sweep: sweep) }
  }

  public var title: String { sweep.title }

  public var content: PageContent {
    var content = PageContent()
    let failed = sweep.points.count { runs[$0.run]?.isDone == false }
    let open = sweep.points.count - points.count - failed
    content.subtitle =
      "Sweep \(sweep.name): \(sweep.points.count) points over "
      + "\(axes.map(\.name).joined(separator: ", ")); \(points.count) done"
      + (failed > 0 ? ", \(failed) failed" : "") + (open > 0 ? ", \(open) without a run" : "")
    for objective in sweep.objectives {
      guard let best = best(of: objective), let value = best.run.metric(objective.metric) else {
        continue
      }
      let quantity = MetricQuantity(objective.metric)
      content.figures.append(
        (
          name: "\(objective.isMaximized ? "highest" : "lowest") \(quantity.name)",
          value: quantity.text(value),
          remark: best.point.coordinates.map { "\($0.axis) \($0.text)" }.joined(separator: ", ")
        ))
    }
    if !points.isEmpty {
      content.charts = metricCharts + paretoCharts + sensitivityCharts + causeCharts
    }
    content.tables = [pointTable]
    if failed > 0 { content.tables.append(failureTable) }
    content.tables.append(configurationTable)
    return content
  }

  private func best(of objective: Objective) -> (point: PointRecord, run: RunRecord)? {
    var best: (point: PointRecord, run: RunRecord)?
    for entry in points {
      guard let value = entry.run.metric(objective.metric) else { continue }
      if let known = best?.run.metric(objective.metric),
        !objective.isBetter(value, than: known)
      {
        continue
      }
      best = entry
    }
    return best
  }

  /// What the page is about: the objectives, else throughput or time.
  var objectives: [Objective] {
    if !sweep.objectives.isEmpty { return sweep.objectives }
    let hasTokens = points.contains { $0.run.metric("tokens_per_second") != nil }
    return [
      hasTokens
        ? Objective(metric: "tokens_per_second", isMaximized: true)
        : Objective(metric: "time_ps", isMaximized: false)
    ]
  }

  // MARK: Tables

  private var pointTable: PageTable {
    var metrics = objectives.map(\.metric)
    for name in ["tokens_per_second", "time_ps", "memory.peak_fraction", "compute.peak_fraction"]
    where !metrics.contains(name) && points.contains(where: { $0.run.metric(name) != nil }) {
      metrics.append(name)
    }
    let quantities = metrics.map { MetricQuantity($0) }
    var table = PageTable(
      title: "Points", columns: ["point"] + axes.map(\.name) + quantities.map(\.heading),
      isNumeric: [true] + axes.map { !$0.isCategory } + metrics.map { _ in true }, rows: [])
    for (point, run) in points.prefix(1_000) {
      table.rows.append(
        [String(point.number)] + point.coordinates.map(\.text)
          + quantities.map { quantity in
            run.metric(quantity.metric).map { NumberText.significant($0 * quantity.scale) } ?? ""
          })
    }
    if points.count > 1_000 {
      table.remark =
        "\(points.count - 1_000) more points are in the store; `orrery results export` has them all."
    }
    return table
  }

  private var failureTable: PageTable {
    var table = PageTable(
      title: "Points that failed", columns: ["point"] + axes.map(\.name) + ["error"],
      isNumeric: [true] + axes.map { !$0.isCategory } + [false], rows: [])
    for point in sweep.points {
      guard case .failed(let error)? = runs[point.run]?.outcome else { continue }
      table.rows.append([String(point.number)] + point.coordinates.map(\.text) + [error])
    }
    return table
  }

  /// The values that all systems share, and the number of values of the others.
  private var configurationTable: PageTable {
    var values: [String: Set<String>] = [:]
    var order: [String] = []
    for (_, run) in points {
      for (path, value) in ConfigurationLeaves.parse(run.configuration) {
        if values[path] == nil { order.append(path) }
        values[path, default: []].insert(value)
      }
    }
    return PageTable(
      title: "Resolved configuration", columns: ["key", "value"], isNumeric: [false, false],
      rows: order.sorted().map { path in
        let found = (values[path] ?? []).sorted()
        return [path, found.count <= 4 ? found.joined(separator: " | ") : "\(found.count) values"]
      })
  }
}

/// An axis as a page shows it.
struct SweepPageAxis {
  let index: Int
  let name: String
  /// Whether its values are texts.
  let isCategory: Bool
  /// The distinct values, in the order of the points.
  let values: [Coordinate]
  /// What numbers are divided by, and the unit that gives.
  let scale: Double
  let unit: String

  init(index: Int, sweep: SweepRecord) {
    self.index = index
    name = sweep.axes[index]
    var seen: Set<String> = []
    values = sweep.points.compactMap { point in
      let value = point.coordinates[index]
      return seen.insert(value.text).inserted ? value : nil
    }
    isCategory = values.contains { $0.number == nil }
    let largest = values.compactMap { $0.number?.magnitude }.max() ?? 0
    let base = values.first?.unit ?? ""
    let prefixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    if !base.isEmpty, let fit = prefixes.first(where: { largest >= $0.0 }) {
      scale = fit.0
      unit = fit.1 + base
    } else {
      scale = 1
      unit = base
    }
  }

  /// The name with its unit.
  var heading: String { unit.isEmpty ? name : "\(name) (\(unit))" }

  /// Whether the texts of all values fit side by side.
  var hasShortTexts: Bool { values.reduce(0) { $0 + $1.text.count + 2 } <= 44 }

  /// Whether values grow by factors rather than by steps.
  var isLogarithmic: Bool {
    let numbers = values.compactMap(\.number).sorted()
    guard let first = numbers.first, let last = numbers.last, first > 0, numbers.count > 2 else {
      return false
    }
    return last / first >= 16
  }

  /// The values that an axis labels: from the largest down, those with room for their text.
  var ticks: [Double] {
    let numbers = values.compactMap { $0.number.map { $0 / scale } }.sorted()
    guard let low = numbers.first, let high = numbers.last, high > low else { return numbers }
    func place(_ value: Double) -> Double {
      isLogarithmic
        ? Foundation.log2(value / low) / Foundation.log2(high / low) : (value - low) / (high - low)
    }
    var ticks: [Double] = []
    for number in numbers.reversed() {
      if let last = ticks.last, place(last) - place(number) < 0.085 { continue }
      ticks.append(number)
    }
    return ticks.reversed()
  }

  /// A point's value as a chart takes it.
  func value(of point: PointRecord) -> ChartSpec {
    let coordinate = point.coordinates[index]
    if !isCategory, let number = coordinate.number { return ChartSpec(number / scale) }
    return .text(coordinate.text)
  }
}

/// A metric as people read it: name, unit, scale.
struct MetricQuantity {
  let metric: String
  let name: String
  let unit: String
  /// What values are multiplied with to come in `unit`.
  let scale: Double

  init(_ metric: String) {
    self.metric = metric
    let names = [
      "time_ps": "time", "tokens_per_second": "throughput", "energy_joules": "energy",
      "energy_per_token_joules": "energy per token", "power_watts": "power",
      "area_mm2": "added area",
      "memory.peak_fraction": "memory bandwidth, share of peak",
      "compute.peak_fraction": "compute, share of peak",
      "memory.bandwidth_bytes_per_second": "memory bandwidth",
      "compute.flops_per_second": "compute rate",
    ]
    name = names[metric] ?? metric.replacing("_", with: " ")
    switch ResultMetrics.unit(of: metric) {
    case "ps": (unit, scale) = ("ms", 1e-9)
    case "B/s": (unit, scale) = ("GB/s", 1e-9)
    case "B": (unit, scale) = ("GB", 1e-9)
    case "FLOP/s": (unit, scale) = ("TFLOP/s", 1e-12)
    case "FLOP": (unit, scale) = ("TFLOP", 1e-12)
    case "mm2": (unit, scale) = ("mm\u{B2}", 1)
    case "1": (unit, scale) = metric.hasSuffix("fraction") ? ("%", 100) : ("", 1)
    case let other: (unit, scale) = (other, 1)
    }
  }

  /// The name with its unit.
  var heading: String { unit.isEmpty ? name : "\(name) (\(unit))" }

  /// A value with its unit.
  func text(_ value: Double) -> String {
    NumberText.significant(value * scale) + (unit.isEmpty ? "" : " \(unit)")
  }
}
