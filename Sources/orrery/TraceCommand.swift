import ArgumentParser
import Experiments
import Reports
import TraceFormat
import Workload

/// `orrery trace`.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Emit, check, show and convert traces.",
    subcommands: [
      TraceEmitCommand.self, TraceRequestsCommand.self, TraceCheckCommand.self,
      TraceShowCommand.self, TraceConvertCommand.self,
    ])
}

/// `orrery trace check`.
struct TraceCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check everything about a trace that the simulator relies on.")

  @Argument(help: "The trace.")
  var trace: String

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    var reader = try TraceReader(path: trace)
    while try reader.next() != nil {}
    let count = reader.count
    if json {
      var writer = JSONWriter()
      writer.object { json in
        json.field("schema", "orrery.trace_check/1")
        json.field("trace", trace)
        json.field("ok", true)
        json.field("operators", count)
      }
      print(writer.text, terminator: "")
    } else {
      print("\(trace): ok, \(count) operators of \(reader.header.model)")
    }
  }
}

/// `orrery trace show`.
struct TraceShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the operators of a trace, or a summary of them.")

  @Argument(help: "The trace.")
  var trace: String

  @Option(help: "Show at most this many operators.")
  var limit = 40

  @Flag(help: "Show counts, work, bytes, weights and tokens instead of operators.")
  var summary = false

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    guard limit >= 0 else { throw ValidationError("--limit must not be negative") }
  }

  func run() throws {
    var reader = try TraceReader(path: trace)
    let header = reader.header
    if summary {
      let report = TraceSummaryReport(header: header, summary: try TraceSummary(reading: &reader))
      print(json ? report.json : report.text, terminator: "")
      return
    }
    var operators: [Operator] = []
    var total = 0
    while let op = try reader.next() {
      if operators.count < limit { operators.append(op) }
      total += 1
    }
    let report = TraceListing(header: header, operators: operators, total: total)
    print(json ? report.json : report.text, terminator: "")
  }
}
