import Foundation
import Testing
import Units
import Workload

@testable import TraceFormat

@Suite struct ChakraTests {
  private let conversion = TraceConversion(generator: "tests")

  @Test(arguments: [0, 1]) func aFileOfOneRankIsRewrittenToTheByte(rank: Int) throws {
    let name = "tiny_llama_prefill_tp2.\(rank).et"
    let bytes = try sample(name)
    #expect(try converted(bytes, named: "a.\(rank).et", to: "b.\(rank).et", conversion) == bytes)
  }

  @Test func attributesKeepTheirTypes() throws {
    let name = "tiny_llama_prefill_tp2.0.et"
    let trace = try ChakraReader(bytes: sample(name), name: name).read()
    #expect(trace.nodes.count == 12)
    let projection = try #require(trace.nodes.first { $0.name == "qkv_proj" })
    #expect(projection.attribute("num_ops")?.field == ChakraAttribute.Field.int64)
    #expect(projection.attribute("num_ops")?.integer == 2 * 32 * 64 * 48)
    #expect(projection.attribute("tensor_size")?.field == ChakraAttribute.Field.uint64)
    #expect(projection.attribute("tensor_size")?.integer == 4 * (32 * 64 + 64 * 48 + 32 * 48))
    #expect(projection.attribute("is_cpu_op")?.integer == 0)
  }

  @Test func operatorsHaveTheOperationsAndBytesOfTheirNodes() throws {
    let directory = try TemporaryDirectory()
    for rank in 0...1 {
      try Data(try sample("tiny_llama_prefill_tp2.\(rank).et"))
        .write(to: URL(filePath: directory.path("x.\(rank).et")))
    }
    _ = try conversion.convert(directory.path("x.1.et"), to: directory.path("t.jsonl.zst"))
    var reader = try TraceReader(path: directory.path("t.jsonl.zst"))
    var operators: [Operator] = []
    while let op = try reader.next() { operators.append(op) }
    let name = "tiny_llama_prefill_tp2.1.et"
    let nodes = try ChakraReader(bytes: sample(name), name: name).read().nodes
    #expect(operators.map(\.name) == nodes.map(\.name))
    for (op, node) in zip(operators, nodes) {
      #expect(op.dataDependences == node.dataDependences.map(Int.init))
      #expect(op.work.flops == node.attribute("num_ops")?.integer ?? 0, "\(node.name)")
      #expect(op.traffic.total.count == node.attribute("tensor_size")?.integer ?? 0)
    }
    #expect(operators[2].kind == .gemm)
    guard case .collective(let reduce) = operators[5].operation else {
      Issue.record("no collective")
      return
    }
    // Both ranks lie side by side, so the group holds them.
    #expect(reduce == Collective(function: .allReduce, group: [0, 1], bytes: 8192))
    // Back again, with the types that readers expect.
    _ = try conversion.convert(directory.path("t.jsonl.zst"), to: directory.path("y.1.et"))
    let back = try ChakraReader(
      bytes: Array(Data(contentsOf: URL(filePath: directory.path("y.1.et")))), name: "y"
    ).read().nodes
    for (one, other) in zip(nodes, back) {
      #expect(one.id == other.id && one.type == other.type)
      for key in ["num_ops", "comm_type", "comm_size"] {
        guard let value = one.attribute(key) else { continue }
        #expect(value == other.attribute(key), "\(one.name) \(key)")
      }
    }
  }

