#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that becomes visible only when it is complete.
///
/// Bytes go to a temporary file in the same directory, which `commit` renames over the target; an
/// output that is dropped before removes it. `-` and targets that are no regular files (pipes,
/// devices) are written directly.
struct OutputFile: ~Copyable {
  /// The name for messages.
  let name: String
  private let target: String
  private var temporary: String?
  private var descriptor: Int32
  private let ownsDescriptor: Bool

  /// Opens the output; `-` is the standard output.
  init(path: String) throws(TraceError) {
    if path == "-" {
      name = "<stdout>"
      target = path
      temporary = nil
      descriptor = 1
      ownsDescriptor = false
      return
    }
    name = path
    ownsDescriptor = true
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists && status.st_mode & S_IFMT != S_IFREG {
      target = path
      temporary = nil
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      // A link is followed, so that the file it names is replaced and not the link.
      target = exists ? OutputFile.resolved(path) : path
      let unfinished = OutputFile.temporaryName(beside: target)
      temporary = unfinished
      descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    }
    if descriptor < 0 {
      let code = errno
      temporary = nil
      throw TraceError(
        kind: .inputOutput, file: path, what: "cannot be written: \(systemMessage(code))",
        remedy: "check that the directory exists and may be written to")
    }
  }

  deinit {
    if ownsDescriptor && descriptor >= 0 { _ = close(descriptor) }
    if let temporary { _ = unlink(temporary) }
  }

  /// Writes all bytes.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(TraceError) {
    var written = 0
    while written < bytes.count {
      let count = systemWrite(
        descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      if count >= 0 {
        written += count
        continue
      }
      let code = errno
      if code == EINTR { continue }
      throw failure("cannot be written", code)
    }
  }

  /// Closes the file and gives it its name.
  mutating func commit() throws(TraceError) {
    guard ownsDescriptor else { return }
    let closed = close(descriptor)
    let code = errno
    descriptor = -1
    if closed != 0 { throw failure("cannot be written", code) }
    if let unfinished = temporary {
      if rename(unfinished, target) != 0 { throw failure("cannot be renamed into place", errno) }
      temporary = nil
    }
  }

  private borrowing func failure(_ what: String, _ code: Int32) -> TraceError {
    TraceError(
      kind: .inputOutput, file: name, what: "\(what): \(systemMessage(code))",
      remedy: "check the free space and the permissions")
  }

  private static func resolved(_ path: String) -> String {
    guard let full = realpath(path, nil) else { return path }
    defer { free(full) }
    return String(cString: full)
  }

  private static func temporaryName(beside target: String) -> String {
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let directory = slash.map { String(target[...$0]) } ?? ""
    let file = slash.map { String(target[target.index(after: $0)...]) } ?? target
    // The name never shows in any output, so it need not be reproducible.
    let unique = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    return "\(directory).\(file.prefix(100)).\(getpid())-\(unique).partial"
  }
}

/// `write(2)`, which the method of the same name hides.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
