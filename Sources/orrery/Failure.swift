import ArgumentParser
import Experiments
import Foundation
import Numerics
import TraceFormat

/// The documented exit codes.
enum OrreryExit: Int32 {
  case done = 0
  case failed = 1
  case usage = 2
  case badInput = 3
  case inputOutput = 4
}

/// Turns errors into one clear line and the documented exit code.
enum Failure {
  /// Ends the program after an error, or after help or a version was asked for.
  static func exit(with error: any Error) -> Never {
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    let parserCode = Orrery.exitCode(for: error)
    if parserCode == .success {
      print(Orrery.message(for: error))
      Foundation.exit(OrreryExit.done.rawValue)
    }
    let isUsage = parserCode == .validationFailure
    let code = isUsage ? OrreryExit.usage : exitCode(of: error)
    let message = isUsage ? Orrery.message(for: error) : "\(error)"
    if CommandLine.arguments.contains("--json") {
      var json = JSONWriter()
      json.object { json in
        json.field("schema", "orrery.error/1")
        json.field("exit_code", Int(code.rawValue))
        json.field("error", message)
      }
      print(json.text, terminator: "")
    }
    let text = isUsage ? Orrery.fullMessage(for: error) : "orrery: error: \(message)"
    FileHandle.standardError.write(Data((text + "\n").utf8))
    Foundation.exit(code.rawValue)
  }

  /// The code of an error that is not about usage.
  private static func exitCode(of error: any Error) -> OrreryExit {
    switch error {
    case is SimulationRefusal, is LauncherError: .failed
    case is OutputError: .inputOutput
    case let error as TensorFileError where error.kind == .inputOutput: .inputOutput
    case let error as TraceError where error.kind == .inputOutput: .inputOutput
    default: .badInput
    }
  }
}
