#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Compressed bytes from a file, the standard input or memory.
struct ByteSource: ~Copyable {
  /// The name for messages.
  let name: String
  private var descriptor: Int32
  private let ownsDescriptor: Bool
  private let memory: [UInt8]
  private var position = 0

  /// Opens a file; `-` is the standard input.
  init(path: String) throws(TraceError) {
    memory = []
    if path == "-" {
      name = "<stdin>"
      descriptor = 0
      ownsDescriptor = false
      return
    }
    name = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    ownsDescriptor = true
    if descriptor < 0 {
      let code = errno
      throw TraceError(
        kind: code == EIO ? .inputOutput : .badInput, file: path,
        what: "cannot be opened: \(systemMessage(code))",
        remedy: "check the name and the permissions")
    }
    var status = stat()
    if fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR {
      throw TraceError(
        file: path, what: "is a directory", remedy: "name a trace file (.jsonl.zst)")
    }
  }

  /// Reads from memory.
  init(bytes: [UInt8], name: String) {
    self.name = name
    memory = bytes
    descriptor = -1
    ownsDescriptor = false
  }

  deinit {
    if ownsDescriptor && descriptor >= 0 { _ = close(descriptor) }
  }

  /// Reads at least one byte, or returns zero at the end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    if descriptor < 0 {
      let count = min(buffer.count, memory.count - position)
      memory.withUnsafeBytes { bytes in
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
      }
      position += count
      return count
    }
    while true {
      let count = systemRead(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      let code = errno
      if code == EINTR { continue }
      throw TraceError(
        kind: .inputOutput, file: name, what: "cannot be read: \(systemMessage(code))",
        remedy: "check the disk and try again")
    }
  }
}

/// The system's text for an error number.
func systemMessage(_ code: Int32) -> String {
  String(cString: strerror(code))
}

/// `read(2)`, which the method of the same name hides.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int)
  -> Int
{
  read(descriptor, buffer, count)
}
