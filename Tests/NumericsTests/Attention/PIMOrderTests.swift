import Numerics
import Testing

@Suite struct PIMOrderTests {
  private func score(_ elements: [Double], lanes: Int, rowElements: Int) -> Double {
    let shape = AttentionShape(rows: 1, keys: 1, dimension: elements.count)
    let problem = AttentionProblem(
      shape: shape, q: [Double](repeating: 1, count: elements.count), k: elements,
      v: [Double](repeating: 0, count: elements.count))
    let order = PIMOrder(lanes: lanes, rowElements: rowElements, vectorLanes: 4)
    return PIMKernel.key.run(
      problem, order: order, precision: AttentionPrecision(storage: .f16, accumulator: .f16))[0]
  }

  /// Halves above 2048 have a step of 2: what is added first shows in the sum.
  @Test func lanesAreAddedInATreeColumnsOneAfterTheOtherRowsOutside() {
    #expect(score([2048, 1, 1, 1], lanes: 4, rowElements: 64) == 2050, "(2048 + 1) + (1 + 1)")
    #expect(score([2048, 1, 1, 1], lanes: 1, rowElements: 64) == 2048, "one after the other")
    #expect(score([2048, 1, 1, 1], lanes: 1, rowElements: 2) == 2050, "two rows: 2048 and 2")
    #expect(score([2048, 1, 1], lanes: 4, rowElements: 64) == 2048, "(2048 + 1) + 1")
    #expect(score([2048, 0, 0, 0, 1, 1, 0, 0], lanes: 4, rowElements: 64) == 2050)
    #expect(score([2048, 0, 1, 0, 1, 0], lanes: 2, rowElements: 64) == 2048)
  }

  @Test func aSumOfOnesDoesNotStagnateAsARunningSumDoes() {
    let ones = [Double](repeating: 1, count: 5000)
    #expect(score(ones, lanes: 16, rowElements: 512) == 5000)
    #expect(score(ones, lanes: 1, rowElements: 5000) == 2048)
  }

  /// The orders of NeuPIMs, of Logic-PIM (8 banks behind one module) and of Bank-PIM (a unit at each of 32 banks).
  static let orders: [(name: String, order: PIMOrder)] = [
    ("banks", PIMOrder(lanes: 16, rowElements: 512, vectorLanes: 128)),
    (
      "logic die",
      PIMOrder(
        lanes: 16, rowElements: 512, vectorLanes: 16,
        dealing: PIMDealing(channels: 160, banks: 8, banksPerUnit: 8))
    ),
    (
      "bank units",
      PIMOrder(
        lanes: 16, rowElements: 512, vectorLanes: 16,
        dealing: PIMDealing(channels: 160, banks: 32, banksPerUnit: 1))
    ),
  ]

  private func context(_ values: [Double], _ dealing: PIMDealing) -> Double {
    // One element a burst; equal scores give equal probabilities, which powers of two divide exactly.
    let count = values.count
    let problem = AttentionProblem(
      shape: AttentionShape(rows: 1, keys: count, dimension: 1), q: [0],
      k: [Double](repeating: 0, count: count), v: values.map { $0 * Double(count) })
    return PIMKernel.value.run(
      problem,
      order: PIMOrder(lanes: 1, rowElements: 64, vectorLanes: 4, dealing: dealing),
      precision: AttentionPrecision(storage: .f16, accumulator: .f16))[0]
  }

