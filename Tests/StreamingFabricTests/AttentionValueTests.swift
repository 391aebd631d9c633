import Numerics
import StreamingFabric
import Testing

/// Values and cycles from the same run, against an f64 reference.
@Suite struct AttentionValueTests {
  static func error(_ output: [Double], _ reference: [Double]) -> Double {
    guard output.count == reference.count else { return .infinity }
    return ErrorMetrics(actual: output, reference: reference).relativeL2 ?? .infinity
  }

  static let softmax: [AttentionVariant] = [.naive, .scaled, .reordered, .memoryFree]

  @Test func authorsDataGivesOnes() throws {
    let n = 512
    let shape = AttentionShape(rows: n, keys: n, dimension: 1, scale: 1)
    let q = (0..<n).map { 0.01 * Double($0) }
    let k = (0..<n).map { $0 == 0 ? 0.11 : 0.1 }
    for (isRamp, tolerance) in [(false, 1e-9), (true, 4e-13)] {
      let v = (0..<n).map { isRamp ? 1 + Double($0) / Double(n) : 1 }
      let problem = AttentionProblem(shape: shape, q: q, k: k, v: v)
      let graph = try AttentionGraph(
        AttentionOptions(.memoryFree, shape: shape), problem: problem)
      let result = try graph.graph.run(FabricRunOptions(carriesValues: true))
      #expect(result.cycles == 262_149)
      let reference = isRamp ? ReferenceAttention.output(problem) : v
      #expect(graph.output.count == n)
      #expect(zip(graph.output, reference).allSatisfy { abs($0 - $1) <= tolerance })
    }
  }

