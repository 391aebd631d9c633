internal import Units

/// Reads request traces that are JSON Lines: the native form, LLMServingSim's and Mooncake's.
struct RequestLines {
  let file: String
  private var line = 0

  init(file: String) { self.file = file }

  /// The requests of a text; `format` says which keys its lines have.
  mutating func read(
    _ text: some StringProtocol, as format: ConversionFormat
  ) throws(TraceError) -> [RequestRecord] {
    var records: [RequestRecord] = []
    for text in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      line += 1
      if text.allSatisfy(\.isWhitespace) { continue }
      let json: JSONValue
      do throws(JSONError) { json = try JSONValue.parse(String(text)) } catch {
        throw fail("byte \(error.offset): \(error.message)")
      }
      guard case .object(let members) = json else { throw fail("is no JSON object") }
      switch format {
      case .mooncake:
        try check(members, ["timestamp", "input_length", "output_length", "hash_ids"])
        guard let time = json["timestamp"]?.doubleValue, time >= 0, time < 1e12 else {
          throw fail("'timestamp' is no number of milliseconds")
        }
        var record = RequestRecord(
          arrival: Int((time * 1e6).rounded()), prompt: try number(json, "input_length", least: 1),
          output: try number(json, "output_length", least: 1))
        record.blocks = try list(json, "hash_ids")
        records.append(record)
      case .llmServingSimRequests: records += try llmServingSim(json, members)
      default:
        if line == 1 {
          try checkHeader(json)
          continue
        }
        try check(
          members,
          [
            "arrival_ns", "prompt", "output", "prompt_ids", "output_ids", "blocks", "session",
            "delay_ns",
          ])
        var record = RequestRecord(
          arrival: try number(json, "arrival_ns"), prompt: try number(json, "prompt", least: 1),
          output: try number(json, "output", least: 1))
        record.promptIDs = try list(json, "prompt_ids")
        record.outputIDs = try list(json, "output_ids")
        record.blocks = try list(json, "blocks")
        record.session = json["session"]?.stringValue
        record.delay = json["delay_ns"] == nil ? nil : try number(json, "delay_ns")
        records.append(record)
      }
    }
    return records
  }

  private func checkHeader(_ json: JSONValue) throws(TraceError) {
    guard json["format"]?.stringValue == "orrery.requests" else {
      throw fail("the first line is no header of a request trace")
    }
    guard json["version"]?.intValue == 1 else {
      throw fail("the version is not 1, which this build reads")
    }
  }

  private func llmServingSim(
    _ json: JSONValue, _ members: [String: JSONValue]
  ) throws(TraceError) -> [RequestRecord] {
    let arrival = try number(json, "arrival_time_ns")
    let single: Set = [
      "input_toks", "output_toks", "input_tok_ids", "output_tok_ids", "tool_duration_ns",
    ]
    func record(_ json: JSONValue) throws(TraceError) -> RequestRecord {
      var record = RequestRecord(
        arrival: arrival, prompt: try number(json, "input_toks", least: 1),
        output: try number(json, "output_toks", least: 1))
      record.promptIDs = try list(json, "input_tok_ids")
      record.outputIDs = try list(json, "output_tok_ids")
      if json["tool_duration_ns"] != nil { record.delay = try number(json, "tool_duration_ns") }
      return record
    }
    guard let turns = json["sub_requests"]?.arrayValue else {
      try check(members, single.union(["arrival_time_ns"]))
      return [try record(json)]
    }
    try check(members, ["session_id", "arrival_time_ns", "sub_requests"])
    var session: String
    switch json["session_id"] {
    case .string(let text): session = text
    case .number(let text): session = text
    default: throw fail("'session_id' is missing")
    }
    var records: [RequestRecord] = []
    for turn in turns {
      guard case .object(let members) = turn else { throw fail("a sub-request is no object") }
      try check(members, single)
      var turn = try record(turn)
      turn.session = session
      records.append(turn)
    }
    return records
  }

  private func check(
    _ members: [String: JSONValue], _ known: Set<String>
  ) throws(TraceError) {
    for key in members.keys.sorted() where !known.contains(key) {
      let near = nearestName(to: key, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
      throw fail("the key '\(key)' is not known\(near)")
    }
  }

  private func number(
    _ json: JSONValue, _ key: String, least: Int = 0
  ) throws(TraceError) -> Int {
    guard let value = json[key]?.intValue, value >= least, value < 1 << 53 else {
      throw fail("'\(key)' is missing or no whole number of at least \(least)")
    }
    return value
  }

  private func list(_ json: JSONValue, _ key: String) throws(TraceError) -> [Int] {
    guard let value = json[key] else { return [] }
    guard let list = value.arrayValue?.map(\.intValue), !list.contains(where: { $0 ?? -1 < 0 })
    else { throw fail("'\(key)' is no list of whole numbers") }
    return list.compactMap { $0 }
  }

  private func fail(_ what: String) -> TraceError {
    TraceError(
      file: file, line: line, what: what, remedy: "correct the line, or name its format with --from"
    )
  }
}
