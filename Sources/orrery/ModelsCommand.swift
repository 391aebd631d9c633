import ArgumentParser
import Configuration
import Experiments
import Reports
import Workload

/// `orrery models`.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the model presets, or show one of them.")

  @Argument(help: "The preset or .yaml file to show; without it all presets are listed.")
  var name: String?

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    let names = name.map { [$0] } ?? PresetLibrary.names(of: .models)
    var models: [TransformerArchitecture] = []
    for name in names { models.append(try ModelPresets.load(name)) }
    let list = ModelList(models)
    if json {
      print(list.json, terminator: "")
    } else if let name {
      let node = try PresetLibrary.load(name, kind: .models)
      print(list.summary, terminator: "")
      print(ConfigurationDescription(node).text, terminator: "")
    } else {
      print(list.text, terminator: "")
    }
  }
}
