import Numerics

/// Where the reference data lies, found beside this source file.
enum ReferenceFiles {
  static var root: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(2)
    return parts.joined(separator: "/") + "/ReferenceData"
  }
}
