import Numerics
import StreamingFabric
import Testing

/// The linear-attention recurrence as a graph, against the kernel of the same arithmetic.
@Suite struct LinearAttentionGraphTests {
  @Test(arguments: [1.0, 0.99, 0.9], HeadMapping.allCases)
  func valuesEqualTheRecurrenceInEveryFormat(decay: Double, mapping: HeadMapping) throws {
    let shape = AttentionShape(heads: 2, kvHeads: 1, rows: 70, keys: 70, dimension: 6)
    let problem = AttentionData.normal.problem(shape, seed: 9)
    var options = AttentionOptions(.linear, shape: shape, headMapping: mapping)
    options.decay = decay
    for precision in [
      AttentionPrecision.f64, .f32, AttentionPrecision(storage: .bf16),
      AttentionPrecision(storage: .f16, accumulator: .f16),
    ] {
      let attention = try AttentionGraph(options, problem: problem, precision: precision)
      _ = try attention.graph.run(FabricRunOptions(carriesValues: true))
      let size = 70 * 6
      let method = LinearAttention(tokens: 70, dimension: 6, decay: decay)
      let expected = (0..<2).flatMap { head in
        method.recurrence(
          q: Array(problem.q[(head * size)..<((head + 1) * size)]), k: problem.k, v: problem.v,
          precision: precision)
      }
      #expect(attention.output == expected, "\(precision)")
    }
  }

  @Test func memoryIsConstantAndTokensFollowEachOther() throws {
    var bytes: Set<Int> = []
    for exponent in 8...20 {
      let shape = AttentionShape(rows: 1 << exponent, keys: 1 << exponent, dimension: 2)
      let attention = try AttentionGraph(AttentionOptions(.linear, shape: shape))
      let result = try attention.graph.run()
      // One token a cycle; the path is k, scan (1), pv (1 + log2 2), o.
      #expect(result.cycles == (1 << exponent) + 4)
      bytes.insert(attention.intermediateBytes(peaks: result.peaks))
    }
    #expect(bytes.count == 1)
  }

  @Test func lanesSlowTheStateDown() throws {
    let shape = AttentionShape(rows: 50, keys: 50, dimension: 4)
    let options = AttentionOptions(.linear, shape: shape, lanes: 8)
    #expect(options.timing("scan").interval == 2)
    let cycles = try AttentionGraph(options).graph.run().cycles
    #expect(cycles >= 100 && cycles < 110)
  }

  @Test func whatItCannotDoIsRefused() {
    let square = AttentionShape(rows: 4, keys: 8, dimension: 2)
    #expect(throws: GraphError.self) {
      try AttentionGraph(AttentionOptions(.linear, shape: square))
    }
    let shape = AttentionShape(rows: 8, keys: 8, dimension: 2)
    #expect(throws: GraphError.self) {
      try AttentionGraph(AttentionOptions(.linear, shape: shape, latencies: ["qk": 2]))
    }
    var decaying = AttentionOptions(.memoryFree, shape: shape)
    decaying.decay = 0.9
    #expect(decaying.fault != nil)
  }
}
