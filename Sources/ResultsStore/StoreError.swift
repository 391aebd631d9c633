/// Why a results store or a point file cannot be used.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: which file, what is wrong and how to mend it.
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
