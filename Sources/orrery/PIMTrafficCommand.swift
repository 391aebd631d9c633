import ArgumentParser
import Experiments
import TraceFormat
import Workload

/// `orrery pim traffic`.
struct PIMTrafficCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "traffic",
    abstract: "Itemise what complete traffic costs over traffic as released.",
    discussion: """
      The trace runs with npu.traffic=as-released, then with one item more each time (addresses, outputs, vector_rows, \
      newest_token, appends, queries, results, reduction); what each adds in cycles and bytes is printed. \
      'results' may be negative: as released, requests of more than 512 tokens write four times the bytes of their results.
        orrery trace emit --model gpt3-7b --requests LIST.csv --layers 1 --fuse full -o t.jsonl.zst
        orrery pim traffic t.jsonl.zst --system neupims --set attention.interleaves=false
      """)

  @Argument(help: "The trace: a .jsonl.zst file, as 'orrery trace emit' writes it.")
  var trace: String

  @OptionGroup var system: SystemOptions

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    let configuration = try system.resolved()
    var reader = try TraceReader(path: trace)
    let header = reader.header
    var operators: [Operator] = []
    while let op = try reader.next() { operators.append(op) }
    let report = try TrafficExperiment(
      configuration: configuration, header: header, operators: operators
    ).run()
    print(json ? report.json : report.text, terminator: "")
  }
}
