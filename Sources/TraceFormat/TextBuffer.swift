#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// JSON text under construction, in one buffer that is reused.
struct TextBuffer: ~Copyable {
  private var bytes: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// The number of bytes written.
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    bytes = .allocate(capacity: capacity)
  }

  deinit { bytes.deallocate() }

  /// The text so far; valid until the next change.
  var contents: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }

  /// Drops everything behind the first `count` bytes.
  mutating func truncate(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  /// Makes room for `more` bytes and returns where they go.
  @inline(__always)
  private mutating func room(_ more: Int) -> UnsafeMutablePointer<UInt8> {
    if count &+ more > capacity { grow(more) }
    return bytes + count
  }

  private mutating func grow(_ more: Int) {
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: (capacity + more) * 2)
    memcpy(larger, bytes, count)
    bytes.deallocate()
    bytes = larger
    capacity = (capacity + more) * 2
  }

  /// Appends ASCII text.
  @inline(__always)
  mutating func append(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    memcpy(room(length), text.utf8Start, length)
    count &+= length
  }

  /// Appends bytes.
  @inline(__always)
  mutating func append(_ source: UnsafePointer<UInt8>, count length: Int) {
    memcpy(room(length), source, length)
    count &+= length
  }

  /// Appends text that needs no escapes, such as the raw value of an enumeration.
  mutating func appendPlain(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      if let start = utf8.baseAddress { append(start, count: utf8.count) }
    }
  }

  /// Appends a decimal number.
  @inline(__always)
  mutating func append(_ value: Int) {
    if value >= 0 { append(UInt64(value)) } else { appendPlain(String(value)) }
  }

  /// Appends a decimal number.
  mutating func append(_ value: UInt64) {
    let start = room(20)
    if value < 10 {
      start[0] = 0x30 &+ UInt8(truncatingIfNeeded: value)
      count &+= 1
      return
    }
    var length = 2
    var bound: UInt64 = 100
    while length < 20 && value >= bound {
      length &+= 1
      bound = bound &* 10
    }
    var rest = value
    var index = length
    while rest >= 10 {
      // 205/2048 is one tenth of anything below 100, exactly.
      let pair = UInt32(truncatingIfNeeded: rest % 100)
      rest /= 100
      let tens = (pair &* 205) &>> 11
      index &-= 2
      start[index] = 0x30 &+ UInt8(truncatingIfNeeded: tens)
      start[index &+ 1] = 0x30 &+ UInt8(truncatingIfNeeded: pair &- tens &* 10)
    }
    if index > 0 { start[0] = 0x30 &+ UInt8(truncatingIfNeeded: rest) }
    count &+= length
  }

  /// Appends a string in quotes, with escapes where JSON needs them.
  mutating func appendQuoted(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      let start = room(utf8.count &* 6 &+ 2)
      start[0] = 0x22
      var length = 1
      for byte in utf8 {
        if byte >= 0x20 && byte != 0x22 && byte != 0x5C {
          start[length] = byte
          length &+= 1
        } else {
          length &+= TextBuffer.escape(byte, at: start + length)
        }
      }
      start[length] = 0x22
      count &+= length &+ 1
    }
  }

  /// Writes the escape of one byte and returns its length.
  private static func escape(_ byte: UInt8, at place: UnsafeMutablePointer<UInt8>) -> Int {
    place[0] = 0x5C
    switch byte {
    case 0x22, 0x5C: place[1] = byte
    case 0x0A: place[1] = 0x6E
    case 0x0D: place[1] = 0x72
    case 0x09: place[1] = 0x74
    default:
      let digits: StaticString = "0123456789abcdef"
      place[1] = 0x75
      place[2] = 0x30
      place[3] = 0x30
      place[4] = digits.utf8Start[Int(byte >> 4)]
      place[5] = digits.utf8Start[Int(byte & 15)]
      return 6
    }
    return 2
  }

  /// Appends `[1,2,3]`.
  mutating func append(_ values: [Int]) {
    append("[")
    for index in values.indices {
      if index > 0 { append(",") }
      append(values[index])
    }
    append("]")
  }
}
