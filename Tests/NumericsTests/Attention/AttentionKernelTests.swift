import Numerics
import Testing
import Units

@Suite struct AttentionKernelTests {
  static func error(_ output: [Double], _ reference: [Double]) -> Double {
    ErrorMetrics(actual: output, reference: reference).relativeL2 ?? .infinity
  }

  static func kernels(_ shape: AttentionShape) -> [(name: String, kernel: AttentionKernel)] {
    AttentionKernel.standard(shape)
  }

  @Test func everyKernelEqualsTheReferenceWithinItsTolerance() {
    // Two to three times the worst error measured over N <= 16k; facts on attention numerics.
    let bounds: [(AttentionPrecision, Double)] = [
      (.f64, 3e-14), (.f32, 3e-5), (AttentionPrecision(storage: .f16), 8e-4),
      (AttentionPrecision(storage: .bf16), 5e-3),
    ]
    let shapes = [
      AttentionShape(rows: 5, keys: 700, dimension: 16),
      AttentionShape(heads: 4, kvHeads: 2, rows: 33, keys: 33, dimension: 8, mask: .causal),
      AttentionShape(heads: 2, rows: 40, keys: 40, dimension: 8, mask: .slidingWindow(7)),
    ]
    for (seed, shape) in shapes.enumerated() {
      let problem = AttentionData.normal.problem(shape, seed: UInt64(seed))
      for (precision, bound) in bounds {
        let reference = ReferenceAttention.output(problem.rounded(to: precision.storage))
        for (name, kernel) in Self.kernels(shape) {
          let result = kernel.run(problem, precision: precision)
          #expect(
            Self.error(result.output, reference) <= bound, "\(name) \(precision) \(shape)")
        }
      }
    }
  }

  @Test func fixedSplitsFollowTheHeuristic() {
    #expect(FlashDecodingSplits.count(workItems: 48, multiprocessors: 108, keyBlocks: 1000) == 2)
    #expect(FlashDecodingSplits.count(workItems: 100, multiprocessors: 108, keyBlocks: 1000) == 1)
  }

  @Test func leanPartitionEqualsThePublicImplementation() {
    let partition = LeanPartition(
      keys: 4096, dimension: 128, kvHeads: 32, multiprocessors: 108)
    #expect(partition.tileKeys == 128)
    #expect(partition.tiles == 1024 && partition.grid == 216)
    #expect(partition.maximumTiles == 5 && partition.highLoadBlocks == 160)
    #expect(abs(partition.occupancy - 0.9481) < 5e-5)
    #expect(abs(LeanPartition.occupancy(workItems: 32, grid: 216) - 0.1481) < 5e-5)
  }

  @Test func leanBlocksCoverEveryTileOnce() {
    for (keys, heads, processors) in [(4096, 32, 108), (300, 3, 4), (100_000, 5, 132), (64, 1, 8)] {
      let partition = LeanPartition(
        keys: keys, dimension: 64, kvHeads: heads, multiprocessors: processors)
      let tiles = (0..<partition.grid).flatMap { Array(partition.tiles(ofBlock: $0)) }
      #expect(tiles == Array(0..<partition.tiles))
      for output in 0..<heads {
        let own = partition.tileRanges(ofOutput: output).flatMap { Array($0) }
        #expect(own == Array(0..<partition.tilesPerOutput))
      }
    }
  }

  @Test func equalLogitsGiveTheMeanOfTheValues() {
    let shape = AttentionShape(rows: 1, keys: 1000, dimension: 1)
    let problem = AttentionProblem(
      shape: shape, q: [0], k: [Double](repeating: 1, count: 1000), v: (0..<1000).map(Double.init))
    for (name, kernel) in Self.kernels(shape) {
      #expect(abs(kernel.run(problem, precision: .f64).output[0] - 499.5) <= 1e-10, "\(name)")
      #expect(abs(kernel.run(problem, precision: .f32).output[0] - 499.5) <= 1e-3, "\(name)")
    }
  }

  @Test func largeLogitsOverflowOnlyWithoutAMaximum() {
    let shape = AttentionShape(rows: 4, keys: 1024, dimension: 64)
    let problem = AttentionData.large.problem(shape, seed: 3)
    let reference = ReferenceAttention.output(problem.rounded(to: .f32))
    for (name, kernel) in Self.kernels(shape) {
      let output = kernel.run(problem, precision: .f32).output
      let isFinite = output.allSatisfy(\.isFinite)
      if name == "naive" || name == "reordered" {
        #expect(!isFinite, "\(name)")
      } else {
        #expect(isFinite && Self.error(output, reference) <= 2e-5, "\(name)")
      }
    }
  }

  @Test func runningSumsStagnateAtTheFormatsIntegerLimit() {
    func sum<A: Rounding>(_: A.Type) -> Double {
      (0..<5000).reduce(0.0) { sum, _ in A.round(sum + 1) }
    }
    #expect(sum(Binary16.self) == 2048)
    #expect(sum(BrainFloat16.self) == 256)
    #expect(sum(Binary32.self) == 5000)
  }

  @Test(arguments: [(AttentionPrecision.Format.bf16, 1.0), (.f16, 0.5)])
  func onlineWithSixteenBitSumsCollapsesOnLongRows(
    format: AttentionPrecision.Format, least: Double
  ) {
    let shape = AttentionShape(rows: 2, keys: 16_384, dimension: 64)
    let problem = AttentionData.normal.problem(shape, seed: 8)
    let reference = ReferenceAttention.output(problem.rounded(to: format))
    let narrow = AttentionPrecision(storage: format, accumulator: format)
    let collapsed = AttentionKernel.online.run(problem, precision: narrow).output
    #expect(Self.error(collapsed, reference) >= least)
    let single = AttentionKernel.online.run(problem, precision: .f32).output
    #expect(Self.error(single, ReferenceAttention.output(problem.rounded(to: .f32))) <= 1e-5)
  }

  @Test func partsMergeInAnyOrder() {
    let bounds: [(AttentionPrecision, Double)] = [
      (.f64, 5e-15), (.f32, 1e-6), (AttentionPrecision(storage: .f16), 5e-4),
      (AttentionPrecision(storage: .bf16), 8e-3),
    ]
    let shape = AttentionShape(rows: 2, keys: 4096, dimension: 64)
    let problem = AttentionData.normal.problem(shape, seed: 5)
    for (precision, bound) in bounds {
      let whole = AttentionKernel.flashAttention2(queryBlock: 64, keyBlock: 64)
        .run(problem, precision: precision).output
      for splits in [2, 3, 7, 16, 64] {
        let split = AttentionKernel.flashDecoding(splits: splits, keyBlock: 64)
          .run(problem, precision: precision).output
        #expect(zip(whole, split).allSatisfy { abs($0 - $1) <= bound })
      }
      for processors in [1, 3, 8, 40] {
        let lean = AttentionKernel.lean(multiprocessors: processors)
          .run(problem, precision: precision).output
        #expect(zip(whole, lean).allSatisfy { abs($0 - $1) <= bound })
      }
    }
  }

  @Test func neutralPartLeavesAnyPartAsItIs() {
    var part = AttentionPartial(dimension: 2)
    part.output = [1, 2]
    part.maximum = 3
    part.sum = 4
    let before = part
    part.merge(AttentionPartial(dimension: 2), Binary64.self)
    #expect(part == before)
    var neutral = AttentionPartial(dimension: 2)
    neutral.merge(before, Binary64.self)
    #expect(neutral == before)
    neutral = AttentionPartial(dimension: 2)
    neutral.merge(AttentionPartial(dimension: 2), Binary64.self)
    #expect(neutral == AttentionPartial(dimension: 2))
  }

  @Test func firstCausalRowAndWindowOneReturnTheValueItself() {
    for format in AttentionPrecision.Format.allCases {
      let precision = AttentionPrecision(storage: format)
      for mask in [AttentionPattern.causal, .slidingWindow(1)] {
        let shape = AttentionShape(rows: 24, keys: 24, dimension: 8, mask: mask)
        let problem = AttentionData.peaky.problem(shape, seed: 11)
        let v = problem.rounded(to: format).v
        let kernels: [AttentionKernel] = [
          .safe, .online, .flashAttention2(queryBlock: 64, keyBlock: 64),
          .rabeStaats(queryChunk: 8, keyChunk: 5),
        ]
        for kernel in kernels {
          let output = kernel.run(problem, precision: precision).output
          let rows = mask == .causal ? 1 : 24
          #expect(output[0..<(rows * 8)].elementsEqual(v[0..<(rows * 8)]), "\(kernel) \(format)")
        }
      }
    }
  }

  @Test func packedGroupsReadAQuarterOfTheKeysAndValues() {
    let grouped = AttentionShape(heads: 8, kvHeads: 2, rows: 1, keys: 512, dimension: 64)
    let full = AttentionShape(heads: 8, rows: 1, keys: 512, dimension: 64)
    func keyValueBytes(_ shape: AttentionShape) -> Int {
      // One multiprocessor: no partials, so that only Q, O, K and V are counted.
      AttentionKernel.lean(multiprocessors: 1).cost(shape, precision: .f32).bytes
        - 2 * 8 * 64 * 4 - spill(shape)
    }
    func spill(_ shape: AttentionShape) -> Int {
      let partition = LeanPartition(shape, multiprocessors: 1)
      let partials = (0..<shape.kvHeads).map { partition.tileRanges(ofOutput: $0).count - 1 }
      return 2 * partials.reduce(0, +) * (shape.heads / shape.kvHeads) * 66 * 4
    }
    #expect(keyValueBytes(grouped) * 4 == keyValueBytes(full))
    let problem = AttentionData.normal.problem(grouped, seed: 2)
    let packed = AttentionKernel.lean(multiprocessors: 108).run(problem, precision: .f32).output
    let perHead = AttentionKernel.flashAttention2(queryBlock: 64, keyBlock: 64)
      .run(problem, precision: .f32).output
    #expect(zip(packed, perHead).allSatisfy { abs($0 - $1) <= 1e-6 })
  }

  @Test func constantMemoryKernelsStayConstantAndChunksGrowAsTheRoot() {
    func peak(_ name: String, _ keys: Int) -> Int {
      let shape = AttentionShape(rows: keys, keys: keys, dimension: 64)
      return AttentionKernel.named(name, shape)?.cost(shape, precision: .f32)
        .peakIntermediateBytes ?? 0
    }
    for exponent in 8...16 {
      #expect(peak("online", 1 << exponent) == 66 * 4)
      #expect(peak("naive", 1 << exponent) == ((1 << (2 * exponent)) + (1 << exponent)) * 4)
    }
    // sqrt(n) scores and sqrt(n) summaries of d + 2 elements.
    #expect(peak("rabe-staats-sqrt", 1 << 10) == 4 * (32 + 32 * 66))
    #expect(peak("rabe-staats-sqrt", 1 << 16) == 4 * (256 + 256 * 66))
    // Published: 59x at n = 16384 against n^2 elements.
    let ratio = Double(peak("naive", 16_384)) / Double(peak("rabe-staats", 16_384))
    #expect(ratio > 55 && ratio < 64)
  }

  @Test(arguments: [1, 0.99, 0.9])
  func lightningBlocksEqualTheRecurrence(decay: Double) {
    let (tokens, d) = (4096, 64)
    var generator = NormalGenerator(seed: 4)
    func values() -> [Double] { (0..<(tokens * d)).map { _ in generator.next() } }
    let (q, k, v) = (values(), values(), values())
    let linear = LinearAttention(tokens: tokens, dimension: d, decay: decay)
    let reference = linear.recurrence(q: q, k: k, v: v, precision: .f64)
    let exact = linear.lightning2(q: q, k: k, v: v, block: 64, precision: .f64)
    #expect(Self.error(exact, reference) <= 1e-14)
    let format = AttentionPrecision.Format.f32
    let rounded = linear.recurrence(
      q: q.map(format.round), k: k.map(format.round), v: v.map(format.round), precision: .f64)
    let single = linear.lightning2(q: q, k: k, v: v, block: 64, precision: .f32)
    #expect(Self.error(single, rounded) <= 2e-6)
  }
}
