import Foundation
import Testing
import TraceFormat
import Workload

/// A valid operator line with some of its parts replaced.
private func line(
  id: String = "0", kind: String = "gemm", name: String = #""n""#, step: String = "0",
  phase: String = "decode", attributes: String = #"{"m":1,"k":2,"n":3}"#, more: String = ""
) -> String {
  #"{"id":\#(id),"kind":"\#(kind)","name":\#(name),"step":\#(step),"phase":"\#(phase)","#
    + #""attributes":\#(attributes)\#(more)}"#
}

private func tensor(
  id: String = "0", shape: String = "[2,2]", dtype: String = "f16", role: String = "weight",
  address: String = "0", more: String = ""
) -> String {
  #"{"id":\#(id),"shape":\#(shape),"dtype":"\#(dtype)","role":"\#(role)","address":\#(address)\#(more)}"#
}

private func inputs(_ tensors: String...) -> String {
  #","inputs":[\#(tensors.joined(separator: ","))]"#
}

/// Lines that are wrong, the line and the field that must be named, and words of the message.
struct WrongLines: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let lines: [String]
  let at: Int
  let field: String?
  let words: [String]

  init(_ name: String, _ lines: [String], at: Int = 2, _ field: String?, _ words: String...) {
    testDescription = name
    self.lines = lines
    self.at = at
    self.field = field
    self.words = words
  }

  private static let kv = tensor(id: "5", shape: "[4,16,2,8]", role: "kv")
  private static func attention(_ requests: String, _ more: String = "") -> String {
    line(
      kind: "attention",
      attributes: #"{"heads":4,"kv_heads":2,"head_dim":8,"causal":true\#(more)}"#,
      more: #","requests":\#(requests)"# + inputs(kv))
  }

  static let order = [
    WrongLines("repeated id", [line(), line()], at: 3, "id", "does not follow 0", "order"),
    WrongLines("decreasing id", [line(id: "5"), line(id: "3")], at: 3, "id", "3", "5"),
    WrongLines("negative id", [line(id: "-1")], "id", "negative"),
    WrongLines(
      "decreasing step", [line(step: "2"), line(id: "1", step: "1")], at: 3, "step", "decrease"),
    WrongLines(
      "phase changes in a step", [line(), line(id: "1", phase: "prefill")], at: 3, "phase", "mixed"),
    WrongLines(
      "dependence on a later operator", [line(more: #","data_dependences":[1]"#)],
      "data_dependences", "not earlier"),
    WrongLines(
      "dependence on itself", [line(more: #","control_dependences":[0]"#)], "control_dependences",
      "not earlier"),
    WrongLines(
      "dependence on an absent operator",
      [line(), line(id: "9"), line(id: "12", more: #","data_dependences":[0,7]"#)], at: 4,
      "data_dependences", "7", "does not exist"),
    WrongLines(
      "dependences that descend",
      [line(), line(id: "1"), line(id: "2", more: #","data_dependences":[1,0]"#)], at: 4,
      "data_dependences", "ascending"),
  ]

  static let syntax = [
    WrongLines("empty line", [line(), "", line(id: "1")], at: 3, nil, "empty"),
    WrongLines("unknown key", [line(more: #","dta_dependences":[]"#)], nil, "data_dependences"),
    WrongLines(
      "unknown attribute", [line(attributes: #"{"m":1,"k":2,"nn":3}"#)], "attributes",
      "'nn'", "did you mean 'n'"),
    WrongLines(
      "attribute of another kind", [line(attributes: #"{"m":1,"k":2,"n":3,"heads":3}"#)],
      "attributes", "gemm", "heads"),
    WrongLines("missing attribute", [line(attributes: #"{"m":1,"k":2}"#)], "attributes", "'n'"),
    WrongLines("repeated key", [line(more: #","id":0"#)], nil, "'id'", "twice"),
    WrongLines(
      "repeated attribute", [line(attributes: #"{"m":1,"k":2,"n":3,"m":1}"#)], "attributes",
      "twice"),
    WrongLines("missing key", [#"{"id":0,"kind":"gemm"}"#], nil, "'name'"),
    WrongLines("unknown kind", [line(kind: "gem")], "kind", "did you mean 'gemm'"),
    WrongLines("unknown phase", [line(phase: "decod")], "phase", "did you mean 'decode'"),
    WrongLines(
      "unknown function",
      [line(kind: "norm", attributes: #"{"rows":1,"columns":2,"function":"rsm"}"#)],
      "attributes.function", "did you mean 'rms'"),
    WrongLines("fraction", [line(attributes: #"{"m":1.5,"k":2,"n":3}"#)], "attributes.m", "whole"),
    WrongLines("exponent", [line(id: "1e3")], "id", "whole"),
    WrongLines("leading zero", [line(id: "007")], "id", "leading zeros"),
    WrongLines("number too large", [line(id: "99999999999999999999")], "id", "overflows"),
    WrongLines("text instead of a number", [line(id: #""7""#)], "id", "whole number"),
    WrongLines("unclosed string", [#"{"id":0,"kind":"gemm"#], "kind", "does not end"),
    WrongLines("unclosed object", [#"{"id":0,"kind":"gemm""#], nil, "end of the line"),
    WrongLines("two values on a line", [line() + line(id: "1")], nil, "end of the line"),
    WrongLines("no object", ["[1]"], nil, "'{'"),
    WrongLines("control character", [line(name: "\"a\u{1}b\"")], "name", "control"),
    WrongLines("wrong escape", [line(name: #""\q""#)], "name", "escape"),
    WrongLines("lone surrogate", [line(name: #""\ud800x""#)], "name", "\\u"),
    WrongLines(
      "deep extension", [line(more: #","x-a":"# + String(repeating: "[", count: 100))], "x-",
      "nests"),
    WrongLines("zero byte", [line() + "\u{0}"], nil, "byte 0"),
  ]

  static let tensors = [
    WrongLines(
      "negative shape", [line(more: inputs(tensor(shape: "[-2,2]")))], "inputs[0].shape",
      "negative"),
    WrongLines(
      "overflowing shape",
      [line(more: inputs(tensor(), tensor(id: "1", shape: "[3000000000,3000000000]")))],
      "inputs[1].shape", "overflows"),
    WrongLines(
      "overflowing shape behind a zero",
      [line(more: inputs(tensor(shape: "[0,3000000000,3000000000]")))], "inputs[0].shape",
      "overflows"),
    WrongLines(
      "five dimensions", [line(more: inputs(tensor(shape: "[1,1,1,1,1]")))], "inputs[0].shape",
      "at most 4"),
    WrongLines(
      "overflowing address", [line(more: inputs(tensor(address: "4611686018427387903")))],
      "inputs[0].address", "overflows"),
    WrongLines(
      "unknown dtype", [line(more: inputs(tensor(dtype: "fp16")))], "inputs[0].dtype",
      "did you mean 'f16'"),
    WrongLines(
      "unknown role", [line(more: inputs(tensor(role: "weights")))], "inputs[0].role", "weight"),
    WrongLines(
      "unknown tensor key", [line(more: inputs(tensor(more: #","adress":1"#)))], "inputs[0]",
      "address"),
    WrongLines(
      "missing tensor key", [line(more: #","outputs":[{"id":1}]"#)], "outputs[0]", "'shape'"),
    WrongLines(
      "same id, another tensor",
      [line(more: inputs(tensor(), tensor(shape: "[2,3]")))], "inputs[1]", "another"),
    WrongLines(
      "kv of another rank", [line(more: inputs(tensor(role: "kv")))], "inputs[0].shape", "rank 2"),
  ]

  static let sizes = [
    WrongLines(
      "overflowing work", [line(attributes: #"{"m":2000000,"k":2000000,"n":2000000}"#)],
      "attributes", "overflows"),
    WrongLines(
      "overflowing attention", [attention("[[0,1,900000000,900000000]]")], "attributes",
      "overflows"),
    WrongLines(
      "gemv with rows", [line(kind: "gemv", attributes: #"{"m":2,"k":2,"n":3}"#)],
      "attributes.m", "m = 1"),
    WrongLines(
      "heads that do not divide",
      [
        line(
          kind: "attention",
          attributes: #"{"heads":3,"kv_heads":2,"head_dim":8,"causal":true}"#,
          more: #","requests":[[0,1,1,1]]"#)
      ], "attributes.heads", "multiple"),
    WrongLines(
      "blocks without a choice", [attention("[[0,1,1,9]]", #","block":4"#)], "attributes.block",
      "selected"),
    WrongLines(
      "selected keys that are not whole blocks",
      [attention("[[0,1,1,9]]", #","selected":6,"block":4"#)], "attributes.block", "whole blocks"),
    WrongLines(
      "a period of zero", [attention("[[0,1,1,9]]", #","selected":6,"period":0"#)],
      "attributes.period", "positive"),
    WrongLines(
      "more active heads than heads", [attention("[[0,1,1,9]]", #","active_heads":5"#)],
      "attributes.active_heads", "5 of 4"),
    WrongLines(
      "read heads of other runs", [attention("[[0,1,1,9]]", #","kv_heads_read":[1,1]"#)],
      "attributes.kv_heads_read", "2 numbers for 1 run"),
    WrongLines(
      "more read heads than there are", [attention("[[0,2,1,9]]", #","kv_heads_read":[5]"#)],
      "attributes.kv_heads_read", "5 of 2 requests"),
    WrongLines("attention without requests", [attention("[]")], "requests", "no requests"),
    WrongLines("kv shorter than query", [attention("[[0,1,3,2]]")], "requests[0]", "less than"),
    WrongLines("empty run", [attention("[[0,1,1,1],[1,0,1,1]]")], "requests[1]", "zero"),
    WrongLines("run of three", [attention("[[0,1,1]]")], "requests[0]", "','"),
    WrongLines("slot outside", [attention("[[0,2,1,1,3]]")], "inputs[0].shape", "slot 4 of 4"),
    WrongLines("beyond the capacity", [attention("[[0,1,1,17]]")], "inputs[0].shape", "17", "16"),
    WrongLines(
      "no expert",
      [
        line(
          kind: "expert_ffn",
          attributes:
            #"{"hidden":1,"intermediate":1,"matrices":2,"function":"silu","tokens_per_expert":[]}"#)
      ], "attributes.tokens_per_expert", "no expert"),
    WrongLines(
      "four matrices",
      [
        line(
          kind: "expert_ffn",
          attributes:
            #"{"hidden":1,"intermediate":1,"matrices":4,"function":"silu","tokens_per_expert":[1]}"#
        )
      ], "attributes.matrices", "4"),
    WrongLines(
      "more than all", [line(kind: "top_k", attributes: #"{"rows":1,"columns":2,"k":3}"#)],
      "attributes.k", "at most"),
    WrongLines(
      "device twice",
      [line(kind: "collective", attributes: #"{"function":"send","group":[1,1],"bytes":1}"#)],
      "attributes.group", "twice"),
  ]
}

@Suite struct BadTraceTests {
  @Test(arguments: WrongLines.order + WrongLines.syntax + WrongLines.tensors + WrongLines.sizes)
  func aWrongLineIsNamedWithFieldAndRemedy(wrong: WrongLines) throws {
    let error = try #require(#expect(throws: TraceError.self) { try read(lines: wrong.lines) })
    #expect(error.line == wrong.at)
    #expect(error.field == wrong.field)
    #expect(error.kind == .badInput)
    #expect(!error.remedy.isEmpty)
    #expect(!error.description.contains("\n"))
    for word in wrong.words { #expect(error.description.contains(word)) }
  }

  @Test func theEdgesOfTheRulesAreValid() throws {
    #expect(
      try read(lines: [
        line(id: "9007199254740990", more: inputs(tensor(address: "4611686018427380000"))),
        line(
          id: "9007199254740991", kind: "attention",
          attributes: #"{"heads":4,"kv_heads":2,"head_dim":8,"causal":true}"#,
          more: #","requests":[[0,2,16,16,2]]"#
            + inputs(tensor(id: "5", shape: "[4,16,2,8]", role: "kv"))),
      ]).count == 2)
  }

  @Test(
    arguments: [
      (#"{"id":0,"kind":"gemm"}"#, nil, "no header"),
      ("hello", nil, "no header"),
      ("", nil, "no header"),
      (#"{"format":"other","version":1}"#, nil, "no header"),
      (headerLine.replacingOccurrences(of: #""version":1"#, with: #""version":2"#), "version", "2"),
      (headerLine.replacingOccurrences(of: #""version":1,"#, with: ""), nil, "'version'"),
      (headerLine.replacingOccurrences(of: "f16", with: "fp16"), "dtype", "f16"),
      (headerLine.replacingOccurrences(of: "\"byte\"", with: "\"bit\""), "units.address", "byte"),
      (headerLine.replacingOccurrences(of: "layers", with: "layer"), nil, "'layers'"),
      (headerLine.replacingOccurrences(of: ":7", with: ":-7"), "seed", "unsigned"),
      (headerLine.replacingOccurrences(of: ":7", with: ":7,\"seed\":7"), nil, "twice"),
      (
        headerLine.replacingOccurrences(of: ":7", with: #":7,"switches":{"a":1}"#), "switches",
        "string"
      ),
      (
        headerLine.replacingOccurrences(of: ":7", with: #":7,"switches":{"a":"1","a":"2"}"#),
        "switches", "twice"
      ),
    ] as [(String, String?, String)])
  func aWrongHeaderIsNamed(text: String, field: String?, word: String) throws {
    let error = try #require(
      #expect(throws: TraceError.self) { try readAll(compressed(text + "\n")) })
    #expect(error.line == 1)
    #expect(error.field == field)
    #expect(error.description.contains(word))
  }

  @Test func theSwitchesOfAHeaderAreReadAndWritten() throws {
    let directory = try TemporaryDirectory()
    var header = testHeader
    header.switches = ["kv_policy": "window:8,sinks=2", "active_heads": "0.75"]
    let path = directory.path("t")
    var writer = try TraceWriter(path: path, header: header)
    try writer.finish()
    let reader = try TraceReader(path: path)
    #expect(reader.header == header)
  }

  @Test func seedsHaveAllTheir64Bits() throws {
    let text = headerLine.replacingOccurrences(of: ":7", with: ":18446744073709551615")
    #expect(try readAll(compressed(text)).header.seed == UInt64.max)
    let larger = headerLine.replacingOccurrences(of: ":7", with: ":18446744073709551616")
    #expect(throws: TraceError.self) { try readAll(compressed(larger)) }
  }

  @Test func theWriterRefusesWhatTheReaderWould() throws {
    let directory = try TemporaryDirectory()
    var writer = try TraceWriter(path: directory.path("t"), header: testHeader)
    let move = Operation.memoryMove(MemoryMove(function: .copy))
    try writer.emit(Operator(id: 3, name: "a", operation: move))
    var error: (any Error)?
    do { try writer.emit(Operator(id: 3, name: "b", operation: move)) } catch let thrown {
      error = thrown
    }
    #expect((error as? TraceError)?.field == "id")
    #expect((error as? TraceError)?.line == 3)
    // The bad operator has left nothing behind.
    try writer.emit(Operator(id: 4, name: "c", operation: move))
    try writer.finish()
    var reader = try TraceReader(path: directory.path("t"))
    #expect(try reader.next()?.name == "a")
    #expect(try reader.next()?.name == "c")
    #expect(try reader.next() == nil)
  }
}
