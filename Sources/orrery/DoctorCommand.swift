import ArgumentParser
import Configuration
import Experiments
import Foundation

/// `orrery doctor`.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check that this installation works, and say how to mend what does not.")

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    let checks = Doctor.examine()
    if json {
      var writer = JSONWriter()
      writer.object { json in
        json.field("schema", "orrery.doctor/1")
        json.field("version", BuildInformation.version)
        json.records("checks", checks) { json, check in
          json.field("name", check.name)
          json.field("ok", check.isFine)
          json.field("detail", check.detail)
        }
      }
      print(writer.text, terminator: "")
    } else {
      print("orrery \(BuildInformation.version)")
      for check in checks {
        print("\(check.isFine ? "ok     " : "FAILED ") \(check.name): \(check.detail)")
      }
    }
    if checks.contains(where: { !$0.isFine }) { throw ExitCode(OrreryExit.failed.rawValue) }
  }
}
