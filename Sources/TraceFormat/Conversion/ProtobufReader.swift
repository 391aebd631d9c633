/// Why bytes are no protobuf message, and where.
struct ProtobufError: Error {
  let offset: Int
  let what: String
}

/// Reads fields of the protobuf wire format from a slice of bytes; never reads outside of it.
struct ProtobufReader {
  /// What a field holds on the wire.
  enum Payload: Hashable, Sendable {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes([UInt8])
  }

  private let bytes: ArraySlice<UInt8>
  /// The next byte, as an index of the file.
  private(set) var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var isAtEnd: Bool { position == bytes.endIndex }

  /// The next field, or nil at the end.
  mutating func next() throws(ProtobufError) -> (field: Int, payload: Payload)? {
    if isAtEnd { return nil }
    let start = position
    let key = try varint()
    guard key >> 3 > 0, key >> 3 < 1 << 29 else {
      throw ProtobufError(offset: start, what: "field number \(key >> 3) is out of range")
    }
    let field = Int(key >> 3)
    switch key & 7 {
    case 0: return (field, .varint(try varint()))
    case 1: return (field, .fixed64(try littleEndian(8)))
    case 2: return (field, .bytes(Array(try delimited())))
    case 5: return (field, .fixed32(UInt32(truncatingIfNeeded: try littleEndian(4))))
    default:
      throw ProtobufError(offset: start, what: "wire type \(key & 7) of field \(field) is unknown")
    }
  }

  /// The bytes of a message behind its length.
  mutating func delimited() throws(ProtobufError) -> ArraySlice<UInt8> {
    let start = position
    let count = try varint()
    guard count <= UInt64(bytes.endIndex - position) else {
      throw ProtobufError(
        offset: start,
        what: "\(count) bytes are announced and \(bytes.endIndex - position) are left")
    }
    defer { position += Int(count) }
    return bytes[position..<position + Int(count)]
  }

  /// A number of up to ten bytes, seven bits each.
  mutating func varint() throws(ProtobufError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      if shift == 63 && byte > 1 {
        throw ProtobufError(offset: start, what: "a number is longer than 64 bits")
      }
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return value }
      shift += 7
    }
    throw ProtobufError(offset: start, what: "a number is cut short")
  }

  private mutating func littleEndian(_ count: Int) throws(ProtobufError) -> UInt64 {
    guard bytes.endIndex - position >= count else {
      throw ProtobufError(offset: position, what: "a number is cut short")
    }
    var value: UInt64 = 0
    for byte in 0..<count { value |= UInt64(bytes[position + byte]) << UInt64(byte * 8) }
    position += count
    return value
  }
}

extension ProtobufReader.Payload {
  /// Every number of a repeated integer field, written one by one or in one block.
  func numbers() throws(ProtobufError) -> [UInt64] {
    switch self {
    case .varint(let value), .fixed64(let value): return [value]
    case .fixed32(let value): return [UInt64(value)]
    case .bytes(let bytes):
      var reader = ProtobufReader(bytes[...])
      var values: [UInt64] = []
      while !reader.isAtEnd { values.append(try reader.varint()) }
      return values
    }
  }

  /// The text of a string field, or nil when it is something else.
  var text: String? {
    if case .bytes(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
  }

  /// The value of an integer field, or nil when it is something else.
  var number: UInt64? {
    if case .varint(let value) = self { value } else { nil }
  }
}
