import Foundation
import ResultsStore
import Testing

@Suite struct BuildIdentityTests {
  @Test(arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3_000_000])
  func piecesAreDigestedInOrder(count: Int) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    var bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    try Data(bytes).write(to: URL(filePath: path))
    var expected = ""
    for start in stride(from: 0, to: count, by: 1 << 20) {
      expected += SHA256.hexDigest(of: bytes[start..<min(count, start + 1 << 20)])
    }
    let digest = try BuildIdentity.digestOfPieces(ofFile: path)
    #expect(digest == SHA256.hexDigest(of: expected))
    guard count > 0 else { return }
    bytes[count - 1] ^= 1
    try Data(bytes).write(to: URL(filePath: path))
    #expect(try BuildIdentity.digestOfPieces(ofFile: path) != digest)
  }

  @Test func aFileThatIsMissingIsAnError() {
    #expect(throws: StoreError.self) { try BuildIdentity.digestOfPieces(ofFile: "/nonexistent/x") }
  }
}
