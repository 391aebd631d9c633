import Foundation
import Testing
import Workload

@testable import TraceFormat

/// Where the samples of foreign formats lie.
let formatSamples =
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "ReferenceData/formats").path()

/// Converts `text` or a sample and returns the written bytes.
func converted(
  _ bytes: [UInt8], named name: String, to output: String, _ conversion: TraceConversion
) throws -> [UInt8] {
  let directory = try TemporaryDirectory()
  try Data(bytes).write(to: URL(filePath: directory.path(name)))
  _ = try conversion.convert(directory.path(name), to: directory.path(output))
  return Array(try Data(contentsOf: URL(filePath: directory.path(output))))
}

/// The operators that a file converts to, read back from the native trace.
func imported(
  _ bytes: [UInt8], named name: String,
  _ conversion: TraceConversion = TraceConversion(generator: "tests")
) throws -> [Operator] {
  let file = try converted(bytes, named: name, to: "t.jsonl.zst", conversion)
  var reader = try TraceReader(bytes: file, name: name)
  var operators: [Operator] = []
  while let op = try reader.next() { operators.append(op) }
  return operators
}

func sample(_ name: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(filePath: formatSamples + "/" + name)))
}

/// Every way to cut or flip a file ends in an error or a trace, never in a crash; with `isStrict`
/// every cut is an error.
func survivesDamage(_ bytes: [UInt8], named name: String, isStrict: Bool) throws {
  let conversion = TraceConversion(generator: "tests")
  func read(_ bytes: [UInt8]) throws -> ImportedTrace {
    let input = try ConversionInput(file: bytes, name: name)
    return try conversion.read(input, input.format())
  }
  for count in stride(from: 0, to: bytes.count, by: max(bytes.count / 60, 1)) {
    let cut = try? read(Array(bytes[..<count]))
    if isStrict && count < bytes.count - 1 { #expect(cut == nil, "cut at \(count)") }
  }
  for place in stride(from: 0, to: bytes.count, by: max(bytes.count / 120, 1)) {
    var flipped = bytes
    flipped[place] ^= UInt8(1 << (place % 8))
    _ = try? read(flipped)
  }
}
