/// Decompresses DEFLATE (RFC 1951) inside gzip (RFC 1952), all members of a file.
///
/// Own code because the package links no zlib; imports are small, so it is plain rather than fast.
enum Gzip {
  /// What a file may inflate to: 1 GiB, more than any imported text (assumption).
  static let largestOutput = 1 << 30

  static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The content of a gzip file.
  ///
  /// - Throws: `TraceError` when it is cut short, corrupt, or inflates beyond `largestOutput`.
  static func decompress(_ bytes: [UInt8], name: String) throws(TraceError) -> [UInt8] {
    var inflater = Inflater(bytes: bytes)
    do throws(InflateError) {
      repeat { try inflater.member() } while inflater.position < bytes.count
    } catch {
      throw TraceError(
        file: name, what: "the gzip data is \(error.what) near byte \(inflater.position)",
        remedy: "copy the file again")
    }
    return inflater.output
  }
}

private struct InflateError: Error {
  let what: String

  static let cut = InflateError(what: "cut short")
  static let corrupt = InflateError(what: "corrupt")
}

/// Codes of a Huffman tree by length, as RFC 1951 section 3.2.2 defines them.
private struct HuffmanCode {
  private var counts = [Int](repeating: 0, count: 16)
  private var symbols: [Int] = []

  /// - Throws: when the lengths describe more codes than there are.
  init(lengths: [Int]) throws(InflateError) {
    for length in lengths { counts[length] += 1 }
    counts[0] = 0
    var free = 1
    for length in 1..<16 {
      free = free * 2 - counts[length]
      if free < 0 { throw .corrupt }
    }
    symbols = lengths.indices.filter { lengths[$0] > 0 }
      .sorted { (lengths[$0], $0) < (lengths[$1], $1) }
  }

  func decode(_ reader: inout Inflater) throws(InflateError) -> Int {
    var (code, first, index) = (0, 0, 0)
    for length in 1..<16 {
      code |= try reader.bits(1)
      let count = counts[length]
      if code - count < first { return symbols[index + code - first] }
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    throw .corrupt
  }
}

private struct Inflater {
  let bytes: [UInt8]
  var position = 0
  var output: [UInt8] = []
  private var held = 0
  private var heldCount = 0

  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthExtra = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]
  /// The reversed CRC-32 polynomial of RFC 1952, byte by byte.
  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 != 0 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// One gzip member: header, blocks, checksum and length.
  mutating func member() throws(InflateError) {
    let start = output.count
    try header()
    var isLast = false
    while !isLast {
      isLast = try bits(1) == 1
      switch try bits(2) {
      case 0: try stored()
      case 1: try fixed()
      case 2: try dynamic()
      default: throw .corrupt
      }
    }
    (held, heldCount) = (0, 0)
    let (checksum, length) = (try word(4), try word(4))
    var crc = UInt32.max
    for byte in output[start...] {
      crc = Inflater.crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8)
    }
    guard UInt32(checksum) == ~crc, length == (output.count - start) & 0xFFFF_FFFF else {
      throw InflateError(what: "corrupt (its checksum does not match)")
    }
  }

  private mutating func header() throws(InflateError) {
    guard try word(2) == 0x8B1F, try word(1) == 8 else { throw .corrupt }
    let flags = try word(1)
    if flags & 0xE0 != 0 { throw .corrupt }
    _ = try word(4)
    _ = try word(2)
    if flags & 4 != 0 { for _ in 0..<(try word(2)) { _ = try word(1) } }
    for bit in [8, 16] where flags & bit != 0 { while try word(1) != 0 {} }
    if flags & 2 != 0 { _ = try word(2) }
  }

  /// `count` whole bytes, the least significant first.
  private mutating func word(_ count: Int) throws(InflateError) -> Int {
    guard bytes.count - position >= count else { throw .cut }
    var value = 0
    for index in 0..<count { value |= Int(bytes[position + index]) << (index * 8) }
    position += count
    return value
  }

  mutating func bits(_ count: Int) throws(InflateError) -> Int {
    while heldCount < count {
      guard position < bytes.count else { throw .cut }
      held |= Int(bytes[position]) << heldCount
      position += 1
      heldCount += 8
    }
    let value = held & (1 << count - 1)
    held >>= count
    heldCount -= count
    return value
  }

  private mutating func stored() throws(InflateError) {
    (held, heldCount) = (0, 0)
    let count = try word(2)
    guard try word(2) == count ^ 0xFFFF else { throw .corrupt }
    guard bytes.count - position >= count else { throw .cut }
    try reserve(count)
    output += bytes[position..<position + count]
    position += count
  }

  private mutating func fixed() throws(InflateError) {
    let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    try blocks(
      HuffmanCode(lengths: lengths), HuffmanCode(lengths: [Int](repeating: 5, count: 30)))
  }

  private mutating func dynamic() throws(InflateError) {
    let literals = try bits(5) + 257
    let distances = try bits(5) + 1
    let count = try bits(4) + 4
    guard literals <= 286, distances <= 30 else { throw .corrupt }
    var lengths = [Int](repeating: 0, count: 19)
    for index in 0..<count { lengths[Inflater.lengthOrder[index]] = try bits(3) }
    let code = try HuffmanCode(lengths: lengths)
    lengths = []
    while lengths.count < literals + distances {
      switch try code.decode(&self) {
      case 16:
        guard let last = lengths.last else { throw .corrupt }
        lengths += [Int](repeating: last, count: try bits(2) + 3)
      case 17: lengths += [Int](repeating: 0, count: try bits(3) + 3)
      case 18: lengths += [Int](repeating: 0, count: try bits(7) + 11)
      case let length: lengths.append(length)
      }
    }
    guard lengths.count == literals + distances, lengths[256] > 0 else { throw .corrupt }
    try blocks(
      HuffmanCode(lengths: Array(lengths[..<literals])),
      HuffmanCode(lengths: Array(lengths[literals...])))
  }

  private mutating func blocks(
    _ literals: HuffmanCode, _ distances: HuffmanCode
  ) throws(InflateError) {
    while true {
      let symbol = try literals.decode(&self)
      if symbol < 256 {
        try reserve(1)
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol < 286 else { throw .corrupt }
      let length =
        Inflater.lengthBase[symbol - 257] + (try bits(Inflater.lengthExtra[symbol - 257]))
      let code = try distances.decode(&self)
      guard code < 30 else { throw .corrupt }
      let distance = Inflater.distanceBase[code] + (try bits(max(0, code / 2 - 1)))
      guard distance <= output.count else { throw .corrupt }
      try reserve(length)
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
  }

  private func reserve(_ count: Int) throws(InflateError) {
    if output.count + count > Gzip.largestOutput {
      throw InflateError(what: "larger than \(Gzip.largestOutput) bytes when inflated, and suspect")
    }
  }
}
