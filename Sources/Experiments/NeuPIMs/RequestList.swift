internal import Foundation

/// Why a request list cannot be used.
public struct RequestListError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what is wrong, where, and how to mend it.
  public let description: String
}

/// Decode requests by their length, with or without the channel that holds their keys and values.
///
/// The CSV form has the header `seq_len,ch_idx` or `seq_len`, or no header and one length a line; empty lines and
/// lines that begin with `#` are skipped, line ends may be those of any system, and a byte order mark is allowed.
public struct RequestList: Hashable, Sendable {
  /// One request.
  public struct Entry: Hashable, Sendable {
    /// Tokens in its KV cache.
    public var tokens: Int
    /// The channel, when the list assigns one.
    public var channel: Int?

    public init(tokens: Int, channel: Int? = nil) {
      self.tokens = tokens
      self.channel = channel
    }
  }

  public var entries: [Entry]

  public init(entries: [Entry]) { self.entries = entries }

  /// Reads a CSV file.
  ///
  /// - Throws: `RequestListError` with file and line.
  public init(file: String) throws {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw RequestListError(description: "cannot read the request list '\(file)'")
    }
    try self.init(csv: String(decoding: data, as: UTF8.self), name: file)
  }

  /// Reads lengths from a text such as `300,77`.
  public init(lengths: String) throws {
    let fields = lengths.split(separator: ",", omittingEmptySubsequences: false)
    entries = try fields.map { field in
      Entry(tokens: try Self.number(field, "--lengths", 1...Self.longest))
    }
  }

  /// Reads CSV text; `name` is for messages.
  public init(csv text: String, name: String) throws {
    var entries: [Entry] = []
    var columns = (tokens: 0, channel: Int?.none)
    var isFirst = true
    // Spreadsheets begin their files with a byte order mark.
    let body = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    for (index, line) in body.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      let fields = trimmed.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      let place = "\(name):\(index + 1)"
      if isFirst {
        isFirst = false
        if fields[0].first?.isLetter == true {
          columns = try Self.columns(fields, place)
          continue
        }
        if fields.count == 2 { columns = (tokens: 0, channel: 1) }
      }
      let wanted = max(columns.tokens, columns.channel ?? 0) + 1
      guard fields.count >= wanted else {
        throw RequestListError(
          description: "\(place): \(fields.count) fields, but \(wanted) are needed")
      }
      entries.append(
        Entry(
          tokens: try Self.number(fields[columns.tokens], place, 1...Self.longest),
          channel: try columns.channel.map { try Self.number(fields[$0], place, 0...4095) }))
    }
    guard !entries.isEmpty else {
      throw RequestListError(description: "\(name): no request in it")
    }
    self.entries = entries
  }

  private static let longest = 1 << 24

  private static func columns(
    _ fields: [String], _ place: String
  ) throws -> (tokens: Int, channel: Int?) {
    guard let tokens = fields.firstIndex(of: "seq_len") else {
      throw RequestListError(
        description:
          "\(place): the header has no column 'seq_len' (it has \(fields.joined(separator: ", ")))")
    }
    return (tokens, fields.firstIndex(of: "ch_idx"))
  }

  private static func number(
    _ text: some StringProtocol, _ place: String, _ range: ClosedRange<Int>
  ) throws -> Int {
    let value = Int(text.trimmingCharacters(in: .whitespaces))
    if value == 0, !range.contains(0) {
      throw RequestListError(
        description: "\(place): a request of 0 tokens has nothing to attend over; remove it")
    }
    guard let value, range.contains(value) else {
      throw RequestListError(
        description:
          "\(place): '\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return value
  }
}
