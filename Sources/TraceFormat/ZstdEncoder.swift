import CZstd

/// Compresses a stream into one zstd frame with a content checksum.
///
/// One thread, so the bytes depend on nothing but the input, the level and the library's version.
struct ZstdEncoder: ~Copyable {
  private var output: OutputFile
  private let context: OpaquePointer
  private let buffer: UnsafeMutableRawBufferPointer

  /// The name for messages.
  var name: String { output.name }

  /// Starts a frame that goes to `output`.
  init(_ output: consuming OutputFile, level: Int) throws(TraceError) {
    guard let created = ZSTD_createCCtx() else {
      throw TraceError(
        kind: .inputOutput, file: output.name, what: "no memory to compress",
        remedy: "free some memory")
    }
    context = created
    buffer = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
    self.output = output
    _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
    _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit {
    ZSTD_freeCCtx(context)
    buffer.deallocate()
  }

  /// Compresses more bytes.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
    try compress(bytes, directive: ZSTD_e_continue)
  }

  /// Ends the frame and makes the file visible.
  mutating func finish() throws(TraceError) {
    try compress(UnsafeRawBufferPointer(start: nil, count: 0), directive: ZSTD_e_end)
    try output.commit()
  }

  private mutating func compress(
    _ bytes: UnsafeRawBufferPointer, directive: ZSTD_EndDirective
  ) throws(TraceError) {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while true {
      var chunk = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
      let remaining = ZSTD_compressStream2(context, &chunk, &input, directive)
      if ZSTD_isError(remaining) != 0 {
        throw TraceError(
          kind: .inputOutput, file: name,
          what: "cannot be compressed: " + String(cString: ZSTD_getErrorName(remaining)),
          remedy: "check the free memory")
      }
      if chunk.pos > 0 { try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<chunk.pos])) }
      let isDone = directive == ZSTD_e_end ? remaining == 0 : input.pos == input.size
      if isDone { return }
    }
  }
}
