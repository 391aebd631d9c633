import Testing
import Units

@testable import TraceFormat

@Suite struct IdentifierRunsTests {
  @Test(arguments: 0..<10)
  func membershipAgreesWithASet(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var runs = IdentifierRuns()
    var set = Set<Int>()
    var next = 0
    for _ in 0..<500 {
      next += 1 + (generator.next(below: 4) == 0 ? generator.next(below: 5) : 0)
      runs.append(next)
      set.insert(next)
      #expect(runs.last == next)
    }
    for id in -2...next + 3 { #expect(runs.contains(id) == set.contains(id)) }
  }
}
