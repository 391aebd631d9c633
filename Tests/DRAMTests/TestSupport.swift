import DRAM
import Foundation
import Yams

/// Files of the repository, found from this source file.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func reference(_ name: String) throws -> String {
    try text("Tests/ReferenceData/dram/" + name)
  }

  static func standard(_ name: String) throws -> MemoryStandard {
    try YAMLDecoder().decode(
      MemoryStandard.self, from: try text("configs/memories/\(name).yaml"))
  }

  static let standardNames = [
    "ddr4-2400", "hbm2-2000", "hbm2e-3200", "hbm3-6400", "lpddr5-6400", "hbm2-neupims",
    "hbm3-5.2-duplex", "hbm2-a100", "hbm3-5.2-attacc", "gddr6-aim", "hbm4-8000",
  ]
}
