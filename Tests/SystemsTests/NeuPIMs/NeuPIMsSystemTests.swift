import DRAM
import Devices
import Foundation
import SimulationCore
import Systems
import Testing
import Units
import Workload
import Yams

/// A decoder layer of GPT-3 7B for requests of given lengths, and the system over the repository's memories.
private enum Setup {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func memory(_ buffer: String) throws -> MemoryStandard {
    let file = root.appending(path: "configs/memories/hbm2-neupims-\(buffer).yaml")
    return try YAMLDecoder().decode(
      MemoryStandard.self, from: try String(contentsOf: file, encoding: .utf8))
  }

  static func spec(_ edit: (inout NeuPIMsSpec) -> Void = { _ in }) throws -> NeuPIMsSpec {
    var spec = NeuPIMsSpec(
      name: "neupims", source: "test", type: .npuPIM,
      clock: ClockSpec(name: "core", frequency: Frequency(hertz: 1_000_000_000)),
      memory: "hbm2-neupims-dual", refresh: true,
      npu: SystolicSpec(
        rows: 128, columns: 128, arrays: 8, dataflow: .weightStationary,
        scratchpad: ByteCount(134_218 * 1024), hidesPreload: true, fullTiles: true,
        traffic: .asReleased, vector: VectorUnitSpec(units: 8, lanes: 128)),
      attention: PIMAttentionSpec(
        unit: .pim, rowHold: .released, balance: .minLoad, interleaves: false, split: .count,
        barrier: .operator, append: .staged, dispatchesOneAClock: false),
      parallel: ParallelSpec(tensor: 4, pipeline: 1),
      link: LinkSpec(
        bandwidth: Bandwidth(bytesPerSecond: 300_000_000_000),
        latency: Duration(picoseconds: 800_000)), turn: 16)
    edit(&spec)
    return spec
  }

  static func lengths(_ list: String) throws -> [Int] {
    let file = root.appending(path: "Tests/ReferenceData/neupims/sharegpt-like-\(list).csv")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
      let tokens = Int($0.split(separator: ",")[0])
      return try #require(tokens)
    }
  }

  /// One layer; `kv` counts the new token.
  static func layer(_ lengths: [Int], number: Int = 0, firstID: Int = 0) -> [Operator] {
    let runs = makeRuns(lengths.map { (query: 1, kv: $0 + 1) })
    let batch = lengths.count
    var id = firstID
    func make(_ name: String, _ operation: Workload.Operation) -> Operator {
      defer { id += 1 }
      return Operator(
        id: id, name: name, operation: operation, layer: number, phase: .decode, requests: runs)
    }
    let hidden = 4096
    return [
      make("ln1", .norm(Norm(rows: batch, columns: hidden, function: .layer))),
      make("qkv", .gemm(MatrixProduct(m: batch, k: hidden, n: 3 * hidden))),
      make("append", .memoryMove(MemoryMove(function: .kvAppend))),
      make("attention", .attention(Attention(heads: 32, kvHeads: 32, headDim: 128))),
      make("proj", .gemm(MatrixProduct(m: batch, k: hidden, n: hidden))),
      make("res1", .elementwise(Elementwise(rows: batch, columns: hidden, function: .add))),
      make("ln2", .norm(Norm(rows: batch, columns: hidden, function: .layer))),
      make("fc1", .gemm(MatrixProduct(m: batch, k: hidden, n: 4 * hidden))),
      make("gelu", .activation(Activation(rows: batch, columns: 4 * hidden, function: .gelu))),
      make("fc2", .gemm(MatrixProduct(m: batch, k: 4 * hidden, n: hidden))),
      make("res2", .elementwise(Elementwise(rows: batch, columns: hidden, function: .add))),
    ]
  }

  static func run(
    _ operators: [Operator], buffer: String = "dual", _ edit: (inout NeuPIMsSpec) -> Void = { _ in }
  ) throws -> SystemRun {
    let system = try NeuPIMsSystem(spec: try spec(edit), memory: try memory(buffer))
    return try system.run(
      OperatorSequence(operators),
      header: TraceHeader(model: "gpt3-7b", dtype: "f16", generator: "test"),
      options: RunOptions(fidelity: .cycle))
  }

  static func clocks(_ run: SystemRun, _ name: String) throws -> Int {
    let record = try #require(run.operators.first { $0.name == name })
    return (record.end - record.start).picoseconds / 1000
  }
}

@Suite struct NeuPIMsSystemTests {
  /// Measured in the authors' full simulator: A 49,338, B 117,255, E 152,253 cycles.
  @Test func aLayerOf256RequestsTakesTheReferenceCyclesWithinFivePercent() throws {
    let run = try Setup.run(Setup.layer(try Setup.lengths("256-minload")))
    for (name, wanted) in [("A", 49_338), ("B", 117_255), ("E", 152_253)] {
      let stage = try #require(run.stages.first { $0.name == name })
      let clocks = (stage.end - stage.start).picoseconds / 1000
      #expect(abs(clocks - wanted) * 20 <= wanted, "\(name): \(clocks), wanted \(wanted)")
    }
    #expect(run.causes.total == run.makespan)
  }

