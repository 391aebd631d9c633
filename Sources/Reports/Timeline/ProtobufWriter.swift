/// Writes fields of the protobuf wire format.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  /// A field of type int, uint, bool or enum.
  mutating func varint(_ field: Int, _ value: UInt64) {
    append(UInt64(field) << 3)
    append(value)
  }

  /// A field of type double.
  mutating func double(_ field: Int, _ value: Double) {
    append(UInt64(field) << 3 | 1)
    var bits = value.bitPattern
    for _ in 0..<8 {
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bits >>= 8
    }
  }

  /// A field of type string.
  mutating func string(_ field: Int, _ text: String) { message(field, Array(text.utf8)) }

  /// A field of type bytes or message.
  mutating func message(_ field: Int, _ content: [UInt8]) {
    append(UInt64(field) << 3 | 2)
    append(UInt64(content.count))
    bytes += content
  }

  /// A field that is a message, which `body` writes.
  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    message(field, inner.bytes)
  }

  private mutating func append(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
