internal import Configuration
internal import Foundation
internal import Systems
internal import TraceFormat
internal import Workload

/// What `orrery doctor` found out about one part of the installation.
public struct DoctorCheck: Sendable {
  /// What was checked.
  public var name: String
  /// Whether it works.
  public var isFine: Bool
  /// What was found, or how to mend it.
  public var detail: String
}

/// Checks an installation from the inside.
public enum Doctor {
  /// Runs all checks.
  public static func examine() -> [DoctorCheck] {
    [models(), systems(), traceFiles()]
  }

  private static func check(_ name: String, _ body: () throws -> String) -> DoctorCheck {
    do {
      return DoctorCheck(name: name, isFine: true, detail: try body())
    } catch {
      return DoctorCheck(name: name, isFine: false, detail: "\(error)")
    }
  }

  private static func models() -> DoctorCheck {
    check("model presets") {
      let names = PresetLibrary.names(of: .models)
      for name in names { _ = try ModelPresets.load(name) }
      return "\(names.count) load"
    }
  }

  private static func systems() -> DoctorCheck {
    check("system presets") {
      let names = PresetLibrary.names(of: .systems)
      for name in names {
        _ = try SystemLoader.load(SystemLoader.configuration(name, overrides: []))
      }
      return "\(names.count) load"
    }
  }

  /// Writes a trace to the temporary folder, reads it back and removes it.
  private static func traceFiles() -> DoctorCheck {
    check("trace files") {
      let path = NSTemporaryDirectory() + "/orrery-doctor-\(getpid()).jsonl.zst"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let op = Operator(
        id: 0, name: "doctor", operation: .gemm(MatrixProduct(m: 1, k: 2, n: 3)))
      var writer = try TraceWriter(
        path: path, header: TraceHeader(model: "doctor", dtype: "f16", generator: "doctor"))
      try writer.emit(op)
      try writer.finish()
      var reader = try TraceReader(path: path)
      guard try reader.next() == op, try reader.next() == nil else {
        throw OutputError("a trace written to the temporary folder reads back differently")
      }
      return "a trace is written and read back"
    }
  }
}
