internal import Foundation

/// Why an output could not be written.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: which file and why.
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// Writing results: whole or not at all.
public enum OutputFile {
  /// Writes `bytes` to `path`, or to standard output when `path` is `-`.
  ///
  /// A file appears under its name only when it is complete: the bytes go to a temporary file in the
  /// same folder, which is then renamed.
  ///
  /// - Throws: `OutputError`.
  public static func write(_ bytes: [UInt8], to path: String) throws(OutputError) {
    if path == "-" {
      FileHandle.standardOutput.write(Data(bytes))
      return
    }
    let folder = (path as NSString).deletingLastPathComponent
    let name = (path as NSString).lastPathComponent
    let temporary = (folder.isEmpty ? "." : folder) + "/.\(name).\(getpid()).part"
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: temporary))
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      throw OutputError("\(path): cannot be written: \(reason(error))")
    }
    guard rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      try? FileManager.default.removeItem(atPath: temporary)
      throw OutputError("\(path): cannot be written: \(reason)")
    }
  }

  private static func reason(_ error: any Error) -> String {
    if let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError,
      underlying.domain == NSPOSIXErrorDomain
    {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return (error as NSError).localizedDescription
  }
}
