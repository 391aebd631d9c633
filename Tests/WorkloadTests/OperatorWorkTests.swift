import Testing
import Units
import Workload

@Suite struct OperatorWorkTests {
  /// Counts pairs one by one, as the definition of `Attention` says.
  private func countedPairs(_ attention: Attention, query: Int, kv: Int) -> Int {
    var pairs = 0
    for position in (kv - query)..<kv {
      let seen = attention.causal ? position + 1 : kv
      var limit = Int.max
      if let window = attention.window { limit = window + attention.sinks }
      if let selected = attention.selected { limit = min(limit, selected) }
      pairs += min(seen, limit)
    }
    return pairs
  }

  @Test func pairsInClosedFormEqualTheCount() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<3_000 {
      let kv = 1 + generator.next(below: 60)
      let query = 1 + generator.next(below: kv)
      let attention = Attention(
        heads: 1, kvHeads: 1, headDim: 1, causal: generator.next(below: 4) > 0,
        window: generator.next(below: 2) == 0 ? nil : 1 + generator.next(below: 40),
        sinks: generator.next(below: 4),
        selected: generator.next(below: 3) > 0 ? nil : 1 + generator.next(below: 40))
      let run = RequestRun(first: 0, count: 1, query: query, kv: kv)
      #expect(attention.pairs(of: run) == countedPairs(attention, query: query, kv: kv))
    }
  }

  @Test func gemmCountsTwoOperationsAMultiplyAccumulate() {
    let gemm = Operator(
      id: 0, name: "gemm", operation: .gemm(MatrixProduct(m: 3, k: 5, n: 7, batch: 2)))
    #expect(gemm.work == OperatorWork(matrix: 2 * 2 * 3 * 5 * 7, vector: 0))
  }

  @Test func splitAttentionDoesTheWorkOfWholeAttention() {
    let runs = makeRuns([(query: 4, kv: 9), (query: 1, kv: 33)])
    func work(_ operation: Operation) -> OperatorWork {
      Operator(id: 0, name: "a", operation: operation, requests: runs).work
    }
    var attention = Attention(heads: 8, kvHeads: 2, headDim: 16, valueDim: 24)
    let whole = work(.attention(attention))
    let softmax = work(.softmax(.attention(attention)))
    attention.part = .scores
    let scores = work(.attention(attention))
    attention.part = .context
    let context = work(.attention(attention))
    #expect(whole.matrix == scores.matrix + context.matrix)
    #expect(whole.vector == softmax.vector)
  }

  @Test func expertWorkFollowsTheTokensOfEachExpert() {
    let ffn = ExpertFFN(
      hidden: 8, intermediate: 16, matrices: 3, function: .silu, tokensPerExpert: [3, 0, 1])
    let expert = Operator(id: 0, name: "experts", operation: .expertFFN(ffn))
    #expect(expert.work.matrix == 2 * 4 * 8 * 16 * 3)
    #expect(expert.work.vector == (VectorCost.activation(.silu) + 1) * 4 * 16)
  }
}
