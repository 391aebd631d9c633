import Devices
import Testing
import Units

@Suite struct NPUProgramTests {
  private func spec(_ traffic: NPUTraffic = .complete, full: Bool = false) -> SystolicSpec {
    SystolicSpec(
      rows: 128, columns: 128, arrays: 8, dataflow: .weightStationary,
      scratchpad: ByteCount(134_218 * 1024), hidesPreload: true, fullTiles: full, traffic: traffic,
      vector: VectorUnitSpec(units: 8, lanes: 128))
  }

  /// ceil(B/128) * ceil(K/128) * (128 + 16 * (ceil(N/128) - 1)): the law of the NeuPIMs simulator.
  @Test(arguments: [
    (512, 4096, 3072, 63_488), (512, 4096, 4096, 79_872), (512, 1024, 4096, 19_968),
  ])
  func computeClocksOfAProductFollowTheReferenceLaw(m: Int, k: Int, n: Int, clocks: Int) {
    let program = NPUProgram.product(
      m: m, k: k, n: n, elementBytes: 2, spec: spec(full: true), traffic: .asReleased,
      hasBias: false)
    let total = program.steps.reduce(0) { $0 + ($1.unit == .preload ? 128 : Int($1.clocks)) }
    #expect(total == clocks)
  }

  @Test func everyOperandByteIsLoadedOnceAndEveryResultByteStoredOnce() {
    for (m, k, n) in [(1, 64, 64), (100, 300, 257), (512, 4096, 3072), (129, 128, 128)] {
      let program = NPUProgram.product(
        m: m, k: k, n: n, elementBytes: 2, spec: spec(), traffic: .complete, hasBias: false)
      #expect(program.loadedBytes == (m * k + k * n) * 2)
      #expect(program.storedBytes == m * n * 2)
    }
  }

  @Test func releasedStoresOfABatchOf512AreWhatTheReferenceWrote() {
    // Measured in the authors' simulator: 525,312 bytes, of which 1,024 are not this product's.
    let program = NPUProgram.product(
      m: 512, k: 4096, n: 3072, elementBytes: 2, spec: spec(.asReleased, full: true),
      traffic: .asReleased, hasBias: false)
    #expect(abs(program.storedBytes - 525_312) <= 1_024)
  }

  @Test func aPartialTileCostsLessThanAFullOne() {
    func clocks(_ n: Int, full: Bool) -> Int {
      NPUProgram.product(
        m: 128, k: 128, n: n, elementBytes: 2, spec: spec(full: full), traffic: .complete,
        hasBias: false
      ).steps.reduce(0) { $0 + Int($1.clocks) }
    }
    #expect(clocks(192, full: true) == 32)
    #expect(clocks(192, full: false) == 24)
  }

  @Test func aProductThatDoesNotFitIsCutUntilItDoes() {
    var small = spec()
    small.scratchpad = ByteCount(1 << 20)
    let whole = NPUProgram.product(
      m: 512, k: 2048, n: 2048, elementBytes: 2, spec: spec(), traffic: .complete, hasBias: false)
    let cut = NPUProgram.product(
      m: 512, k: 2048, n: 2048, elementBytes: 2, spec: small, traffic: .complete, hasBias: false)
    #expect(cut.loadedBytes > whole.loadedBytes)
    #expect(cut.storedBytes == whole.storedBytes)
    #expect(cut.work == whole.work)
  }
}
