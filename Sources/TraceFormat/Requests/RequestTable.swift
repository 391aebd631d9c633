internal import Units

/// Reads request traces that are tables: Azure's, BurstGPT's, Vidur's and those of NeuPIMs.
///
/// Columns are found by their titles. CRLF and a missing last newline are accepted.
struct RequestTable {
  /// The columns of a format: when, prompt, output; lists of NeuPIMs have no arrivals.
  private struct Columns {
    var time: String?
    var prompt: String
    var output: String
  }

  let file: String

  private static let columns: [ConversionFormat: Columns] = [
    .azure: Columns(time: "TIMESTAMP", prompt: "ContextTokens", output: "GeneratedTokens"),
    .burstGPT: Columns(time: "Timestamp", prompt: "Request tokens", output: "Response tokens"),
    .vidur: Columns(
      time: "arrived_at", prompt: "num_prefill_tokens", output: "num_decode_tokens"),
    .neuPIMs: Columns(time: nil, prompt: "input_toks", output: "output_toks"),
  ]

  /// The format whose titles a head line holds, or nil.
  static func format(of head: String) -> ConversionFormat? {
    let titles = head.split(separator: ",").map { $0.filter { $0 != "\r" } }
    return ConversionFormat.allCases.first { format in
      guard let columns = columns[format] else { return false }
      return [columns.time, columns.prompt, columns.output].compactMap { $0 }
        .allSatisfy { titles.contains($0) }
    }
  }

  /// The requests of a table, the first arrival at zero where times are dates.
  func read(_ text: String, as format: ConversionFormat) throws(TraceError) -> [RequestRecord] {
    guard let wanted = Self.columns[format] else { return [] }
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let titles = (lines.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
      .map(String.init)
    func column(_ title: String) throws(TraceError) -> Int {
      guard let index = titles.firstIndex(of: title) else {
        throw fail(1, "there is no column '\(title)'")
      }
      return index
    }
    let time = try wanted.time.map { (title) throws(TraceError) in try column(title) }
    let (prompt, output) = (try column(wanted.prompt), try column(wanted.output))
    var records: [RequestRecord] = []
    for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == titles.count else {
        throw fail(index + 1, "\(fields.count) fields, the head has \(titles.count)")
      }
      func tokens(_ column: Int) throws(TraceError) -> Int {
        guard let value = Int(fields[column]), value > 0, value < 1 << 40 else {
          throw fail(
            index + 1, "'\(titles[column])' is '\(fields[column])', no positive whole number")
        }
        return value
      }
      var arrival = 0
      if let time {
        let parsed = format == .azure ? Self.date(fields[time]) : Self.seconds(fields[time])
        guard let parsed else { throw fail(index + 1, "'\(fields[time])' is no time") }
        arrival = parsed
      }
      records.append(
        RequestRecord(arrival: arrival, prompt: try tokens(prompt), output: try tokens(output)))
    }
    if format == .azure, let first = records.map(\.arrival).min() {
      for index in records.indices { records[index].arrival -= first }
    }
    return records
  }

  /// Nanoseconds of a decimal number of seconds.
  private static func seconds(_ text: Substring) -> Int? {
    guard let value = Double(text), value >= 0, value < 1e9 else { return nil }
    return Int((value * 1e9).rounded())
  }

  /// Nanoseconds since 1970 of `2023-11-16 18:17:03.9799600`, with or without a zone behind it.
  private static func date(_ text: Substring) -> Int? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19 else { return nil }
    func number(_ start: Int, _ count: Int) -> Int? {
      var value = 0
      for byte in bytes[start..<start + count] {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
      bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x20 || bytes[10] == 0x54,
      bytes[13] == 0x3A, bytes[16] == 0x3A, (1...12).contains(month), (1...31).contains(day),
      hour < 24, minute < 60, second < 61
    else { return nil }
    var fraction = 0
    if bytes.count > 20, bytes[19] == 0x2E {
      let digits = bytes[20...].prefix { $0 >= 0x30 && $0 <= 0x39 }
      for place in 0..<9 {
        let index = digits.startIndex + place
        fraction = fraction * 10 + (place < digits.count ? Int(digits[index] - 0x30) : 0)
      }
    }
    // Days of the civil calendar, from March so that the leap day is the last of its year.
    let y = month > 2 ? year : year - 1
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let days = y * 365 + y / 4 - y / 100 + y / 400 + dayOfYear - 719_468
    return ((days * 24 + hour) * 60 + minute) * 60_000_000_000 + second * 1_000_000_000 + fraction
  }

  private func fail(_ line: Int, _ what: String) -> TraceError {
    TraceError(
      file: file, line: line, what: what, remedy: "correct the row, or name its format with --from")
  }
}
