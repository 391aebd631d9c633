public import ArgumentParser
import Experiments
import Foundation
public import Reports
import ResultsStore

extension ReportWriter.Format: ExpressibleByArgument {}

/// `orrery report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page of tables and charts for a result, a service, a sweep or FIFO depths.",
    discussion: """
      The page opens offline. The Vega-Lite specification of each chart is saved beside it. Drawing
      needs the Python package vl-convert-python, which 'make setup' installs.
      """)

  @Argument(
    help: """
      The JSON of 'simulate' or 'serve', STORE:RUN, a results store with a sweep, or the depths of 'fabric attention \
      --cliff'.
      """)
  var input: String

  @Option(name: .shortAndLong, help: "The folder of the page.")
  var output: String

  @Option(help: "The sweep: its name or the first digits of its plan.")
  var sweep: String?

  @Option(help: "Also write each chart as svg or png; repeatable.")
  var format: [ReportWriter.Format] = []

  func run() throws {
    let writer = ReportWriter(folder: output, formats: format)
    let notice: String?
    if ReportCommand.isStore(input) {
      let store = try ResultsStore(path: input, access: .readOnly)
      let record = try StoreLookup.sweep(store, named: sweep)
      notice = try writer.write(
        SweepPage(sweep: record, runs: try store.runs(ofSweep: record.id)))
    } else if let text = ReportCommand.text(input), ServiceDocument.isService(json: text) {
      notice = try writer.write(ServicePage(try ServiceDocument(json: text, label: input)))
    } else if let text = ReportCommand.text(input), DepthSweep.isDepthSweep(csv: text) {
      let file = input.split(separator: "/").last.map(String.init) ?? input
      let name = file.hasSuffix(".csv") ? String(file.dropLast(4)) : file
      notice = try writer.write(
        DepthPage(
          title: "FIFO depths", subtitle: input,
          sweeps: [try DepthSweep(csv: text, name: name, label: input)]))
    } else {
      notice = try writer.write(ResultPage(try StoreLookup.document(input)))
    }
    if let notice { FileHandle.standardError.write(Data("orrery: \(notice)\n".utf8)) }
    print("\(output)/index.html")
  }

  /// The text of a file; nil when there is none.
  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether a file is SQLite, by its first bytes.
  static func isStore(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path),
      let head = try? file.read(upToCount: 15)
    else { return false }
    return head == Data("SQLite format 3".utf8)
  }
}
