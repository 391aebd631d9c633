import StreamingFabric
import Testing

/// The engine against the ticked oracle on random graphs, deadlocks included.
@Suite struct EngineOracleTests {
  private func compare(seed: UInt64, ragged: Bool, rows: Int, longest: Int) throws -> Bool {
    var random = RandomGraph(seed: seed)
    let graph = try random.make(ragged: ragged, rows: rows, longest: longest)
    let expected = TickedOracle.run(graph)
    for stepping in Stepping.allCases {
      let result = try graph.run(FabricRunOptions(stepping: stepping))
      let actual = TickedOracle.Outcome(
        cycles: result.cycles, isDeadlock: result.deadlock != nil, peaks: result.peaks,
        operations: result.fifoOperations)
      #expect(actual == expected, "seed \(seed) \(stepping)\n\(graph.graphviz)")
    }
    return expected.isDeadlock
  }

  @Test(arguments: [false, true])
  func engineAndOracleAgreeOnRandomGraphs(ragged: Bool) throws {
    var deadlocks = 0
    for seed in 1...250 {
      if try compare(seed: UInt64(seed), ragged: ragged, rows: 1 + seed % 7, longest: 9) {
        deadlocks += 1
      }
    }
    // The cases must cover both outcomes.
    #expect(deadlocks > 5 && deadlocks < 230)
  }

  @Test func engineAndOracleAgreeOnLongRows() throws {
    for seed in 1...25 {
      _ = try compare(seed: UInt64(7_000 + seed), ragged: false, rows: 3, longest: 700)
    }
  }
}
