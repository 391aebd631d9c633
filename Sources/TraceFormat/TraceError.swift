/// Why a trace cannot be read or written.
public struct TraceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whose fault it is, which decides the exit code.
  public enum Kind: Hashable, Sendable {
    /// The trace is missing or wrong.
    case badInput
    /// The system could not read or write.
    case inputOutput
  }

  /// Whose fault it is.
  public var kind: Kind
  /// The file, as the user named it.
  public var file: String
  /// The line within the decompressed trace, from 1; nil when it is about the file as a whole.
  public var line: Int?
  /// The key path within the line, such as `inputs[0].shape`; nil when it is about the whole line.
  public var field: String?
  /// What is wrong.
  public var what: String
  /// How to mend it.
  public var remedy: String

  public init(
    kind: Kind = .badInput, file: String, line: Int? = nil, field: String? = nil, what: String,
    remedy: String
  ) {
    self.kind = kind
    self.file = file
    self.line = line
    self.field = field
    self.what = what
    self.remedy = remedy
  }

  /// One line: `file:line: field: what; remedy`.
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    text += ": "
    if let field { text += "\(field): " }
    return text + "\(what); \(remedy)"
  }
}

/// What is wrong within one line, before the file and the line number are known.
struct LineError: Error {
  var field: String?
  var what: String
  var remedy: String

  init(_ what: String, field: String? = nil, remedy: String) {
    self.what = what
    // An empty name stands for the value as a whole.
    self.field = field == "" ? nil : field
    self.remedy = remedy
  }

  /// The same error, seen from the value that contains the field.
  func inside(_ container: String) -> LineError {
    var error = self
    error.field =
      field.map { $0.hasPrefix("[") ? container + $0 : "\(container).\($0)" }
      ?? container
    return error
  }

  /// The error with its place.
  func located(file: String, line: Int) -> TraceError {
    TraceError(file: file, line: line, field: field, what: what, remedy: remedy)
  }
}