  /// Ones beside 2048 are lost one by one and kept two by two.
  @Test func tokensAreDealtToChannelsBanksAndColumns() {
    func dealing(_ channels: Int, _ banks: Int, _ perUnit: Int) -> PIMDealing {
      PIMDealing(channels: channels, banks: banks, banksPerUnit: perUnit)
    }
    let values: [Double] = [2048, 1, 1, 1, 0, 0, 0, 0]
    #expect(context(values, dealing(1, 1, 1)) == 2048, "one after the other")
    #expect(context(values, dealing(1, 4, 4)) == 2050, "(2048 + 1) + (1 + 1) in one column command")
    #expect(context(values, dealing(1, 2, 2)) == 2050, "2048 + 1, then 1 + 1")
    #expect(
      context(values, dealing(1, 2, 1)) == 2050, "banks with units of their own: 2048 + 1, 1 + 1")
    #expect(context(values, dealing(2, 1, 1)) == 2050, "two channels, the same")
    #expect(context(values, dealing(4, 1, 1)) == 2050, "four channels, added in a tree")
    #expect(context([2048, 0, 1, 0, 1, 0, 1, 0], dealing(2, 1, 1)) == 2048, "all on one channel")
  }

  /// Products keep the bounds of 16-bit storage with f32 accumulators on any data. Scores of whole attention are read
  /// out in 16 bits, an error of its own: once more that bound on flat data (worst seen 5.1e-3 in bf16), that of 16-bit
  /// sums on peaky data.
  @Test(
    arguments: [
      (AttentionPrecision.Format.f16, 8e-4, 1e-2), (.bf16, 5e-3, 5e-2),
    ], [(0, 64), (0, 128), (1, 128), (1, 96), (2, 128)])
  func errorsStayWithinTheBoundsOfTheOrder(
    bounds: (storage: AttentionPrecision.Format, flat: Double, any: Double),
    machine: (order: Int, dimension: Int)
  ) {
    let (name, order) = Self.orders[machine.order]
    let dimension = machine.dimension
    let precision = AttentionPrecision(storage: bounds.storage)
    for data in [AttentionData.normal, .positive, .peaky] {
      let shape = AttentionShape(heads: 2, rows: 1, keys: 1500, dimension: dimension)
      let problem = data.problem(shape, seed: 9)
      for kernel in PIMKernel.allCases {
        let output = kernel.run(problem, order: order, precision: precision)
        let error = ErrorMetrics(
          actual: output, reference: kernel.reference(problem, precision: precision))
        let limit =
          kernel != .attention ? bounds.flat : data == .peaky ? bounds.any : 2 * bounds.flat
        #expect(error.nonFiniteCount == 0)
        #expect(
          error.relativeL2 ?? 1 <= limit,
          "\(name) \(kernel.rawValue) \(data) \(error.relativeL2 ?? -1)")
        #expect(error.relativeL2 ?? 0 > bounds.flat / 100, "16 bits leave a trace")
      }
    }
  }

  /// Units behind bundles add few tokens each, so their sums do not stagnate either.
  @Test(arguments: [AttentionPrecision.Format.f16, .bf16], [0, 1, 2])
  func accumulatorsOfSixteenBitsKeepTheTiledBoundUpToFourThousandKeys(
    format: AttentionPrecision.Format, machine: Int
  ) {
    let shape = AttentionShape(heads: 1, rows: 1, keys: 4096, dimension: 64)
    let problem = AttentionData.normal.problem(shape, seed: 2)
    let precision = AttentionPrecision(storage: format, accumulator: format)
    let order = Self.orders[machine].order
    let error = ErrorMetrics(
      actual: PIMKernel.attention.run(problem, order: order, precision: precision),
      reference: PIMKernel.attention.reference(problem, precision: precision))
    #expect(error.relativeL2 ?? 1 <= (format == .f16 ? 1e-2 : 5e-2))
  }

  /// With exact arithmetic every order gives attention itself, groups, masks and row borders included.
  @Test(arguments: [0, 1, 2])
  func inDoublesTheOrderIsAttention(machine: Int) {
    let order = Self.orders[machine].order
    let shape = AttentionShape(
      heads: 4, kvHeads: 2, rows: 3, keys: 700, dimension: 96, mask: .causal)
    let problem = AttentionData.normal.problem(shape, seed: 5)
    for kernel in PIMKernel.allCases {
      let error = ErrorMetrics(
        actual: kernel.run(problem, order: order, precision: .f64),
        reference: kernel.reference(problem, precision: .f64))
      #expect(error.relativeL2 ?? 1 < 3e-14, "\(kernel.rawValue)")
    }
  }
}