  @Test func everyVariantEqualsTheReferenceInEveryShape() throws {
    let shapes = [
      AttentionShape(rows: 9, keys: 600, dimension: 16),
      AttentionShape(heads: 8, kvHeads: 2, rows: 1, keys: 65, dimension: 16),
      AttentionShape(heads: 4, kvHeads: 2, rows: 17, keys: 17, dimension: 8, mask: .causal),
      AttentionShape(heads: 2, rows: 30, keys: 30, dimension: 8, mask: .slidingWindow(5)),
      AttentionShape(rows: 8, keys: 40, dimension: 8, mask: .causal, queryOffset: 32),
    ]
    let bounds: [(AttentionPrecision, Double)] = [
      (.f64, 3e-14), (.f32, 3e-5), (AttentionPrecision(storage: .f16), 8e-4),
      (AttentionPrecision(storage: .bf16), 5e-3),
    ]
    for (seed, shape) in shapes.enumerated() {
      let problem = AttentionData.normal.problem(shape, seed: UInt64(seed))
      for (precision, bound) in bounds {
        let reference = ReferenceAttention.output(problem.rounded(to: precision.storage))
        for variant in Self.softmax {
          for mapping in HeadMapping.allCases {
            for mode in MaskMode.allCases {
              let options = AttentionOptions(
                variant, shape: shape, headMapping: mapping, maskMode: mode)
              let graph = try AttentionGraph(options, problem: problem, precision: precision)
              let result = try graph.graph.run(FabricRunOptions(carriesValues: true))
              #expect(result.deadlock == nil)
              #expect(
                Self.error(graph.output, reference) <= bound,
                "\(variant) \(precision) \(mapping) \(mode) \(shape)")
            }
          }
        }
      }
    }
  }

  @Test func steppingAndPeriodicGiveTheSameBitsAndTimingOnlyTheSameCycles() throws {
    let shape = AttentionShape(rows: 300, keys: 64, dimension: 4)
    let problem = AttentionData.peaky.problem(shape, seed: 5)
    for variant in AttentionVariant.allCases where variant != .linear {
      let graph = try AttentionGraph(
        AttentionOptions(variant, shape: shape, intervals: ["qk": 3]), problem: problem,
        precision: .f32)
      let stepped = try graph.graph.run(FabricRunOptions(stepping: .step, carriesValues: true))
      let steppedOutput = graph.output
      let periodic = try graph.graph.run(FabricRunOptions(stepping: .periodic, carriesValues: true))
      let timing = try graph.graph.run(FabricRunOptions(stepping: .periodic))
      #expect(periodic.period != nil && periodic.steppedEpochs < stepped.steppedEpochs)
      #expect(steppedOutput == graph.output)
      #expect(stepped.cycles == periodic.cycles && timing.cycles == stepped.cycles)
      #expect(stepped.peaks == periodic.peaks && timing.peaks == stepped.peaks)
      #expect(stepped.fifoOperations == periodic.fifoOperations)
    }
  }

  @Test func pointwiseVariantsEqualTheirKernels() throws {
    let shape = AttentionShape(heads: 2, rows: 12, keys: 12, dimension: 8, mask: .causal)
    let problem = AttentionData.normal.problem(shape, seed: 6)
    for (variant, kernel) in [(AttentionVariant.sigmoid, AttentionKernel.sigmoid), (.relu, .relu)] {
      let graph = try AttentionGraph(AttentionOptions(variant, shape: shape), problem: problem)
      _ = try graph.graph.run(FabricRunOptions(carriesValues: true))
      let expected = kernel.run(problem, precision: .f64).output
      #expect(Self.error(graph.output, expected) <= 1e-14, "\(variant)")
    }
  }

  @Test func overflowIsVisibleAndTheSafeGraphsStayFinite() throws {
    let shape = AttentionShape(rows: 4, keys: 512, dimension: 16)
    let problem = AttentionData.large.problem(shape, seed: 7)
    let reference = ReferenceAttention.output(problem.rounded(to: .f32))
    for variant in Self.softmax {
      let graph = try AttentionGraph(
        AttentionOptions(variant, shape: shape), problem: problem, precision: .f32)
      _ = try graph.graph.run(FabricRunOptions(carriesValues: true))
      let isSafe = variant == .scaled || variant == .memoryFree
      #expect(graph.output.allSatisfy(\.isFinite) == isSafe, "\(variant)")
      if isSafe { #expect(Self.error(graph.output, reference) <= 3e-5) }
    }
  }

  @Test func intermediateBytesAreConstantOrLinearInTheKeys() throws {
    for variant in Self.softmax {
      var bytes: [Int] = []
      for exponent in [8, 10, 12, 14] {
        let n = 1 << exponent
        let shape = AttentionShape(rows: n, keys: n, dimension: 1)
        let graph = try AttentionGraph(AttentionOptions(variant, shape: shape))
        bytes.append(graph.intermediateBytes(peaks: try graph.graph.run().peaks))
      }
      let growth = zip(bytes.dropFirst(), bytes).map { $0 - $1 }
      if variant == .reordered || variant == .memoryFree {
        #expect(growth.allSatisfy { $0 == 0 }, "\(variant)")
      } else {
        let each = 8 * variant.longFIFOs
        #expect(growth == [768, 3072, 12_288].map { $0 * each }, "\(variant)")
      }
    }
  }

  @Test func fewerLanesStretchTheRunByTheirInterval() throws {
    let shape = AttentionShape(rows: 8, keys: 128, dimension: 64)
    for (lanes, interval) in [(64, 1), (32, 2), (17, 4), (1, 64)] {
      let options = AttentionOptions(.memoryFree, shape: shape, lanes: lanes)
      let result = try AttentionGraph(options).graph.run()
      // 1 + log2 64 cycles of dot product, three further nodes, and the last interval of ew.
      let firings = 8 * 128
      let arrival = (firings - 1) * interval + 1 + 7 + 1 + 1
      #expect(result.cycles == arrival + max(2, interval))
    }
  }

  @Test func causalSkipsMaskedPairs() throws {
    let n = 64
    let shape = AttentionShape(rows: n, keys: n, dimension: 1, mask: .causal)
    for (mode, pairs) in [(MaskMode.skip, n * (n + 1) / 2), (.infinity, n * n)] {
      let options = AttentionOptions(.memoryFree, shape: shape, maskMode: mode)
      #expect(try AttentionGraph(options).graph.run().cycles == pairs + 5)
    }
  }
}
