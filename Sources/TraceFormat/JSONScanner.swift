/// A cursor over the JSON text of one line, which ends with a newline.
///
/// The newline is no part of any JSON token, so scanning needs no bounds checks: every loop stops
/// there. Strings are scanned eight bytes at a time and may load up to `LineReader.padding` bytes
/// beyond the end. Numbers are integers; a trace has no others.
struct JSONScanner {
  /// The largest integer outside of addresses: 2^53 − 1, which every JSON reader holds exactly.
  static let largestInteger = 1 << 53 - 1
  /// How deep the value of an ignored key may nest.
  static let deepestNesting = 64

  var cursor: UnsafePointer<UInt8>

  init(_ start: UnsafePointer<UInt8>) {
    cursor = start
  }

  /// The next byte that is no space, without moving past it.
  @inline(__always)
  mutating func peek() -> UInt8 {
    while cursor.pointee == 0x20 || cursor.pointee == 0x09 || cursor.pointee == 0x0D { cursor += 1 }
    return cursor.pointee
  }

  /// Moves past `byte` if it comes next.
  @inline(__always)
  mutating func accept(_ byte: UInt8) -> Bool {
    if peek() != byte { return false }
    cursor += 1
    return true
  }

  /// Moves past `byte`, which must come next.
  @inline(__always)
  mutating func expect(_ byte: UInt8, _ field: StaticString) throws {
    if !accept(byte) { throw unexpected(wanted: "'\(Character(Unicode.Scalar(byte)))'", field) }
  }

  /// After an element: true past a comma, false past `end`.
  @inline(__always)
  mutating func hasMore(until end: UInt8, _ field: StaticString) throws -> Bool {
    if accept(0x2C) { return true }
    if accept(end) { return false }
    throw unexpected(wanted: "',' or '\(Character(Unicode.Scalar(end)))'", field)
  }

