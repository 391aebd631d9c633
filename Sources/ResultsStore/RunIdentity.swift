internal import Foundation
internal import Synchronization

/// Which build of the program made a result: a digest of the running program's own file.
///
/// The file holds everything that was compiled and linked statically, so two builds from different
/// sources, or by different compilers, never share an identity, without git or a step in the build
/// that a clean clone could miss. It errs to the safe side: the same sources compiled in another
/// folder or configuration count as another build. System libraries are left out.
public struct BuildIdentity: Hashable, Sendable {
  /// 64 hexadecimal digits.
  public let digest: String

  public init(digest: String) {
    self.digest = digest
  }

  /// The identity of the running program; the file is read once a process, at gigabytes a second.
  ///
  /// - Throws: `StoreError` when the program's file cannot be read.
  public static func current() throws(StoreError) -> BuildIdentity { try cached.get() }

  private static let cached: Result<BuildIdentity, StoreError> = Result { () throws(StoreError) in
    BuildIdentity(digest: try digestOfPieces(ofFile: executablePath))
  }

  private static var executablePath: String {
    #if os(Linux)
      "/proc/self/exe"
    #else
      Bundle.main.executablePath ?? CommandLine.arguments[0]
    #endif
  }

  /// The SHA-256 digest of a file's length and of its compressed pieces of 4 MiB, taken side by side.
  ///
  /// - Throws: `StoreError` when the file cannot be read.
  public static func digestOfPieces(ofFile path: String) throws(StoreError) -> String {
    let file: Data
    do { file = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped) } catch {
      throw StoreError("\(path): cannot be read: \(error.localizedDescription)")
    }
    let piece = 4 << 20
    let pieces = Mutex([[UInt8]](repeating: [], count: (file.count + piece - 1) / piece))
    DispatchQueue.concurrentPerform(iterations: pieces.withLock { $0.count }) { index in
      let compressed = file.withUnsafeBytes { bytes in
        let end = min(bytes.count, (index + 1) * piece)
        return FileFingerprint.compress(
          UnsafeRawBufferPointer(rebasing: bytes[index * piece..<end]))
      }
      pieces.withLock { $0[index] = compressed }
    }
    var hash = SHA256()
    withUnsafeBytes(of: UInt64(file.count).littleEndian) { hash.update($0) }
    for piece in pieces.withLock({ $0 }) { piece.withUnsafeBytes { hash.update($0) } }
    return hash.finish()
  }

  /// The SHA-256 digest of a file's bytes, in constant memory.
  ///
  /// - Throws: `StoreError` when the file cannot be read.
  public static func digest(ofFile path: String) throws(StoreError) -> String {
    guard let file = fopen(path, "rb") else {
      throw StoreError("\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var hash = SHA256()
    let size = 1 << 18
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = fread(buffer, 1, size, file)
      if count == 0 { break }
      hash.update(UnsafeRawBufferPointer(start: buffer, count: count))
    }
    guard ferror(file) == 0 else {
      throw StoreError("\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    return hash.finish()
  }
}

/// What makes a run the same run: resolved configuration, trace content and build.
public struct RunIdentity: Hashable, Sendable, CustomStringConvertible {
  /// 64 hexadecimal digits.
  public let digest: String

  /// The first 12 digits, as tables show it.
  public var short: String { String(digest.prefix(12)) }

  public var description: String { digest }

  public init(digest: String) {
    self.digest = digest
  }

  /// Makes the identity of a run.
  ///
  /// - Parameters:
  ///   - configuration: the resolved configuration in a canonical form.
  ///   - trace: the digest of the trace's content, or of what an emitter makes it from.
  public init(configuration: String, trace: String, build: BuildIdentity) {
    // Lengths stand before the parts, so that no two triples give the same bytes.
    var text = "orrery.run/1\n"
    for part in [configuration, trace, build.digest] { text += "\(part.utf8.count)\n\(part)\n" }
    digest = SHA256.hexDigest(of: text)
  }
}
