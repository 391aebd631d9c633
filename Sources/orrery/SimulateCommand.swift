import ArgumentParser
import DRAM
import Experiments
import Foundation
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
      "Limits to remove at cycle fidelity: refresh, tfaw, row, turnaround, link, power, balance.",
      valueName: "limit,..."))
  var ideal: IdealList = IdealList(limits: [])

  @Option(help: "At cycle fidelity, simulate all channels, or equal ones once (symmetric).")
  var channels: ChannelMode = .all

  @Option(
    help: """
      modelled, or measured: operators of imported traces take the duration that their trace gives.
      """)
  var durations: DurationSource = .modelled

  @Flag(help: "Print the result as JSON instead of text.")
  var json = false

  @Option(name: .shortAndLong, help: "Also write the JSON result to this file.")
  var output: String?

  @Flag(help: "Run a model that does not fit the memory all the same.")
  var allowOversubscription = false

  @Option(help: ArgumentHelp("Write a page of tables and charts.", valueName: "folder"))
  var report: String?

  @Option(
    help: ArgumentHelp(
      "Write a timeline: Chrome JSON when the name ends in .json, else Perfetto.",
      valueName: "file"))
  var timeline: String?

  @Option(
    help: ArgumentHelp(
      "The part of the simulated time that the timeline shows, such as '0 us..50 us'.",
      valueName: "from..to"))
  var timelineWindow: String?

  func run() throws {
    let window = try timelineWindow.map { try TimeWindow(parsing: $0) }
    let configuration = try system.resolved()
    let loaded = try SystemLoader.load(configuration)
    let reader = try TraceReader(path: trace)
    let header = reader.header
    var options = RunOptions(
      fidelity: fidelity, keepsOperators: keepsOperators, ideal: ideal.limits, channels: channels)
    if durations == .measured {
      guard loaded is RooflineSystem else {
        throw SystemError("system '\(loaded.name)' replays no measured durations; name a roofline")
      }
      options.replaysMeasured = true
    }
    let simulate = Simulate(
      system: loaded, options: options,
      allowsOversubscription: allowOversubscription)
    var result = try simulate.run(reader, header: header, trace: trace)
    result.configuration = configuration
    if let output { try OutputFile.write(result.json, to: output) }
    if let timeline { try write(result, window: window, to: timeline) }
    if let report {
      let document = try ResultDocument(
        json: String(decoding: result.json, as: UTF8.self), label: trace)
      if let notice = try ReportWriter(folder: report).write(ResultPage(document)) {
        FileHandle.standardError.write(Data("orrery: \(notice)\n".utf8))
      }
    }
    if json {
      if output == nil || output != "-" { try OutputFile.write(result.json, to: "-") }
    } else {
      try OutputFile.write(Array(SimulationReport(result).text.utf8), to: "-")
    }
  }

  private var keepsOperators: Bool {
    json || output != nil || report != nil || timeline != nil
  }

  private func write(_ result: SimulationResult, window: TimeWindow?, to path: String) throws {
    let model = TimelineModel(result, window: window)
    let bytes =
      path.hasSuffix(".json") ? ChromeTimeline(model).bytes : PerfettoTimeline(model).bytes
    try OutputFile.write(bytes, to: path)
    if model.leftOut > 0 {
      let line =
        "orrery: \(path): \(model.leftOut) shorter operators are left out; --timeline-window shows "
        + "all of a part\n"
      FileHandle.standardError.write(Data(line.utf8))
    }
  }
}
