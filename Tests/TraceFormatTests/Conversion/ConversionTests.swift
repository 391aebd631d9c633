import Foundation
import Testing
import Units
import Workload

@testable import TraceFormat

@Suite struct ConversionTests {
  @Test func gzipOfEveryKindIsRead() throws {
    // A stored and a fixed block, made by zlib at levels 0 and 9.
    let stored: [UInt8] = [
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x03, 0x01, 0x06, 0x00, 0xf9,
      0xff, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0xf6, 0xf9, 0x81, 0xed, 0x06, 0x00, 0x00,
      0x00,
    ]
    #expect(try Gzip.decompress(stored, name: "x") == Array("hello ".utf8))
    let fixed: [UInt8] = [
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9,
      0xc9, 0x57, 0xc8, 0x00, 0x93, 0x00, 0x73, 0xa3, 0xb1, 0x9f, 0x0c, 0x00, 0x00, 0x00,
    ]
    #expect(try Gzip.decompress(fixed, name: "x") == Array("hello hello ".utf8))
    // Two members follow each other.
    #expect(try Gzip.decompress(stored + stored, name: "x") == Array("hello hello ".utf8))
    for count in 0..<stored.count {
      #expect(throws: TraceError.self) { try Gzip.decompress(Array(stored[..<count]), name: "x") }
    }
    var wrong = stored
    wrong[16] ^= 1
    #expect(throws: TraceError.self) { try Gzip.decompress(wrong, name: "x") }
    // A sample of dynamic blocks, whose checksum the decoder compares.
    let document = try Gzip.decompress(try sample("kineto.json.gz"), name: "x")
    #expect(document.starts(with: Array("{\"schemaVersion\"".utf8)))
  }

  @Test func theNativeTraceIsReadPlainAndCompressed() throws {
    let line =
      #"{"id":0,"kind":"gemm","name":"a","step":0,"phase":"prefill","attributes":{"m":1,"k":2,"n":3},"measured":{"ps":5,"source":"kineto"}}"#
    let text = Array(("\u{FEFF}" + headerLine + line).utf8)
    let operators = try imported(text, named: "plain.jsonl")
    #expect(operators.count == 1)
    #expect(operators[0].measured?.duration.picoseconds == 5)
    #expect(try imported(compressed(Array(text.dropFirst(3))), named: "t.zst") == operators)
    let wrong = String(decoding: text, as: UTF8.self).replacing("kineto", with: "guess")
    #expect(throws: TraceError.self) { try imported(Array(wrong.utf8), named: "plain.jsonl") }
  }

  @Test func productsAreListedForScaleSim() throws {
    let operators = [
      Operator(id: 0, name: "q", operation: .gemm(MatrixProduct(m: 3, k: 4, n: 5))),
      Operator(
        id: 1, name: "attention",
        operation: .attention(Attention(heads: 4, kvHeads: 2, headDim: 8)),
        requests: [RequestRun(first: 0, count: 1, query: 1, kv: 9)]),
      Operator(
        id: 2, name: "add",
        operation: .elementwise(Elementwise(rows: 1, columns: 9, function: .add))),
    ]
    #expect(
      ScaleSimExport.text(operators) == """
        Layer,M,N,K,
        q,3,5,4,
        attention.scores,2,9,8,
        attention.scores,2,9,8,
        attention.context,2,8,9,
        attention.context,2,8,9,

        """)
  }

  @Test func requestsDoNotBecomeOperators() throws {
    #expect(throws: TraceError.self) {
      try converted(
        Array("input_toks,output_toks\n1,1\n".utf8), named: "a.csv", to: "b.et",
        TraceConversion(to: .chakra, generator: "tests"))
    }
    #expect(throws: TraceError.self) {
      try converted(
        Array("nothing that is known".utf8), named: "a.dat", to: "b.et",
        TraceConversion(generator: "tests"))
    }
  }
}
