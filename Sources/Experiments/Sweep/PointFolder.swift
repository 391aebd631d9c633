internal import Foundation
public import ResultsStore
internal import Units

/// Results as one JSON file a run in a folder that many machines share.
///
/// A file appears under its name when it is complete and on the disk: it is written under another
/// name, flushed, and renamed. So any number of processes may write, and a killed one leaves at
/// most files that nobody reads.
public struct PointFolder: Sendable {
  /// The version of the files.
  public static let schema = "orrery.point/1"

  /// The folder.
  public let path: String

  /// Opens a folder and makes it when there is none.
  ///
  /// - Throws: `OutputError`.
  public init(path: String) throws(OutputError) {
    self.path = path
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw OutputError("\(path): cannot be made: \(error.localizedDescription)")
    }
  }

  private func file(of run: RunIdentity) -> String { "\(path)/\(run.digest).json" }

  /// The runs that have a file, with whether each is done.
  ///
  /// - Throws: `StoreError` when a file is there but is not a point file.
  public func knownRuns(among runs: [RunIdentity]) throws(StoreError) -> [RunIdentity: Bool] {
    var known: [RunIdentity: Bool] = [:]
    for run in runs where known[run] == nil {
      if let record = try read(run) { known[run] = record.isDone }
    }
    return known
  }

  /// How many of the runs have a file; files are not opened.
  public func count(among runs: Set<RunIdentity>) -> Int {
    runs.count { FileManager.default.fileExists(atPath: file(of: $0)) }
  }

  /// Whether a run has a file.
  public func contains(_ run: RunIdentity) -> Bool {
    FileManager.default.fileExists(atPath: file(of: run))
  }

  /// Writes a run, whole or not at all.
  ///
  /// - Throws: `OutputError`.
  public func add(_ run: RunRecord) throws(OutputError) {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", PointFolder.schema)
      json.field("id", run.identity.digest)
      json.field("build", run.build.digest)
      json.field("system", run.system)
      json.field("trace", run.trace)
      json.field("trace_digest", run.traceDigest)
      json.field("configuration", run.configuration)
      switch run.outcome {
      case .done(let result): json.field("result", result)
      case .failed(let error): json.field("error", error)
      }
      json.field("host_seconds", run.hostSeconds)
      json.field("finished_at", run.finishedAt)
    }
    let target = file(of: run.identity)
    let temporary = "\(path)/.\(run.identity.digest).\(UUID().uuidString).part"
    guard let stream = fopen(temporary, "wb") else {
      throw OutputError("\(temporary): cannot be written: \(String(cString: strerror(errno)))")
    }
    let bytes = json.utf8
    var isWritten = fwrite(bytes, 1, bytes.count, stream) == bytes.count
    isWritten = fflush(stream) == 0 && isWritten
    isWritten = fsync(fileno(stream)) == 0 && isWritten
    isWritten = fclose(stream) == 0 && isWritten
    guard isWritten, rename(temporary, target) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw OutputError("\(target): cannot be written: \(reason)")
    }
  }

  /// Reads a run; nil when it has no file.
  ///
  /// - Throws: `StoreError` when the file is not a point file of this run.
  public func read(_ run: RunIdentity) throws(StoreError) -> RunRecord? {
    let path = file(of: run)
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    func fail(_ what: String) -> StoreError { StoreError("\(path): \(what); delete it") }
    let value: JSONValue
    do { value = try JSONValue.parse(String(decoding: data, as: UTF8.self)) } catch {
      throw fail("not a point file: \(error.message)")
    }
    func text(_ key: String) throws(StoreError) -> String {
      guard let text = value[key]?.stringValue else { throw fail("the key '\(key)' is missing") }
      return text
    }
    guard try text("schema") == PointFolder.schema else { throw fail("of another version") }
    guard try text("id") == run.digest else { throw fail("it holds another run") }
    var outcome: RunRecord.Outcome
    var metrics: [Metric] = []
    if value["error"] != nil {
      outcome = .failed(error: try text("error"))
    } else {
      let result = try text("result")
      outcome = .done(result: result)
      metrics = try ResultMetrics.metrics(ofJSON: result)
    }
    return RunRecord(
      identity: run, build: BuildIdentity(digest: try text("build")), system: try text("system"),
      trace: try text("trace"), traceDigest: try text("trace_digest"),
      configuration: try text("configuration"), outcome: outcome, metrics: metrics,
      hostSeconds: value["host_seconds"]?.doubleValue ?? 0, finishedAt: try text("finished_at"))
  }
}
