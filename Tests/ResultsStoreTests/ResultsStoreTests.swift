import Foundation
import GRDB
import ResultsStore
import Testing

private func temporaryPath() -> String {
  FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).sqlite").path()
}

private func run(_ name: String, failed: Bool = false) -> RunRecord {
  let build = BuildIdentity(digest: "build")
  return RunRecord(
    identity: RunIdentity(configuration: name, trace: "t", build: build), build: build,
    system: name, trace: "t", traceDigest: "d", configuration: "{}",
    outcome: failed ? .failed(error: "no room") : .done(result: "{}"),
    metrics: failed
      ? []
      : [
        Metric(name: "time_ps", value: .integer(9_007_199_254_740_993), unit: "ps"),
        Metric(name: "share", value: .real(0.1), unit: "1"),
      ], hostSeconds: 1, finishedAt: "2026-01-01T00:00:00Z")
}

@Suite struct RunIdentityTests {
  @Test func everyPartChangesTheIdentity() {
    let build = BuildIdentity(digest: "b")
    let base = RunIdentity(configuration: "c", trace: "t", build: build)
    #expect(base == RunIdentity(configuration: "c", trace: "t", build: build))
    #expect(base != RunIdentity(configuration: "d", trace: "t", build: build))
    #expect(base != RunIdentity(configuration: "c", trace: "u", build: build))
    #expect(
      base != RunIdentity(configuration: "c", trace: "t", build: BuildIdentity(digest: "c")))
  }

  @Test func partsDoNotRunIntoEachOther() {
    let build = BuildIdentity(digest: "b")
    #expect(
      RunIdentity(configuration: "a\n1\nb", trace: "c", build: build)
        != RunIdentity(configuration: "a", trace: "b\n1\nc", build: build))
  }

  @Test func theBuildIsTheDigestOfTheRunningProgram() throws {
    let build = try BuildIdentity.current()
    #expect(build.digest.count == 64)
    #expect(try BuildIdentity.current() == build)
    #expect(throws: StoreError.self) { try BuildIdentity.digest(ofFile: "/no/such/file") }
  }
}

@Suite struct ResultsStoreTests {
  @Test func aRunComesBackAsItWent() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try ResultsStore(path: path, access: .readWrite)
    let sent = run("a")
    try store.add(sent)
    var back = try #require(
      try store.runs(startingWith: String(sent.identity.digest.prefix(9))).first)
    back.metrics.sort { $0.name > $1.name }
    #expect(back == sent)
  }

  @Test func aDoneRunIsNeverReplacedAndAFailedOneIs() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try ResultsStore(path: path, access: .readWrite)
    try store.add(run("a", failed: true))
    #expect(try store.knownRuns().values.first == false)
    try store.add(run("a"))
    #expect(try store.knownRuns().values.first == true)
    var other = run("a")
    other.hostSeconds = 99
    try store.add(other)
    try store.add(run("a", failed: true))
    let runs = try store.runs(startingWith: "")
    #expect(runs.count == 1 && runs[0].hostSeconds == 1 && runs[0].isDone)
  }

  @Test func readersSeeTheStoreWhileItIsWritten() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let writer = try ResultsStore(path: path, access: .readWrite)
    try writer.add(run("a"))
    let reader = try ResultsStore(path: path, access: .readOnly)
    #expect(try reader.query("SELECT COUNT(*) FROM run").rows == [[.integer(1)]])
    try writer.add(run("b"))
    #expect(try reader.query("SELECT COUNT(*) FROM run").rows == [[.integer(2)]])
    #expect(FileManager.default.fileExists(atPath: path + "-wal"))
  }

  @Test func queriesCannotWrite() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try ResultsStore(path: path, access: .readWrite)
    try store.add(run("a"))
    let error = #expect(throws: StoreError.self) { try store.query("DELETE FROM run") }
    #expect(error?.description.contains("only reading") == true)
    #expect(throws: StoreError.self) { try store.query("SELECT nothing FROM run") }
    #expect(try store.knownRuns().count == 1)
  }

  @Test func filesOfOthersAreRefused() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("not a database, but long enough to look like a file of some kind".utf8)
      .write(to: URL(filePath: path))
    #expect(throws: StoreError.self) { try ResultsStore(path: path, access: .readOnly) }
    #expect(throws: StoreError.self) { try ResultsStore(path: path, access: .readWrite) }
    #expect(throws: StoreError.self) { try ResultsStore(path: path + ".no", access: .readOnly) }
    #expect(!FileManager.default.fileExists(atPath: path + ".no"))
  }

  /// Whoever is killed while the tables are made has left the mark and, at most, the list of migrations.
  @Test(arguments: ["", "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)"])
  func aStoreThatIsHalfMadeIsFinished(tables: String) throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let half = try DatabaseQueue(path: path)
    try half.write { try $0.execute(sql: "PRAGMA application_id = \(0x4f72_7279); " + tables) }
    try half.close()
    let store = try ResultsStore(path: path, access: .readWrite)
    try store.add(run("a"))
    #expect(try store.knownRuns().count == 1)
  }

  @Test func aSweepIsRegisteredOnce() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try ResultsStore(path: path, access: .readWrite)
    let record = SweepRecord(
      id: "plan", name: "s", title: "S", specification: "name: s",
      objectives: [Objective(metric: "time_ps", isMaximized: false)],
      points: [
        PointRecord(
          number: 0, run: run("a").identity,
          coordinates: [Coordinate(axis: "batch", text: "4", number: 4)]),
        PointRecord(
          number: 1, run: run("b").identity,
          coordinates: [Coordinate(axis: "batch", text: "8", number: 8)]),
      ])
    try store.add(record)
    try store.add(record)
    try store.add(run("a"))
    try store.add(run("b", failed: true))
    #expect(try store.sweep(id: "plan") == record)
    let summary = try #require(try store.sweeps().first)
    #expect(summary.points == 2 && summary.done == 1 && summary.failed == 1)
    #expect(
      try store.query("SELECT value FROM point_metric WHERE metric = 'time_ps'").rows
        == [[.integer(9_007_199_254_740_993)]])
    #expect(throws: StoreError.self) { try store.sweep(id: "other") }
  }
}
