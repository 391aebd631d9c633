internal import Units

/// A short closed list of names that is searched by comparing words instead of strings.
struct NameTable {
  private struct Entry {
    var first: UInt64
    var second: UInt64
    var third: UInt64
    var length: Int
  }

  /// The names, in the order of their indices.
  let names: [String]
  private let entries: ContiguousArray<Entry>

  /// Makes a table.
  ///
  /// - Precondition: no name is longer than 24 bytes.
  init(_ names: [String]) {
    self.names = names
    entries = ContiguousArray(
      names.map { name in
        let bytes = Array(name.utf8)
        precondition(bytes.count <= 24, "a key is too long for the table")
        return (bytes + [UInt8](repeating: 0, count: 32)).withUnsafeBufferPointer { padded in
          padded.baseAddress.map { NameTable.entry($0, bytes.count) }
            ?? Entry(first: 0, second: 0, third: 0, length: 0)
        }
      })
  }

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
    if hint < entries.count && NameTable.isSame(entries[hint], wanted) { return hint }
    for index in 0..<entries.count where NameTable.isSame(entries[index], wanted) { return index }
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

  /// A remedy that names the nearest name, or all of them.
  func remedy(for wrong: String, verb: String) -> String {
    if let near = nearestName(to: wrong, among: names) { return "did you mean '\(near)'?" }
    return "\(verb) one of: \(names.joined(separator: ", "))"
  }
}
