import Foundation
import Numerics

/// A copy of a golden model's directory that a test may spoil; removed with the object.
final class TemporaryModel {
  let path: String

  init(copying golden: GoldenModel) throws {
    path = FileManager.default.temporaryDirectory.path + "/orrery-model-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        atPath: golden.directory + "/" + file, toPath: path + "/" + file)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func bytes(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + file)))
  }

  func write(_ bytes: [UInt8], to file: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + file))
  }

  /// Replaces a text in `config.json`.
  func configure(_ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: path + "/config.json", encoding: .utf8)
    try text.replacingOccurrences(of: old, with: new)
      .write(toFile: path + "/config.json", atomically: true, encoding: .utf8)
  }
}
