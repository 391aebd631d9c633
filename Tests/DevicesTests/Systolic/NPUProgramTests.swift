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

  /// Pieces of a product cover tokens, weights and results: each byte of the operands once.
  @Test(arguments: Dataflow.allCases, [(1, 64, 64), (131, 259, 517), (300, 1000, 129)])
  func piecesTileTheOperands(dataflow: Dataflow, shape: (m: Int, k: Int, n: Int)) {
    var spec = spec()
    spec.dataflow = dataflow
    spec.rows = 100
    spec.columns = 70
    let (m, k, n) = shape
    let program = NPUProgram.product(
      m: m, k: k, n: n, elementBytes: 2, spec: spec, traffic: .complete, hasBias: true)
    func bytes(_ pieces: [NPUPiece], _ operand: NPUPiece.Operand, width: Int) -> [Int] {
      pieces.filter { $0.operand == operand }.flatMap { piece in
        (piece.row..<piece.row + piece.rows).flatMap { row in
          stride(from: piece.column, to: piece.column + piece.bytes, by: 2).map {
            row * width + $0
          }
        }
      }.sorted()
    }
    #expect(bytes(program.loads, .input, width: 2 * k) == (0..<m * k).map { 2 * $0 })
    #expect(bytes(program.loads, .weights, width: 0) == (0..<k * n).map { 2 * $0 })
    #expect(bytes(program.loads, .parameters, width: 0) == (0..<n).map { 2 * $0 })
    #expect(bytes(program.stores, .output, width: 2 * n) == (0..<m * n).map { 2 * $0 })
  }

  /// Weights stay: ceil(m/C) ceil(k/R) passes of each tile of n; sums stay: ceil(m/C) passes of k and the drain.
  @Test(arguments: [(1, 64, 64), (131, 259, 517), (300, 1000, 129)])
  func clocksOfOddSizesFollowTheirClosedForms(m: Int, k: Int, n: Int) {
    var spec = spec()
    spec.rows = 100
    spec.columns = 70
    spec.arrays = 3
    func clocks(_ dataflow: Dataflow) -> Int {
      spec.dataflow = dataflow
      return NPUProgram.product(
        m: m, k: k, n: n, elementBytes: 2, spec: spec, traffic: .complete, hasBias: false
      ).steps.reduce(0) { $0 + Int($1.clocks) }
    }
    func up(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
    let (full, rest) = (n / 70, n % 70)
    let tokens = up(m, 70)
    let pass = full * up(70, 3) + (rest > 0 ? max(up(rest, 3), 4) : 0)
    #expect(clocks(.weightStationary) == tokens * up(k, 100) * pass)
    let drain = full * up(k + 70, 3) + (rest > 0 ? max(up(k + rest, 3), 4) : 0)
    #expect(clocks(.outputStationary) == tokens * drain)
  }

  @Test func aPassTakesNoLessThanItsBytesFromTheScratchpad() {
    var spec = spec()
    spec.onChipBytesPerClock = 512
    let program = NPUProgram.product(
      m: 128, k: 128, n: 256, elementBytes: 2, spec: spec, traffic: .complete, hasBias: false)
    // A tile of weights is 32 KiB, the first pass takes as many bytes of tokens.
    #expect(program.steps.map(\.clocks) == [128, 64])
  }

  @Test func partsOfACutProductBeginWithTheirLoads() {
    var small = spec()
    small.scratchpad = ByteCount(1 << 20)
    let program = NPUProgram.product(
      m: 512, k: 2048, n: 2048, elementBytes: 2, spec: small, traffic: .complete, hasBias: false)
    #expect(program.sections.count > 2)
    for (part, next) in zip(program.sections, program.sections.dropFirst()) {
      for step in program.steps[part.firstStep..<next.firstStep] {
        #expect((part.firstLoad..<next.firstLoad).contains(Int(step.first)))
        #expect((part.firstLoad..<next.firstLoad).contains(Int(step.second)))
      }
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
