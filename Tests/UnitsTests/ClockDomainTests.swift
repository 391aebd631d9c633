import Testing
import Units

@Suite struct ClockDomainTests {
  @Test(arguments: [3_200_000_000, 940_000_000, 1_300_000_000, 1_333_333_333, 2_600_000_000, 1])
  func edgeFIsExactlyOneSecond(hertz: Int) {
    let clock = ClockDomain(name: "clock", frequency: Frequency(hertz: hertz))
    #expect(clock.instant(of: Cycles(hertz)) == Instant(picoseconds: 1_000_000_000_000))
  }

  @Test func edgesAreTheFloorOfTheExactTime() {
    let clock = ClockDomain(name: "hbm3", frequency: Frequency(hertz: 1_300_000_000))
    #expect(
      (0...4).map { clock.instant(of: Cycles($0)).picoseconds } == [0, 769, 1538, 2307, 3076])
    #expect(clock.instant(of: Cycles(13)).picoseconds == 10_000)
  }

  @Test func edgeLookupIsTightOnBothSides() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      let hertz = 1 + generator.next(below: 4_000_000_000)
      let clock = ClockDomain(name: "clock", frequency: Frequency(hertz: hertz))
      let cycle = Cycles(generator.next(below: 1_000_000))
      let edge = clock.instant(of: cycle)
      #expect(clock.firstEdge(atOrAfter: edge) <= cycle)
      #expect(clock.lastEdge(atOrBefore: edge) == cycle)
      let later = clock.firstEdge(atOrAfter: edge + Duration(picoseconds: 1))
      #expect(later == cycle + Cycles(1))
      if edge.picoseconds > 0 {
        let before = clock.lastEdge(atOrBefore: edge - Duration(picoseconds: 1))
        #expect(before == cycle - Cycles(1))
      }
    }
  }
}
