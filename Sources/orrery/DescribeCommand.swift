import ArgumentParser
import Configuration
import Experiments
import Reports

/// `orrery describe`.
struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "Print a resolved system configuration with the origin of each value.")

  @Argument(help: "The system: a preset name or a .yaml file. Without it the presets are listed.")
  var system: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a value; repeatable.", valueName: "key.path=value"))
  var overrides: [String] = []

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    guard let system else {
      for name in PresetLibrary.names(of: .systems) { print(name) }
      return
    }
    let node = try SystemLoader.configuration(system, overrides: overrides)
    _ = try SystemLoader.load(node)
    let description = ConfigurationDescription(node)
    print(json ? description.json : description.text, terminator: "")
  }
}
