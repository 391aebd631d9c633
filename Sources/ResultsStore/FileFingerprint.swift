internal import Units

/// A quick compression of large files before SHA-256: each block of 1 KiB becomes 32 bytes.
///
/// The blocks go through NH, the universal hash of UMAC (RFC 4418): sums of products of key-shifted
/// words, with a Toeplitz shift of the key for the second sum. Two different blocks of equal length agree with
/// a probability of at most 2^-128 over the choice of the key. That keeps files apart which differ by
/// accident, as builds do; it is no defence against somebody who builds a file on purpose.
struct FileFingerprint {
  /// Bytes of a block.
  static let block = 1_024
  /// Bytes that a block becomes.
  static let output = 32

  private static let words = block / 8

  /// The key: a word more than a block has, for each shift of two words.
  private static let key: [UInt64] = {
    var generator = SeededGenerator(seed: 0x6f72_7265_7279)
    return (0..<words + 2).map { _ in generator.next() }
  }()

  /// The compressed form of `bytes`, the last block filled up with zeros.
  ///
  /// - Complexity: linear.
  static func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let whole = bytes.count / block
    let rest = bytes.count % block
    var result: [UInt8] = []
    result.reserveCapacity((whole + 1) * output)
    key.withUnsafeBufferPointer { key in
      for index in 0..<whole {
        append(block: bytes, at: index * block, key: key, to: &result)
      }
      guard rest > 0 else { return }
      withUnsafeTemporaryAllocation(byteCount: block, alignment: 8) { last in
        last.initializeMemory(as: UInt8.self, repeating: 0)
        last.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[(whole * block)...]))
        append(block: UnsafeRawBufferPointer(last), at: 0, key: key, to: &result)
      }
    }
    return result
  }

  private static func append(
    block bytes: UnsafeRawBufferPointer, at offset: Int, key: UnsafeBufferPointer<UInt64>,
    to result: inout [UInt8]
  ) {
    var sums: (low: UInt64, high: UInt64, low2: UInt64, high2: UInt64) = (0, 0, 0, 0)
    for word in stride(from: 0, to: words, by: 2) {
      let one = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * word, as: UInt64.self))
      let other = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * word + 8, as: UInt64.self))
      add((one &+ key[word], other &+ key[word + 1]), to: &sums.low, &sums.high)
      add((one &+ key[word + 2], other &+ key[word + 3]), to: &sums.low2, &sums.high2)
    }
    for value in [sums.low, sums.high, sums.low2, sums.high2] {
      withUnsafeBytes(of: value.littleEndian) { result.append(contentsOf: $0) }
    }
  }

  @inline(__always)
  private static func add(_ factors: (UInt64, UInt64), to low: inout UInt64, _ high: inout UInt64) {
    let product = factors.0.multipliedFullWidth(by: factors.1)
    let (sum, carry) = low.addingReportingOverflow(product.low)
    low = sum
    high = high &+ product.high &+ (carry ? 1 : 0)
  }
}
