import ArgumentParser
import DRAM
import Experiments
import Reports
import Systems
import TraceFormat

/// `orrery simulate`.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulate a trace file on a hardware configuration.")

  @Argument(help: "The trace: a .jsonl.zst file, as 'orrery trace emit' writes it.")
  var trace: String

  @OptionGroup var system: SystemOptions

  @Option(help: "How closely hardware is modelled: analytic or cycle.")
  var fidelity: Fidelity = .analytic

  @Option(
    help: ArgumentHelp(
      "Limits of the memory to remove at cycle fidelity: refresh, tfaw, row, turnaround.",
      valueName: "limit,..."))
  var ideal: IdealList = IdealList(limits: [])

  @Option(help: "At cycle fidelity, simulate all channels, or equal ones once (symmetric).")
  var channels: ChannelMode = .all

  @Flag(help: "Print the result as JSON instead of text.")
  var json = false

  @Option(name: .shortAndLong, help: "Also write the JSON result to this file.")
  var output: String?

  @Flag(help: "Run a model that does not fit the memory all the same.")
  var allowOversubscription = false

  func run() throws {
    let loaded = try SystemLoader.load(try system.resolved())
    let reader = try TraceReader(path: trace)
    let header = reader.header
    let simulate = Simulate(
      system: loaded,
      options: RunOptions(
        fidelity: fidelity, keepsOperators: json || output != nil, ideal: ideal.limits,
        channels: channels),
      allowsOversubscription: allowOversubscription)
    let result = try simulate.run(reader, header: header, trace: trace)
    if let output { try OutputFile.write(result.json, to: output) }
    if json {
      if output == nil || output != "-" { try OutputFile.write(result.json, to: "-") }
    } else {
      try OutputFile.write(Array(SimulationReport(result).text.utf8), to: "-")
    }
  }
}
