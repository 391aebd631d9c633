#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Strings by their bytes, so that names that return in each step are made once.
///
/// A direct-mapped table of bounded size: a name that falls on the place of another replaces it.
struct StringTable {
  private struct Entry {
    var hash: UInt64
    var string: String
  }

  private var entries: ContiguousArray<Entry>
  private static let places = 1 << 14

  init() {
    entries = ContiguousArray(
      repeating: Entry(hash: 0, string: ""), count: StringTable.places)
  }

  /// The string of valid UTF-8 bytes without escapes, or nil when they are not valid.
  ///
  /// The bytes must be followed by `LineReader.padding` bytes that may be loaded.
  mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let hash = StringTable.hash(bytes)
    let place = Int(truncatingIfNeeded: hash &>> 50)
    if entries[place].hash == hash && StringTable.isSame(entries[place].string, bytes) {
      return entries[place].string
    }
    guard let string = String(validating: bytes, as: UTF8.self) else { return nil }
    entries[place] = Entry(hash: hash, string: string)
    return string
  }

  private static func isSame(_ string: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var string = string
    return string.withUTF8 { utf8 in
      guard utf8.count == bytes.count, let left = utf8.baseAddress, let right = bytes.baseAddress
      else { return utf8.count == bytes.count }
      return memcmp(left, right, utf8.count) == 0
    }
  }

  /// A multiplicative hash over words; quality matters only for speed.
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let start = bytes.baseAddress else { return 0 }
    let raw = UnsafeRawPointer(start)
    var hash = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset &+ 8 <= bytes.count {
      let word = (raw + offset).loadUnaligned(as: UInt64.self).littleEndian
      hash = mix(hash, word)
      offset &+= 8
    }
    if offset < bytes.count {
      let word = (raw + offset).loadUnaligned(as: UInt64.self).littleEndian
      hash = mix(hash, word & ((1 &<< UInt64((bytes.count &- offset) &* 8)) &- 1))
    }
    return hash
  }

  @inline(__always)
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }
}
