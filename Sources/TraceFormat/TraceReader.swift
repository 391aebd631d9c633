public import Workload

/// Reads an operator trace in one pass and bounded memory.
///
/// Everything that the simulator relies on is checked on the way (see `docs/trace-format.md`), so an
/// operator that is returned is valid; after an error the trace must not be used further.
///
///     var reader = try TraceReader(path: "decode.jsonl.zst")
///     while let next = try reader.next() { graph.append(next) }
///
/// Memory: about 10 MB, plus the longest line. Complexity: linear in the length of the trace.
public struct TraceReader: OperatorSource, ~Copyable {
  /// What the first line says about the trace.
  public let header: TraceHeader
  /// The operators returned so far.
  public private(set) var count = 0

  private var lines: LineReader
  private var parser = OperatorParser()
  private var check = OperatorCheck()

  /// Opens a trace and reads its header; `-` is the standard input.
  ///
  /// - Throws: `TraceError`.
  public init(path: String) throws {
    try self.init(ByteSource(path: path))
  }

  /// Reads a compressed trace from memory; `name` stands in messages.
  ///
  /// - Throws: `TraceError`.
  public init(bytes: [UInt8], name: String) throws {
    try self.init(ByteSource(bytes: bytes, name: name))
  }

  /// Reads a trace that was decompressed before; `name` stands in messages.
  init(text: [UInt8], name: String) throws {
    try self.init(ByteSource(bytes: text, name: name), plain: true)
  }

  private init(_ source: consuming ByteSource, plain: Bool = false) throws {
    var lines = try LineReader(source, plain: plain)
    guard let first = try lines.next() else {
      throw TraceError(
        file: lines.name, what: "holds no line", remedy: "emit the trace again")
    }
    do {
      header = try HeaderParser.parse(first)
    } catch let error as LineError {
      throw error.located(file: lines.name, line: 1)
    }
    self.lines = lines
  }

  /// The next operator, or nil at the end.
  ///
  /// - Throws: `TraceError`, which names line, field and remedy.
  public mutating func next() throws -> Operator? {
    guard let line = try lines.next() else { return nil }
    do {
      let result = try parser.parse(line)
      try check.check(result)
      count += 1
      return result
    } catch let error as LineError {
      throw error.located(file: lines.name, line: lines.lineNumber)
    }
  }
}
