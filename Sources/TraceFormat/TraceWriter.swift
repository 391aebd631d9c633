internal import Units
public import Workload

/// Writes an operator trace: a header line, then one operator a line, in one zstd frame.
///
/// Operators are checked as a reader will check them, so that what is written can be read. The file
/// appears under its name when `finish` returns, and not at all when the writer is dropped before.
/// The bytes depend on nothing but the operators, the level and the version of libzstd.
///
///     var writer = try TraceWriter(path: "decode.jsonl.zst", header: header)
///     try emitter.run(into: &writer)
///     try writer.finish()
///
/// Memory: about 10 MB. Complexity: linear in the length of the text.
public struct TraceWriter: OperatorSink, ~Copyable {
  /// The operators written so far.
  public private(set) var count = 0

  /// The zstd level of traces: 1. On operator traces higher levels save little and cost more
  /// (measured: `docs/trace-format.md`).
  public static let defaultLevel = 1

  /// Text is handed to the compressor in pieces of this size, which stay in the cache.
  private static let pieceSize = 1 << 17

  private var encoder: ZstdEncoder
  private var buffer = TextBuffer(capacity: TraceWriter.pieceSize * 2)
  private var tensors = TensorText()
  private var check = OperatorCheck()
  private var isFinished = false

  /// The last request list and its text, which following operators share.
  private var requests: [RequestRun] = []
  private var requestText: ContiguousArray<UInt8> = []

  /// Starts a trace; `-` is the standard output.
  ///
  /// - Parameter level: the zstd level, 1 to 19; higher levels are smaller and slower.
  /// - Throws: `TraceError` when the output cannot be opened.
  public init(path: String, header: TraceHeader, level: Int = TraceWriter.defaultLevel) throws {
    precondition((1...19).contains(level), "zstd levels above 19 need larger windows")
    guard DataType(rawValue: header.dtype) != nil, header.layers >= 0 else {
      throw TraceError(
        file: path, line: 1, what: "the header has no valid dtype or number of layers",
        remedy: "correct the header: dtype '\(header.dtype)', layers \(header.layers)")
    }
    encoder = try ZstdEncoder(OutputFile(path: path), level: level)
    append(header)
  }

  /// Writes the next operator.
  ///
  /// - Throws: `TraceError` when the operator breaks a rule of the format, or the output fails.
  public mutating func emit(_ operator: Operator) throws {
    precondition(!isFinished, "an operator comes after the end of the trace")
    let lineStart = buffer.count
    do {
      try check.check(`operator`)
      try append(`operator`)
    } catch let error as LineError {
      buffer.truncate(to: lineStart)
      throw error.located(file: encoder.name, line: count + 2)
    }
    count += 1
    if buffer.count >= TraceWriter.pieceSize { try flush() }
  }

  /// Ends the trace and makes the file visible.
  ///
  /// - Throws: `TraceError` when the output fails; then there is no file.
  public mutating func finish() throws {
    precondition(!isFinished, "a trace ends once")
    try flush()
    try encoder.finish()
    isFinished = true
  }

  private mutating func flush() throws {
    try encoder.write(buffer.contents)
    buffer.truncate(to: 0)
  }

  private mutating func append(_ header: TraceHeader) {
    buffer.append("{\"format\":")
    buffer.appendQuoted(TraceHeader.formatName)
    buffer.append(",\"version\":")
    buffer.append(TraceHeader.currentVersion)
    buffer.append(",\"model\":")
    buffer.appendQuoted(header.model)
    buffer.append(",\"architecture\":")
    buffer.appendQuoted(header.architecture)
    buffer.append(",\"layers\":")
    buffer.append(header.layers)
    buffer.append(",\"dtype\":")
    buffer.appendQuoted(header.dtype)
    buffer.append(",\"generator\":")
    buffer.appendQuoted(header.generator)
    buffer.append(",\"seed\":")
    buffer.append(header.seed)
    buffer.append(",\"units\":{\"address\":\"byte\"}}\n")
  }

  private mutating func append(_ subject: Operator) throws {
    buffer.append("{\"id\":")
    buffer.append(subject.id)
    buffer.append(",\"kind\":\"")
    buffer.appendPlain(subject.kind.rawValue)
    buffer.append("\",\"name\":")
    buffer.appendQuoted(subject.name)
    if let layer = subject.layer {
      buffer.append(",\"layer\":")
      buffer.append(layer)
    }
    buffer.append(",\"step\":")
    buffer.append(subject.step)
    switch subject.phase {
    case .prefill: buffer.append(",\"phase\":\"prefill\"")
    case .decode: buffer.append(",\"phase\":\"decode\"")
    case .mixed: buffer.append(",\"phase\":\"mixed\"")
    }
    if !subject.requests.isEmpty { append(subject.requests) }
    buffer.append(",\"attributes\":")
    buffer.append(subject.operation)
    if !subject.inputs.isEmpty { try append(subject.inputs, ",\"inputs\":[", "inputs") }
    if !subject.outputs.isEmpty { try append(subject.outputs, ",\"outputs\":[", "outputs") }
    if !subject.dataDependences.isEmpty {
      buffer.append(",\"data_dependences\":")
      buffer.append(subject.dataDependences)
    }
    if !subject.controlDependences.isEmpty {
      buffer.append(",\"control_dependences\":")
      buffer.append(subject.controlDependences)
    }
    if let measured = subject.measured {
      buffer.append(",\"measured\":{\"ps\":")
      buffer.append(measured.duration.picoseconds)
      buffer.append(",\"source\":\"")
      buffer.appendPlain(measured.source.rawValue)
      buffer.append("\"}")
    }
    buffer.append("}\n")
  }

  private mutating func append(
    _ list: [Tensor], _ key: StaticString, _ field: StaticString
  ) throws {
    buffer.append(key)
    for index in list.indices {
      if index > 0 { buffer.append(",") }
      do {
        try tensors.append(list[index], to: &buffer)
      } catch let error as LineError {
        throw error.inside("\(field)[\(index)]")
      }
    }
    buffer.append("]")
  }

  private mutating func append(_ runs: [RequestRun]) {
    let isSame =
      runs.count == requests.count
      && runs.withUnsafeBufferPointer { $0.baseAddress }
        == requests.withUnsafeBufferPointer { $0.baseAddress }
    if isSame || runs == requests {
      requestText.withUnsafeBufferPointer { text in
        if let start = text.baseAddress { buffer.append(start, count: text.count) }
      }
      return
    }
    let start = buffer.count
    buffer.append(",\"requests\":[")
    for (index, run) in runs.enumerated() {
      buffer.append(index > 0 ? ",[" : "[")
      buffer.append(run.first)
      buffer.append(",")
      buffer.append(run.count)
      buffer.append(",")
      buffer.append(run.query)
      buffer.append(",")
      buffer.append(run.kv)
      if run.slot != run.first {
        buffer.append(",")
        buffer.append(run.slot)
      }
      buffer.append("]")
    }
    buffer.append("]")
    requests = runs
    requestText = ContiguousArray(buffer.contents[start...])
  }
}
