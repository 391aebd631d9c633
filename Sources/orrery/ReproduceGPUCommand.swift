import ArgumentParser
import Experiments
import Systems

/// `orrery reproduce gpu`.
struct ReproduceGPUCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpu",
    abstract: "Kernels timed on a real GPU beside a system of ours.",
    discussion: """
      The measured times are in configs/measured; Scripts/measure-gpu.py times the same kernels on another machine.
        orrery reproduce gpu
        orrery reproduce gpu --system gpu-paper --set devices=1
        orrery reproduce gpu --measured my-gpu.yaml --system my-gpu-system.yaml
      """)

  @Option(help: ArgumentHelp("Measured kernels: a preset or a .yaml file.", valueName: "file"))
  var measured = "h100-sxm"

  @Option(
    help: ArgumentHelp("The system: a preset name or a .yaml file.", valueName: "config"))
  var system = "h100"

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override a value of the configuration; repeatable.", valueName: "key.path=value"))
  var overrides: [String] = []

  @Option(help: "Only this fidelity; both when left out.")
  var fidelity: Fidelity?

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    let node = try SystemLoader.configuration(system, overrides: overrides)
    let comparison = try MeasuredComparison(
      try MeasuredKernels.load(measured), on: try SystemLoader.load(node),
      fidelities: fidelity.map { [$0] } ?? [.analytic, .cycle])
    if json {
      try OutputFile.write(comparison.json, to: "-")
    } else {
      print(comparison.text, terminator: "")
    }
  }
}
