internal import Foundation

/// Runs other programs and takes what they print.
enum Subprocess {
  /// What a program left.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program that is found on the PATH and waits for it.
  ///
  /// - Throws: `OutputError` when it cannot be started.
  static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws(OutputError) -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch {
      throw OutputError(
        "\(arguments.first ?? ""): cannot be started: \(error.localizedDescription)")
    }
    // Errors are short here (below the pipe's buffer), so one pipe after the other cannot block.
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let errorText = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: errorText, as: UTF8.self))
  }
}
