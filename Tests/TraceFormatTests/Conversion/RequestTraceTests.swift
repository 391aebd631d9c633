import Testing

@testable import TraceFormat

@Suite struct RequestTraceTests {
  private func records(_ text: String, _ name: String) throws -> [RequestRecord] {
    let native = try converted(
      Array(text.utf8), named: name, to: "out.jsonl",
      TraceConversion(to: .requests, generator: "tests"))
    var reader = RequestLines(file: "out")
    return try reader.read(String(decoding: native, as: UTF8.self), as: .requests)
  }

  @Test func tablesAreRead() throws {
    // Carriage returns, seven digits, no newline at the end.
    let azure =
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 23:59:59.9799600,4808,10\r\n"
      + "2023-11-17 00:00:00.0319600,3180,8"
    let requests = try records(azure, "azure.csv")
    #expect(requests.map(\.arrival) == [0, 52_000_000])
    #expect(requests.map(\.prompt) == [4808, 3180])
    #expect(requests.map(\.output) == [10, 8])
    let vidur = "arrived_at,num_prefill_tokens,num_decode_tokens\n0.5,7,9\n"
    #expect(
      try records(vidur, "v.csv") == [RequestRecord(arrival: 500_000_000, prompt: 7, output: 9)])
    let burst =
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,API log\n"
    #expect(
      try records(burst, "b.csv") == [
        RequestRecord(arrival: 5_000_000_000, prompt: 472, output: 18)
      ])
    #expect(
      try records("input_toks,output_toks\n12,40\n", "n.csv")
        == [RequestRecord(arrival: 0, prompt: 12, output: 40)])
  }

  @Test func mooncakeKeepsItsBlocks() throws {
    let text =
      #"{"timestamp": 27, "input_length": 1100, "output_length": 5, "hash_ids": [0, 4, 9]}"#
    let request = try #require(try records(text, "m.jsonl").first)
    #expect(request.arrival == 27_000_000)
    #expect(request.blocks == [0, 4, 9])
    #expect((request.prompt + 511) / 512 == request.blocks.count)
  }

  @Test func llmServingSimRequestsComeBack() throws {
    let text = """
      {"input_toks":10,"output_toks":2,"arrival_time_ns":46926808,"input_tok_ids":[1,2],"output_tok_ids":[3]}
      {"session_id":"s","arrival_time_ns":5,"sub_requests":[{"input_toks":3,"output_toks":4},{"input_toks":6,"output_toks":7,"tool_duration_ns":800}]}

      """
    let native = try converted(
      Array(text.utf8), named: "a.jsonl", to: "b.jsonl",
      TraceConversion(to: .requests, generator: "tests"))
    let back = try converted(
      native, named: "b.jsonl", to: "c.jsonl",
      TraceConversion(to: .llmServingSimRequests, generator: "tests"))
    #expect(String(decoding: back, as: UTF8.self) == text)
  }

  @Test func wrongRequestsAreErrors() {
    let head = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    for row in [
      "2023-11-16 18:17:03,0,5", "yesterday,1,5", "2023-11-16 18:17:03,5",
      "2023-13-16 18:17:03,1,5",
    ] {
      #expect(throws: TraceError.self, "\(row)") { try records(head + row, "a.csv") }
    }
    for line in [
      #"{"input_toks":1}"#, #"{"input_toks":1,"output_toks":1,"arrival_time_ns":1,"x":1}"#,
      "{\"input_toks\":",
    ] {
      #expect(throws: TraceError.self, "\(line)") { try records(line, "a.jsonl") }
    }
  }
}
