public import ArgumentParser
import DRAM
public import Experiments

extension AttentionLevel: ExpressibleByArgument {}

/// A switch that is on or off.
enum OnOff: String, ExpressibleByArgument, CaseIterable {
  case on, off
}

/// `orrery pim attacc`.
struct PIMAttAccCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attacc",
    abstract: "Time attention heads on one stack with the commands of AttAcc.",
    discussion: """
      Scores, softmax and context of decoding heads, one head a channel at a time, heads in pairs.
        orrery pim attacc --level bank --heads 64 --length 2048
      """)

  @Option(help: "Where the units sit: bank, bankgroup or buffer.")
  var level: AttentionLevel = .bank

  @Option(help: "A PIM design of your own in place of the level's preset: a .yaml file.")
  var design: String?

  @Option(help: "Heads of the stack.")
  var heads: Int

  @Option(help: "Tokens whose keys and values lie in the stack.")
  var length: Int

  @Option(help: "Elements of a head.")
  var headDim = 128

  @Option(help: "Whether products keep the distance that the power limit asks for: on or off.")
  var powerLimit: OnOff = .on

  @Option(help: "Whether banks are refreshed: on or off.")
  var refresh: OnOff = .on

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    for (name, value) in [("heads", heads), ("length", length), ("head-dim", headDim)]
    where value < 1 {
      throw ValidationError("--\(name) must be positive")
    }
  }

  func run() throws {
    let result = try AttAccExperiment(
      design: design ?? "attacc-\(level.rawValue)",
      shape: StackAttentionShape(heads: heads, length: length, headDimension: headDim),
      limitsPower: powerLimit == .on, refreshes: refresh == .on
    ).run()
    if json {
      try OutputFile.write(result.json, to: "-")
    } else {
      print(result.text, terminator: "")
    }
  }
}
