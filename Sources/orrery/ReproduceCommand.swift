import ArgumentParser
import Experiments

/// `orrery reproduce`: published claims beside ours.
struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Print the claims of a paper beside what this program gets.",
    subcommands: [ReproduceDuplexCommand.self])
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

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    if samples < 1 { throw ValidationError("--samples must be positive") }
  }

  func run() throws {
    let reproduction = try DuplexReproduction(samples: samples, seed: seed).run()
    if json {
      try OutputFile.write(reproduction.json, to: "-")
    } else {
      print(reproduction.text, terminator: "")
    }
  }
}
