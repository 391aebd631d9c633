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
  }

  /// The number of names.
  let count: Int
  private let entries: UnsafePointer<Entry>
  private let texts: UnsafePointer<String>

  /// Makes a table.
  ///
  /// - Precondition: no name is longer than 24 bytes.
  init(_ names: [String]) {
    count = names.count
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: names.count)
    let texts = UnsafeMutablePointer<String>.allocate(capacity: names.count)
    for (index, name) in names.enumerated() {
      precondition(name.utf8.count <= 24, "a key is too long for the table")
      let padded = Array(name.utf8) + [UInt8](repeating: 0, count: 32)
      padded.withUnsafeBytes { bytes in
        func word(_ offset: Int) -> UInt64 {
          bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
        }
        (entries + index).initialize(
          to: Entry(first: word(0), second: word(8), third: word(16), length: name.utf8.count))
      }
      (texts + index).initialize(to: name)
    }
    self.entries = UnsafePointer(entries)
    self.texts = UnsafePointer(texts)
  }

  /// The name at an index.
  func name(_ index: Int) -> String { texts[index] }

  /// All names, in the order of their indices.
  var names: [String] { Array(UnsafeBufferPointer(start: texts, count: count)) }

  /// Makes a table of the raw values of an enumeration, in the order of its cases.
  init<Value: CaseIterable & RawRepresentable<String>>(of type: Value.Type) {
    self.init(type.allCases.map(\.rawValue))
  }

  /// The index of a name, or nil; `hint` is tried first.
  ///
  /// The bytes must be followed by `LineReader.padding` bytes that may be loaded.
  @inline(__always)
  func index(of bytes: UnsafeBufferPointer<UInt8>, hint: Int = 0) -> Int? {
    guard let start = bytes.baseAddress, bytes.count <= 24 else { return nil }
    let wanted = NameTable.entry(start, bytes.count)
    if hint < count && NameTable.isSame(entries[hint], wanted) { return hint }
    for index in 0..<count where NameTable.isSame(entries[index], wanted) { return index }
    return nil
  }

  @inline(__always)
  private static func isSame(_ left: Entry, _ right: Entry) -> Bool {
    left.first == right.first && left.length == right.length && left.second == right.second
      && left.third == right.third
  }

  @inline(__always)
  private static func entry(_ start: UnsafePointer<UInt8>, _ length: Int) -> Entry {
    let raw = UnsafeRawPointer(start)
    return Entry(
      first: word(raw, length), second: length > 8 ? word(raw + 8, length &- 8) : 0,
      third: length > 16 ? word(raw + 16, length &- 16) : 0, length: length)
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
