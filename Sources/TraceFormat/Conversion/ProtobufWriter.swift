/// Writes fields of the protobuf wire format.
package struct ProtobufWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// A field of type int, uint, bool or enum.
  package mutating func varint(_ field: Int, _ value: UInt64) {
    append(UInt64(field) << 3)
    append(value)
  }

  /// A field of type double or fixed64.
  package mutating func fixed64(_ field: Int, _ bits: UInt64) {
    append(UInt64(field) << 3 | 1)
    appendLittleEndian(bits, count: 8)
  }

  /// A field of type float or fixed32.
  package mutating func fixed32(_ field: Int, _ bits: UInt32) {
    append(UInt64(field) << 3 | 5)
    appendLittleEndian(UInt64(bits), count: 4)
  }

  /// A field of type double.
  package mutating func double(_ field: Int, _ value: Double) { fixed64(field, value.bitPattern) }

  /// A field of type string.
  package mutating func string(_ field: Int, _ text: String) { message(field, Array(text.utf8)) }

  /// A field of type bytes or message.
  package mutating func message(_ field: Int, _ content: [UInt8]) {
    append(UInt64(field) << 3 | 2)
    delimited(content)
  }

  /// A field that is a message, which `body` writes.
  package mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    message(field, inner.bytes)
  }

  /// A repeated field of numbers in one block; nothing when there are none.
  package mutating func packed(_ field: Int, _ values: [UInt64]) {
    if values.isEmpty { return }
    var inner = ProtobufWriter()
    for value in values { inner.append(value) }
    message(field, inner.bytes)
  }

  /// A message behind its length, as streams of messages have them.
  package mutating func delimited(_ content: [UInt8]) {
    append(UInt64(content.count))
    bytes += content
  }

  private mutating func appendLittleEndian(_ bits: UInt64, count: Int) {
    for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(byte * 8))) }
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
