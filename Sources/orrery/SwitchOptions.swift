import ArgumentParser
import Experiments
import ReferenceTransformer

/// Options that change a model's architecture for study, the same for running and for tracing.
struct SwitchOptions: ParsableArguments {
  @Option(
    name: .customLong("switch"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      Change the architecture, e.g. kv_policy=window:1024,sinks=4; repeatable. Keys: \
      \(ArchitectureSwitches.keys.joined(separator: ", ")) (docs/executor.md).
      """, valueName: "key=value"))
  var assignments: [String] = []

  @Option(
    help: ArgumentHelp(
      "A YAML file of switches; --switch goes before it.", valueName: "file.yaml"))
  var switches: String?

  /// The switches that the options set.
  func read() throws -> ArchitectureSwitches {
    try SwitchReader.read(file: switches, assignments: assignments)
  }
}
