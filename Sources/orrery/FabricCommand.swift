public import ArgumentParser
import DRAM
import Experiments
public import Numerics
import Reports
public import StreamingFabric
import Units

extension AttentionVariant: ExpressibleByArgument {}
extension AttentionData: ExpressibleByArgument {}
extension AttentionPrecision.Format: ExpressibleByArgument {}
extension ForkMode: ExpressibleByArgument {}
extension HeadMapping: ExpressibleByArgument {}
extension MaskMode: ExpressibleByArgument {}
extension StreamingFabric.Stepping: ExpressibleByArgument {}

/// `orrery fabric`.
struct FabricCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fabric", abstract: "Run the streaming-dataflow fabric by itself.",
    subcommands: [FabricAttentionCommand.self, FabricMemoryCommand.self])
}

/// `orrery fabric attention`.
struct FabricAttentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Run an attention graph on nodes and FIFOs: cycles, FIFO peaks, values, deadlock.")

  @Option(
    help: "The mapping: \(AttentionVariant.allCases.map(\.rawValue).joined(separator: ", ")).")
  var variant: AttentionVariant

  @Option(help: "Query rows R.") var rows: Int
  @Option(help: "Keys M.") var keys: Int

  @Option(help: "Initiation interval: N for all compute nodes, or a list such as qk=1,sum=2.")
  var ii: String?

  @Option(
    help: "Latencies by node, e.g. qk=5,sum=4 (qk max exp sum div pv scan ew; 1 unless given).")
  var latency: String?

  @Option(
    help: ArgumentHelp(
      "FIFO depths: short=2,long=66, or short=2,long1=..,long2=.., 'unbounded', or 'auto'.",
      valueName: "depths"))
  var depth: String?

  @Option(help: "How a fork waits for space: atomic or sequential.") var fork: ForkMode = .atomic
  @Option(help: "Query heads.") var heads = 1
  @Option(help: "KV heads; as many as query heads unless given.") var kvHeads: Int?
  @Option(help: "Heads one after the other (time) or side by side (space).")
  var headsIn: HeadMapping = .time
  @Option(help: "Head dimension d.") var dim = 1
  @Option(help: "Multipliers W of vector nodes; their interval is ceil(d / W).") var lanes: Int?
  @Flag(help: "Keys up to the query's position only.") var causal = false
  @Option(help: "Only the latest keys up to the query's position.") var window: Int?
  @Option(help: "Masked pairs are left out (skip) or scored minus infinity (infinity).")
  var maskMode: MaskMode = .skip
  @Option(help: "Values: none, or the storage format f64, f32, bf16, f16.") var values = "none"
  @Option(help: "Format of accumulators; f32 unless given, f64 for f64.")
  var accumulate: AttentionPrecision.Format?
  @Option(help: "Inputs: normal, peaky, large or positive.") var data: AttentionData = .normal
  @Option(help: "Seed of the inputs.") var seed: UInt64 = 1
  @Option(help: "Step every firing (step) or repeat proven periods in closed form (periodic).")
  var stepping: StreamingFabric.Stepping = .periodic
  @Option(
    help: ArgumentHelp(
      "K and V come from this memory, and O goes there: a standard or file, or 'ideal'.",
      valueName: "standard"))
  var memory: String?
  @Option(help: "Query rows that take each key in turn and share one pass over K and V.")
  var queryBlock = 1
  @Option(help: "Bytes that buffer K and V on their way from the memory; 64 KiB unless given.")
  var kvBuffer: String?
  @Option(help: "Channels of the memory; the standard's own number unless given.")
  var channels: Int?
  @Option(
    help: "Refresh of the memory: \(RefreshMode.allCases.map(\.rawValue).joined(separator: ", ")).")
  var refresh: RefreshMode?
  @Option(help: "Clock of the fabric, which the memory's time is held against.")
  var clock = "1 GHz"
  @Option(help: "Decay of the state of linear attention, in (0, 1].") var decay = 1.0
  @Flag(help: "Print the result as JSON.") var json = false
  @Option(name: .shortAndLong, help: "Write the result as JSON to this file.") var output: String?
  @Option(help: "Write the graph in the DOT language to this file.") var dot: String?
  @Option(help: "Write throughput against FIFO depth to PREFIX.csv, .vl.json, .svg and .png.")
  var cliff: String?
  @Option(help: "Write a page of throughput against FIFO depth to this folder.")
  var report: String?
  @Option(help: "Write FIFO fill over time to PREFIX.csv, .vl.json, .svg and .png.")
  var occupancy: String?

  func run() throws {
    let result = try FabricAttention(try request())
    if let dot { try write(result.graph.graphviz, to: dot) }
    try writePictures(result)
    try writeReport(result.request.options)
    if let output { try OutputFile.write(result.json, to: output) }
    if output != "-" { try OutputFile.write(json ? result.json : Array(result.text.utf8), to: "-") }
    if result.result.deadlock != nil { throw ExitCode(OrreryExit.failed.rawValue) }
  }

  private func request() throws -> FabricAttentionRequest {
    let mask: AttentionPattern = window.map { .slidingWindow($0) } ?? (causal ? .causal : .none)
    guard dim >= 1, rows >= 1, keys >= 1, heads >= 1, kvHeads ?? 1 >= 1 else {
      throw ValidationError("--rows, --keys, --heads, --kv-heads and --dim must be at least 1")
    }
    let shape = AttentionShape(
      heads: heads, kvHeads: kvHeads, rows: rows, keys: keys, dimension: dim, mask: mask)
    var options = AttentionOptions(
      variant, shape: shape,
      latencies: try latency.map {
        try FabricOptionParsing.perNode($0, option: "latency", variant: variant)
      } ?? [:],
      intervals: try ii.map { try FabricOptionParsing.intervals($0, variant: variant) } ?? [:],
      fork: fork, lanes: lanes.map { max(0, $0) }, headMapping: headsIn, maskMode: maskMode,
      queryBlock: max(0, queryBlock), kvBuffer: try bufferBytes())
    options.decay = decay
    if let depth, depth != "auto" {
      options.depths = try FabricOptionParsing.depths(
        depth, variant: variant, default: options.depths)
    }
    return FabricAttentionRequest(
      options: options, precision: try precision(), stepping: stepping, data: data, seed: seed,
      sizesDepths: depth == "auto", memory: try memoryRequest())
  }

  private func bufferBytes() throws -> Int? {
    guard memory != nil else {
      if kvBuffer != nil || channels != nil || refresh != nil {
        throw ValidationError("--kv-buffer, --channels and --refresh need --memory")
      }
      return nil
    }
    guard let kvBuffer else { return 64 << 10 }
    let bytes = try ByteAmount(kvBuffer, option: "kv-buffer").count
    guard bytes > 0 else { throw ValidationError("--kv-buffer must be positive") }
    return bytes
  }

  private func memoryRequest() throws -> FabricMemoryRequest? {
    guard let memory else { return nil }
    let frequency = try Frequency(parsing: clock)
    guard frequency.hertz > 0, frequency.hertz <= 1_000_000_000_000 else {
      throw ValidationError("--clock must lie between 1 Hz and 1 THz")
    }
    return FabricMemoryRequest(
      standard: memory, frequency: frequency, channels: channels, refresh: refresh)
  }

  private func precision() throws -> AttentionPrecision? {
    guard values != "none" else { return nil }
    guard let storage = AttentionPrecision.Format(rawValue: values) else {
      throw ValidationError("--values '\(values)': give none, f64, f32, bf16 or f16")
    }
    return accumulate.map { AttentionPrecision(storage: storage, accumulator: $0) }
      ?? AttentionPrecision(storage: storage)
  }

  private func writeReport(_ options: AttentionOptions) throws {
    guard let report else { return }
    var sweeps: [DepthSweep] = []
    for isLong in [true, false] where !isLong || variant.longFIFOs > 0 {
      let name = isLong ? "long" : "short"
      sweeps.append(
        try DepthSweep(
          csv: FabricPictures.cliff(options, long: isLong).csv, name: name, label: name))
    }
    let shape = options.shape
    let notice = try ReportWriter(folder: report).write(
      DepthPage(
        title: "\(variant.rawValue) attention: FIFO depths",
        subtitle: "\(shape.heads) head(s), \(shape.rows) rows, \(shape.keys) keys, dimension "
          + "\(shape.dimension)", sweeps: sweeps))
    if let notice { Log.note("orrery: \(notice)") }
  }

  private func writePictures(_ result: FabricAttention) throws {
    var notice: String?
    func write(_ picture: FabricPicture, _ prefix: String) throws {
      notice =
        try PictureFiles.write(
          csv: picture.csv, specification: picture.specification, prefix: prefix) ?? notice
    }
    if let cliff { try write(try FabricPictures.cliff(result.request.options), cliff) }
    if let occupancy {
      let graph = try result.onChipGraph()
      try write(
        try FabricPictures.occupancy(
          graph, title: "\(variant.rawValue): slots held over time"), occupancy)
    }
    if let notice { Log.note("no pictures: \(notice)") }
  }

  private func write(_ text: String, to path: String) throws {
    try OutputFile.write(Array(text.utf8), to: path)
  }
}
