public import ArgumentParser
public import DRAM
public import Experiments
import Units

extension HostLayout: ExpressibleByArgument {}
extension SharedPriority: ExpressibleByArgument {}
extension BundleRefresh: ExpressibleByArgument {}

/// `orrery pim conflicts`.
struct PIMConflictsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "Run xPU and PIM on one channel at once: banks, command slots, bank-group path.",
    discussion: """
      Both streams start at clock 0; each is also run alone.
        orrery pim conflicts --host-bytes 20971520 --pim-bytes 62914560
      """)

  @Option(help: "The memory: a preset or a .yaml file.")
  var memory = "hbm3-5.2-duplex"

  @Option(help: "A PIM design: logic-pim, bankgroup-pim, bank-pim or a .yaml file.")
  var path = "logic-pim"

  @Option(
    help: ArgumentHelp("Bytes that the xPU moves, as 20971520 or '20 MiB'.", valueName: "size"))
  var hostBytes: String

  @Option(help: ArgumentHelp("Bytes that PIM reads.", valueName: "size"))
  var pimBytes: String

  @Flag(help: "The xPU writes instead of reading.")
  var hostWrite = false

  @Option(help: "The xPU's data: bundle (in one memory space) or interleaved (over all banks).")
  var layout: HostLayout = .bundle

  @Option(help: "The memory space of the xPU's data; the one after PIM's when left out.")
  var hostSpace: Int?

  @Option(help: "The memory space of PIM's operand.")
  var pimSpace = 0

  @Option(help: "Who goes first where both want one bank: oldest, pim or host.")
  var priority: SharedPriority = .oldest

  @Option(help: "Refresh: none, first or postponed.")
  var refresh: BundleRefresh = .none

  @Option(help: "Whether both share the column path of a bank group: on or off.")
  var groupPath: OnOff = .on

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    _ = try bytes(hostBytes, "host-bytes")
    _ = try bytes(pimBytes, "pim-bytes")
  }

  private func bytes(_ text: String, _ option: String) throws -> ByteCount {
    try ByteAmount(text, option: option).checked(option: option)
  }

  func run() throws {
    let result = try ConflictExperiment(
      memory: memory, design: path, hostBytes: try bytes(hostBytes, "host-bytes"),
      pimBytes: try bytes(pimBytes, "pim-bytes"), hostWrites: hostWrite, layout: layout,
      hostSpace: hostSpace,
      pimSpace: pimSpace, priority: priority, refresh: refresh, sharesGroupPath: groupPath == .on
    ).run()
    if json {
      try OutputFile.write(result.json, to: "-")
    } else {
      print(result.text, terminator: "")
    }
  }
}
