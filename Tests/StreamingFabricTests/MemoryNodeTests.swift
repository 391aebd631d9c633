import Configuration
import DRAM
import Numerics
import StreamingFabric
import Testing
import Units

/// Attention whose K and V come from a memory, and whose output goes there.
@Suite struct MemoryNodeTests {
  static let clock = ClockDomain(name: "fabric", frequency: Frequency(hertz: 1_000_000_000))

  static func options(
    _ variant: AttentionVariant, rows: Int = 12, keys: Int = 40, dim: Int = 16, heads: Int = 1,
    kvHeads: Int? = nil, mask: AttentionPattern = .none, block: Int = 1, buffer: Int? = 4096,
    mapping: HeadMapping = .time
  ) -> AttentionOptions {
    let shape = AttentionShape(
      heads: heads, kvHeads: kvHeads, rows: rows, keys: keys, dimension: dim, mask: mask)
    return AttentionOptions(
      variant, shape: shape, headMapping: mapping, queryBlock: block, kvBuffer: buffer)
  }

  static func dram(
    channels: Int = 1, refresh: RefreshMode = .allBank, ideal: Set<MemoryStandard.Limit> = []
  ) throws -> FabricMemory {
    let standard = try PresetLibrary.load("hbm2-2000", kind: .memories)
      .decode(MemoryStandard.self)
    var controller = ControllerConfiguration()
    controller.refresh = refresh
    controller.ideal = ideal
    return FabricMemory(
      try MemorySystem(standard, configuration: controller, channels: channels), clock: clock)
  }

  static func onChip(_ options: AttentionOptions) throws -> FabricRunResult {
    var options = options
    options.kvBuffer = nil
    return try AttentionGraph(options, precision: .f32).graph.run()
  }

  @Test(arguments: [AttentionVariant.naive, .scaled, .reordered, .memoryFree, .sigmoid])
  func anIdealMemoryCostsNoCycle(variant: AttentionVariant) throws {
    for block in [1, 3, 4] {
      for mask in [AttentionPattern.none, .causal, .slidingWindow(9)] {
        for mapping in HeadMapping.allCases {
          let options = Self.options(
            variant, heads: 4, kvHeads: 2, mask: mask, block: block, mapping: mapping)
          let result = try AttentionGraph(options, precision: .f32).graph.run(
            memory: FabricMemory(idealAt: Self.clock))
          #expect(try result.cycles == Self.onChip(options).cycles, "\(block) \(mask) \(mapping)")
        }
      }
    }
  }

  @Test func everyByteMovesOnceABlock() throws {
    for (block, mask) in [
      (1, AttentionPattern.none), (4, .none), (5, .none), (4, .causal), (3, .slidingWindow(7)),
    ] {
      let options = Self.options(.memoryFree, heads: 4, kvHeads: 2, mask: mask, block: block)
      let shape = options.shape
      let graph = try AttentionGraph(options, precision: .f32)
      let result = try graph.graph.run(memory: try Self.dram())
      let moved = try #require(result.memory)
      // Row by row of the two heads of a group: the keys of each block's rows together.
      var keys = 0
      for start in stride(from: 0, to: 2 * shape.rows, by: block) {
        let rows = (start..<min(2 * shape.rows, start + block)).map {
          shape.visibleKeys($0 % shape.rows)
        }
        let first = rows.map(\.lowerBound).min() ?? 0
        keys += (rows.map(\.upperBound).max() ?? 0) - first
      }
      #expect(moved.bytesRead == shape.kvHeads * keys * 2 * shape.dimension * 4)
      #expect(moved.bytesWritten == shape.heads * shape.rows * shape.dimension * 4)
      // 64 bytes are two bursts of 32, so no burst is touched in part.
      let statistics = try #require(moved.statistics)
      #expect(statistics.bytes.count == moved.bytesRead + moved.bytesWritten)
    }
  }

  @Test func aMemoryOnlyAddsCyclesAndItsPeakIsNeverBeaten() throws {
    for variant in [AttentionVariant.naive, .scaled, .reordered, .memoryFree] {
      for block in [1, 4] {
        let options = Self.options(variant, rows: 24, keys: 64, dim: 32, block: block)
        let chip = try Self.onChip(options).cycles
        for channels in [1, 4] {
          let result = try AttentionGraph(options, precision: .f32).graph.run(
            memory: try Self.dram(channels: channels))
          let moved = try #require(result.memory)
          let peak = try #require(moved.peakBandwidth).bytesPerSecond
          #expect(result.cycles >= chip)
          // Writes may end after the last cycle of the fabric.
          let seconds = Double(max(result.cycles, moved.lastCycle)) * 1e-9
          #expect(Double(moved.bytesRead + moved.bytesWritten) <= Double(peak) * seconds)
        }
      }
    }
  }

