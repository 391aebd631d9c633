import CZstd
import Foundation
import Testing
import TraceFormat
import Units
import Workload

@Suite struct FrameTests {
  private static let copyLine =
    #"{"id":0,"kind":"memory_move","name":"","step":0,"phase":"prefill","attributes":{"function":"copy"}}"#
    + "\n"

  private func failure(_ bytes: [UInt8]) throws -> TraceError {
    try #require(#expect(throws: TraceError.self) { try readAll(bytes) })
  }

  @Test func whatIsNoZstdFrameIsRefused() throws {
    #expect(try failure([]).what.contains("empty"))
    #expect(try failure(Array(headerLine.utf8)).remedy.contains("zstd"))
    #expect(try failure([0x1F, 0x8B, 8, 0]).remedy.contains("gzip"))
    #expect(try failure([1, 2, 3, 4, 5]).what.contains("not a zstd frame"))
    #expect(try failure(compressed("")).what.contains("no line"))
  }

  @Test func aFrameCutAnywhereIsRefused() throws {
    let whole = compressed(headerLine + FrameTests.copyLine)
    for length in 1..<whole.count {
      #expect(try failure(Array(whole.prefix(length))).what.contains("cut short"))
    }
    #expect(try readAll(whole).operators.count == 1)
  }

  @Test func bytesBehindTheFrameAreRefused() throws {
    let whole = compressed(headerLine + FrameTests.copyLine)
    #expect(try failure(whole + [0]).what.contains("follow"))
    #expect(try failure(whole + whole).what.contains("follow"))
  }

  @Test func alteredContentFailsItsChecksum() throws {
    var bytes = compressed(headerLine + FrameTests.copyLine)
    bytes[bytes.count - 1] ^= 1
    #expect(try failure(bytes).what.contains("checksum"))
  }

  @Test func writtenFramesCarryAChecksum() throws {
    let directory = try TemporaryDirectory()
    var writer = try TraceWriter(path: directory.path("t"), header: testHeader)
    try writer.finish()
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: directory.path("t"))))
    // RFC 8878: bit 2 of the frame header descriptor, which follows the magic number.
    #expect(bytes[4] & 4 != 0)
  }

  /// Ten gigabytes of `unit` in about a megabyte, compressed piece by piece.
  private func bomb(_ unit: [UInt8], gigabytes: Int) -> [UInt8] {
    let context = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
    func feed(_ bytes: [UInt8], _ directive: ZSTD_EndDirective) {
      bytes.withUnsafeBytes { raw in
        var input = ZSTD_inBuffer(src: raw.baseAddress, size: raw.count, pos: 0)
        while true {
          let capacity = piece.count
          let (left, made) = piece.withUnsafeMutableBytes { space in
            var output = ZSTD_outBuffer(dst: space.baseAddress, size: capacity, pos: 0)
            let left = ZSTD_compressStream2(context, &output, &input, directive)
            return (left, output.pos)
          }
          result.append(contentsOf: piece.prefix(made))
          if directive == ZSTD_e_end ? left == 0 : input.pos == input.size { return }
        }
      }
    }
    feed(Array(headerLine.utf8), ZSTD_e_continue)
    for _ in 0..<gigabytes * (1 << 30) / unit.count { feed(unit, ZSTD_e_continue) }
    feed([], ZSTD_e_end)
    return result
  }

  @Test func aLineWithoutEndIsRefusedAfterFourMebibytes() throws {
    // One gibibyte of blanks; the same stop would come for any length.
    let bytes = bomb([UInt8](repeating: 0x20, count: 1 << 22), gigabytes: 1)
    let error = try failure(bytes)
    #expect(error.what.contains("longer than 4 MiB"))
    #expect(error.line == 2)
  }

  @Test func inflationBeyondAThousandfoldIsRefused() throws {
    // Valid operators with 2 MiB of blanks each: no line is too long, but the frame inflates
    // some 8 000-fold.
    var unit: [UInt8] = []
    for id in 0..<64 {
      let padding = String(repeating: " ", count: 2 << 20)
      unit += Array(
        FrameTests.copyLine.replacingOccurrences(of: "\"id\":0", with: "\"id\":\(padding)\(id)")
          .utf8)
    }
    let bytes = compressed(Array(headerLine.utf8) + unit, level: 1)
    #expect(bytes.count < unit.count / 2_000)
    #expect(try failure(bytes).what.contains("inflate"))
  }

  @Test func aWindowAboveEightMebibytesIsRefused() throws {
    var bytes = compressed(headerLine + FrameTests.copyLine)
    // Build a frame header with a window of 128 MiB: descriptor without single segment, window
    // descriptor 0x88 (exponent 17), then an empty last block.
    bytes = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x88, 0x01, 0x00, 0x00]
    #expect(try failure(bytes).what.contains("window"))
    // The same frame with 8 MiB (exponent 13) is empty, which is another error.
    bytes[5] = 0x68
    #expect(try failure(bytes).what.contains("no line"))
  }

  /// Seeded changes of the compressed and of the plain text: an error or a trace, never a crash.
  @Test(arguments: 0..<6)
  func mutatedTracesAreReadOrRefused(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("t")
    var source = RandomOperators(seed: seed)
    var writer = try TraceWriter(path: path, header: testHeader)
    for _ in 0..<60 { try writer.emit(source.next()) }
    try writer.finish()
    let frame = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let text = try #require(oneShotDecompressed(frame, limit: 1 << 22))
    var generator = SeededGenerator(seed: seed + 100)
    var refused = 0
    for round in 0..<700 {
      var bytes = round % 2 == 0 ? frame : text
      for _ in 0..<1 + generator.next(below: 4) { mutate(&bytes, &generator) }
      do {
        let operators = try readAll(round % 2 == 0 ? bytes : compressed(bytes)).operators
        for each in operators { #expect(each.work.flops >= 0 && each.traffic.total.count >= 0) }
      } catch let error as TraceError {
        refused += 1
        #expect(!error.description.contains("\n"))
      }
    }
    #expect(refused > 300)
  }

  private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    if bytes.isEmpty { return }
    let place = generator.next(below: bytes.count)
    let interesting = Array("0123456789-\"{}[],:\\.e \n\0".utf8)
    switch generator.next(below: 6) {
    case 0: bytes[place] ^= 1 << UInt8(generator.next(below: 8))
    case 1: bytes[place] = interesting[generator.next(below: interesting.count)]
    case 2: bytes.insert(interesting[generator.next(below: interesting.count)], at: place)
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.next(below: 9)))
    case 4: bytes.insert(contentsOf: Array("9999999999999".utf8), at: place)
    default: bytes.removeLast(min(bytes.count, 1 + generator.next(below: 40)))
    }
  }
}
