/// A tensor file that cannot be read or written: which file, what is wrong, how to mend it.
public struct TensorFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is; decides the exit code.
  public enum Kind: Hashable, Sendable {
    /// The operating system refused: the file is missing, unreadable, or the disk is full.
    case inputOutput
    /// The file's content is not what its format demands.
    case malformed
  }

  public let kind: Kind
  /// The file as the caller named it.
  public let file: String
  /// One line: what is wrong and how to mend it.
  public let message: String

  public init(_ kind: Kind, file: String, _ message: String) {
    self.kind = kind
    self.file = file
    self.message = message
  }

  public var description: String { "\(file): \(message)" }
}
