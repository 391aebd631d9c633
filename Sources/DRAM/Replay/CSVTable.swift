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
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let trimmed = line.last == "\r" ? line.dropLast() : line
      if trimmed.isEmpty { continue }
      let fields = trimmed.split(separator: ",", omittingEmptySubsequences: false)
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
