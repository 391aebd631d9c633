import Foundation
import Testing
import Workload

@Suite struct DocumentationTests {
  /// The JSON lines of `docs/trace-format.md`.
  private func documentedLines() throws -> [String] {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/trace-format.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    return text.split(separator: "\n").filter { $0.hasPrefix("{") }.map(String.init)
  }

  @Test func theExamplesOfThePageAreValidAndShowEveryKind() throws {
    let lines = try documentedLines()
    let headers = lines.filter { $0.hasPrefix("{\"format\"") }
    #expect(headers.count == 1)
    for header in headers {
      #expect(try readAll(compressed(header + "\n")).header.model == "llama2-7b")
    }
    // The first example stands alone and depends on an operator that the page does not show.
    let kinds = try read(lines: Array(lines.filter { !$0.hasPrefix("{\"format\"") }.dropFirst()))
    #expect(kinds.map(\.kind) == OperatorKind.allCases)
  }
}
