import ArgumentParser
import Configuration
import Experiments

/// The options that name and override a system configuration.
struct SystemOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The system: a preset name or a .yaml file.", valueName: "config"))
  var system: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override a value of the configuration, e.g. memory.bandwidth='2 TB/s'; repeatable.",
      valueName: "key.path=value"))
  var overrides: [String] = []

  /// The configuration with its base and the overrides.
  func resolved() throws -> ConfigurationNode {
    try SystemLoader.configuration(system, overrides: overrides)
  }
}
