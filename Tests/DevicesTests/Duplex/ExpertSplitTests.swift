import Devices
import Testing
import Units

/// Logic-PIM against the xPU of the authors' simulator: 4 times the bandwidth, ridges of 8 and 295.2.
private let estimate = ExpertEstimate(
  bandwidthMultiple: 4, pimRidge: 8, xpuRidge: 989.4 / 3.352)

private func picoseconds(_ values: [Int]) -> [Duration] {
  values.map { Duration(picoseconds: $0) }
}

@Suite struct ExpertSplitTests {
  @Test func estimatesAreInUnitsOfOneExpertsWeightsAtThreeQuartersOfTheBandwidth() {
    #expect(estimate.pim(tokens: 8) == 0.25)
    #expect(abs(estimate.pim(tokens: 20) - 0.46875) < 1e-12)
    #expect(estimate.xpu(tokens: 20) == 1)
    #expect(abs(estimate.xpu(tokens: 787) - 2.0) < 0.001)
    #expect(estimate.pim(tokens: 0) == 0)
  }

  /// Validation case V10.
  @Test func twoSmallExpertsStayOnPIM() {
    #expect(
      ExpertSplit.mostToXPU(tokens: [8, 8], estimate: estimate, spaces: 4) == [true, true])
  }

  /// Validation case V11: four groups of two; one group moves.
  @Test func oneGroupOfEightEqualExpertsMovesToTheXPU() {
    let onPIM = ExpertSplit.mostToXPU(
      tokens: [Int](repeating: 20, count: 8), estimate: estimate, spaces: 4)
    #expect(onPIM == [false, false, true, true, true, true, true, true])
  }

  @Test func expertsWithMostTokensMoveFirst() {
    let onPIM = ExpertSplit.mostToXPU(
      tokens: [4, 300, 5, 90], estimate: estimate, spaces: 4)
    #expect(onPIM == [true, false, true, false])
  }

  @Test func fewestTokensGoToPIMByThePapersRule() {
    let times = ExpertTimes(
      xpu: picoseconds([100, 100, 100, 100]), pim: picoseconds([300, 20, 40, 30]))
    #expect(
      ExpertSplit.fewestToPIM(tokens: [60, 2, 8, 5], times: times)
        == [false, true, true, true])
  }

  /// More experts than spaces: consecutive ones move as a whole.
  @Test func groupsOfAMemorySpaceGoToPIMTogether() {
    let times = ExpertTimes(
      xpu: picoseconds([100, 100, 100, 100, 100, 100, 100, 100]),
      pim: picoseconds([300, 20, 40, 30, 25, 25, 25, 400]))
    let tokens = [60, 2, 8, 5, 3, 3, 3, 70]
    #expect(
      ExpertSplit.fewestToPIM(tokens: tokens, times: times, spaces: 4)
        == [false, false, true, true, true, true, false, false])
    #expect(
      ExpertSplit.fewestToPIM(tokens: tokens, times: times)
        == [false, true, true, true, true, true, true, false])
  }

  @Test func optimalIsNeverWorseThanARuleAndEqualsExhaustion() throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<150 {
      let count = 1 + generator.next(below: 10)
      let tokens = (0..<count).map { _ in generator.next(below: 80) }
      let times = ExpertTimes(
        xpu: picoseconds(tokens.map { $0 == 0 ? 0 : 1000 + $0 }),
        pim: picoseconds(tokens.map { $0 == 0 ? 0 : max(250, 31 * $0) }))
      let optimal = try #require(ExpertSplit.optimal(times: times))
      let best = times.makespan(onPIM: optimal)
      var exhausted = Duration(picoseconds: Int.max)
      for mask in 0..<(1 << count) {
        let choice = (0..<count).map { mask >> $0 & 1 == 1 }
        exhausted = min(exhausted, times.makespan(onPIM: choice))
      }
      #expect(best == exhausted)
      let rules = [
        ExpertSplit.fewestToPIM(tokens: tokens, times: times),
        ExpertSplit.mostToXPU(tokens: tokens, estimate: estimate, spaces: 4),
      ]
      for rule in rules { #expect(times.makespan(onPIM: rule) >= best) }
    }
  }

  @Test func optimalRefusesMoreExpertsThanItCanDivideExactly() {
    let many = picoseconds([Int](repeating: 1, count: ExpertSplit.optimalLimit + 1))
    #expect(ExpertSplit.optimal(times: ExpertTimes(xpu: many, pim: many)) == nil)
  }
}
