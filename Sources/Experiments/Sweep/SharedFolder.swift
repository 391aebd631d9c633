internal import Foundation
public import ResultsStore
internal import Units

/// A sweep laid out on a folder that the machines of a cluster share.
///
///     manifest.json   what the folder holds and the command of each shard
///     sweep.yaml      the sweep, as it was when the folder was made
///     points/ID.json  one file a run
///     log/            what the tasks printed
///
/// Any scheduler, or a person, can run the shards in any order and number of times; a run that has
/// its file is not done again. Only the merge writes SQLite.
public struct SharedFolder: Sendable {
  /// The version of the manifest.
  public static let schema = "orrery.manifest/1"

  /// The folder, absolute.
  public let path: String
  /// The runs.
  public let points: PointFolder

  public var specificationPath: String { path + "/sweep.yaml" }
  public var logPath: String { path + "/log" }
  private var manifestPath: String { path + "/manifest.json" }

  /// Opens a folder and makes it when there is none.
  ///
  /// - Throws: `OutputError`.
  public init(path: String) throws(OutputError) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    points = try PointFolder(path: self.path + "/points")
    _ = try PointFolder(path: logPath)
  }

  /// Writes the manifest and the sweep, or checks that those which are there are of the same plan.
  ///
  /// - Parameter program: the program that the tasks run.
  /// - Throws: `OutputError`; `StoreError` when the folder holds another plan.
  public func lay(_ plan: SweepPlan, shards: Int, program: String) throws {
    if let other = try planOfManifest(), other != plan.id {
      throw StoreError(
        "\(path): holds another sweep, or this one with other inputs or of another build; "
          + "name another folder with --shared")
    }
    try OutputFile.write(Array(plan.specification.text.utf8), to: specificationPath)
    var json = JSONWriter()
    json.object { json in
      json.field("schema", SharedFolder.schema)
      json.field("sweep", plan.specification.name)
      json.field("plan", plan.id)
      json.field("build", plan.build.digest)
      json.field("points", plan.points.count)
      json.field("shards", shards)
      json.field("commands") { json in
        json.array { json in
          for shard in 1...shards {
            json.value(
              command(plan, shard: "\(shard)/\(shards)", program: program).map(quote)
                .joined(separator: " "))
          }
        }
      }
    }
    try OutputFile.write(json.utf8, to: manifestPath)
  }

  /// The command line of a shard.
  func command(_ plan: SweepPlan, shard: String, program: String) -> [String] {
    let folder = URL(fileURLWithPath: plan.specification.folder).standardizedFileURL.path
    return [
      program, "sweep", specificationPath, "--folder", folder, "--points", points.path, "--plan",
      plan.id, "--shard", shard,
    ]
  }

  private func planOfManifest() throws(StoreError) -> String? {
    guard let data = FileManager.default.contents(atPath: manifestPath) else { return nil }
    guard let value = try? JSONValue.parse(String(decoding: data, as: UTF8.self)),
      value["schema"]?.stringValue == SharedFolder.schema, let id = value["plan"]?.stringValue
    else { throw StoreError("\(manifestPath): not a manifest of this version") }
    return id
  }

  /// Reads all runs of a plan that have ended, in the order of its points.
  ///
  /// - Throws: `StoreError` when a file is damaged.
  public func runs(of plan: SweepPlan) throws(StoreError) -> [RunRecord] {
    var seen: Set<RunIdentity> = []
    var runs: [RunRecord] = []
    for point in plan.points where seen.insert(point.identity).inserted {
      if let run = try points.read(point.identity) { runs.append(run) }
    }
    return runs
  }
}

/// A word of a shell command.
func quote(_ word: String) -> String {
  let isPlain =
    !word.isEmpty
    && word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,+@%".contains($0))
    }
  return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}
