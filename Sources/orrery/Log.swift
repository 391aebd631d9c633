import Foundation

/// Messages beside the result: standard error.
enum Log {
  /// Writes one line.
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