  /// Measured in the authors' full simulator with one request of 512 tokens.
  @Test func oneRequestTakesTheReferenceCyclesWithinFivePercent() throws {
    let run = try Setup.run(Setup.layer([512]))
    for (name, wanted) in [("qkv", 27_275), ("attention", 15_964)] {
      let clocks = try Setup.clocks(run, name)
      #expect(abs(clocks - wanted) * 20 <= wanted, "\(name): \(clocks), wanted \(wanted)")
    }
  }

  @Test func subBatchesDoTheSamePIMWorkAsOneBatch() throws {
    let lengths = Array(try Setup.lengths("64-minload").prefix(40))
    let plain = try Setup.run(Setup.layer(lengths))
    let halves = try Setup.run(Setup.layer(lengths)) { $0.attention.interleaves = true }
    #expect(plain.pim?.columnSteps == halves.pim?.columnSteps)
    #expect(plain.pim?.internalBytes == halves.pim?.internalBytes)
    #expect(halves.stages.map(\.name).filter { $0.count == 1 } == ["A", "B", "E", "F"])
    #expect(halves.causes.total == halves.makespan)
  }

  @Test func everySwitchChangesWhatIsSeen() throws {
    let lengths = Array(try Setup.lengths("64-rr").prefix(40))
    let layer = Setup.layer(lengths)
    let base = try Setup.run(layer)
    let edits: [(String, (inout NeuPIMsSpec) -> Void)] = [
      ("traffic", { $0.npu.traffic = .complete }),
      ("dataflow", { $0.npu.dataflow = .outputStationary }),
      ("arrays", { $0.npu.arrays = 4 }), ("hold", { $0.attention.rowHold = .held }),
      ("balance", { $0.attention.balance = .roundRobin }),
      ("barrier", { $0.attention.barrier = .request }), ("unit", { $0.attention.unit = .npu }),
      ("refresh", { $0.refresh = false }),
      ("tensor", { $0.parallel.tensor = 8 }), ("interleaves", { $0.attention.interleaves = true }),
    ]
    for (name, edit) in edits {
      let run = try Setup.run(layer, edit)
      #expect(
        run.makespan != base.makespan || run.stages != base.stages, "\(name) changes nothing")
    }
  }

  @Test func oneInstructionAClockDelaysTheChannelThatIsServedLast() throws {
    let layer = Setup.layer([Int](repeating: 500, count: 31) + [2000])
    func makespan(_ oneAClock: Bool) throws -> Duration {
      try Setup.run(layer) {
        $0.attention.balance = .roundRobin
        $0.attention.dispatchesOneAClock = oneAClock
      }.makespan
    }
    #expect(try makespan(true) > makespan(false))
  }

  @Test func withOneArrayPartialTilesAndPreloadsShow() throws {
    let layer = Setup.layer([64, 80])
    // Over three devices 12,288 columns stay whole tiles and 4,096 do not.
    func makespan(_ edit: (inout NeuPIMsSpec) -> Void) throws -> Duration {
      try Setup.run(layer) {
        $0.npu.arrays = 1
        $0.parallel.tensor = 3
        edit(&$0)
      }.makespan
    }
    let base = try makespan { _ in }
    #expect(try makespan { $0.npu.fullTiles = false } < base)
    #expect(try makespan { $0.npu.hidesPreload = false } > base)
  }

  @Test func maskedAppendsMoveABurstForEachElementOfTheValue() throws {
    let layer = Setup.layer([100, 200, 300])
    func written(_ append: KVAppend) throws -> Int {
      try Setup.run(layer) {
        $0.npu.traffic = .complete
        $0.attention.append = append
      }.traffic.written.count
    }
    // 3 tokens, 1024 elements a device, 64 bytes for each instead of 2, four devices.
    #expect(try written(.masked) - written(.staged) == 3 * 1024 * 62 * 4)
  }

  @Test func balancedChannelsAreNoSlowerThanRoundRobinAndOptimalNoSlowerThanGreedy() throws {
    let layer = Setup.layer(try Setup.lengths("256-rr"))
    func attention(_ balance: ChannelBalance) throws -> Int {
      try Setup.clocks(try Setup.run(layer) { $0.attention.balance = balance }, "attention")
    }
    let robin = try attention(.roundRobin)
    let greedy = try attention(.minLoad)
    #expect(Double(robin) / Double(greedy) > 1.2)
    #expect(try attention(.optimal) <= greedy * 102 / 100)
  }

  @Test func aRunIsTheSameTwice() throws {
    let layer = Setup.layer(try Setup.lengths("64-minload"))
    let first = try Setup.run(layer) { $0.attention.interleaves = true }
    let second = try Setup.run(layer) { $0.attention.interleaves = true }
    #expect(first.makespan == second.makespan)
    #expect(first.pim == second.pim)
    #expect(first.operators == second.operators)
  }

  @Test func partsOfAttentionAreRefusedWithTheRemedy() throws {
    var layer = Setup.layer([64])
    layer[3].operation = .attention(
      Attention(heads: 32, kvHeads: 32, headDim: 128, part: .scores))
    let operators = layer
    let error = #expect(throws: SystemError.self) { try Setup.run(operators) }
    #expect(try #require(error).description.contains("--fuse attention"))
  }
}
