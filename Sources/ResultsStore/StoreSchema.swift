internal import GRDB

/// The tables of a store, version by version.
///
/// Tables with a text key have no row ids, so that the order in which points end leaves no mark on
/// the file's rows.
enum StoreSchema {
  /// The application id of a results store: "Orry".
  static let applicationID = 0x4f72_7279

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      try db.execute(sql: tables)
    }
    return migrator
  }

  private static let tables = """
    CREATE TABLE run (
      id TEXT NOT NULL PRIMARY KEY,
      build TEXT NOT NULL,
      system TEXT NOT NULL,
      trace TEXT NOT NULL,
      trace_digest TEXT NOT NULL,
      configuration TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
      error TEXT,
      result TEXT,
      host_seconds REAL NOT NULL,
      finished_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE metric (
      run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      value NUMERIC NOT NULL,
      unit TEXT NOT NULL,
      PRIMARY KEY (run, name)
    ) WITHOUT ROWID;
    CREATE TABLE sweep (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      title TEXT NOT NULL,
      specification TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE objective (
      sweep TEXT NOT NULL REFERENCES sweep(id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      metric TEXT NOT NULL,
      goal TEXT NOT NULL CHECK (goal IN ('maximize', 'minimize')),
      PRIMARY KEY (sweep, number)
    ) WITHOUT ROWID;
    CREATE TABLE point (
      sweep TEXT NOT NULL REFERENCES sweep(id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      run TEXT NOT NULL,
      PRIMARY KEY (sweep, number)
    ) WITHOUT ROWID;
    CREATE TABLE coordinate (
      sweep TEXT NOT NULL REFERENCES sweep(id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      position INTEGER NOT NULL,
      axis TEXT NOT NULL,
      value TEXT NOT NULL,
      base_value REAL,
      base_unit TEXT NOT NULL,
      PRIMARY KEY (sweep, number, position)
    ) WITHOUT ROWID;
    CREATE VIEW point_metric AS
      SELECT sweep.name AS sweep, point.number AS point, metric.name AS metric,
        metric.value AS value, metric.unit AS unit, point.run AS run
      FROM point JOIN sweep ON sweep.id = point.sweep JOIN metric ON metric.run = point.run;
    CREATE VIEW point_axis AS
      SELECT sweep.name AS sweep, coordinate.number AS point, coordinate.axis AS axis,
        coordinate.value AS value, coordinate.base_value AS base_value,
        coordinate.base_unit AS base_unit, point.run AS run
      FROM coordinate JOIN sweep ON sweep.id = coordinate.sweep
      JOIN point ON point.sweep = coordinate.sweep AND point.number = coordinate.number;
    """
}
