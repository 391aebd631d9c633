#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file mapped read-only into memory for as long as this object lives.
///
/// Nothing is copied; pages come in when they are touched. A file that another process cuts short
/// while it is mapped is not guarded against.
public final class MappedFile: @unchecked Sendable {
  /// The path as the caller gave it.
  public let path: String
  /// The file's bytes.
  public let bytes: UnsafeRawBufferPointer

  /// Maps a regular file.
  ///
  /// - Throws: an input/output `TensorFileError` when it is missing, unreadable or a directory.
  public init(path: String) throws(TensorFileError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw TensorFileError(.inputOutput, file: path, "cannot be opened: \(Self.reason())")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw TensorFileError(.inputOutput, file: path, "cannot be examined: \(Self.reason())")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TensorFileError(.inputOutput, file: path, "is not a regular file")
    }
    let length = Int(status.st_size)
    if length == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw TensorFileError(.inputOutput, file: path, "cannot be mapped: \(Self.reason())")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: length)
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }

  /// The operating system's words for the last failure.
  static func reason() -> String {
    guard let text = strerror(errno) else { return "error \(errno)" }
    return String(cString: text)
  }

  /// Writes bytes to a file beside `path` and renames it into place: all of it or nothing.
  ///
  /// - Throws: an input/output `TensorFileError`; no partial file is left.
  package static func write(_ chunks: [[UInt8]], to path: String) throws(TensorFileError) {
    let temporary = "\(path).partial-\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw TensorFileError(.inputOutput, file: path, "cannot be written: \(reason())")
    }
    var failure: String?
    for chunk in chunks where failure == nil {
      chunk.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count && failure == nil {
          let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
          let count = Self.put(descriptor, rest)
          if count > 0 { done += count } else if errno != EINTR { failure = reason() }
        }
      }
    }
    if close(descriptor) != 0 && failure == nil { failure = reason() }
    if failure == nil && rename(temporary, path) != 0 { failure = reason() }
    if let failure {
      unlink(temporary)
      throw TensorFileError(.inputOutput, file: path, "cannot be written: \(failure)")
    }
  }

  private static func put(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }
}
