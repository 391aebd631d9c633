import Foundation
import Testing
import TraceFormat
import Workload

@Suite struct OutputFileTests {
  private let move = Operation.memoryMove(MemoryMove(function: .copy))

  @Test func nothingIsVisibleBeforeTheEnd() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("t.jsonl.zst")
    var writer = try TraceWriter(path: path, header: testHeader)
    try writer.emit(Operator(id: 0, name: "", operation: move))
    #expect(!FileManager.default.fileExists(atPath: path))
    try writer.finish()
    #expect(try directory.contents == ["t.jsonl.zst"])
  }

  @Test func aDroppedWriterLeavesNothingAndKeepsTheOldFile() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("t")
    try Data("old".utf8).write(to: URL(fileURLWithPath: path))
    func drop() throws {
      var writer = try TraceWriter(path: path, header: testHeader)
      try writer.emit(Operator(id: 0, name: "", operation: move))
    }
    try drop()
    #expect(try directory.contents == ["t"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("old".utf8))
  }

  @Test func aLinkIsFollowed() throws {
    let directory = try TemporaryDirectory()
    let target = directory.path("target")
    try Data("old".utf8).write(to: URL(fileURLWithPath: target))
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("link"), withDestinationPath: target)
    var writer = try TraceWriter(path: directory.path("link"), header: testHeader)
    try writer.finish()
    var reader = try TraceReader(path: target)
    #expect(reader.header == testHeader)
    #expect(try reader.next() == nil)
    #expect(try directory.contents == ["link", "target"])
  }

  @Test func devicesAreWrittenAndNotReplaced() throws {
    var writer = try TraceWriter(path: "/dev/null", header: testHeader)
    try writer.finish()
    let attributes = try FileManager.default.attributesOfItem(atPath: "/dev/null")
    #expect(attributes[.type] as? FileAttributeType == .typeCharacterSpecial)
  }

  @Test func pathsThatCannotBeUsedAreNamed() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.path("no/such/directory/t")
    let unwritable = #expect(throws: TraceError.self) {
      _ = try TraceWriter(path: missing, header: testHeader)
    }
    #expect(unwritable?.kind == .inputOutput)
    #expect(unwritable?.file == missing)
    let unreadable = #expect(throws: TraceError.self) { _ = try TraceReader(path: missing) }
    #expect(unreadable?.kind == .badInput)
    #expect(unreadable?.what.contains("No such file") == true)
    let folder = #expect(throws: TraceError.self) {
      _ = try TraceReader(path: directory.url.path)
    }
    #expect(folder?.what.contains("directory") == true)
  }
}
