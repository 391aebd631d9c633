import CZstd

/// Decompresses one zstd frame in bounded memory.
///
/// Refused are: anything that is not a zstd frame, a frame cut short or corrupt, bytes after the
/// frame, a window above 8 MiB, and data that inflates more than a thousandfold.
struct ZstdDecoder: ~Copyable {
  /// log2 of the largest window: 8 MiB, what RFC 8878 asks every decoder to support and what
  /// `zstd -19` needs.
  static let windowLog: Int32 = 23
  /// Traces of uniform decode steps shrink 30- to 100-fold; a thousandfold is no trace (assumption,
  /// ten times above anything that was measured).
  static let largestRatio = 1_000
  /// What any frame may inflate to, whatever its ratio.
  static let freeBytes = 16 << 20

  private var source: ByteSource
  private let context: OpaquePointer
  private let input: UnsafeMutableRawBufferPointer
  private var inputStart = 0
  private var inputEnd = 0
  private var consumed = 0
  private var produced = 0
  /// Whether the last call filled its output, so that more may come without further input.
  private var mayHoldOutput = false
  private var isStarted = false
  private var isFinished = false
  private let isPlain: Bool

  /// The name for messages.
  var name: String { source.name }

  /// Starts to decompress `source`, or passes it on as it is when it is `plain`.
  init(_ source: consuming ByteSource, plain: Bool = false) throws(TraceError) {
    isPlain = plain
    guard let created = ZSTD_createDCtx() else {
      throw TraceError(
        kind: .inputOutput, file: source.name, what: "no memory to decompress",
        remedy: "free some memory")
    }
    context = created
    input = .allocate(byteCount: ZSTD_DStreamInSize(), alignment: 16)
    self.source = source
    _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZstdDecoder.windowLog)
  }

  deinit {
    ZSTD_freeDCtx(context)
    input.deallocate()
  }

  /// Decompresses at least one byte into `output`, or returns zero at the end of the frame.
  mutating func read(into output: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    if isPlain { return try source.read(into: output) }
    if !isStarted {
      try checkStart()
      isStarted = true
    }
    var outBuffer = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    while outBuffer.pos == 0 && !isFinished {
      if inputStart == inputEnd && !mayHoldOutput {
        inputStart = 0
        inputEnd = try source.read(into: input)
        if inputEnd == 0 {
          throw TraceError(
            file: name, what: "the zstd frame is cut short after \(consumed) bytes",
            remedy: "copy or emit the trace again")
        }
      }
      var inBuffer = ZSTD_inBuffer(
        src: input.baseAddress.map { UnsafeRawPointer($0) }, size: inputEnd, pos: inputStart)
      let status = ZSTD_decompressStream(context, &outBuffer, &inBuffer)
      consumed += inBuffer.pos - inputStart
      inputStart = inBuffer.pos
      mayHoldOutput = outBuffer.pos == outBuffer.size
      if ZSTD_isError(status) != 0 { throw failure(status) }
      if status == 0 {
        isFinished = true
        try checkEnd()
      }
    }
    produced += outBuffer.pos
    if produced > ZstdDecoder.freeBytes + ZstdDecoder.largestRatio * consumed {
      throw TraceError(
        file: name,
        what: "\(consumed) bytes inflate to more than \(produced) bytes, beyond what a trace can",
        remedy: "do not trust this file; emit the trace again")
    }
    return outBuffer.pos
  }

  /// Looks at the magic number, to say what a wrong file probably is.
  private mutating func checkStart() throws(TraceError) {
    while inputEnd < 4 {
      let rest = UnsafeMutableRawBufferPointer(rebasing: input[inputEnd...])
      let count = try source.read(into: rest)
      if count == 0 { break }
      inputEnd += count
    }
    if inputEnd == 0 {
      throw TraceError(file: name, what: "is empty", remedy: "emit the trace again")
    }
    let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    let start = Array(input[..<min(4, inputEnd)])
    if start == magic { return }
    if magic.starts(with: start) {
      throw TraceError(
        file: name, what: "the zstd frame is cut short after \(inputEnd) bytes",
        remedy: "copy or emit the trace again")
    }
    let remedy =
      switch start[0] {
      case UInt8(ascii: "{"): "it looks like plain JSON Lines: compress it with 'zstd FILE'"
      case 0x1F: "it looks like gzip: decompress it and compress it with 'zstd FILE'"
      default: "name a trace that 'orrery trace emit' wrote"
      }
    throw TraceError(file: name, what: "is not a zstd frame", remedy: remedy)
  }

  /// Makes sure that nothing follows the frame.
  private mutating func checkEnd() throws(TraceError) {
    var trailing = inputEnd - inputStart
    if trailing == 0 { trailing = try source.read(into: input) }
    if trailing > 0 {
      throw TraceError(
        file: name, what: "bytes follow the zstd frame, which ends at byte \(consumed)",
        remedy: "keep one frame a file: decompress everything and compress it again")
    }
  }

  private borrowing func failure(_ status: Int) -> TraceError {
    switch ZSTD_getErrorCode(status) {
    case ZSTD_error_frameParameter_windowTooLarge:
      TraceError(
        file: name, what: "the zstd frame needs a window above 8 MiB",
        remedy: "compress it again with 'zstd -19' or less and without --long")
    case ZSTD_error_checksum_wrong:
      TraceError(
        file: name, what: "the checksum does not match the content",
        remedy: "the file was altered: copy or emit the trace again")
    case ZSTD_error_dictionary_wrong:
      TraceError(
        file: name, what: "the zstd frame needs a dictionary",
        remedy: "compress it again without a dictionary")
    default:
      TraceError(
        file: name,
        what: "the zstd frame is corrupt near byte \(consumed): "
          + String(cString: ZSTD_getErrorName(status)),
        remedy: "copy or emit the trace again")
    }
  }
}
