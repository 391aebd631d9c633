internal import Foundation
public import Serving

/// Reads lists of requests with their lengths, and their arrivals where the list has them.
///
/// CSV with a header, or JSON Lines. Columns and keys by any of their usual names: `prompt`,
/// `prompt_tokens`, `ContextTokens` (Azure), `input_length` (Mooncake), `input_toks` (LLMServingSim),
/// `num_prefill_tokens` (vidur) or `seq_len`; `output` and the names beside those; and arrivals in
/// seconds (`arrival_s`, `arrived_at`), milliseconds (`timestamp`), nanoseconds (`arrival_time_ns`) or as
/// date and time (`TIMESTAMP`). Other columns are left alone.
public enum RequestTraceFile {
  private static let prompts = [
    "prompt", "prompt_tokens", "ContextTokens", "input_length", "input_toks",
    "num_prefill_tokens", "seq_len",
  ]
  private static let outputs = [
    "output", "output_tokens", "GeneratedTokens", "output_length", "output_toks",
    "num_decode_tokens",
  ]
  /// Names of arrivals and the seconds of their unit; nil for a date and time.
  private static let arrivals: [(name: String, unit: Double?)] = [
    ("arrival_s", 1), ("arrived_at", 1), ("timestamp", 1e-3), ("arrival_time_ns", 1e-9),
    ("TIMESTAMP", nil),
  ]
  private static let longest = 1 << 24

  /// The requests of a file in order of arrival, arrivals counted from the first one.
  ///
  /// - Throws: `RequestListError` with file and line.
  public static func load(_ path: String) throws -> [TracedRequest] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RequestListError(description: "cannot read the list of requests '\(path)'")
    }
    return try parse(String(decoding: data, as: UTF8.self), name: path)
  }

  /// The requests of a text; `name` is for messages.
  public static func parse(_ text: String, name: String) throws -> [TracedRequest] {
    let body = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    var header: [String]?
    var requests: [TracedRequest] = []
    let lines = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      let place = "\(name):\(index + 1)"
      if trimmed.hasPrefix("{") {
        requests.append(try request(try fields(ofJSON: trimmed, place), place))
        continue
      }
      let fields = trimmed.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard let names = header else {
        guard prompts.contains(where: fields.contains) else {
          throw RequestListError(
            description:
              "\(place): the header names no prompt lengths; name a column 'prompt' (it has "
              + "\(fields.joined(separator: ", ")))")
        }
        header = fields
        continue
      }
      guard fields.count == names.count else {
        throw RequestListError(
          description: "\(place): \(fields.count) fields, but the header has \(names.count)")
      }
      requests.append(
        try request(
          Dictionary(zip(names, fields)) { first, _ in first }, place))
    }
    guard let first = requests.first else {
      throw RequestListError(description: "\(name): no request in it")
    }
    try checkAlike(requests, first, name)
    return inOrder(requests)
  }

  /// All requests say as much as the first one.
  private static func checkAlike(
    _ requests: [TracedRequest], _ first: TracedRequest, _ name: String
  ) throws {
    for (index, request) in requests.enumerated()
    where (request.output == nil) != (first.output == nil)
      || (request.arrival == nil) != (first.arrival == nil)
    {
      throw RequestListError(
        description: "\(name): request \(index) and the first one do not have the same fields")
    }
  }

  private static func inOrder(_ requests: [TracedRequest]) -> [TracedRequest] {
    guard let start = requests.compactMap(\.arrival).min() else { return requests }
    let order = requests.indices.sorted {
      let (one, other) = (requests[$0].arrival ?? 0, requests[$1].arrival ?? 0)
      return one == other ? $0 < $1 : one < other
    }
    return order.map { index in
      var request = requests[index]
      request.arrival = (request.arrival ?? 0) - start
      return request
    }
  }

  private static func request(
    _ fields: [String: String], _ place: String
  ) throws -> TracedRequest {
    guard let prompt = prompts.first(where: { fields[$0] != nil }) else {
      throw RequestListError(
        description: "\(place): no prompt length; give the key 'prompt'")
    }
    var request = TracedRequest(prompt: try number(fields[prompt] ?? "", prompt, place))
    if let output = outputs.first(where: { fields[$0] != nil }) {
      request.output = try number(fields[output] ?? "", output, place)
    }
    if let (name, unit) = arrivals.first(where: { fields[$0.name] != nil }) {
      let text = fields[name] ?? ""
      guard
        let time = unit.map({ unit in Double(text).map { $0 * unit } }) ?? seconds(ofDate: text),
        time.isFinite, abs(time) < 1e12
      else {
        throw RequestListError(description: "\(place): \(name) '\(text)' is no time")
      }
      guard time >= 0 || unit == nil else {
        throw RequestListError(
          description: "\(place): \(name) '\(text)' is negative; count arrivals from 0 on")
      }
      request.arrival = time
    }
    return request
  }

  private static func number(_ text: String, _ key: String, _ place: String) throws -> Int {
    guard let value = Int(text), (1...longest).contains(value) else {
      throw RequestListError(
        description: "\(place): \(key) '\(text)' is not a whole number from 1 to \(longest)")
    }
    return value
  }

  private static func fields(ofJSON text: String, _ place: String) throws -> [String: String] {
    guard
      let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { throw RequestListError(description: "\(place): not a JSON object") }
    return object.compactMapValues { value in
      (value as? NSNumber).map(\.stringValue) ?? value as? String
    }
  }

  /// Seconds of a date and time such as `2023-11-16 18:17:03.9799600`, by the proleptic calendar.
  private static func seconds(ofDate text: String) -> Double? {
    let parts = text.split(whereSeparator: { " T".contains($0) })
    guard parts.count == 2 else { return nil }
    let date = parts[0].split(separator: "-").compactMap { Int($0) }
    let time = parts[1].trimmingCharacters(in: CharacterSet(charactersIn: "Z"))
      .split(separator: ":").compactMap { Double($0) }
    guard date.count == 3, time.count == 3, (1...12).contains(date[1]), (1...31).contains(date[2])
    else { return nil }
    // Days since 1970-03-01 of a year that begins in March.
    let year = date[1] > 2 ? date[0] : date[0] - 1
    let month = (date[1] + 9) % 12
    let leaps = year / 4 - year / 100 + year / 400
    let days = 365 * year + leaps + (153 * month + 2) / 5 + date[2]
    return Double(days) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
  }
}
