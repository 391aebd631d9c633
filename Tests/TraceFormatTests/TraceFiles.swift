import CZstd
import Foundation
import TraceFormat
import Workload

/// A directory for one test, removed with its content at the end.
final class TemporaryDirectory {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("orrery-trace-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  var contents: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }
}

let testHeader = TraceHeader(
  model: "tiny", architecture: "llama", layers: 2, dtype: "f16", generator: "tests", seed: 7)

/// The header line that belongs to `testHeader`.
let headerLine = """
  {"format":"orrery.trace","version":1,"model":"tiny","architecture":"llama","layers":2,\
  "dtype":"f16","generator":"tests","seed":7,"units":{"address":"byte"}}

  """

/// Compresses bytes into one frame.
func compressed(_ bytes: [UInt8], level: Int32 = 3, checksum: Bool = true) -> [UInt8] {
  let context = ZSTD_createCCtx()
  defer { ZSTD_freeCCtx(context) }
  _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
  _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
  var result = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
  let size = ZSTD_compress2(context, &result, result.count, bytes, bytes.count)
  return Array(result.prefix(size))
}

func compressed(_ text: String) -> [UInt8] { compressed(Array(text.utf8)) }

/// Reads a compressed trace to its end.
func readAll(_ bytes: [UInt8]) throws -> (header: TraceHeader, operators: [Operator]) {
  var reader = try TraceReader(bytes: bytes, name: "memory")
  var operators: [Operator] = []
  while let next = try reader.next() { operators.append(next) }
  return (reader.header, operators)
}

/// Reads a trace whose lines behind the header are given.
func read(lines: [String]) throws -> [Operator] {
  try readAll(compressed(headerLine + lines.joined(separator: "\n") + "\n")).operators
}

/// Decompresses one frame with the library's one-shot function, or returns nil.
func oneShotDecompressed(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
  var result = [UInt8](repeating: 0, count: limit)
  let size = ZSTD_decompress(&result, limit, bytes, bytes.count)
  return ZSTD_isError(size) == 0 ? Array(result.prefix(size)) : nil
}
