import ArgumentParser
import Experiments
import Foundation
import Reports
import ResultsStore

/// `orrery results`.
struct ResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "List, show, query, export and compare stored results.",
    subcommands: [
      ResultsListCommand.self, ResultsShowCommand.self, ResultsQueryCommand.self,
      ResultsExportCommand.self, ResultsDiffCommand.self, ResultsMergeCommand.self,
    ])
}

/// Finds things in stores.
enum StoreLookup {
  /// The sweep that `name` or the start of its plan names; without it the latest.
  ///
  /// - Throws: `StoreError` when there is none or when the choice is not clear.
  static func sweep(_ store: ResultsStore, named name: String?) throws -> SweepRecord {
    var sweeps = try store.sweeps()
    if let name { sweeps = sweeps.filter { $0.name == name || $0.id.hasPrefix(name) } }
    // Of several plans of a sweep (other builds, other inputs) the latest counts.
    guard let latest = sweeps.max(by: { ($0.latest ?? "", $0.id) < ($1.latest ?? "", $1.id) })
    else {
      throw StoreError("\(store.path): no sweep\(name.map { " '\($0)'" } ?? ""); see results list")
    }
    let others = Set(sweeps.map(\.name))
    guard name != nil || others.count == 1 else {
      throw StoreError(
        "\(store.path): holds several sweeps (\(others.sorted().joined(separator: ", "))); "
          + "choose one with --sweep")
    }
    return try store.sweep(id: latest.id)
  }

  /// The run whose identity starts with `prefix`.
  ///
  /// - Throws: `StoreError` when there is none or more than one.
  static func run(_ store: ResultsStore, startingWith prefix: String) throws -> RunRecord {
    let runs = try store.runs(startingWith: prefix)
    guard let run = runs.first, runs.count == 1, !prefix.isEmpty else {
      throw StoreError(
        "\(store.path): \(runs.count) runs start with '\(prefix)'; see results show")
    }
    return run
  }

  /// A result file, or `STORE:RUN`.
  static func document(_ reference: String) throws -> ResultDocument {
    if let colon = reference.lastIndex(of: ":"),
      !FileManager.default.fileExists(atPath: reference)
    {
      let store = try ResultsStore(path: String(reference[..<colon]), access: .readOnly)
      let run = try run(store, startingWith: String(reference[reference.index(after: colon)...]))
      return try ResultDocument(run, label: "\(run.system), \(run.trace) (\(run.identity.short))")
    }
    guard let data = FileManager.default.contents(atPath: reference) else {
      throw StoreError("\(reference): cannot be read; write a result file or STORE:RUN")
    }
    return try ResultDocument(json: String(decoding: data, as: UTF8.self), label: reference)
  }
}

/// `orrery results list`.
struct ResultsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the sweeps of a store.")

  @Argument(help: "The store.") var store: String
  @Flag(help: "Print JSON instead of text.") var json = false

  func run() throws {
    let sweeps = try ResultsStore(path: store, access: .readOnly).sweeps()
    if json {
      let table = QueryTable(
        columns: ["sweep", "plan", "title", "points", "done", "failed", "latest"],
        rows: sweeps.map {
          [
            .text($0.name), .text($0.id), .text($0.title), .integer($0.points), .integer($0.done),
            .integer($0.failed), $0.latest.map { .text($0) } ?? .null,
          ]
        })
      print(ResultsListing.json(table), terminator: "")
    } else {
      print(ResultsListing.text(sweeps), terminator: "")
    }
  }
}

/// `orrery results show`.
struct ResultsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the points of a sweep, or one run in full.")

  @Argument(help: "The store.") var store: String
  @Argument(help: "The run: the first digits of its identity.") var identity: String?
  @Option(help: "The sweep: its name or the first digits of its plan.") var sweep: String?
  @Flag(help: "Print JSON instead of text.") var json = false

  func run() throws {
    let results = try ResultsStore(path: store, access: .readOnly)
    if let identity {
      let record = try StoreLookup.run(results, startingWith: identity)
      if json, case .done(let result) = record.outcome {
        print(result, terminator: "")
      } else {
        print(ResultsListing.text(record), terminator: "")
      }
      return
    }
    let record = try StoreLookup.sweep(results, named: sweep)
    let runs = try results.runs(ofSweep: record.id)
    print(
      json
        ? ResultsListing.json(ResultsListing.table(record, runs: runs))
        : ResultsListing.text(record, runs: runs), terminator: "")
  }
}

/// How tables are written.
enum TableFormat: String, CaseIterable, ExpressibleByArgument {
  case text, csv, json

  func write(_ table: QueryTable) -> String {
    switch self {
    case .text: ResultsListing.text(table)
    case .csv: ResultsListing.csv(table)
    case .json: ResultsListing.json(table)
    }
  }
}

/// `orrery results query`.
struct ResultsQueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Run an SQL query that changes nothing.",
    discussion: """
      Tables: run, metric, sweep, objective, point, coordinate; views: point_metric, point_axis.

        orrery results query s.sqlite "SELECT point, value FROM point_metric WHERE metric='time_ps'"
      """)

  @Argument(help: "The store.") var store: String
  @Argument(help: "The query.") var sql: String
  @Option(help: "text, csv or json.") var format = TableFormat.text
  @Flag(help: "The same as --format json.") var json = false

  func run() throws {
    let table = try ResultsStore(path: store, access: .readOnly).query(sql)
    print((json ? .json : format).write(table), terminator: "")
  }
}

/// `orrery results export`.
struct ResultsExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write all points of a sweep, axes and metrics as columns.")

  enum Format: String, CaseIterable, ExpressibleByArgument { case csv, json }

  @Argument(help: "csv or json.") var format: Format
  @Argument(help: "The store.") var store: String
  @Option(help: "The sweep: its name or the first digits of its plan.") var sweep: String?
  @Option(name: .shortAndLong, help: "The file; default: standard output.") var output = "-"

  func run() throws {
    let results = try ResultsStore(path: store, access: .readOnly)
    let record = try StoreLookup.sweep(results, named: sweep)
    let table = ResultsListing.table(record, runs: try results.runs(ofSweep: record.id))
    let text = format == .csv ? ResultsListing.csv(table) : ResultsListing.json(table)
    try OutputFile.write(Array(text.utf8), to: output)
  }
}

/// `orrery results diff`.
struct ResultsDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Compare two results: configuration, metrics, causes.")

  @Argument(help: "A result file, or STORE:RUN.") var a: String
  @Argument(help: "Another one.") var b: String
  @Flag(help: "Print JSON instead of text.") var json = false

  func run() throws {
    let difference = ResultsDifference(
      try StoreLookup.document(a), try StoreLookup.document(b))
    print(json ? difference.json : difference.text, terminator: "")
  }
}

/// `orrery results merge`.
struct ResultsMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Bring the point files of a shared folder into a store.")

  @Argument(help: "The sweep whose shards ran: a preset name or a .yaml file.") var file: String
  @Argument(help: "The shared folder.") var shared: String
  @Option(help: "The results store; default NAME.sqlite.") var store: String?

  func run() throws {
    let specification = try SweepSpecification.load(file)
    let plan = try SweepPlan(
      specification, build: try BuildIdentity.current(), executor: SimulationExecutor())
    let folder = try SharedFolder(path: shared)
    let runs = try folder.runs(of: plan)
    let path = store ?? "\(specification.name).sqlite"
    let results = try ResultsStore(path: path, access: .readWrite)
    try results.add(plan.record)
    try results.add(runs)
    try results.close()
    print("\(path): \(runs.count) runs of \(plan.points.count) points")
  }
}
