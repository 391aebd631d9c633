import ArgumentParser
import Experiments
import Foundation
import Reports
import Systems
import TraceFormat
import Workload

/// `orrery limits`.
struct LimitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "What each limit of a system is charged, and what removing it saves.",
    discussion: """
      The trace runs as it is, and once for each limit of the system with that one removed, as with \
      'simulate --ideal LIMIT'.
        orrery limits t.jsonl.zst --system neupims
      """)

  @Argument(help: "The trace: a .jsonl.zst file, as 'orrery trace emit' writes it.")
  var trace: String

  @OptionGroup var system: SystemOptions

  @Option(help: "How closely hardware is modelled: analytic or cycle.")
  var fidelity: Fidelity = .cycle

  @Option(
    name: [.customShort("j"), .long], help: "Runs at the same time; default: all cores.")
  var jobs: Int?

  @Flag(help: "Run a model that does not fit the memory all the same.")
  var allowOversubscription = false

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be positive") }
  }

  func run() throws {
    let loaded = try SystemLoader.load(try system.resolved())
    var reader = try TraceReader(path: trace)
    let header = reader.header
    var operators: [Operator] = []
    while let op = try reader.next() { operators.append(op) }
    let report = try LimitStudy(
      system: loaded, fidelity: fidelity, header: header, operators: operators,
      workers: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
      allowsOversubscription: allowOversubscription
    ).run()
    try OutputFile.write(Array((json ? report.json : LimitTable(report).text).utf8), to: "-")
  }
}
