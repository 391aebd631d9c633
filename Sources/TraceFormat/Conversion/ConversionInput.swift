internal import Units

/// A file to convert, whole and decompressed, and what it holds.
struct ConversionInput {
  let name: String
  let bytes: [UInt8]

  /// Reads a file or, for `-`, the standard input; gzip and zstd are decompressed, a byte order mark
  /// is dropped.
  init(path: String) throws(TraceError) {
    var source = try ByteSource(path: path)
    var file: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try source.read(into: buffer)
      if count == 0 { break }
      file += buffer[..<count]
      if file.count > Gzip.largestOutput {
        throw TraceError(
          file: source.name, what: "is larger than 1 GiB", remedy: "convert a smaller trace")
      }
    }
    try self.init(file: file, name: source.name)
  }

  init(file: [UInt8], name: String) throws(TraceError) {
    self.name = name
    var content = file
    if Gzip.isGzip(file) {
      content = try Gzip.decompress(file, name: name)
    } else if file.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      var decoder = try ZstdDecoder(ByteSource(bytes: file, name: name))
      content = []
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
      defer { buffer.deallocate() }
      while true {
        let count = try decoder.read(into: buffer)
        if count == 0 { break }
        content += buffer[..<count]
        if content.count > Gzip.largestOutput {
          throw TraceError(
            file: name, what: "inflates beyond 1 GiB", remedy: "convert a smaller trace")
        }
      }
    }
    bytes = content.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(content[3...]) : content
  }

  /// The content as text.
  func text() throws(TraceError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TraceError(file: name, what: "is not UTF-8", remedy: "name its format with --from")
    }
    return text
  }

  /// The content as one JSON document.
  func document() throws(TraceError) -> JSONValue {
    let result = bytes.withUnsafeBytes { bytes -> Result<JSONValue, JSONError> in
      do throws(JSONError) { return .success(try JSONValue.parse(bytes)) } catch {
        return .failure(error)
      }
    }
    do throws(JSONError) { return try result.get() } catch {
      throw TraceError(
        file: name, what: "byte \(error.offset): \(error.message)",
        remedy: "the file is cut short or no JSON; export it again")
    }
  }

  /// What the file holds, by its content and else by its name.
  func format() throws(TraceError) -> ConversionFormat {
    let start = bytes.prefix(1 << 16)
    let line = String(decoding: start.prefix { $0 != 0x0A }, as: UTF8.self)
    let first = start.first { !($0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09) }
    if first == UInt8(ascii: "{") {
      if line.contains("\"orrery.trace\"") { return .orrery }
      if line.contains("\"orrery.requests\"") { return .requests }
      if line.contains("\"input_toks\"") || line.contains("\"sub_requests\"") {
        return .llmServingSimRequests
      }
      if line.contains("\"input_length\"") { return .mooncake }
      let head = String(decoding: start, as: UTF8.self)
      if head.contains("\"traceEvents\"") { return .kineto }
      if head.contains("\"schema\"") && head.contains("\"nodes\"") { return .pytorch }
    }
    if line.contains("model_parallel_NPU_group") { return .llmServingSim }
    if let table = RequestTable.format(of: line) { return table }
    // A Chakra trace starts with the length of its metadata, whose first field is the version.
    if name.lowercased().hasSuffix(".et") || isChakra { return .chakra }
    throw TraceError(
      file: name, what: bytes.isEmpty ? "is empty" : "is of no format that is known",
      remedy: "name it with --from: "
        + ConversionFormat.allCases.filter { $0 != .scaleSim }.map(\.rawValue)
        .joined(separator: ", "))
  }

  private var isChakra: Bool {
    var reader = ProtobufReader(bytes.prefix(1 << 16))
    guard let content = try? reader.delimited() else { return false }
    return content.starts(with: [0x0A, 0x05]) && content.dropFirst(2).starts(with: "1.0.".utf8)
  }
}
