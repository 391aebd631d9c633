import ArgumentParser
import DRAM
import Experiments
import Units

/// `orrery pim stream`.
struct PIMStreamCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream",
    abstract: "Stream an operand to the xPU or through PIM units, command by command.")

  @Option(help: "The memory: a preset or a .yaml file.")
  var memory = "hbm3-5.2-duplex"

  @Option(
    help: "xpu, or a PIM design: logic-pim, bankgroup-pim, bank-pim or a .yaml file.")
  var path = "logic-pim"

  @Option(help: ArgumentHelp("Bytes of the operand, as 20971520 or '20 MiB'.", valueName: "size"))
  var bytes: String

  @Option(help: "Stacks of the device; those of the memory when left out.")
  var stacks: Int?

  @Option(
    help: ArgumentHelp(
      "Where the operand starts, in bytes from the start of a row of the bundle.",
      valueName: "size"))
  var offset = "0"

  @Flag(help: "Write instead of read.")
  var write = false

  @Option(help: "Refresh: none, first or postponed.")
  var refresh: BundleRefresh = .none

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    _ = try size
    _ = try start
  }

  private var size: ByteCount {
    get throws { try ByteAmount(bytes, option: "bytes").checked(option: "bytes") }
  }

  private var start: ByteCount {
    get throws { try ByteAmount(offset, option: "offset").checked(from: 0, option: "offset") }
  }

  func run() throws {
    let result = try PIMStreamExperiment(
      memory: memory, design: path, bytes: try size, offset: try start,
      isWrite: write, refresh: refresh, stacks: stacks
    ).run()
    if json {
      try OutputFile.write(result.json, to: "-")
    } else {
      print(result.text, terminator: "")
    }
  }
}
