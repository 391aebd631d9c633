import Foundation
import ResultsStore
import Testing
import Units

@Suite struct BuildIdentityTests {
  private func withFile<T>(_ bytes: [UInt8], _ body: (String) throws -> T) throws -> T {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(filePath: path))
    return try body(path)
  }

  /// NH of RFC 4418 with 64-bit words, word by word, in arithmetic that cannot overflow.
  private func reference(_ bytes: [UInt8]) -> [UInt8] {
    var generator = SeededGenerator(seed: 0x6f72_7265_7279)
    let key = (0..<130).map { _ in generator.next() }
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 1_024) {
      var block = Array(bytes[start..<min(bytes.count, start + 1_024)])
      block += [UInt8](repeating: 0, count: 1_024 - block.count)
      let words = (0..<128).map { index in
        (0..<8).reduce(UInt64(0)) { $0 | UInt64(block[8 * index + $1]) << UInt64(8 * $1) }
      }
      for shift in [0, 2] {
        var sum = UInt128(0)
        for index in stride(from: 0, to: 128, by: 2) {
          sum &+=
            UInt128(words[index] &+ key[index + shift])
            &* UInt128(words[index + 1] &+ key[index + 1 + shift])
        }
        for byte in 0..<16 { result.append(UInt8(truncatingIfNeeded: sum >> UInt128(8 * byte))) }
      }
    }
    return result
  }

  @Test(arguments: [0, 1, 8, 1_023, 1_024, 1_025, 4 << 20, (4 << 20) + 1])
  func aFileIsCompressedAndThenDigested(count: Int) throws {
    // Large files are of one byte: tests are not optimised.
    var bytes =
      count < 10_000
      ? (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
      : [UInt8](repeating: 37, count: count)
    let digest = try withFile(bytes) { try BuildIdentity.digestOfPieces(ofFile: $0) }
    if count < 10_000 {
      let length = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
      #expect(digest == SHA256.hexDigest(of: length + reference(bytes)))
    }
    guard count > 0 else { return }
    for place in Set([0, count / 2, count - 1]) {
      bytes[place] ^= 1
      #expect(try withFile(bytes) { try BuildIdentity.digestOfPieces(ofFile: $0) } != digest)
      bytes[place] ^= 1
    }
    // A file that ends in zeros is not one that ends sooner.
    #expect(
      try withFile(bytes + [0]) { try BuildIdentity.digestOfPieces(ofFile: $0) } != digest)
  }

  @Test func aFileThatIsMissingIsAnError() {
    #expect(throws: StoreError.self) { try BuildIdentity.digestOfPieces(ofFile: "/nonexistent/x") }
  }
}
