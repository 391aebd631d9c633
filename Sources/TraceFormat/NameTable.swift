internal import Units

/// A short closed list of names that is searched by comparing words instead of strings.
///
/// Tables are made once, as statics, and live as long as the process: their entries are plain
/// memory, so that a search counts no references.
struct NameTable: @unchecked Sendable {
  private struct Entry {
    var first: UInt64
    var second: UInt64
    var third: UInt64
    var length: Int
    /// The key as it usually stands in a text, behind its opening quote: `name":`.
    var text: (UInt64, UInt64, UInt64)
    var mask: (UInt64, UInt64, UInt64)
  }

  /// The number of names.
  let count: Int
  private let entries: UnsafePointer<Entry>
  private let texts: UnsafePointer<String>

  /// Makes a table.
  ///
  /// - Precondition: no name is longer than 22 bytes.
  init(_ names: [String]) {
    count = names.count
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: names.count)
    let texts = UnsafeMutablePointer<String>.allocate(capacity: names.count)
    for (index, name) in names.enumerated() {
      precondition(name.utf8.count <= 22, "a key is too long for the table")
      let padded = Array(name.utf8) + [UInt8](repeating: 0, count: 32)
      padded.withUnsafeBytes { bytes in
        func word(_ offset: Int) -> UInt64 {
          bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
        }
        (entries + index).initialize(
          to: Entry(
            first: word(0), second: word(8), third: word(16), length: name.utf8.count,
            text: (0, 0, 0), mask: (0, 0, 0)))
      }
      let text = Array(name.utf8) + [0x22, 0x3A]
      let used = [UInt8](repeating: 0xFF, count: text.count)
      (entries + index).pointee.text = NameTable.words(text)
      (entries + index).pointee.mask = NameTable.words(used)
      (texts + index).initialize(to: name)
    }
    self.entries = UnsafePointer(entries)
    self.texts = UnsafePointer(texts)
  }

  /// Whether the key `hint`, its closing quote and a colon stand at `start`; then their length.
  ///
  /// `LineReader.padding` bytes from `start` may be loaded.
  @inline(__always)
  func match(_ hint: Int, at start: UnsafePointer<UInt8>) -> Int? {
    if hint >= count { return nil }
    let raw = UnsafeRawPointer(start)
    let text = entries[hint].text
    let mask = entries[hint].mask
    let first = (raw.loadUnaligned(as: UInt64.self).littleEndian & mask.0) ^ text.0
    let second = ((raw + 8).loadUnaligned(as: UInt64.self).littleEndian & mask.1) ^ text.1
    let third = ((raw + 16).loadUnaligned(as: UInt64.self).littleEndian & mask.2) ^ text.2
    return first | second | third == 0 ? entries[hint].length &+ 2 : nil
  }

  /// Up to 24 bytes as three little-endian words.
  private static func words(_ bytes: [UInt8]) -> (UInt64, UInt64, UInt64) {
    func word(_ from: Int) -> UInt64 {
      bytes.dropFirst(from).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    return (word(0), word(8), word(16))
  }

  /// The name at an index.
  func name(_ index: Int) -> String { texts[index] }

  /// All names, in the order of their indices.
  var names: [String] { Array(UnsafeBufferPointer(start: texts, count: count)) }

  /// Makes a table of the raw values of an enumeration, in the order of its cases.
  init<Value: CaseIterable & RawRepresentable<String>>(of type: Value.Type) {
    self.init(type.allCases.map(\.rawValue))
  }

  /// The index of a name, or nil.
  ///
  /// The bytes must be followed by `LineReader.padding` bytes that may be loaded.
  @inline(__always)
  func index(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let start = bytes.baseAddress, bytes.count <= 24 else { return nil }
    let raw = UnsafeRawPointer(start)
    let length = bytes.count
    let first = NameTable.word(raw, length)
    let second = length > 8 ? NameTable.word(raw + 8, length &- 8) : 0
    let third = length > 16 ? NameTable.word(raw + 16, length &- 16) : 0
    for index in 0..<count
    where entries[index].first == first && entries[index].length == length
      && entries[index].second == second && entries[index].third == third
    {
      return index
    }
    return nil
  }

  /// The first `length` bytes (at most eight), zero-extended.
  @inline(__always)
  private static func word(_ start: UnsafeRawPointer, _ length: Int) -> UInt64 {
    let word = start.loadUnaligned(as: UInt64.self).littleEndian
    return length >= 8 ? word : word & ((1 &<< UInt64(length &* 8)) &- 1)
  }
}

/// A remedy that names the nearest of the known names, or all of them.
func nameRemedy(for wrong: String, among names: [String], verb: String) -> String {
  if let near = nearestName(to: wrong, among: names) { return "did you mean '\(near)'?" }
  return "\(verb) one of: \(names.joined(separator: ", "))"
}
