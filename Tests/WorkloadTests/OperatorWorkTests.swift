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

  /// Counts what each query sees under blocks or periods, as the definition says.
  @Test func blocksAndPeriodsInClosedFormEqualTheCount() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<4_000 {
      let kv = 1 + generator.next(below: 90)
      let query = 1 + generator.next(below: kv)
      let unit = 1 + generator.next(below: 12)
      let kept = 1 + generator.next(below: 6)
      let isBlock = generator.next(below: 2) == 0
      let attention = Attention(
        heads: 1, kvHeads: 1, headDim: 1, selected: isBlock ? unit * kept : 7 * kept,
        block: isBlock ? unit : nil, period: isBlock ? nil : unit)
      let selected = attention.selected ?? 0
      var pairs = 0
      var read: Set<Int> = []
      for position in kv - query..<kv {
        var seen: [Int]
        if isBlock {
          let own = position / unit
          seen = Array(own * unit...position)
          for block in 0..<min(own, kept - 1) { seen += block * unit..<(block + 1) * unit }
        } else {
          let full = position - position % unit
          seen = Array(0..<min(full + 1, position == full ? full + 1 : selected))
          if full < position { seen += full + 1...position }
        }
        pairs += seen.count
        read.formUnion(seen)
        #expect(attention.keysSeen(from: position, kv: kv) == seen.count)
      }
      let run = RequestRun(first: 0, count: 1, query: query, kv: kv)
      #expect(attention.pairs(of: run) == pairs)
      // With several queries in blocks the bound query * selected stands; else it is exact.
      #expect(attention.keysRead(of: run) >= read.count)
      #expect(attention.keysRead(of: run) <= kv)
      if !isBlock || query == 1 { #expect(attention.keysRead(of: run) == read.count) }
    }
  }

  @Test func routedHeadsDoTheirShareOfTheWorkAndReadTheHeadsThatAreUsed() {
    func attention(_ active: Int?, _ read: [Int]?) -> Operator {
      let cache = Tensor(id: 0, shape: [3, 64, 2, 8], dtype: .f16, role: .kv, address: 0)
      return Operator(
        id: 0, name: "a",
        operation: .attention(
          Attention(heads: 8, kvHeads: 2, headDim: 8, activeHeads: active, kvHeadsRead: read)),
        requests: [
          RequestRun(first: 0, count: 2, query: 1, kv: 10),
          RequestRun(first: 2, count: 1, query: 1, kv: 30),
        ], inputs: [cache])
    }
    let all = attention(nil, nil)
    let some = attention(6, [3, 1])
    #expect(all.work.matrix == 8 * (2 * 10 + 30) * 4 * 8)
    #expect(some.work.matrix * 4 == all.work.matrix * 3)
    #expect(all.traffic.read.count == (2 * 10 + 30) * 2 * 8 * 2)
    #expect(some.traffic.read.count == (3 * 10 + 30) * 8 * 2)
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
