/// A CSV file with a header line and whole or textual fields, without quoting.
public struct CSVTable: Sendable {
  public let name: String
  public let columns: [String]
  /// Rows with their line numbers in the file.
  public let rows: [(line: Int, fields: [Substring])]

  /// Splits text into fields; throws at the first row with a wrong number of fields.
  public init(_ text: String, name: String) throws {
    self.name = name
    var parsed: [(line: Int, fields: [Substring])] = []
    var header: [String]?
    // "\r\n" is one character; a byte order mark may precede the header.
    let body = text.first == "\u{FEFF}" ? text.dropFirst() : text[...]
    for (index, line) in body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      if line.allSatisfy(\.isWhitespace) { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
      if let header {
        guard fields.count == header.count else {
          throw MemoryError(
            "\(name):\(index + 1): \(fields.count) fields, but the header has \(header.count)")
        }
        parsed.append((index + 1, fields))
      } else {
        header = fields.map(String.init)
      }
    }
    guard let header else { throw MemoryError("\(name): the file is empty; a header is needed") }
    columns = header
    rows = parsed
  }

  private static func trimmed(_ field: Substring) -> Substring {
    guard field.first?.isWhitespace == true || field.last?.isWhitespace == true else {
      return field
    }
    let tail = field.drop(while: \.isWhitespace)
    guard let end = tail.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return tail[...end]
  }

  /// Position of a column; throws with the nearest known name if it is missing.
  public func column(_ wanted: String) throws -> Int {
    if let index = columns.firstIndex(of: wanted) { return index }
    throw MemoryError(
      "\(name): the column '\(wanted)' is missing" + suggestion(for: wanted, among: columns))
  }

  /// A whole number; throws with line and column otherwise.
  public func integer(_ row: (line: Int, fields: [Substring]), _ column: Int) throws -> Int {
    guard let value = Int(row.fields[column]) else {
      throw MemoryError(
        "\(name):\(row.line): '\(row.fields[column])' in column '\(columns[column])' is not a whole number"
      )
    }
    return value
  }
}
