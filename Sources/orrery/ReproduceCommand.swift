import ArgumentParser
import Experiments
import Systems

/// `orrery reproduce`: published claims beside ours.
struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Print the claims of a paper, or measured times, beside what this program gets.",
    subcommands: [
      ReproduceDuplexCommand.self, ReproduceNeuPIMsCommand.self, ReproduceGPUCommand.self,
    ])
}

/// `orrery reproduce duplex`.
struct ReproduceDuplexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duplex",
    abstract: "The evaluation of Duplex (arXiv 2409.01141).")

  @Option(help: "Router draws for each kind of stage.")
  var samples = 4

  @Option(help: "The seed of the router draws.")
  var seed: UInt64 = 777

  @Option(help: "Whose numbers the devices have: code (the authors' simulator) or paper.")
  var devices = DuplexReproduction.Numbers.code

  @Option(help: "How closely memory is modelled: analytic or cycle (with --devices paper).")
  var fidelity = Fidelity.analytic

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    if samples < 1 { throw ValidationError("--samples must be positive") }
    if fidelity == .cycle, devices != .paper {
      throw ValidationError("--fidelity cycle needs --devices paper: the memory runs at 5.2 Gb/s")
    }
  }

  func run() throws {
    let reproduction = try DuplexReproduction(
      samples: samples, seed: seed, devices: devices, fidelity: fidelity
    ).run()
    if json {
      try OutputFile.write(reproduction.json, to: "-")
    } else {
      print(reproduction.text, terminator: "")
    }
  }
}
