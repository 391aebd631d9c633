public import ArgumentParser
public import DRAM
public import Experiments

/// `orrery pim`: the timing of processing-in-memory without a model.
struct PIMCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pim",
    abstract: "Time rows of products and attention phases on the banks of a PIM memory.",
    discussion: """
      Cycles are clocks of the memory, from 0 until the last result (or host read) has arrived.
        orrery pim rows --kind key --count 8 --refresh none
        orrery pim attention --lengths 300,77 --heads 8
      """,
    subcommands: [
      PIMRowsCommand.self, PIMAttentionCommand.self, PIMStreamCommand.self, PIMAttAccCommand.self,
      PIMConflictsCommand.self, PIMTrafficCommand.self,
    ])
}

extension PIMRowKind: ExpressibleByArgument {}
extension PIMDesign.RowBuffers: ExpressibleByArgument {}
extension PIMDesign.RowHold: ExpressibleByArgument {}
extension PIMRefresh: ExpressibleByArgument {}

/// The switches that both micro-experiments have.
struct PIMOptions: ParsableArguments {
  @Option(help: "Row buffers of a bank: dual (concurrent) or single (blocked mode).")
  var buffer: PIMDesign.RowBuffers = .dual

  @Option(help: "Whether a composite product keeps its row open: row-held or as-released.")
  var variant: PIMDesign.RowHold = .held

  @Option(help: "Refresh: none, or on (this memory's own mode, one rank after the other).")
  var refresh: PIMRefresh = .on

  @Option(
    help: ArgumentHelp(
      "The memory: a preset with PIM or a .yaml file; by default NeuPIMs' for the buffer.",
      valueName: "memory"))
  var memory: String?

  @Flag(help: "Print JSON instead of text.")
  var json = false

  var setup: PIMSetup {
    PIMSetup(memory: memory, rowBuffers: buffer, rowHold: variant, refresh: refresh)
  }
}

/// `orrery pim rows`.
struct PIMRowsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rows",
    abstract: "Time rows of products on one idle channel, with host reads beside them.")

  @Option(help: "What the rows hold: key (a product per head) or value (one product).")
  var kind: PIMRowKind

  @Option(help: "How many rows.")
  var count: Int

  @Option(help: "Column steps of a product; by default 8 for keys, a whole row for values.")
  var comps: Int?

  @Option(help: "Sequential host reads of one burst each on the same channel.")
  var hostReads = 0

  @OptionGroup var options: PIMOptions

  func run() throws {
    let result = try PIMRowsExperiment(
      setup: options.setup, kind: kind, count: count, columns: comps, hostReads: hostReads
    ).run()
    print(options.json ? result.json : result.text, terminator: "")
  }
}

/// `orrery pim attention`.
struct PIMAttentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Time the key and value phases of attention over decode requests.",
    discussion: """
      With --lengths each phase is timed from cycle 0 of idle channels; with --requests the value phase follows \
      the key phase of the slowest channel. --phases chooses.
      """)

  @Option(help: ArgumentHelp("Tokens of each request, comma-separated.", valueName: "n,n,..."))
  var lengths: String?

  @Option(
    help: ArgumentHelp("Requests, a CSV file: seq_len,ch_idx or plain lengths.", valueName: "file"))
  var requests: String?

  @Option(help: "KV heads on the device.")
  var heads = 8

  @Option(help: "Elements of a head.")
  var headDim = 128

  @Option(help: "Channels; by default 1, or as many as the request file names.")
  var channels: Int?

  @Option(help: "Whether the phases are timed apart (idle channels) or in sequence.")
  var phases: PIMPhases?

  @OptionGroup var options: PIMOptions

  func validate() throws {
    guard (lengths == nil) != (requests == nil) else {
      throw ValidationError("give either --lengths or --requests")
    }
    for (name, value) in [("heads", heads), ("head-dim", headDim), ("channels", channels ?? 1)]
    where !(1...1 << 16).contains(value) {
      throw ValidationError("--\(name) must lie between 1 and 65536")
    }
  }

  func run() throws {
    let list =
      try requests.map { try RequestList(file: $0) } ?? RequestList(lengths: lengths ?? "")
    let result = try PIMAttentionExperiment(
      setup: options.setup, requests: list, heads: heads, headDimension: headDim,
      channels: channels, phases: phases ?? (requests == nil ? .apart : .sequence)
    ).run()
    print(options.json ? result.json : result.text, terminator: "")
  }
}

extension PIMPhases: ExpressibleByArgument {}
