import Experiments
import Foundation
import Serving
import Testing
import Units

@Suite struct RequestTraceFileTests {
  @Test func usualColumnsAreKnown() throws {
    let plain = try RequestTraceFile.parse(
      "prompt,output,seq_len\n# a remark\n12,3,99\n\n7,1,4\n", name: "t")
    #expect(plain == [TracedRequest(prompt: 12, output: 3), TracedRequest(prompt: 7, output: 1)])
    let lengths = try RequestTraceFile.parse("seq_len,ch_idx\n5,0\n6,1\n", name: "t")
    #expect(lengths == [TracedRequest(prompt: 5), TracedRequest(prompt: 6)])
    let azure = try RequestTraceFile.parse(
      """
      TIMESTAMP,ContextTokens,GeneratedTokens
      2024-02-29 23:59:59.5000000,374,44
      2024-03-01 00:00:01.2500000,396,109
      """, name: "t")
    #expect(azure.map(\.arrival) == [0, 1.75])
    #expect(azure.map(\.prompt) == [374, 396] && azure.map(\.output) == [44, 109])
    let mooncake = try RequestTraceFile.parse(
      """
      {"timestamp": 3000, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}
      {"timestamp": 1000, "input_length": 7322, "output_length": 490, "hash_ids": [2]}
      """, name: "t")
    // In order of arrival, counted from the first.
    #expect(
      mooncake == [
        TracedRequest(prompt: 7322, output: 490, arrival: 0),
        TracedRequest(prompt: 6758, output: 500, arrival: 2),
      ])
  }

  @Test(arguments: [
    ("prompt,output\n1\n", "t:2"), ("prompt,output\n1,0\n", "t:2"), ("a,b\n1,2\n", "prompt"),
    ("prompt,output\n1,x\n", "'x'"), ("", "no request"), ("prompt\n", "no request"),
    ("{\"input_length\": 3", "JSON"), ("{\"output_length\": 3}", "prompt"),
    ("arrival_s,prompt\nsoon,3\n", "soon"),
    ("arrival_s,prompt\n0,3\n-5,3\n", "t:3: arrival_s '-5' is negative"),
    ("{\"timestamp\": -1, \"prompt\": 3}", "t:1: timestamp '-1' is negative"),
    ("{\"prompt\": 3, \"output\": 2}\n{\"prompt\": 3}", "request 1"),
  ])
  func wrongListsAreRefusedInOneLine(text: String, part: String) throws {
    let error = #expect(throws: RequestListError.self) {
      try RequestTraceFile.parse(text, name: "t")
    }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\n") == false)
  }

  /// A request file that names a list: its lengths are served in its order and at its times.
  @Test func aRequestFileNamesAList() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "orrery-list-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("arrival_s,prompt,output\n5,10,2\n5.5,20,3\n".utf8)
      .write(to: folder.appending(path: "list.csv"))
    let file = folder.appending(path: "requests.yaml")
    func load(_ yaml: String) throws -> ServingSpec {
      try Data(yaml.utf8).write(to: file)
      return try ServingFile.load(file.path())
    }
    let spec = try load("trace: list.csv\narrivals: {process: trace}\nbatch_limit: 2\n")
    #expect(spec.requestTokens == 23)
    var stream = RequestStream(spec)
    let (one, other) = (stream.next(), stream.next())
    let first = try #require(one)
    let second = try #require(other)
    #expect(first.prompt == 10 && first.output == 2 && first.arrival == .zero)
    #expect(second.prompt == 20 && second.output == 3)
    #expect(second.arrival.picoseconds == 500_000_000_000)
    let third = stream.next()
    #expect(third == nil)
    #expect(spec.isFinite)
    let endless = try load("trace: list.csv\narrivals: {process: closed_loop}\nbatch_limit: 2\n")
    #expect(!endless.isFinite)
    var loop = RequestStream(endless)
    let prompts = (0..<5).compactMap { _ in loop.next()?.prompt }
    #expect(prompts == [10, 20, 10, 20, 10])
    for wrong in [
      "trace: list.csv\narrivals: {process: burst}\nprompt: {mean: 3}\nbatch_limit: 2\n",
      "trace: none.csv\narrivals: {process: burst}\nbatch_limit: 2\n",
      "trace: list.csv\narrivals: {process: burst}\ncount: 3\nbatch_limit: 2\n",
      "arrivals: {process: trace}\nprompt: {mean: 1}\noutput: {mean: 1}\nbatch_limit: 2\ncount: 1\n",
      "arrivals: {process: burst}\nbatch_limit: 2\ncount: 1\n",
    ] {
      #expect(throws: (any Error).self) { try load(wrong) }
    }
  }
}