  @Test func emittedTracesSurviveTheWayThere() throws {
    let operators: [Operator] = [
      Operator(
        id: 3, name: "all",
        operation: .collective(
          Collective(function: .allToAll, group: [0, 2, 4], bytes: 77))),
      Operator(
        id: 5, name: "send",
        operation: .collective(
          Collective(function: .send, group: [1, 3], bytes: 9)), dataDependences: [3]),
      Operator(
        id: 9, name: "load", operation: .memoryMove(MemoryMove(function: .copy)),
        inputs: [Tensor(id: 0, shape: [10], dtype: .f16, role: .activation, address: 0)],
        controlDependences: [5],
        measured: MeasuredDuration(Duration(picoseconds: 4_000_000), source: .chakra)),
    ]
    let trace = ImportedTrace(header: testHeader, operators: operators)
    var reader = ChakraImport(ranks: 1, rank: 0, dtype: .f16)
    let file = ChakraExport.convert(trace, rank: 0).bytes
    let back = try reader.convert(ChakraReader(bytes: file, name: "x").read(), name: "x")
    #expect(back.operators.map(\.operation) == operators.map(\.operation))
    #expect(back.operators.map(\.id) == [3, 5, 9])
    #expect(back.operators.map(\.dataDependences) == [[], [3], []])
    #expect(back.operators.map(\.controlDependences) == [[], [], [5]])
    #expect(back.operators[2].measured == operators[2].measured)
    #expect(back.operators[2].traffic.read == ByteCount(20))
  }

  @Test func nodesMayStandInAnyOrderAndMetadataDropsOut() throws {
    var trace = ChakraTrace()
    func node(_ id: UInt64, _ type: ChakraNodeType, after: [UInt64]) -> ChakraNode {
      var node = ChakraNode()
      (node.id, node.type, node.name, node.dataDependences) = (id, type, "n\(id)", after)
      return node
    }
    trace.nodes = [
      node(7, .compute, after: [2]), node(2, .metadata, after: [4]), node(4, .compute, after: []),
    ]
    var reader = ChakraImport(ranks: 1, rank: 0, dtype: nil)
    let operators = try reader.convert(trace, name: "x").operators
    #expect(operators.map(\.name) == ["n4", "n7"])
    #expect(operators[1].dataDependences == [4])
    trace.nodes[2].dataDependences = [7]
    #expect(throws: ImportError.self) { try reader.convert(trace, name: "x") }
    trace.nodes[2].dataDependences = [99]
    #expect(throws: ImportError.self) { try reader.convert(trace, name: "x") }
  }

  @Test func everyCollectiveIsUnderstood() throws {
    for value in 0...9 {
      var node = ChakraNode()
      node.type = .collective
      node.attributes = [.int64("comm_type", value), .uint64("comm_size", 64)]
      var reader = ChakraImport(ranks: 4, rank: 0, dtype: nil)
      let op = try reader.convert(ChakraTrace(nodes: [node]), name: "x").operators[0]
      guard case .collective(let collective) = op.operation else {
        Issue.record("no collective")
        continue
      }
      #expect(collective.group == [0, 1, 2, 3])
      #expect(collective.bytes == (value == 9 ? 0 : 64))
    }
  }

  @Test func unpackedDependencesAreRead() throws {
    var node = ProtobufWriter()
    node.varint(1, 8)
    node.varint(3, 4)
    for id in [1, 2] { node.varint(5, UInt64(id)) }
    var file = ProtobufWriter()
    var metadata = ProtobufWriter()
    metadata.string(1, "1.0.0")
    file.delimited(metadata.bytes)
    file.delimited(node.bytes)
    #expect(
      try ChakraReader(bytes: file.bytes, name: "x").read().nodes[0].dataDependences == [1, 2])
  }

  @Test func damageIsAnErrorAndLeavesNoFile() throws {
    let bytes = try sample("tiny_llama_prefill_tp2.0.et")
    try survivesDamage(bytes, named: "x.et", isStrict: false)
    let directory = try TemporaryDirectory()
    try Data(bytes.dropLast()).write(to: URL(filePath: directory.path("x.et")))
    #expect(throws: TraceError.self) {
      try conversion.convert(directory.path("x.et"), to: directory.path("y.jsonl.zst"))
    }
    #expect(try directory.contents == ["x.et"])
    var other = bytes
    other[3] = UInt8(ascii: "2")
    #expect {
      _ = try ChakraReader(bytes: other, name: "x").read()
    } throws: {
      "\($0)".contains("'2.0.0' is not 1.0.0")
    }
  }
}