  @Test func throughputSurvivesRefreshWithABufferAndIsLostWithoutOne() throws {
    // 16 query rows a pass need 2 * 64 * 4 / 16 = 32 bytes a cycle of the 64 that 4 channels have.
    let cycles = try [(RefreshMode.allBank, 1 << 16), (.allBank, 1024), (.none, 1 << 16)].map {
      refresh, buffer in
      let options = Self.options(
        .memoryFree, rows: 64, keys: 512, dim: 64, block: 16, buffer: buffer)
      let result = try AttentionGraph(options, precision: .f32).graph.run(
        memory: try Self.dram(channels: 4, refresh: refresh))
      for (index, fifo) in result.peaks.enumerated() {
        guard
          case .bounded(let depth) = try AttentionGraph(options, precision: .f32).graph.fifos[index]
            .depth
        else {
          continue
        }
        #expect(fifo <= depth)
      }
      return result.cycles
    }
    let chip = try Self.onChip(
      Self.options(.memoryFree, rows: 64, keys: 512, dim: 64, block: 16)
    ).cycles
    #expect(Double(cycles[0]) < 1.02 * Double(chip))
    #expect(Double(cycles[1]) > 1.2 * Double(chip))
    #expect(cycles[2] <= cycles[0])
    // Refresh and the first row can be seen, but the O(1) FIFOs stay full.
    #expect(cycles[2] > chip)
  }

  @Test func equalRunsAreEqualAndRowsAreCounted() throws {
    let options = Self.options(.memoryFree, rows: 16, keys: 300, dim: 64, block: 2)
    let runs = try (0..<2).map { _ in
      try AttentionGraph(options, precision: .f32).graph.run(memory: try Self.dram(channels: 2))
    }
    #expect(runs[0].cycles == runs[1].cycles && runs[0].peaks == runs[1].peaks)
    #expect(runs[0].memory?.ports == runs[1].memory?.ports)
    let statistics = try #require(runs[0].memory?.statistics)
    #expect(statistics.rowHits > 0 && statistics.rowMisses + statistics.rowConflicts > 0)
    #expect(statistics.commandCounts.keys.contains { $0.hasPrefix("REF") })
  }

  @Test func valuesDoNotDependOnMemoryOrBlock() throws {
    let variants = [AttentionVariant.naive, .scaled, .reordered, .memoryFree, .sigmoid, .relu]
    for variant in variants {
      for mask in [AttentionPattern.none, .causal, .slidingWindow(5)] {
        var options = Self.options(
          variant, rows: 11, keys: 19, dim: 8, heads: 4, kvHeads: 2, mask: mask, buffer: nil)
        let problem = AttentionData.normal.problem(options.shape, seed: 5)
        let precision = AttentionPrecision(storage: .bf16)
        let plain = try AttentionGraph(options, problem: problem, precision: precision)
        _ = try plain.graph.run(FabricRunOptions(carriesValues: true))
        for (block, mode) in [(2, MaskMode.skip), (5, .skip), (30, .skip), (4, .infinity)] {
          if mode == .infinity && mask != .none && variant == .scaled { continue }
          options.queryBlock = block
          options.maskMode = mode
          options.kvBuffer = block == 5 ? 1024 : nil
          options.depths = options.fullThroughputDepths
          let blocked = try AttentionGraph(options, problem: problem, precision: precision)
          let result = try blocked.graph.run(
            FabricRunOptions(carriesValues: true),
            memory: options.kvBuffer == nil ? nil : try Self.dram())
          #expect(result.deadlock == nil)
          #expect(blocked.output == plain.output, "\(variant) \(mask) block \(block) \(mode)")
        }
      }
    }
  }

  @Test func aBlockKeepsTheClosedFormsAndNaiveNeedsALongerFIFO() throws {
    let (rows, keys, block) = (12, 40, 4)
    func cycles(_ variant: AttentionVariant) throws -> Int {
      try Self.onChip(Self.options(variant, rows: rows, keys: keys, dim: 1, block: block)).cycles
    }
    #expect(try cycles(.memoryFree) == rows * keys + 5)
    #expect(try cycles(.reordered) == rows * keys + 4)
    #expect(try cycles(.naive) == rows * keys + block * keys + 4)
    var short = Self.options(.naive, rows: rows, keys: keys, dim: 1, block: block, buffer: nil)
    short.depths.long1 = .bounded(block * keys - 1)
    #expect(try AttentionGraph(short).graph.run().deadlock != nil)
  }

  @Test func mistakesAreNamed() throws {
    let small = #expect(throws: GraphError.self) {
      try AttentionGraph(Self.options(.memoryFree, dim: 64, buffer: 256), precision: .f32)
    }
    #expect(small?.message.contains("need 512") == true)
    #expect(throws: GraphError.self) {
      try AttentionGraph(Self.options(.memoryFree)).graph.run()
    }
    #expect(throws: GraphError.self) {
      try AttentionGraph(Self.options(.memoryFree, buffer: nil)).graph.run(
        memory: FabricMemory(idealAt: Self.clock))
    }
  }
}
