public import Units

/// A safetensors file, mapped read-only: names, types and shapes, and the bytes of each tensor.
///
/// Layout: an 8-byte little-endian header length, a JSON header
/// `{name: {dtype, shape, data_offsets}, __metadata__}`, the data. As the format demands, the
/// tensors must cover the data without overlap and without holes; anything else is refused before
/// a byte of data is touched.
public final class SafetensorsFile: Sendable {
  /// Where one tensor lies and what it holds.
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let dataType: DataType
    public let shape: [Int]
    /// The position of the tensor's bytes in the file.
    public let byteRange: Range<Int>

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
  }

  /// The longest header accepted, as in the format's own library.
  static let longestHeader = 100_000_000

  public let file: MappedFile
  /// All tensors in the order of their bytes.
  public let entries: [Entry]
  /// The free-form strings under `__metadata__`.
  public let metadata: [String: String]
  private let positions: [String: Int]

  /// Maps a file and checks its whole header.
  ///
  /// - Throws: `TensorFileError` with one line on what is wrong.
  public init(path: String) throws(TensorFileError) {
    let file = try MappedFile(path: path)
    let (entries, metadata) = try Self.readHeader(file)
    self.file = file
    self.entries = entries
    self.metadata = metadata
    var positions: [String: Int] = [:]
    for (position, entry) in entries.enumerated() { positions[entry.name] = position }
    self.positions = positions
  }

  /// The entry of a tensor, or nil when the file does not hold it.
  public func entry(_ name: String) -> Entry? {
    positions[name].map { entries[$0] }
  }

  /// The bytes of a tensor; valid while the file object lives.
  public func bytes(of entry: Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[entry.byteRange])
  }

  /// Reads a floating-point tensor as binary32; binary64 is rounded.
  ///
  /// - Throws: `TensorFileError` when it is absent or not of a floating-point type.
  public func tensor(_ name: String) throws(TensorFileError) -> Tensor {
    let entry = try require(name)
    let source = bytes(of: entry)
    guard let elements = FloatDecoding.floats(source, entry.dataType, count: entry.count) else {
      throw TensorFileError(
        .malformed, file: file.path,
        "tensor \"\(name)\" holds \(entry.dataType.rawValue); expected f64, f32, f16 or bf16")
    }
    return Tensor(shape: entry.shape, elements: elements)
  }

  /// Reads a binary64 tensor exactly.
  public func doubles(_ name: String) throws(TensorFileError) -> NDArray<Double> {
    let entry = try require(name, .f64)
    let source = bytes(of: entry)
    return NDArray(
      shape: entry.shape,
      elements: (0..<entry.count).map {
        Double(
          bitPattern: UInt64(
            littleEndian: source.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)))
      })
  }

  /// Reads a tensor of 64-bit integers.
  public func integers(_ name: String) throws(TensorFileError) -> NDArray<Int64> {
    let entry = try require(name, .i64)
    let source = bytes(of: entry)
    return NDArray(
      shape: entry.shape,
      elements: (0..<entry.count).map {
        Int64(littleEndian: source.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
      })
  }

  private func require(_ name: String, _ type: DataType? = nil) throws(TensorFileError) -> Entry {
    guard let entry = entry(name) else {
      throw TensorFileError(.malformed, file: file.path, "has no tensor \"\(name)\"")
    }
    if let type, entry.dataType != type {
      throw TensorFileError(
        .malformed, file: file.path,
        "tensor \"\(name)\" holds \(entry.dataType.rawValue); expected \(type.rawValue)")
    }
    return entry
  }
}

