public import Units

/// Collects tensors and writes them as one safetensors file.
///
/// The bytes depend only on what was added and in which order: names are written in that order,
/// metadata sorted by key, the header padded with spaces to a multiple of 8.
public struct SafetensorsWriter: Sendable {
  private var header: [(name: String, type: String, shape: [Int], length: Int)] = []
  private var chunks: [[UInt8]] = []
  private var names: Set<String> = []
  /// Free-form strings for `__metadata__`.
  public var metadata: [String: String] = [:]

  public init() {}

  /// Adds a binary32 tensor.
  public mutating func add(_ name: String, _ tensor: Tensor) {
    append(name, "F32", tensor.shape, tensor.elements.map { $0.bitPattern.littleEndian })
  }

  /// Adds a tensor rounded to f32, f16 or bf16.
  ///
  /// - Precondition: the type is one of those.
  public mutating func add(_ name: String, _ tensor: Tensor, as type: DataType) {
    switch type {
    case .f32: add(name, tensor)
    case .f16:
      append(
        name, "F16", tensor.shape, tensor.elements.map { HalfPrecision.bits(of: $0).littleEndian })
    case .bf16:
      append(
        name, "BF16", tensor.shape, tensor.elements.map { BFloat16($0).bitPattern.littleEndian })
    default: preconditionFailure("safetensors are written as f32, f16 or bf16")
    }
  }

  /// Adds a tensor of 64-bit integers.
  public mutating func add(_ name: String, _ array: NDArray<Int64>) {
    append(name, "I64", array.shape, array.elements.map(\.littleEndian))
  }

  /// Adds a binary64 tensor.
  public mutating func add(_ name: String, _ array: NDArray<Double>) {
    append(name, "F64", array.shape, array.elements.map { $0.bitPattern.littleEndian })
  }

  private mutating func append(
    _ name: String, _ type: String, _ shape: [Int], _ words: [some FixedWidthInteger]
  ) {
    precondition(names.insert(name).inserted, "tensor \"\(name)\" added twice")
    let bytes = words.withUnsafeBytes { Array($0) }
    header.append((name, type, shape, bytes.count))
    chunks.append(bytes)
  }

  /// Writes the file in one step: a reader sees all of it or the old one.
  ///
  /// - Throws: an input/output `TensorFileError`.
  public func write(to path: String) throws(TensorFileError) {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for (name, type, shape, length) in header {
      let extents = shape.map(String.init).joined(separator: ",")
      members.append(
        "\(Self.quoted(name)):{\"dtype\":\"\(type)\",\"shape\":[\(extents)],"
          + "\"data_offsets\":[\(offset),\(offset + length)]}")
      offset += length
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    try MappedFile.write([length, text] + chunks, to: path)
  }

  /// A JSON string literal.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
