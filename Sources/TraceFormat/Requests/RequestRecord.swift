/// A request of a request trace.
///
/// On disk one line: `{"arrival_ns":0,"prompt":6758,"output":500}` with `prompt_ids`, `output_ids`, `blocks`,
/// `session` and `delay_ns` where they are known.
public struct RequestRecord: Hashable, Sendable {
  /// When it arrives, in nanoseconds; of a later turn, when its session does.
  public var arrival: Int
  /// Tokens of the prompt.
  public var prompt: Int
  /// Tokens to generate.
  public var output: Int
  /// Token ids, where the trace has them.
  public var promptIDs: [Int] = []
  public var outputIDs: [Int] = []
  /// Hashes of the prompt's blocks of 512 tokens; equal prefixes have equal hashes.
  public var blocks: [Int] = []
  /// The session whose turns follow each other.
  public var session: String?
  /// Nanoseconds from the end of the turn before, such as of a tool, to this turn.
  public var delay: Int?

  public init(arrival: Int, prompt: Int, output: Int) {
    self.arrival = arrival
    self.prompt = prompt
    self.output = output
  }
}

extension RequestRecord {
  /// A request trace as text: a header line, then one request a line.
  static func native(_ records: [RequestRecord], source: String) -> [UInt8] {
    var text = TextBuffer(capacity: 1 << 16)
    text.append("{\"format\":\"orrery.requests\",\"version\":1,\"source\":")
    text.appendQuoted(source)
    text.append("}\n")
    for record in records {
      text.append("{\"arrival_ns\":")
      text.append(record.arrival)
      text.append(",\"prompt\":")
      text.append(record.prompt)
      text.append(",\"output\":")
      text.append(record.output)
      append(",\"prompt_ids\":", record.promptIDs, &text)
      append(",\"output_ids\":", record.outputIDs, &text)
      append(",\"blocks\":", record.blocks, &text)
      if let session = record.session {
        text.append(",\"session\":")
        text.appendQuoted(session)
      }
      if let delay = record.delay {
        text.append(",\"delay_ns\":")
        text.append(delay)
      }
      text.append("}\n")
    }
    return Array(text.contents)
  }

  /// Requests as LLMServingSim reads them; the turns of a session make one line.
  static func llmServingSim(_ records: [RequestRecord]) -> [UInt8] {
    var text = TextBuffer(capacity: 1 << 16)
    var index = 0
    while index < records.count {
      let record = records[index]
      guard let session = record.session else {
        text.append("{")
        appendLengths(record, &text)
        text.append(",\"arrival_time_ns\":")
        text.append(record.arrival)
        appendIDs(record, &text)
        text.append("}\n")
        index += 1
        continue
      }
      text.append("{\"session_id\":")
      text.appendQuoted(session)
      text.append(",\"arrival_time_ns\":")
      text.append(record.arrival)
      text.append(",\"sub_requests\":[")
      let first = index
      while index < records.count, records[index].session == session {
        text.append(index > first ? ",{" : "{")
        appendLengths(records[index], &text)
        if let delay = records[index].delay {
          text.append(",\"tool_duration_ns\":")
          text.append(delay)
        }
        appendIDs(records[index], &text)
        text.append("}")
        index += 1
      }
      text.append("]}\n")
    }
    return Array(text.contents)
  }

  private static func appendLengths(_ record: RequestRecord, _ text: inout TextBuffer) {
    text.append("\"input_toks\":")
    text.append(record.prompt)
    text.append(",\"output_toks\":")
    text.append(record.output)
  }

  private static func appendIDs(_ record: RequestRecord, _ text: inout TextBuffer) {
    append(",\"input_tok_ids\":", record.promptIDs, &text)
    append(",\"output_tok_ids\":", record.outputIDs, &text)
  }

  private static func append(
    _ key: StaticString, _ values: [Int], _ text: inout TextBuffer
  ) {
    if values.isEmpty { return }
    text.append(key)
    text.append(values)
  }
}
