import Testing
import TraceFormat
import Units
import Workload

@Suite struct TraceSummaryTests {
  @Test func sumsAreThoseOfTheOperators() throws {
    var source = RandomOperators(seed: 4)
    let operators = (0..<2_000).map { _ in source.next() }
    var summary = TraceSummary()
    for each in operators { summary.emit(each) }
    #expect(summary.operators == 2_000)
    #expect(summary.kinds.values.reduce(0, +) == 2_000)
    #expect(summary.kinds[.gemm] == operators.count { $0.kind == .gemm })
    #expect(summary.steps.values.reduce(0, +) == Set(operators.map(\.step)).count)
    #expect(
      summary.matrixFLOPs + summary.vectorFLOPs
        == operators.reduce(UInt128(0)) { $0 + UInt128($1.work.flops) })
    #expect(
      summary.bytesRead + summary.bytesWritten
        == operators.reduce(UInt128(0)) { $0 + UInt128($1.traffic.total.count) })
    var weights: [Int: Tensor] = [:]
    for tensor in operators.flatMap({ $0.inputs + $0.outputs }) where tensor.role == .weight {
      weights[tensor.id] = tensor
    }
    let distinct = try #require(summary.distinctTensors(.weight))
    #expect(distinct.count == weights.count)
    #expect(
      distinct.elements == weights.values.reduce(UInt128(0)) { $0 + UInt128($1.shape.elements) })
    #expect(summary.distinctTensors(.activation) == nil)
    #expect(summary.distinctTensors(.state) != nil)
  }

  @Test func tokensCountOncePerStepAndHeadsYieldThem() {
    func make(_ id: Int, _ step: Int, _ operation: Operation, _ runs: [RequestRun]) -> Operator {
      Operator(
        id: id, name: "", operation: operation, step: step, phase: step == 0 ? .prefill : .decode,
        requests: runs)
    }
    let norm = Operation.norm(Norm(rows: 1, columns: 1, function: .rms))
    let head = Operation.head(Embedding(tokens: 2, hidden: 1, vocabulary: 1))
    let prompt = [RequestRun(first: 0, count: 2, query: 16, kv: 16)]
    let decode = [RequestRun(first: 0, count: 2, query: 1, kv: 17)]
    var summary = TraceSummary()
    for each in [
      make(0, 0, norm, prompt), make(1, 0, norm, prompt), make(2, 0, head, prompt),
      make(3, 1, norm, decode), make(4, 1, head, decode), make(5, 2, head, decode),
    ] {
      summary.emit(each)
    }
    #expect(summary.tokensProcessed == 32 + 2 + 2)
    #expect(summary.tokensGenerated == 6)
    #expect(summary.steps == [.prefill: 1, .decode: 2])
  }
}
