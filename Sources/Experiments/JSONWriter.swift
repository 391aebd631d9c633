/// Writes JSON piece by piece, with keys in the order of the calls.
///
/// Results list every operator of a trace, so the text is built in one growing buffer without an
/// object for each value. Numbers are written exactly: integers as they are, doubles in the
/// shortest form that reads back the same.
///
///     var json = JSONWriter()
///     json.object { json in
///       json.field("time_ps", 12)
///       json.field("causes") { json in json.object { _ in } }
///     }
public struct JSONWriter {
  private var bytes: [UInt8] = []
  private var needsComma = false
  private var depth = 0
  private let isPretty: Bool
  private var compactDepth = 0

  /// Makes a writer.
  ///
  /// - Parameter isPretty: whether objects and arrays are broken over indented lines.
  public init(isPretty: Bool = true) {
    self.isPretty = isPretty
  }

  /// The text written so far, ended by a newline.
  public var text: String { String(decoding: bytes + [0x0A], as: UTF8.self) }

  /// The bytes written so far, ended by a newline.
  public var utf8: [UInt8] { bytes + [0x0A] }

  /// Writes an object whose fields `body` writes.
  public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try nested(open: UInt8(ascii: "{"), close: UInt8(ascii: "}"), body)
  }

  /// Writes an array whose elements `body` writes.
  public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
    try nested(open: UInt8(ascii: "["), close: UInt8(ascii: "]"), body)
  }

  /// Writes what `body` writes on one line.
  public mutating func compact(_ body: (inout JSONWriter) throws -> Void) rethrows {
    separate()
    isAfterKey = true
    compactDepth += 1
    try body(&self)
    compactDepth -= 1
    isAfterKey = false
  }

  /// Writes a key and an array with an object a line, whose fields `body` writes.
  public mutating func records<Elements: Sequence>(
    _ key: String, _ elements: Elements,
    _ body: (inout JSONWriter, Elements.Element) throws -> Void
  ) rethrows {
    try field(key) { json in
      try json.array { json in
        for element in elements {
          try json.compact { json in try json.object { json in try body(&json, element) } }
        }
      }
    }
  }

  /// Writes a key and the value that `body` writes.
  public mutating func field(
    _ key: String, _ body: (inout JSONWriter) throws -> Void
  ) rethrows {
    separate()
    append(quoted: key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
    isAfterKey = true
    try body(&self)
    isAfterKey = false
    needsComma = true
  }

  public mutating func field(_ key: String, _ value: Int) { field(key) { $0.value(value) } }
  public mutating func field(_ key: String, _ value: Double) { field(key) { $0.value(value) } }
  public mutating func field(_ key: String, _ value: String) { field(key) { $0.value(value) } }
  public mutating func field(_ key: String, _ value: Bool) { field(key) { $0.value(value) } }

  /// Writes an integer.
  public mutating func value(_ value: Int) {
    separate()
    append(raw: String(value))
  }

  /// Writes a double.
  ///
  /// - Precondition: it is finite: JSON has no other, and a quantity that is not known is left out.
  public mutating func value(_ value: Double) {
    precondition(value.isFinite, "JSON has no infinity and no NaN")
    separate()
    append(raw: value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)")
  }

  /// Writes a text.
  public mutating func value(_ value: String) {
    separate()
    append(quoted: value)
  }

  /// Writes a truth value.
  public mutating func value(_ value: Bool) {
    separate()
    append(raw: value ? "true" : "false")
  }

  /// Writes null.
  public mutating func null() {
    separate()
    append(raw: "null")
  }

  private var isAfterKey = false

  private mutating func nested(
    open: UInt8, close: UInt8, _ body: (inout JSONWriter) throws -> Void
  ) rethrows {
    separate()
    bytes.append(open)
    depth += 1
    needsComma = false
    let start = bytes.count
    try body(&self)
    depth -= 1
    if bytes.count > start { breakLine() }
    bytes.append(close)
    needsComma = true
  }

  private mutating func separate() {
    if isAfterKey {
      isAfterKey = false
      return
    }
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    if depth > 0 { breakLine() }
    needsComma = true
  }

  private mutating func breakLine() {
    guard isPretty, compactDepth == 0 else { return }
    bytes.append(0x0A)
    for _ in 0..<depth {
      bytes.append(0x20)
      bytes.append(0x20)
    }
  }

  private mutating func append(raw: String) { bytes.append(contentsOf: raw.utf8) }

  private mutating func append(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append(raw: "\\\"")
      case UInt8(ascii: "\\"): append(raw: "\\\\")
      case 0x0A: append(raw: "\\n")
      case 0x09: append(raw: "\\t")
      case 0x0D: append(raw: "\\r")
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        append(raw: "\\u00")
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
