extension JSONScanner {
  /// A string as text; strings without escapes are shared through `strings`.
  mutating func string(_ field: StaticString, strings: inout StringTable) throws -> String {
    let (bytes, isEscaped) = try rawString(field)
    let text = isEscaped ? try unescaped(bytes, field) : strings.string(bytes)
    guard let text else {
      throw LineError("is not UTF-8", field: "\(field)", remedy: "encode the trace as UTF-8")
    }
    return text
  }

  /// Moves past a key and its colon and returns its index, or nil past an ignored one (`x-…`).
  ///
  /// The key `hint` is tried first, by words; any other order costs a little more.
  @inline(__always)
  mutating func key(_ table: NameTable, hint: Int) throws -> Int? {
    if peek() == 0x22, let length = table.match(hint, at: cursor + 1) {
      cursor += length &+ 1
      return hint
    }
    return try otherKey(table)
  }

  private mutating func otherKey(_ table: NameTable) throws -> Int? {
    let (bytes, _) = try rawString("")
    try expect(0x3A, "")
    if let index = table.index(of: bytes) { return index }
    try skipExtension(bytes, known: table)
    return nil
  }

  /// The index of a name from a closed list.
  @inline(__always)
  mutating func choice(_ field: StaticString, _ table: NameTable) throws -> Int {
    let (bytes, _) = try rawString(field)
    if let index = table.index(of: bytes) { return index }
    let name = String(decoding: bytes, as: UTF8.self)
    throw LineError(
      "'\(name)' is not known", field: "\(field)",
      remedy: nameRemedy(for: name, among: table.names, verb: "write"))
  }

  /// Skips the value of a key that starts with `x-`; any other key is an error.
  mutating func skipExtension(_ key: UnsafeBufferPointer<UInt8>, known: NameTable) throws {
    if key.count > 2 && key[0] == 0x78 && key[1] == 0x2D {
      try skipValue("x-")
      return
    }
    let name = String(decoding: key, as: UTF8.self)
    throw LineError(
      "the key '\(name)' is not known",
      remedy: nameRemedy(for: name, among: known.names, verb: "use"))
  }

  /// The text of a string with escapes, or nil when it is not UTF-8.
  private func unescaped(
    _ bytes: UnsafeBufferPointer<UInt8>, _ field: StaticString
  ) throws -> String? {
    var plain: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte != 0x5C {
        plain.append(byte)
        continue
      }
      let escape = bytes[index]
      index += 1
      switch escape {
      case 0x22, 0x5C, 0x2F: plain.append(escape)
      case 0x62: plain.append(0x08)
      case 0x66: plain.append(0x0C)
      case 0x6E: plain.append(0x0A)
      case 0x72: plain.append(0x0D)
      case 0x74: plain.append(0x09)
      case 0x75:
        guard let scalar = JSONScanner.scalar(bytes, at: &index) else {
          throw LineError(
            "has a wrong \\u escape", field: "\(field)",
            remedy: "write four hexadecimal digits, and surrogates in pairs")
        }
        plain.append(contentsOf: String(Character(scalar)).utf8)
      default:
        throw LineError(
          "has the escape '\\\(Character(Unicode.Scalar(escape)))', which JSON does not know",
          field: "\(field)", remedy: "write a backslash as '\\\\'")
      }
    }
    return String(validating: plain, as: UTF8.self)
  }

  /// The scalar of a `\u` escape whose digits start at `index`.
  private static func scalar(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: inout Int
  ) -> Unicode.Scalar? {
    guard let first = hexadecimal(bytes, at: &index) else { return nil }
    if first < 0xD800 || first > 0xDFFF { return Unicode.Scalar(first) }
    guard first < 0xDC00, index + 1 < bytes.count, bytes[index] == 0x5C, bytes[index + 1] == 0x75
    else { return nil }
    index += 2
    guard let second = hexadecimal(bytes, at: &index), second >= 0xDC00, second <= 0xDFFF else {
      return nil
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private static func hexadecimal(
    _ bytes: UnsafeBufferPointer<UInt8>, at index: inout Int
  ) -> UInt32? {
    guard index + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = bytes[index]
      index += 1
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(byte - 0x41 + 10)
      case 0x61...0x66: value = value << 4 | UInt32(byte - 0x61 + 10)
      default: return nil
      }
    }
    return value
  }
}
