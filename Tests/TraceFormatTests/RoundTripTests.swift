import Foundation
import Testing
import TraceFormat
import Units
import Workload

@Suite struct RoundTripTests {
  @Test(arguments: 0..<12)
  func whatIsWrittenIsReadBack(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("trace.jsonl.zst")
    var source = RandomOperators(seed: seed)
    var writer = try TraceWriter(path: path, header: testHeader)
    var written: [Operator] = []
    for _ in 0..<600 {
      let next = source.next()
      try writer.emit(next)
      written.append(next)
    }
    try writer.finish()
    var reader = try TraceReader(path: path)
    #expect(reader.header == testHeader)
    for expected in written { #expect(try reader.next() == expected) }
    #expect(try reader.next() == nil)
    #expect(try reader.next() == nil)
    #expect(Set(written.map(\.kind)).count == OperatorKind.allCases.count)
    // What a reader lets through can be worked with: nothing overflows.
    for each in written { #expect(each.work.flops >= 0 && each.traffic.total.count >= 0) }
  }

  @Test func theSameOperatorsGiveTheSameBytes() throws {
    let directory = try TemporaryDirectory()
    let files = try (0..<2).map { number in
      let path = directory.path("trace\(number)")
      var source = RandomOperators(seed: 1)
      var writer = try TraceWriter(path: path, header: testHeader)
      for _ in 0..<3_000 { try writer.emit(source.next()) }
      try writer.finish()
      return try Data(contentsOf: URL(fileURLWithPath: path))
    }
    #expect(files[0] == files[1])
    #expect(files[0].count > 10_000)
  }

  @Test func linesAreAsDocumented() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("trace")
    var writer = try TraceWriter(path: path, header: testHeader)
    let input = Tensor(id: 0, shape: [8, 64], dtype: .f16, role: .activation, address: 4_096)
    let weight = Tensor(
      id: 1, name: "q\"w", shape: [32, 64], dtype: .bf16, role: .weight, address: 0)
    let output = Tensor(id: 2, shape: [8, 32], dtype: .f16, role: .activation, address: 8_192)
    try writer.emit(
      Operator(
        id: 0, name: "layers.0.q", operation: .gemm(MatrixProduct(m: 8, k: 64, n: 32)), layer: 0,
        step: 0, phase: .prefill,
        requests: [
          RequestRun(first: 0, count: 1, query: 8, kv: 8),
          RequestRun(first: 1, count: 2, query: 0, kv: 9, slot: 5),
        ], inputs: [input, weight], outputs: [output]))
    try writer.emit(
      Operator(
        id: 1, name: "n", operation: .norm(Norm(rows: 8, columns: 32, function: .rms)),
        inputs: [output], dataDependences: [0], controlDependences: [0]))
    try writer.finish()
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let text = String(decoding: try decompressed(bytes), as: UTF8.self)
    #expect(
      text == headerLine + """
        {"id":0,"kind":"gemm","name":"layers.0.q","layer":0,"step":0,"phase":"prefill",\
        "requests":[[0,1,8,8],[1,2,0,9,5]],"attributes":{"m":8,"k":64,"n":32},\
        "inputs":[{"id":0,"shape":[8,64],"dtype":"f16","role":"activation","address":4096},\
        {"id":1,"name":"q\\"w","shape":[32,64],"dtype":"bf16","role":"weight","address":0}],\
        "outputs":[{"id":2,"shape":[8,32],"dtype":"f16","role":"activation","address":8192}]}
        {"id":1,"kind":"norm","name":"n","step":0,"phase":"prefill",\
        "attributes":{"rows":8,"columns":32,"function":"rms"},\
        "inputs":[{"id":2,"shape":[8,32],"dtype":"f16","role":"activation","address":8192}],\
        "data_dependences":[0],"control_dependences":[0]}

        """)
  }

  @Test func keysMayComeInAnyOrderWithSpacesAndExtensions() throws {
    let operators = try read(lines: [
      """
       { "x-note" : {"a":[1,-2.5e3,null,true,"}"],"b":{}} , "attributes":{"n":2,"x-y":0,"k":3,"m":4},\
      "phase":"decode","step":3,"name":"\\u00e9\\ud83d\\ude80\\/","kind":"gemm","id":9,\
      "inputs":[ {"address":1,"role":"kv","dtype":"i4","shape":[1,2,3,4],"id":0,"x-z":[]} ] }\r
      """
    ])
    #expect(
      operators == [
        Operator(
          id: 9, name: "é🚀/", operation: .gemm(MatrixProduct(m: 4, k: 3, n: 2)), step: 3,
          phase: .decode,
          inputs: [Tensor(id: 0, shape: [1, 2, 3, 4], dtype: .i4, role: .kv, address: 1)])
      ])
  }

  @Test func theLastLineMayLackItsNewline() throws {
    let text =
      headerLine
      + #"{"id":0,"kind":"memory_move","name":"","step":0,"phase":"prefill","attributes":{"function":"copy"}}"#
    #expect(try readAll(compressed(text)).operators.count == 1)
  }

  @Test func aTraceWithoutOperatorsIsValid() throws {
    #expect(try readAll(compressed(headerLine)).operators.isEmpty)
  }

  @Test func linesThatSpanManyBuffersAreRead() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("long")
    let runs = (0..<60_000).map { RequestRun(first: $0, count: 1, query: 1, kv: $0 + 1) }
    var writer = try TraceWriter(path: path, header: testHeader)
    for id in 0..<4 {
      try writer.emit(
        Operator(
          id: id, name: "long", operation: .memoryMove(MemoryMove(function: .copy)),
          requests: id % 2 == 0 ? runs : []))
    }
    try writer.finish()
    var reader = try TraceReader(path: path)
    for id in 0..<4 { #expect(try reader.next()?.requests == (id % 2 == 0 ? runs : [])) }
  }

  /// Decompresses a frame with the library's one-shot function.
  private func decompressed(_ bytes: [UInt8]) throws -> [UInt8] {
    try #require(oneShotDecompressed(bytes, limit: 1 << 20))
  }
}
