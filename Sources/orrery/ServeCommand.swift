import ArgumentParser
import Experiments
import Reports
import Serving
import Systems

/// `orrery serve`.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve requests with continuous batching and report rates and latencies.")

  @OptionGroup var system: SystemOptions

  @Option(
    name: .customLong("prefill-system"),
    help: ArgumentHelp(
      "A system of its own for prompts; --system then decodes.", valueName: "config"))
  var prefillSystem: String?

  @Option(
    name: .customLong("set-prefill"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override a value of the prefill system; repeatable.", valueName: "key.path=value"))
  var prefillOverrides: [String] = []

  @Option(help: "The model: a preset name or a .yaml file.")
  var model: String

  @Option(
    help: ArgumentHelp(
      "The requests: arrival process, lengths, count, batch limit, seed.", valueName: "file.yaml"))
  var requests: String

  @Option(
    name: .customLong("set-requests"), parsing: .singleValue,
    help: ArgumentHelp("Override a value of the requests; repeatable.", valueName: "key=value"))
  var requestOverrides: [String] = []

  @Option(help: "End after this many stages; without it all requests are served.")
  var stages: Int?

  @Option(help: "How closely hardware is modelled: analytic or cycle.")
  var fidelity: Fidelity = .analytic

  @Flag(help: "Serve even if weights and KV slots do not fit the memory.")
  var allowOversubscription = false

  @Flag(help: "Print JSON instead of text.")
  var json = false

  @Option(name: .shortAndLong, help: "Write the JSON to this file.")
  var output: String?

  func validate() throws {
    if let stages, stages < 1 { throw ValidationError("--stages must be positive") }
  }

  func run() throws {
    let serve = Serve(
      system: try SystemLoader.load(try system.resolved()),
      prefillSystem: try prefillSystem.map { reference in
        try SystemLoader.load(
          try SystemLoader.configuration(reference, overrides: prefillOverrides))
      },
      architecture: try ModelPresets.load(model),
      spec: try ServingFile.load(requests, overrides: requestOverrides), fidelity: fidelity,
      allowsOversubscription: allowOversubscription)
    let result = try serve.run(stages: stages)
    if let output { try OutputFile.write(result.json, to: output) }
    if json {
      if output != "-" { try OutputFile.write(result.json, to: "-") }
    } else if output != "-" {
      print(ServiceReport(result).text, terminator: "")
    }
  }
}
