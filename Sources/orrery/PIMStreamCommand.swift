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

  @Option(help: "Bytes of the operand.")
  var bytes: Int

  @Option(help: "Stacks of the device; those of the memory when left out.")
  var stacks: Int?

  @Option(help: "Where the operand starts, in bytes from the start of a row of the bundle.")
  var offset = 0

  @Flag(help: "Write instead of read.")
  var write = false

  @Option(help: "Refresh: none, first or postponed.")
  var refresh: BundleRefresh = .none

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    guard (1...1 << 40).contains(bytes) else {
      throw ValidationError("--bytes must lie between 1 and 2^40")
    }
    guard (0...1 << 40).contains(offset) else {
      throw ValidationError("--offset must lie between 0 and 2^40")
    }
  }

  func run() throws {
    let result = try PIMStreamExperiment(
      memory: memory, design: path, bytes: ByteCount(bytes), offset: ByteCount(offset),
      isWrite: write, refresh: refresh, stacks: stacks
    ).run()
    if json {
      try OutputFile.write(result.json, to: "-")
    } else {
      print(result.text, terminator: "")
    }
  }
}
