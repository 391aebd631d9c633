import SimulationCore
import Testing
import Units

@Suite struct CauseLedgerTests {
  @Test func theListIsTheOneThatResultsDocument() {
    #expect(
      Cause.allCases.map(\.name) == [
        "compute", "dram_bus", "row_activation", "tfaw", "turnaround", "refresh", "power", "queue",
        "link", "launch", "load_imbalance", "dependency", "idle",
      ])
    #expect(Cause.count == Cause.allCases.count)
    for (index, cause) in Cause.allCases.enumerated() {
      #expect(Int(cause.rawValue) == index)
      #expect(Cause(name: cause.name) == cause)
      #expect(!cause.explanation.isEmpty)
    }
    #expect(Cause(name: "dram bus") == nil)
  }

  @Test func chargesAddUpExactly() {
    var generator = SeededGenerator(seed: 5)
    var ledger = CauseLedger()
    var sums = [Int](repeating: 0, count: Cause.count)
    for _ in 0..<5_000 {
      let cause = Cause.allCases[generator.next(below: Cause.count)]
      let time = generator.next(below: 1_000_000)
      ledger.charge(Duration(picoseconds: time), to: cause)
      sums[Int(cause.rawValue)] += time
    }
    #expect(Cause.allCases.map { ledger[$0].picoseconds } == sums)
    #expect(ledger.total.picoseconds == sums.reduce(0, +))
    var twice = ledger
    twice.add(ledger)
    #expect(twice.total == ledger.total * 2)
  }

  @Test(arguments: 0..<20)
  func scalingKeepsTheSumAndEachShareWithinOnePicosecond(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var ledger = CauseLedger()
    for cause in Cause.allCases where generator.next(below: 3) > 0 {
      ledger.charge(Duration(picoseconds: 1 + generator.next(below: 1 << 40)), to: cause)
    }
    let total = Duration(picoseconds: generator.next(below: 1 << 45))
    guard ledger.total > .zero else { return }
    let scaled = ledger.scaled(to: total)
    #expect(scaled.total == total)
    for cause in Cause.allCases {
      let exact =
        Double(ledger[cause].picoseconds) / Double(ledger.total.picoseconds)
        * Double(total.picoseconds)
      #expect(abs(Double(scaled[cause].picoseconds) - exact) <= 1.01)
    }
  }

  @Test func leftOverPicosecondsGoToTheLargestRemainders() {
    var ledger = CauseLedger(.compute, Duration(picoseconds: 1))
    ledger.charge(Duration(picoseconds: 2), to: .link)
    ledger.charge(Duration(picoseconds: 1), to: .idle)
    // Shares of 5: 1.25, 2.5, 1.25.
    let scaled = ledger.scaled(to: Duration(picoseconds: 5))
    #expect(scaled[.compute].picoseconds == 1)
    #expect(scaled[.link].picoseconds == 3)
    #expect(scaled[.idle].picoseconds == 1)
  }
}
