internal import GRDB

extension ResultsStore {
  /// Adds a run with its metrics, in one transaction.
  ///
  /// A finished run is never replaced; a failed one is replaced by whatever comes.
  ///
  /// - Throws: `StoreError`.
  public func add(_ run: RunRecord) throws(StoreError) {
    try write { db in
      try ResultsStore.insert(run, db)
    }
  }

  /// Adds many runs in one transaction, as a merge does.
  ///
  /// - Throws: `StoreError`; then none is added.
  public func add(_ runs: [RunRecord]) throws(StoreError) {
    try write { db in
      for run in runs { try ResultsStore.insert(run, db) }
    }
  }

  private static func insert(_ run: RunRecord, _ db: Database) throws {
    // Prepared once a connection: a sweep writes the same rows at every point.
    try db.cachedStatement(sql: "DELETE FROM run WHERE id = ? AND status = 'failed'")
      .execute(arguments: [run.identity.digest])
    var status = "done"
    var error: String?
    var result: String?
    switch run.outcome {
    case .done(let text): result = text
    case .failed(let text):
      status = "failed"
      error = text
    }
    try db.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO run (id, build, system, trace, trace_digest, configuration, status,
          error, result, host_seconds, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      run.identity.digest, run.build.digest, run.system, run.trace, run.traceDigest,
      run.configuration, status, error, result, run.hostSeconds, run.finishedAt,
    ])
    guard db.changesCount > 0 else { return }
    let statement = try db.cachedStatement(
      sql: "INSERT INTO metric (run, name, value, unit) VALUES (?, ?, ?, ?)")
    for metric in run.metrics {
      let value: any DatabaseValueConvertible =
        switch metric.value {
        case .integer(let value): value
        case .real(let value): value
        }
      try statement.execute(arguments: [run.identity.digest, metric.name, value, metric.unit])
    }
  }

  /// Registers a sweep with all its points, once; later calls change nothing.
  ///
  /// - Throws: `StoreError`.
  public func add(_ sweep: SweepRecord) throws(StoreError) {
    try write { db in
      try db.execute(
        sql: "INSERT OR IGNORE INTO sweep (id, name, title, specification) VALUES (?, ?, ?, ?)",
        arguments: [sweep.id, sweep.name, sweep.title, sweep.specification])
      guard db.changesCount > 0 else { return }
      for (number, objective) in sweep.objectives.enumerated() {
        try db.execute(
          sql: "INSERT INTO objective (sweep, number, metric, goal) VALUES (?, ?, ?, ?)",
          arguments: [
            sweep.id, number, objective.metric, objective.isMaximized ? "maximize" : "minimize",
          ])
      }
      let point = try db.makeStatement(
        sql: "INSERT INTO point (sweep, number, run) VALUES (?, ?, ?)")
      let coordinate = try db.makeStatement(
        sql: """
          INSERT INTO coordinate (sweep, number, position, axis, value, base_value, base_unit)
            VALUES (?, ?, ?, ?, ?, ?, ?)
          """)
      for record in sweep.points {
        try point.execute(arguments: [sweep.id, record.number, record.run.digest])
        for (position, value) in record.coordinates.enumerated() {
          try coordinate.execute(arguments: [
            sweep.id, record.number, position, value.axis, value.text, value.number, value.unit,
          ])
        }
      }
    }
  }
}
