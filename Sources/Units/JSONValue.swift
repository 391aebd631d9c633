/// A JSON document (RFC 8259) held in memory: file headers and model configurations.
///
/// Strict: no comments, no trailing text, no repeated keys, nesting limited. Numbers keep their
/// spelling, so that 64-bit integers stay exact.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  package subscript(_ key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  package var isNull: Bool { self == .null }

  package var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The value as an integer; a number with a fraction or exponent has none unless it is whole.
  package var intValue: Int? {
    guard case .number(let text) = self else { return nil }
    if let value = Int(text) { return value }
    guard let value = Double(text), value.magnitude < 0x1p53 else { return nil }
    return Int(exactly: value)
  }

  package var doubleValue: Double? {
    if case .number(let text) = self { Double(text) } else { nil }
  }

  package var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  package var arrayValue: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  package var objectValue: [String: JSONValue]? {
    if case .object(let value) = self { value } else { nil }
  }
}

/// Why a text is not JSON, and at which byte.
package struct JSONError: Error, Hashable, Sendable {
  package let offset: Int
  package let message: String
}

extension JSONValue {
  /// Parses one document.
  ///
  /// - Complexity: linear in the number of bytes.
  package static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    return try parser.document()
  }

  package static func parse(_ text: String) throws(JSONError) -> JSONValue {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { bytes -> Result<JSONValue, JSONError> in
      var parser = JSONParser(bytes: bytes)
      do throws(JSONError) { return .success(try parser.document()) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  var depth = 0
  /// Deeper than any header or configuration; keeps recursion off the end of the stack.
  static let deepest = 64

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSONValue {
    // A byte order mark is tolerated.
    if bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF {
      position = 3
    }
    let value = try value()
    skipSpace()
    if position != bytes.count { throw fail("text after the end of the document") }
    return value
  }

  func fail(_ message: String) -> JSONError { JSONError(offset: position, message: message) }

  func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    guard let byte = peek() else { throw fail("ends too early") }
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let length = text.utf8CodeUnitCount
    guard bytes.count - position >= length else { throw fail("ends too early") }
    for index in 0..<length where bytes[position + index] != text.utf8Start[index] {
      throw fail("unknown word")
    }
    position += length
    return value
  }

  mutating func object() throws(JSONError) -> JSONValue {
    try enter()
    var members: [String: JSONValue] = [:]
    skipSpace()
    if peek() == UInt8(ascii: "}") {
      leave()
      return .object(members)
    }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw fail("a key in quotes is missing") }
      let key = try string()
      skipSpace()
      guard peek() == UInt8(ascii: ":") else { throw fail("':' is missing after \"\(key)\"") }
      position += 1
      let value = try value()
      if members.updateValue(value, forKey: key) != nil {
        throw fail("key \"\(key)\" occurs twice")
      }
      skipSpace()
      if peek() == UInt8(ascii: "}") { break }
      guard peek() == UInt8(ascii: ",") else { throw fail("',' or '}' is missing") }
      position += 1
    }
    leave()
    return .object(members)
  }

  mutating func array() throws(JSONError) -> JSONValue {
    try enter()
    var elements: [JSONValue] = []
    skipSpace()
    if peek() == UInt8(ascii: "]") {
      leave()
      return .array(elements)
    }
    while true {
      elements.append(try value())
      skipSpace()
      if peek() == UInt8(ascii: "]") { break }
      guard peek() == UInt8(ascii: ",") else { throw fail("',' or ']' is missing") }
      position += 1
    }
    leave()
    return .array(elements)
  }

  mutating func enter() throws(JSONError) {
    position += 1
    depth += 1
    if depth > Self.deepest { throw fail("nested deeper than \(Self.deepest) levels") }
  }

  mutating func leave() {
    position += 1
    depth -= 1
  }

  mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    if peek() == UInt8(ascii: "-") { position += 1 }
    let whole = digits()
    guard whole > 0 else { throw fail("unexpected character") }
    let first = bytes[position - whole]
    if whole > 1 && first == UInt8(ascii: "0") { throw fail("a number with a leading zero") }
    if peek() == UInt8(ascii: ".") {
      position += 1
      if digits() == 0 { throw fail("digits are missing after '.'") }
    }
    if let byte = peek(), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      position += 1
      if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        position += 1
      }
      if digits() == 0 { throw fail("digits are missing in the exponent") }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  mutating func digits() -> Int {
    let start = position
    while let byte = peek(), byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
      position += 1
    }
    return position - start
  }

  mutating func string() throws(JSONError) -> String {
    position += 1
    var units: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else {
          throw fail("a string that is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"):
        try escape(into: &units)
      case 0..<0x20:
        throw fail("a control character in a string")
      default:
        units.append(byte)
      }
    }
    throw fail("a string without its closing quote")
  }

  mutating func escape(into units: inout [UInt8]) throws(JSONError) {
    guard let byte = peek() else { throw fail("ends too early") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if code >= 0xD800 && code < 0xDC00 {
        guard bytes.count - position >= 6, bytes[position] == UInt8(ascii: "\\"),
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw fail("half of a surrogate pair") }
        position += 2
        let low = try hexadecimal()
        guard low >= 0xDC00 && low < 0xE000 else { throw fail("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fail("half of a surrogate pair") }
      units.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw fail("unknown escape")
    }
  }

  mutating func hexadecimal() throws(JSONError) -> UInt32 {
    guard bytes.count - position >= 4 else { throw fail("ends too early") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw fail("unknown escape")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
