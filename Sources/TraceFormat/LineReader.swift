#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The lines of a compressed text, one at a time, in one buffer that is reused.
struct LineReader: ~Copyable {
  /// The longest line: 4 MiB hold some 100 000 request runs.
  static let longestLine = 4 << 20
  /// Bytes past the end of a line that may be read (never used) by word-wise scanning.
  static let padding = 256

  private var decoder: ZstdDecoder
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity = 1 << 18
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// The number of the last line that was returned, from 1.
  private(set) var lineNumber = 0

  /// The name for messages.
  var name: String { decoder.name }

  init(_ source: consuming ByteSource, plain: Bool = false) throws(TraceError) {
    decoder = try ZstdDecoder(source, plain: plain)
    buffer = .allocate(capacity: capacity + LineReader.padding)
    buffer.initialize(repeating: 0, count: capacity + LineReader.padding)
  }

  deinit { buffer.deallocate() }

  /// The next line, or nil at the end.
  ///
  /// The pointer is to the first byte; the byte at `count` is a newline, and `padding` bytes more
  /// may be loaded. It is valid until the next call.
  mutating func next() throws(TraceError) -> UnsafeBufferPointer<UInt8>? {
    var searched = start
    while true {
      if let newline = memchr(buffer + searched, 0x0A, end - searched) {
        let count = newline - UnsafeMutableRawPointer(buffer + start)
        return line(count: count, skipping: count + 1)
      }
      if isAtEnd {
        if start == end { return nil }
        buffer[end] = 0x0A
        return line(count: end - start, skipping: end - start)
      }
      if end - start > LineReader.longestLine {
        throw TraceError(
          file: name, line: lineNumber + 1, what: "the line is longer than 4 MiB",
          remedy: "split the operator, or do not trust this file")
      }
      searched = try fill()
    }
  }

  private mutating func line(count: Int, skipping: Int) -> UnsafeBufferPointer<UInt8> {
    let line = UnsafeBufferPointer(start: buffer + start, count: count)
    start += skipping
    lineNumber += 1
    return line
  }

  /// Decompresses more behind what is unread; returns where the new bytes start.
  private mutating func fill() throws(TraceError) -> Int {
    let unread = end - start
    if start > 0 {
      memmove(buffer, buffer + start, unread)
      start = 0
      end = unread
    }
    if capacity - end < 1 << 17 {
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2 + LineReader.padding)
      larger.initialize(repeating: 0, count: capacity * 2 + LineReader.padding)
      memcpy(larger, buffer, end)
      buffer.deallocate()
      buffer = larger
      capacity *= 2
    }
    let free = UnsafeMutableRawBufferPointer(start: buffer + end, count: capacity - end)
    let count = try decoder.read(into: free)
    if count == 0 { isAtEnd = true }
    end += count
    return unread
  }
}
