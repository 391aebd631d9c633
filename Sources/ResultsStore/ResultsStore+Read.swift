internal import GRDB

/// The answer to a query: column names and rows of texts.
public struct QueryTable: Hashable, Sendable {
  /// A value of a row.
  public enum Cell: Hashable, Sendable {
    case null
    case integer(Int)
    case real(Double)
    case text(String)
  }

  /// The names of the columns.
  public var columns: [String]
  /// The rows.
  public var rows: [[Cell]]

  public init(columns: [String], rows: [[Cell]]) {
    self.columns = columns
    self.rows = rows
  }
}

/// A sweep in a list.
public struct SweepSummary: Hashable, Sendable {
  public var id: String
  public var name: String
  public var title: String
  public var points: Int
  public var done: Int
  public var failed: Int
  /// When the last of its runs ended; nil before the first.
  public var latest: String?
}

extension ResultsStore {
  /// The identities of all runs that the store has, with whether each is done.
  ///
  /// - Throws: `StoreError`.
  public func knownRuns() throws(StoreError) -> [RunIdentity: Bool] {
    try read { db in
      var known: [RunIdentity: Bool] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT id, status FROM run") {
        known[RunIdentity(digest: row[0])] = row[1] == "done"
      }
      return known
    }
  }

  /// The runs whose identity starts with `prefix`, by identity.
  ///
  /// - Throws: `StoreError`.
  public func runs(startingWith prefix: String) throws(StoreError) -> [RunRecord] {
    try read { db in
      try ResultsStore.fetchRuns(
        db, condition: "WHERE substr(id, 1, ?) = ?", arguments: [prefix.count, prefix])
    }
  }

  /// All runs of a sweep that have ended, by identity.
  ///
  /// - Throws: `StoreError`.
  public func runs(ofSweep id: String) throws(StoreError) -> [RunIdentity: RunRecord] {
    try read { db in
      let runs = try ResultsStore.fetchRuns(
        db, condition: "WHERE id IN (SELECT run FROM point WHERE sweep = ?)", arguments: [id])
      return Dictionary(uniqueKeysWithValues: runs.map { ($0.identity, $0) })
    }
  }

  /// All runs of a sweep that have ended, with no more than some of their metrics; results and configurations are left empty.
  ///
  /// - Throws: `StoreError`.
  public func runs(
    ofSweep id: String, metrics names: [String]
  ) throws(StoreError) -> [RunIdentity: RunRecord] {
    try read { db in
      var runs: [RunIdentity: RunRecord] = [:]
      for row in try Row.fetchAll(
        db,
        sql: """
          SELECT id, build, system, trace, trace_digest, status, error, host_seconds, finished_at FROM run
            WHERE id IN (SELECT run FROM point WHERE sweep = ?)
          """, arguments: [id])
      {
        let identity = RunIdentity(digest: row[0])
        let status: String = row[5]
        runs[identity] = RunRecord(
          identity: identity, build: BuildIdentity(digest: row[1]), system: row[2], trace: row[3],
          traceDigest: row[4], configuration: "",
          outcome: status == "done" ? .done(result: "") : .failed(error: row[6] ?? ""), metrics: [],
          hostSeconds: row[7], finishedAt: row[8])
      }
      for name in names {
        for row in try Row.fetchAll(
          db,
          sql: """
            SELECT run, value, unit FROM metric
              WHERE name = ? AND run IN (SELECT run FROM point WHERE sweep = ?)
            """, arguments: [name, id])
        {
          runs[RunIdentity(digest: row[0])]?.metrics.append(
            Metric(name: name, value: ResultsStore.value(row[1]), unit: row[2]))
        }
      }
      return runs
    }
  }

  private static func fetchRuns(
    _ db: Database, condition: String, arguments: StatementArguments
  ) throws -> [RunRecord] {
    var records: [RunRecord] = []
    let metrics = try db.makeStatement(
      sql: "SELECT name, value, unit FROM metric WHERE run = ? ORDER BY name")
    for row in try Row.fetchAll(
      db, sql: "SELECT * FROM run \(condition) ORDER BY id", arguments: arguments)
    {
      let id: String = row["id"]
      let status: String = row["status"]
      let outcome: RunRecord.Outcome =
        status == "done"
        ? .done(result: row["result"] ?? "") : .failed(error: row["error"] ?? "")
      records.append(
        RunRecord(
          identity: RunIdentity(digest: id), build: BuildIdentity(digest: row["build"]),
          system: row["system"], trace: row["trace"], traceDigest: row["trace_digest"],
          configuration: row["configuration"], outcome: outcome,
          metrics: try Row.fetchAll(metrics, arguments: [id]).map {
            Metric(name: $0[0], value: ResultsStore.value($0[1]), unit: $0[2])
          },
          hostSeconds: row["host_seconds"], finishedAt: row["finished_at"]))
    }
    return records
  }

  private static func value(_ stored: DatabaseValue) -> Metric.Value {
    if case .int64(let value) = stored.storage { return .integer(Int(value)) }
    return .real(Double.fromDatabaseValue(stored) ?? 0)
  }

  /// All sweeps, by name and then by the time of their last run.
  ///
  /// - Throws: `StoreError`.
  public func sweeps() throws(StoreError) -> [SweepSummary] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT sweep.id, sweep.name, sweep.title, COUNT(*),
            COALESCE(SUM(run.status = 'done'), 0), COALESCE(SUM(run.status = 'failed'), 0),
            MAX(run.finished_at)
          FROM sweep JOIN point ON point.sweep = sweep.id LEFT JOIN run ON run.id = point.run
          GROUP BY sweep.id ORDER BY sweep.name, MAX(run.finished_at), sweep.id
          """
      ).map {
        SweepSummary(
          id: $0[0], name: $0[1], title: $0[2], points: $0[3], done: $0[4], failed: $0[5],
          latest: $0[6])
      }
    }
  }

  /// A sweep by its identity, with all points.
  ///
  /// - Throws: `StoreError` when there is none.
  public func sweep(id: String) throws(StoreError) -> SweepRecord {
    let path = path
    return try read { db in
      guard
        let row = try Row.fetchOne(db, sql: "SELECT * FROM sweep WHERE id = ?", arguments: [id])
      else { throw StoreError("\(path): no sweep \(id.prefix(12))") }
      var record = SweepRecord(
        id: id, name: row["name"], title: row["title"], specification: row["specification"],
        objectives: [], points: [])
      for row in try Row.fetchAll(
        db, sql: "SELECT metric, goal FROM objective WHERE sweep = ? ORDER BY number",
        arguments: [id])
      {
        record.objectives.append(Objective(metric: row[0], isMaximized: row[1] == "maximize"))
      }
      for row in try Row.fetchAll(
        db, sql: "SELECT number, run FROM point WHERE sweep = ? ORDER BY number", arguments: [id])
      {
        record.points.append(
          PointRecord(number: row[0], run: RunIdentity(digest: row[1]), coordinates: []))
      }
      for row in try Row.fetchAll(
        db,
        sql: """
          SELECT number, axis, value, base_value, base_unit FROM coordinate WHERE sweep = ?
            ORDER BY number, position
          """, arguments: [id])
      {
        let number: Int = row[0]
        guard record.points.indices.contains(number) else { continue }
        record.points[number].coordinates.append(
          Coordinate(axis: row[1], text: row[2], number: row[3], unit: row[4]))
      }
      return record
    }
  }

  /// Runs one SQL query that changes nothing.
  ///
  /// - Throws: `StoreError` with SQLite's message when it is wrong or would write.
  public func query(_ sql: String) throws(StoreError) -> QueryTable {
    try read { db in
      let statement = try db.makeStatement(sql: sql)
      guard statement.isReadonly else {
        throw StoreError("this query would change the store; only reading is allowed")
      }
      var table = QueryTable(columns: statement.columnNames, rows: [])
      let cursor = try Row.fetchCursor(statement)
      while let row = try cursor.next() {
        table.rows.append(
          row.databaseValues.map { value in
            switch value.storage {
            case .null: .null
            case .int64(let value): .integer(Int(value))
            case .double(let value): .real(value)
            case .string(let value): .text(value)
            case .blob(let data): .text("\(data.count) bytes")
            }
          })
      }
      return table
    }
  }
}