extension SafetensorsFile {
  private static func readHeader(
    _ file: MappedFile
  ) throws(TensorFileError) -> (entries: [Entry], metadata: [String: String]) {
    func malformed(_ message: String) -> TensorFileError {
      TensorFileError(.malformed, file: file.path, message)
    }
    let bytes = file.bytes
    guard bytes.count >= 8 else {
      throw malformed("is \(bytes.count) bytes long; a safetensors file has at least 8")
    }
    let declared = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard declared <= UInt64(bytes.count - 8), declared <= UInt64(longestHeader) else {
      throw malformed(
        "the header claims \(declared) bytes, \(bytes.count - 8) follow; the file is cut short "
          + "or is not safetensors")
    }
    let dataStart = 8 + Int(declared)
    let header: JSONValue
    do throws(JSONError) {
      header = try JSONValue.parse(UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
    } catch {
      throw malformed("the header is not JSON: \(error.message) at byte \(8 + error.offset)")
    }
    guard case .object(let members) = header else { throw malformed("the header is no object") }
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    for (name, value) in members {
      if name == "__metadata__" {
        for (key, text) in value.objectValue ?? [:] { metadata[key] = text.stringValue }
        continue
      }
      entries.append(
        try entry(name, value, dataStart: dataStart, dataLength: bytes.count - dataStart, malformed)
      )
    }
    entries.sort { first, second in
      (first.byteRange.lowerBound, first.byteRange.upperBound, first.name)
        < (second.byteRange.lowerBound, second.byteRange.upperBound, second.name)
    }
    var end = dataStart
    for entry in entries {
      guard entry.byteRange.lowerBound == end else {
        throw malformed(
          "tensor \"\(entry.name)\" starts at data byte \(entry.byteRange.lowerBound - dataStart), "
            + "expected \(end - dataStart): tensors overlap or leave a hole")
      }
      end = entry.byteRange.upperBound
    }
    guard end == bytes.count else {
      throw malformed("\(bytes.count - end) bytes follow the last tensor")
    }
    return (entries, metadata)
  }

  private static func entry(
    _ name: String, _ value: JSONValue, dataStart: Int, dataLength: Int,
    _ malformed: (String) -> TensorFileError
  ) throws(TensorFileError) -> Entry {
    guard let typeName = value["dtype"]?.stringValue else {
      throw malformed("tensor \"\(name)\" has no dtype")
    }
    guard let type = dataTypes[typeName] else {
      throw malformed(
        "tensor \"\(name)\" has the unknown dtype \"\(typeName)\"; known: "
          + dataTypes.keys.sorted().joined(separator: ", "))
    }
    var shape: [Int] = []
    var bits = type.bits
    guard let extents = value["shape"]?.arrayValue else {
      throw malformed("tensor \"\(name)\" has no shape")
    }
    for extent in extents {
      guard let extent = extent.intValue, extent >= 0 else {
        throw malformed("tensor \"\(name)\" has an extent that is no natural number")
      }
      let (product, overflow) = bits.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw malformed("tensor \"\(name)\" has a shape that overflows") }
      bits = product
      shape.append(extent)
    }
    guard let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2,
      let begin = offsets[0].intValue, let end = offsets[1].intValue
    else { throw malformed("tensor \"\(name)\" needs two data_offsets") }
    guard begin >= 0, begin <= end, end <= dataLength else {
      throw malformed(
        "tensor \"\(name)\" claims data bytes \(begin) to \(end); the file holds \(dataLength)")
    }
    guard end - begin == bits / 8 else {
      throw malformed(
        "tensor \"\(name)\" of \(typeName) \(shape) needs \(bits / 8) bytes; "
          + "its data_offsets hold \(end - begin)")
    }
    return Entry(
      name: name, dataType: type, shape: shape,
      byteRange: (dataStart + begin)..<(dataStart + end))
  }

  /// The format's type names. Source: the safetensors format description.
  static let dataTypes: [String: DataType] = [
    "F64": .f64, "F32": .f32, "F16": .f16, "BF16": .bf16, "F8_E4M3": .f8e4m3, "F8_E5M2": .f8e5m2,
    "I64": .i64, "I32": .i32, "I16": .i16, "I8": .i8, "U8": .u8, "BOOL": .bool,
  ]
}
