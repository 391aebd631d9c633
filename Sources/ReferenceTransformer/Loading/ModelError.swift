internal import Numerics

/// A model that cannot be loaded or run: where, what is wrong, how to mend it.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is; decides the exit code.
  public enum Kind: Hashable, Sendable {
    /// A file is missing or unreadable.
    case inputOutput
    /// The model's files or the request for a run make no sense.
    case badInput
  }

  public let kind: Kind
  /// The file, directory or model.
  public let place: String
  /// One line: what is wrong and how to mend it.
  public let message: String

  public init(_ place: String, _ message: String, kind: Kind = .badInput) {
    self.kind = kind
    self.place = place
    self.message = message
  }

  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}

extension ModelError {
  /// The same trouble, as the file readers report it.
  init(_ error: TensorFileError) {
    self.init(
      error.file, error.message, kind: error.kind == .inputOutput ? .inputOutput : .badInput)
  }
}
