internal import Foundation
internal import GRDB

/// Results in one SQLite file in WAL mode: readers never wait for the writer, nor it for them.
///
/// Each run is written in one transaction, so a process that is killed loses only the runs that
/// were under way. The file must lie on a local disk; clusters write point files instead, which one
/// process merges.
public final class ResultsStore: Sendable {
  /// Whether a store may be changed.
  public enum Access: Sendable {
    case readOnly
    /// The file is made when there is none.
    case readWrite
  }

  /// The file.
  public let path: String
  let database: any DatabaseWriter

  /// Opens a store.
  ///
  /// - Throws: `StoreError` when the file is missing (read only), is not a results store, or cannot
  ///   be opened.
  public init(path: String, access: Access) throws(StoreError) {
    self.path = path
    if access == .readOnly && !FileManager.default.fileExists(atPath: path) {
      throw StoreError("\(path): there is no such results store; `orrery sweep` makes one")
    }
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(60)
    configuration.readonly = access == .readOnly
    // A metric goes with its run.
    configuration.foreignKeysEnabled = true
    do {
      switch access {
      case .readOnly:
        database = try DatabaseQueue(path: path, configuration: configuration)
        try ResultsStore.check(database, path: path)
      case .readWrite:
        database = try DatabasePool(path: path, configuration: configuration)
        try ResultsStore.refuseForeign(database, path: path)
        // The mark first, in a transaction of its own: whoever is killed while the tables are made leaves a file
        // that is known again.
        try database.write { db in
          guard try Int.fetchOne(db, sql: "PRAGMA application_id") != StoreSchema.applicationID
          else { return }
          try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        }
        do { try StoreSchema.migrator.migrate(database) } catch {
          // Another process has made the tables meanwhile.
          try StoreSchema.migrator.migrate(database)
        }
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw ResultsStore.failure(error, path: path)
    }
  }

  private static func check(_ database: any DatabaseWriter, path: String) throws {
    try refuseForeign(database, path: path)
    guard try database.read({ try $0.tableExists("run") }) else {
      throw StoreError("\(path): this SQLite file holds no results")
    }
  }

  /// Throws when the file has tables but is not a results store.
  private static func refuseForeign(_ database: any DatabaseWriter, path: String) throws {
    let (tables, application) = try database.read { db in
      (
        try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0,
        try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
      )
    }
    guard tables == 0 || application == StoreSchema.applicationID else {
      throw StoreError("\(path): this SQLite file belongs to another program; name another file")
    }
  }

  static func failure(_ error: any Error, path: String) -> StoreError {
    if let error = error as? StoreError { return error }
    if let error = error as? DatabaseError {
      if error.resultCode == .SQLITE_NOTADB {
        return StoreError("\(path): not a results store (not an SQLite file)")
      }
      return StoreError("\(path): \(error.message ?? "\(error.resultCode)")")
    }
    return StoreError("\(path): \(error)")
  }

  func read<T: Sendable>(
    _ body: @Sendable (Database) throws -> T
  ) throws(StoreError) -> T {
    do { return try database.read(body) } catch {
      throw ResultsStore.failure(error, path: path)
    }
  }

  func write(_ body: @Sendable (Database) throws -> Void) throws(StoreError) {
    do { try database.write(body) } catch { throw ResultsStore.failure(error, path: path) }
  }

  /// Writes back the log and closes the file.
  public func close() throws(StoreError) {
    do { try database.close() } catch { throw ResultsStore.failure(error, path: path) }
  }
}
