#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Questions about the file system.
enum FileCheck {
  static func isFile(_ path: String) -> Bool { mode(path) == S_IFREG }

  static func isDirectory(_ path: String) -> Bool { mode(path) == S_IFDIR }

  private static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}
