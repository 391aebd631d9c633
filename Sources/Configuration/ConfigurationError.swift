/// Why a configuration cannot be used.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: where, what is wrong and how to mend it.
  public let description: String

  public init(_ description: String) {
    self.description = description
  }

  init(_ what: String, at origin: String, path: String) {
    let key = path.isEmpty ? "" : "\(path): "
    self.init("\(origin): \(key)\(what)")
  }
}
