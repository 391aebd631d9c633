internal import Numerics

/// Reads little-endian fields of a file front to back; never beyond its end.
struct ByteReader {
  let file: MappedFile
  private(set) var position = 0

  init(_ file: MappedFile) { self.file = file }

  var remaining: Int { file.bytes.count - position }

  func fail(_ message: String) -> ModelError {
    ModelError(file.path, "\(message) at byte \(position)")
  }

  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type = T.self
  ) throws(ModelError) -> T {
    let size = MemoryLayout<T>.size
    guard remaining >= size else { throw fail("ends too early") }
    defer { position += size }
    return T(littleEndian: file.bytes.loadUnaligned(fromByteOffset: position, as: T.self))
  }

  /// A count or length that must fit what is left of the file, at `unit` bytes each.
  mutating func count(unit: Int) throws(ModelError) -> Int {
    let value: UInt64 = try integer()
    guard value <= UInt64(remaining / unit) else {
      throw fail("a count of \(value) does not fit the file")
    }
    return Int(value)
  }

  mutating func string() throws(ModelError) -> String {
    let length = try count(unit: 1)
    defer { position += length }
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[position..<position + length])
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw fail("a string that is not UTF-8")
    }
    return text
  }

  mutating func skip(_ bytes: Int) throws(ModelError) {
    guard bytes >= 0, bytes <= remaining else { throw fail("ends too early") }
    position += bytes
  }
}
