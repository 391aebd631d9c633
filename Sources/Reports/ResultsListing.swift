internal import Experiments
public import ResultsStore

/// What `orrery results` prints of a store.
public enum ResultsListing {
  /// The sweeps of a store.
  public static func text(_ sweeps: [SweepSummary]) -> String {
    var table = TextTable([.left, .left, .right, .right, .right, .left])
    table.add(["sweep", "plan", "points", "done", "failed", "latest run"])
    for sweep in sweeps {
      table.add([
        sweep.name, String(sweep.id.prefix(12)), String(sweep.points), String(sweep.done),
        String(sweep.failed), sweep.latest ?? "",
      ])
    }
    return table.lines(indent: 0).joined(separator: "\n") + "\n"
  }

  /// The points of a sweep, or the runs of a store, one a line.
  public static func text(
    _ sweep: SweepRecord, runs: [RunIdentity: RunRecord]
  ) -> String {
    let objectives = sweep.objectives.map(\.metric)
    let metrics = objectives.isEmpty ? ["tokens_per_second", "time_ps"] : objectives
    var table = TextTable(
      [.right, .left, .left] + sweep.axes.map { _ in .left } + metrics.map { _ in .right })
    table.add(["point", "run", "status"] + sweep.axes + metrics)
    for point in sweep.points {
      let run = runs[point.run]
      table.add(
        [
          String(point.number), point.run.short,
          run.map { $0.isDone ? "done" : "failed" } ?? "missing",
        ] + point.coordinates.map(\.text)
          + metrics.map { run?.metric($0).map { NumberText.significant($0) } ?? "" })
    }
    return table.lines(indent: 0).joined(separator: "\n") + "\n"
  }

  /// One run: inputs, configuration, metrics.
  public static func text(_ run: RunRecord) -> String {
    var inputs = TextTable([.left, .left])
    inputs.add(["run", run.identity.digest])
    inputs.add(["build", run.build.digest])
    inputs.add(["system", run.system])
    inputs.add(["trace", run.trace])
    inputs.add(["trace digest", run.traceDigest])
    inputs.add(["ended", run.finishedAt])
    switch run.outcome {
    case .done: inputs.add(["status", "done"])
    case .failed(let error): inputs.add(["status", "failed: \(error)"])
    }
    var lines = inputs.lines(indent: 0) + ["", "Configuration"]
    var configuration = TextTable([.left, .left])
    for (path, value) in ConfigurationLeaves.parse(run.configuration) {
      configuration.add([path, value])
    }
    lines += configuration.lines()
    if !run.metrics.isEmpty {
      lines += ["", "Metrics"]
      var metrics = TextTable([.left, .right, .left])
      for metric in run.metrics { metrics.add([metric.name, text(metric.value), metric.unit]) }
      lines += metrics.lines()
    }
    return lines.joined(separator: "\n") + "\n"
  }

  static func text(_ value: Metric.Value) -> String {
    switch value {
    case .integer(let value): String(value)
    case .real(let value): "\(value)"
    }
  }

  /// A table as aligned text.
  public static func text(_ table: QueryTable) -> String {
    var numeric = table.columns.map { _ in true }
    for row in table.rows {
      for (index, cell) in row.enumerated() {
        if case .text = cell { numeric[index] = false }
      }
    }
    var text = TextTable(numeric.map { $0 ? .right : .left })
    text.add(table.columns)
    for row in table.rows { text.add(row.map { self.text($0) }) }
    return text.lines(indent: 0).joined(separator: "\n") + "\n"
  }

  private static func text(_ cell: QueryTable.Cell) -> String {
    switch cell {
    case .null: ""
    case .integer(let value): String(value)
    case .real(let value): "\(value)"
    case .text(let value): value
    }
  }

  /// A table as RFC 4180 CSV, lines ended by newlines.
  public static func csv(_ table: QueryTable) -> String {
    func field(_ text: String) -> String {
      text.contains { ",\"\n\r".contains($0) }
        ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
    let lines =
      [table.columns.map(field)] + table.rows.map { $0.map { field(text($0)) } }
    return lines.map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// A table as a JSON array of objects; empty cells are absent.
  public static func json(_ table: QueryTable) -> String {
    var json = JSONWriter()
    json.array { json in
      for row in table.rows {
        json.compact { json in
          json.object { json in
            for (column, cell) in zip(table.columns, row) {
              switch cell {
              case .null: break
              case .integer(let value): json.field(column, value)
              case .real(let value): json.field(column, value)
              case .text(let value): json.field(column, value)
              }
            }
          }
        }
      }
    }
    return json.text
  }

  /// The points of a sweep with axes and metrics as columns.
  public static func table(
    _ sweep: SweepRecord, runs: [RunIdentity: RunRecord]
  ) -> QueryTable {
    let metrics = Set(runs.values.flatMap { $0.metrics.map(\.name) }).sorted()
    var table = QueryTable(
      columns: ["point", "run", "status"] + sweep.axes + ["system", "trace", "error"] + metrics,
      rows: [])
    for point in sweep.points {
      let run = runs[point.run]
      var error = QueryTable.Cell.null
      if case .failed(let text)? = run?.outcome { error = .text(text) }
      let values = Dictionary(
        uniqueKeysWithValues: (run?.metrics ?? []).map { ($0.name, $0.value) })
      var row: [QueryTable.Cell] = [
        .integer(point.number), .text(point.run.digest),
        .text(run.map { $0.isDone ? "done" : "failed" } ?? "missing"),
      ]
      row += point.coordinates.map { .text($0.text) }
      row += [
        run.map { .text($0.system) } ?? .null, run.map { .text($0.trace) } ?? .null, error,
      ]
      row += metrics.map { name in
        switch values[name] {
        case .integer(let value): .integer(value)
        case .real(let value): .real(value)
        case nil: .null
        }
      }
      table.rows.append(row)
    }
    return table
  }
}