  /// The bytes of a string between its quotes, and whether it has escapes.
  @inline(__always)
  mutating func rawString(
    _ field: StaticString
  ) throws -> (bytes: UnsafeBufferPointer<UInt8>, isEscaped: Bool) {
    if !accept(0x22) { throw unexpected(wanted: "a string", field) }
    let start = cursor
    var isEscaped = false
    while true {
      let word = UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self).littleEndian
      let stops = JSONScanner.stops(in: word)
      if stops == 0 {
        cursor += 8
        continue
      }
      cursor += stops.trailingZeroBitCount &>> 3
      if cursor.pointee == 0x22 { break }
      if cursor.pointee != 0x5C {
        throw LineError(
          "a string holds a control character or does not end", field: "\(field)",
          remedy: "close it with '\"' and escape control characters")
      }
      isEscaped = true
      cursor += 1
      if cursor.pointee < 0x20 { continue }
      cursor += 1
    }
    let bytes = UnsafeBufferPointer(start: start, count: cursor - start)
    cursor += 1
    return (bytes, isEscaped)
  }

  /// High bits at the bytes that end a run of plain characters: quote, backslash, below 0x20.
  ///
  /// Bits above the lowest one that is set may be wrong; only that one is used.
  @inline(__always)
  private static func stops(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let isQuote = (quote &- ones) & ~quote
    let isBackslash = (backslash &- ones) & ~backslash
    let isControl = (word &- ones &* 0x20) & ~word
    return (isQuote | isBackslash | isControl) & highs
  }

  /// A non-negative integer of at most `limit`.
  @inline(__always)
  mutating func integer(
    _ field: StaticString, limit: Int = JSONScanner.largestInteger
  ) throws -> Int {
    _ = peek()
    let start = cursor
    var value = 0
    var digit = cursor.pointee &- 0x30
    while digit < 10 {
      value = value &* 10 &+ Int(digit)
      cursor += 1
      digit = cursor.pointee &- 0x30
    }
    let count = cursor - start
    // 18 digits cannot overflow; the byte after a number is never one of ".eE" in an integer.
    let isPlain = count > 0 && count <= 18 && (count == 1 || start.pointee != 0x30)
    if !isPlain || value > limit || cursor.pointee == 0x2E || cursor.pointee | 0x20 == 0x65 {
      return try irregularInteger(from: start, limit: limit, field)
    }
    return value
  }

  /// Any 64-bit unsigned integer.
  mutating func unsigned(_ field: StaticString) throws -> UInt64 {
    _ = peek()
    let start = cursor
    while cursor.pointee &- 0x30 < 10 { cursor += 1 }
    let text = String(
      decoding: UnsafeBufferPointer(start: start, count: cursor - start), as: UTF8.self)
    guard let value = UInt64(text), text == "\(value)", !isFractional else {
      throw LineError(
        "is no unsigned 64-bit integer", field: "\(field)", remedy: "write a whole number")
    }
    return value
  }

  private var isFractional: Bool { cursor.pointee == 0x2E || cursor.pointee | 0x20 == 0x65 }

  /// The integers of 19 digits, and the messages for everything that is no integer.
  private mutating func irregularInteger(
    from start: UnsafePointer<UInt8>, limit: Int, _ field: StaticString
  ) throws -> Int {
    if start.pointee == 0x2D && start[1] &- 0x30 < 10 {
      throw LineError("is negative", field: "\(field)", remedy: "write a number of zero or more")
    }
    if cursor == start { throw unexpected(wanted: "a whole number", field) }
    if isFractional {
      throw LineError(
        "is not a whole number", field: "\(field)", remedy: "write it without '.' and exponent")
    }
    if start.pointee == 0x30 {
      throw LineError(
        "has leading zeros", field: "\(field)", remedy: "write the number without them")
    }
    let digits = UnsafeBufferPointer(start: start, count: min(cursor - start, 40))
    if let value = Int(String(decoding: digits, as: UTF8.self)), value <= limit { return value }
    throw LineError(
      "overflows: it is larger than \(limit)", field: "\(field)", remedy: "write a smaller number")
  }

  /// `true` or `false`.
  mutating func boolean(_ field: StaticString) throws -> Bool {
    let first = peek()
    if first == 0x74 && word("true") { return true }
    if first == 0x66 && word("false") { return false }
    throw unexpected(wanted: "true or false", field)
  }

  private mutating func word(_ text: StaticString) -> Bool {
    for index in 0..<text.utf8CodeUnitCount where cursor[index] != text.utf8Start[index] {
      return false
    }
    cursor += text.utf8CodeUnitCount
    return true
  }

  /// Moves past any JSON value.
  mutating func skipValue(_ field: StaticString) throws {
    // One bit a level: set for an object.
    var kinds: UInt64 = 0
    var depth = 0
    repeat {
      switch peek() {
      case 0x7B, 0x5B:
        let isObject = cursor.pointee == 0x7B
        if depth == JSONScanner.deepestNesting {
          throw LineError(
            "nests deeper than \(depth) levels", field: "\(field)", remedy: "flatten the value")
        }
        cursor += 1
        kinds = kinds << 1 | (isObject ? 1 : 0)
        depth += 1
        if accept(isObject ? 0x7D : 0x5D) {
          kinds >>= 1
          depth -= 1
        } else {
          if isObject { try skipKey(field) }
          continue
        }
      case 0x22: _ = try rawString(field)
      case 0x74, 0x66: _ = try boolean(field)
      case 0x6E:
        if !word("null") { throw unexpected(wanted: "a value", field) }
      default: try skipNumber(field)
      }
      while depth > 0 {
        let isObject = kinds & 1 != 0
        if try hasMore(until: isObject ? 0x7D : 0x5D, field) {
          if isObject { try skipKey(field) }
          break
        }
        kinds >>= 1
        depth -= 1
      }
    } while depth > 0
  }

  private mutating func skipKey(_ field: StaticString) throws {
    _ = try rawString(field)
    try expect(0x3A, field)
  }

  private mutating func skipNumber(_ field: StaticString) throws {
    let start = cursor
    while true {
      switch cursor.pointee {
      case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: cursor += 1
      default:
        if cursor == start { throw unexpected(wanted: "a value", field) }
        return
      }
    }
  }

  /// The error for a byte that does not belong here.
  func unexpected(wanted: String, _ field: StaticString) -> LineError {
    let found: String
    switch cursor.pointee {
    case 0x0A: found = "the end of the line"
    case 0x21...0x7E: found = "'\(Character(Unicode.Scalar(cursor.pointee)))'"
    default: found = "byte \(cursor.pointee)"
    }
    return LineError(
      "\(wanted) is expected but \(found) stands there", field: "\(field)",
      remedy: "write the value as docs/trace-format.md shows")
  }
}
