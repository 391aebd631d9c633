import Testing
import Units
import Workload

@testable import TraceFormat

@Suite struct LayerTableTests {
  private let conversion = TraceConversion(generator: "tests")
  private let text = """
    COLOCATED\t\tmodel_parallel_NPU_group: 2
    3
    Layername comp_time input_loc input_size weight_loc weight_size output_loc output_size comm_type comm_size misc
    embedding_0 1200 REMOTE:0 64 LOCAL 8192 LOCAL 512 NONE 0 NONE
    layers.0.attn   77000 LOCAL 512   LOCAL 4097 LOCAL 512 ALLREDUCE:1,0 512 NONE
    lm_head 5000 LOCAL 512 LOCAL 8192 REMOTE:0 256 NONE 0 NONE
    """

  @Test func aTableSurvivesARewrite() throws {
    let once = try converted(Array(text.utf8), named: "a.txt", to: "b.txt", conversion)
    let table = try LayerTable(text: String(decoding: once, as: UTF8.self), name: "b")
    #expect(table == (try LayerTable(text: text, name: "a")))
    #expect(try converted(once, named: "b.txt", to: "c.txt", conversion) == once)
    // A name longer than its column still has a space behind it.
    #expect(table.rows[1].communication == "ALLREDUCE:1,0")
  }

  @Test func rowsBecomeOperatorsAndComeBack() throws {
    let operators = try imported(Array(text.utf8), named: "a.txt")
    #expect(operators.map(\.kind) == [.memoryMove, .memoryMove, .collective, .memoryMove])
    #expect(operators[1].measured?.duration == Duration(picoseconds: 77_000_000))
    #expect(operators[1].traffic == OperatorTraffic(read: ByteCount(4609), written: ByteCount(512)))
    #expect(operators[1].layer == 0)
    #expect(
      operators[2].operation
        == .collective(Collective(function: .allReduce, group: [0, 1], bytes: 512)))
    let table = LayerTable(ImportedTrace(header: testHeader, operators: operators))
    let original = try LayerTable(text: text, name: "a")
    #expect(table.rows.map(\.name) == original.rows.map(\.name))
    #expect(table.rows.map(\.time) == original.rows.map(\.time))
    #expect(table.rows.map(\.weight.bytes) == original.rows.map(\.weight.bytes))
    #expect(table.rows.map(\.communicated) == original.rows.map(\.communicated))
    #expect(table.rows.map(\.input.location) == original.rows.map(\.input.location))
  }

  @Test func carriageReturnsAndAMarkAreAccepted() throws {
    let other: [UInt8] =
      [0xEF, 0xBB, 0xBF] + Array(text.split(separator: "\n").joined(separator: "\r\n").utf8)
    #expect(try imported(other, named: "a.txt") == imported(Array(text.utf8), named: "a.txt"))
  }

  @Test func wrongTablesAreErrors() throws {
    for (from, to) in [
      ("\n3\n", "\n4\n"), ("77000", "x"), (" 512   LOCAL", " LOCAL"), ("ALLREDUCE:1,0", "GOSSIP"),
      ("COLOCATED", "ELSEWHERE"), ("77000", "-1"),
    ] {
      let wrong = text.replacing(from, with: to)
      #expect(throws: TraceError.self, "\(to)") { try imported(Array(wrong.utf8), named: "a.txt") }
    }
  }
}
