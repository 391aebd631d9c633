import ResultsStore
import Testing

@Suite struct SHA256Tests {
  /// FIPS 180-4 examples and the long message of the NIST test vectors.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func digestsAreThoseOfTheStandard(message: String, digest: String) {
    #expect(SHA256.hexDigest(of: message) == digest)
  }

  @Test func piecesOfAnySizeGiveTheDigestOfTheWhole() {
    let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let whole = SHA256.hexDigest(of: message)
    for size in [1, 3, 63, 64, 65, 127, 500] {
      var hash = SHA256()
      for start in stride(from: 0, to: message.count, by: size) {
        let piece = Array(message[start..<min(start + size, message.count)])
        piece.withUnsafeBytes { hash.update($0) }
      }
      #expect(hash.finish() == whole, "pieces of \(size)")
    }
  }
}
