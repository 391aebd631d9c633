import Testing
import Units
import Workload

@testable import TraceFormat

@Suite struct TorchTraceTests {
  @Test func anExecutionTraceGivesOperatorsAndDependences() throws {
    let operators = try imported(sample("pytorch-et.json.gz"), named: "et.json.gz")
    let products = operators.compactMap { op -> MatrixProduct? in
      if case .gemm(let product) = op.operation { product } else { nil }
    }
    #expect(products.first == MatrixProduct(m: 32, k: 64, n: 64))
    #expect(products.contains(MatrixProduct(m: 16, k: 8, n: 16, batch: 16)))
    #expect(operators.first?.kind == .gather)
    // The query projection reads a weight of 64 by 64 that nothing has written.
    let projection = try #require(operators.first { $0.kind == .gemm })
    #expect(projection.inputs.map(\.role) == [.activation, .weight])
    #expect(!projection.dataDependences.isEmpty)
    #expect(Set(operators.map(\.phase)) == [.prefill, .decode])
    #expect(operators.last?.step == 1)
  }

  @Test func aProfileGivesDurations() throws {
    let operators = try imported(sample("kineto.json.gz"), named: "profile.json.gz")
    #expect(operators.allSatisfy { $0.measured?.source == .kineto })
    #expect(operators[0].measured?.duration == Duration(picoseconds: 313_077_000))
    #expect(operators[1].dataDependences == [0])
    #expect(Set(operators.map(\.phase)) == [.prefill, .decode])
    #expect(operators.contains { $0.kind == .softmax })
  }

  @Test func kernelsOfADeviceGiveTheDuration() throws {
    let text = """
      {"schemaVersion":1,"traceEvents":[
      {"ph":"X","cat":"cpu_op","name":"aten::linear","pid":1,"tid":1,"ts":1.0,"dur":9.0,"args":{"External id":1,"Input Dims":[[2,3],[5,3]],"Input type":["c10::Half","c10::Half"]}},
      {"ph":"X","cat":"cpu_op","name":"aten::mm","pid":1,"tid":1,"ts":2.0,"dur":5.0,"args":{"External id":2,"Input Dims":[[2,3],[3,5]],"Input type":["c10::Half","c10::Half"]}},
      {"ph":"X","cat":"kernel","name":"gemm","pid":0,"tid":7,"ts":30.5,"dur":1.25,"args":{"External id":2,"correlation":4}}]}
      """
    let operators = try imported(Array(text.utf8), named: "p.json")
    #expect(operators.map(\.name) == ["aten::mm"])
    #expect(operators[0].operation == .gemm(MatrixProduct(m: 2, k: 3, n: 5)))
    #expect(operators[0].measured?.duration == Duration(picoseconds: 1_250_000))
    #expect(operators[0].outputs.map(\.shape) == [[2, 5]])
    #expect(operators[0].inputs[0].dtype == .f16)
  }

  @Test func damageIsAnError() throws {
    try survivesDamage(sample("pytorch-et.json.gz"), named: "et.json.gz", isStrict: true)
    #expect(throws: TraceError.self) {
      try imported(Array(#"{"schema":"9.0","nodes":[]}"#.utf8), named: "x.json")
    }
    #expect(throws: TraceError.self) {
      try imported(
        Array(#"{"schemaVersion":7,"traceEvents":[]}"#.utf8), named: "x.json")
    }
  }
}
