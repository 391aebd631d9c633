import Foundation
import Testing

@Suite struct ReadmeTests {
  private func readme() throws -> String {
    try String(contentsOf: repository.appending(path: "README.md"), encoding: .utf8)
  }

  /// The fenced blocks of a language.
  private func blocks(_ language: String) throws -> [String] {
    var blocks: [String] = []
    var current: [Substring]?
    for line in try readme().split(separator: "\n", omittingEmptySubsequences: false) {
      if current != nil, line == "```" {
        blocks.append(current?.joined(separator: "\n") ?? "")
        current = nil
      } else if line == "```\(language)" {
        current = []
      } else {
        current?.append(line)
      }
    }
    return blocks
  }

  @Test func shownOutputIsWhatComesOut() throws {
    let shown = try blocks("console")
    #expect(!shown.isEmpty)
    for block in shown {
      let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let words = lines[0].split(separator: " ").dropFirst().map(String.init)
      #expect(words.first == "orrery")
      let output = try orrery(Array(words.dropFirst()))
      #expect(output.code == 0)
      #expect(output.stdout == String(lines[1]) + "\n")
    }
  }

  @Test func commandsOfTheMainJobRun() throws {
    let job = try blocks("sh").filter { $0.contains("orrery trace check") }
    #expect(job.count == 1)
    try withTemporaryFolder { folder in
      for line in job[0].split(separator: "\n") {
        let words = line.replacing("'", with: "").replacing("4 TB/s", with: "4TB/s")
          .split(separator: " ").map(String.init)
        let output = try orrery(Array(words.dropFirst()), in: folder)
        #expect(output.code == 0, "\(line): \(output.stderr)")
      }
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: "fast.json").path()))
    }
  }
}
