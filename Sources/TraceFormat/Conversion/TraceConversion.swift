public import Units
internal import Workload

/// Converts traces between Orrery's own format and those of other simulators and profilers.
///
/// What each format can say, and what becomes of it, stands in `docs/formats.md`. Files are read
/// whole; an output appears only when it is complete.
public struct TraceConversion: Sendable {
  /// The format of the input; found by content and name when nil.
  public var from: ConversionFormat?
  /// The format of the output; found by its name when nil.
  public var to: ConversionFormat?
  /// The devices of a collective whose trace does not say which.
  public var ranks: Int?
  /// The element type of operators whose trace names none.
  public var dtype: DataType?
  /// The program and command, for the header.
  public var generator: String

  /// What was done.
  public struct Report: Sendable {
    public var from: ConversionFormat
    public var to: ConversionFormat
    /// Operators, rows, nodes or requests that were read.
    public var count: Int
    /// What was left out or assumed.
    public var notes: [String]
  }

  public init(
    from: ConversionFormat? = nil, to: ConversionFormat? = nil, ranks: Int? = nil,
    dtype: DataType? = nil, generator: String
  ) {
    self.from = from
    self.to = to
    self.ranks = ranks
    self.dtype = dtype
    self.generator = generator
  }

  /// Converts a file; `-` is the standard input or output.
  ///
  /// - Throws: `TraceError`; then there is no output.
  public func convert(_ input: String, to output: String) throws -> Report {
    let file = try ConversionInput(path: input)
    let source = try from ?? file.format()
    if source == .scaleSim {
      throw TraceError(
        file: file.name, what: "scalesim is only written", remedy: "name another format")
    }
    guard let target = to ?? ConversionFormat.output(output, requests: source.isRequests) else {
      throw TraceError(
        file: output, what: "its name does not say which format to write",
        remedy: "name it with --to: "
          + ConversionFormat.allCases
          .filter { $0.isWritten && $0.isRequests == source.isRequests }.map(\.rawValue)
          .joined(separator: ", "))
    }
    guard target.isWritten else {
      throw TraceError(
        file: output, what: "\(target.rawValue) is only read", remedy: "name another with --to")
    }
    guard target.isRequests == source.isRequests else {
      throw TraceError(
        file: file.name,
        what: "\(source.rawValue) holds \(source.isRequests ? "requests" : "operators") and "
          + "\(target.rawValue) \(target.isRequests ? "requests" : "operators")",
        remedy: "name another format with --to")
    }
    if source.isRequests { return try convertRequests(file, source, target, output) }
    // The same format on both sides keeps everything that it can say.
    if source == target, source == .chakra {
      let trace = try ChakraReader(bytes: file.bytes, name: file.name).read()
      try write(trace.bytes, to: output)
      return Report(from: source, to: target, count: trace.nodes.count, notes: [])
    }
    if source == target, source == .llmServingSim {
      let table = try LayerTable(text: file.text(), name: file.name)
      try write(Array(table.text.utf8), to: output)
      return Report(from: source, to: target, count: table.rows.count, notes: [])
    }
    var trace = try read(file, source)
    if source != .orrery { trace.header.generator = "\(generator) (\(trace.header.generator))" }
    let notes = try write(trace, as: target, to: output)
    return Report(
      from: source, to: target, count: trace.operators.count, notes: trace.notes + notes)
  }

  /// The operators of a file, as far as they can be expressed here.
  func read(
    _ file: ConversionInput, _ format: ConversionFormat
  ) throws -> ImportedTrace {
    let model = Self.stem(file.name)
    do {
      switch format {
      case .chakra:
        let trace = try ChakraReader(bytes: file.bytes, name: file.name).read()
        let (rank, found) = RankFiles.count(beside: file.name)
        var reader = ChakraImport(ranks: ranks ?? found, rank: rank, dtype: dtype)
        return try reader.convert(trace, name: model)
      case .llmServingSim:
        let table = try LayerTable(text: file.text(), name: file.name)
        let devices = ranks ?? Int(table.group.prefix { $0.isNumber }) ?? 1
        return try table.operators(
          model: model, dtype: dtype ?? .f16, devices: min(max(devices, 1), 1 << 16))
      case .pytorch: return try ExecutionTraceImport.convert(file.document(), name: model)
      case .kineto: return try KinetoImport.convert(file.document(), name: model)
      default:
        var reader = try TraceReader(text: file.bytes, name: file.name)
        var trace = ImportedTrace(header: reader.header, operators: [])
        while let op = try reader.next() { trace.operators.append(op) }
        return trace
      }
    } catch let error as ImportError { throw error.located(file.name) }
  }

  /// Writes a trace; returns what its reader should know.
  private func write(
    _ trace: ImportedTrace, as format: ConversionFormat, to output: String
  ) throws -> [String] {
    switch format {
    case .chakra:
      try write(
        ChakraExport.convert(trace, rank: RankFiles.rank(of: output) ?? 0).bytes, to: output)
      return []
    case .llmServingSim:
      try write(Array(LayerTable(trace).text.utf8), to: output)
      let unknown = trace.operators.count { $0.measured == nil && $0.kind != .collective }
      return unknown == 0 ? [] : ["\(unknown) rows have no measured duration: their comp_time is 0"]
    case .scaleSim:
      try write(Array(ScaleSimExport.text(trace.operators).utf8), to: output)
      return []
    default:
      var writer = try TraceWriter(path: output, header: trace.header)
      for op in trace.operators { try writer.emit(op) }
      try writer.finish()
      return []
    }
  }

  private func convertRequests(
    _ file: ConversionInput, _ source: ConversionFormat, _ target: ConversionFormat,
    _ output: String
  ) throws -> Report {
    let text = try file.text()
    let records: [RequestRecord]
    switch source {
    case .requests, .llmServingSimRequests, .mooncake:
      var reader = RequestLines(file: file.name)
      records = try reader.read(text, as: source)
    default: records = try RequestTable(file: file.name).read(text, as: source)
    }
    guard !records.isEmpty else {
      throw TraceError(file: file.name, what: "holds no request", remedy: "name another file")
    }
    try write(
      target == .requests
        ? RequestRecord.native(records, source: source.rawValue)
        : RequestRecord.llmServingSim(records), to: output)
    return Report(from: source, to: target, count: records.count, notes: [])
  }

  private func write(_ bytes: [UInt8], to path: String) throws(TraceError) {
    var file = try OutputFile(path: path)
    let result = bytes.withUnsafeBytes { bytes -> Result<Void, TraceError> in
      do throws(TraceError) { return .success(try file.write(bytes)) } catch {
        return .failure(error)
      }
    }
    try result.get()
    try file.commit()
  }

  /// The file's name without folders and endings.
  private static func stem(_ path: String) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    return file.split(separator: ".").first.map(String.init) ?? file
  }
}
