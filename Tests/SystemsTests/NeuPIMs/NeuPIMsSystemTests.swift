import DRAM
import Devices
import Foundation
import SimulationCore
import Systems
import Testing
import Units
import Workload
import Yams

@Suite struct NeuPIMsSystemTests {
  /// Measured in the authors' full simulator: A 49,338, B 117,255, E 152,253 cycles.
  @Test func aLayerOf256RequestsTakesTheReferenceCyclesWithinFivePercent() throws {
    let run = try NeuPIMsLayer.run(NeuPIMsLayer.layer(try NeuPIMsLayer.lengths("256-minload")))
    for (name, wanted) in [("A", 49_338), ("B", 117_255), ("E", 152_253)] {
      let stage = try #require(run.stages.first { $0.name == name })
      let clocks = (stage.end - stage.start).picoseconds / 1000
      #expect(abs(clocks - wanted) * 20 <= wanted, "\(name): \(clocks), wanted \(wanted)")
    }
    #expect(run.causes.total == run.makespan)
  }

  /// Measured in the authors' full simulator with one request of 512 tokens.
  @Test func oneRequestTakesTheReferenceCyclesWithinFivePercent() throws {
    let run = try NeuPIMsLayer.run(NeuPIMsLayer.layer([512]))
    for (name, wanted) in [("qkv", 27_275), ("attention", 15_964)] {
      let clocks = try NeuPIMsLayer.clocks(run, name)
      #expect(abs(clocks - wanted) * 20 <= wanted, "\(name): \(clocks), wanted \(wanted)")
    }
  }

  @Test func subBatchesDoTheSamePIMWorkAsOneBatch() throws {
    let lengths = Array(try NeuPIMsLayer.lengths("64-minload").prefix(40))
    let plain = try NeuPIMsLayer.run(NeuPIMsLayer.layer(lengths))
    let halves = try NeuPIMsLayer.run(NeuPIMsLayer.layer(lengths)) {
      $0.attention.interleaves = true
    }
    #expect(plain.pim?.columnSteps == halves.pim?.columnSteps)
    #expect(plain.pim?.internalTraffic == halves.pim?.internalTraffic)
    #expect(halves.stages.map(\.name).filter { $0.count == 1 } == ["A", "B", "E", "F"])
    #expect(halves.causes.total == halves.makespan)
  }

  @Test func everySwitchChangesWhatIsSeen() throws {
    let lengths = Array(try NeuPIMsLayer.lengths("64-rr").prefix(40))
    let layer = NeuPIMsLayer.layer(lengths)
    let base = try NeuPIMsLayer.run(layer)
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
      let run = try NeuPIMsLayer.run(layer, edit)
      #expect(
        run.makespan != base.makespan || run.stages != base.stages, "\(name) changes nothing")
    }
  }

  @Test func oneInstructionAClockDelaysTheChannelThatIsServedLast() throws {
    let layer = NeuPIMsLayer.layer([Int](repeating: 500, count: 31) + [2000])
    func makespan(_ oneAClock: Bool) throws -> Duration {
      try NeuPIMsLayer.run(layer) {
        $0.attention.balance = .roundRobin
        $0.attention.dispatchesOneAClock = oneAClock
      }.makespan
    }
    #expect(try makespan(true) > makespan(false))
  }

  @Test func withOneArrayPartialTilesAndPreloadsShow() throws {
    var layer = NeuPIMsLayer.layer([64, 80])
    // Over four devices 12,288 columns stay whole tiles and 16,640 do not.
    layer[7].operation = .gemm(MatrixProduct(m: 2, k: 4096, n: 16_640))
    layer[8].operation = .activation(Activation(rows: 2, columns: 16_640, function: .gelu))
    layer[9].operation = .gemm(MatrixProduct(m: 2, k: 16_640, n: 4096))
    let operators = layer
    func makespan(_ edit: (inout NeuPIMsSpec) -> Void) throws -> Duration {
      try NeuPIMsLayer.run(operators) {
        $0.npu.arrays = 1
        edit(&$0)
      }.makespan
    }
    let base = try makespan { _ in }
    #expect(try makespan { $0.npu.fullTiles = false } < base)
    #expect(try makespan { $0.npu.hidesPreload = false } > base)
  }

  @Test func maskedAppendsMoveABurstForEachElementOfTheValue() throws {
    let layer = NeuPIMsLayer.layer([100, 200, 300])
    func written(_ append: KVAppend, _ kind: HostTrafficKind) throws -> Int? {
      try NeuPIMsLayer.run(layer) {
        $0.npu.traffic = .complete
        $0.attention.append = append
      }.pim?.hostTraffic.first { $0.kind == kind }?.written
    }
    // 3 tokens, 1024 elements a device, 64 bytes for each or 2 in one piece, four devices.
    #expect(try written(.masked, .valueAppends) == 3 * 1024 * 64 * 4)
    #expect(try written(.staged, .stagedValues) == 3 * 1024 * 2 * 4)
  }

  @Test func balancedChannelsAreNoSlowerThanRoundRobinAndOptimalNoSlowerThanGreedy() throws {
    let layer = NeuPIMsLayer.layer(try NeuPIMsLayer.lengths("256-rr"))
    func attention(_ balance: ChannelBalance) throws -> Int {
      try NeuPIMsLayer.clocks(
        try NeuPIMsLayer.run(layer) { $0.attention.balance = balance }, "attention")
    }
    let robin = try attention(.roundRobin)
    let greedy = try attention(.minLoad)
    #expect(Double(robin) / Double(greedy) > 1.2)
    #expect(try attention(.optimal) <= greedy * 102 / 100)
  }

  @Test func aRunIsTheSameTwice() throws {
    let layer = NeuPIMsLayer.layer(try NeuPIMsLayer.lengths("64-minload"))
    let first = try NeuPIMsLayer.run(layer) { $0.attention.interleaves = true }
    let second = try NeuPIMsLayer.run(layer) { $0.attention.interleaves = true }
    #expect(first.makespan == second.makespan)
    #expect(first.pim == second.pim)
    #expect(first.operators == second.operators)
  }

  /// What cannot be cut evenly is refused with the figure of the model and what would divide it.
  @Test func devicesThatDoNotDivideTheModelAreRefused() throws {
    func refusal(
      _ tensor: Int, _ index: Int, _ operation: Workload.Operation
    ) throws -> String {
      var layer = NeuPIMsLayer.layer([64])
      layer[index].operation = operation
      let operators = layer
      let error = #expect(throws: SystemError.self) {
        try NeuPIMsLayer.run(operators) { $0.parallel.tensor = tensor }
      }
      let text = try #require(error).description
      #expect(text.hasPrefix("parallel.tensor (\(tensor)) ") && !text.contains("\n"), "\(text)")
      return text
    }
    let heads = Attention(heads: 30, kvHeads: 30, headDim: 128)
    #expect(
      try refusal(4, 3, .attention(heads)).hasSuffix(
        "does not divide the 30 attention heads of operator 3 ('attention'); use 3 or 5"))
    let few = Attention(heads: 32, kvHeads: 2, headDim: 128)
    #expect(
      try refusal(4, 3, .attention(few)).contains("exceeds the 2 key and value heads"))
    #expect(try refusal(4, 3, .attention(few)).hasSuffix("use 2"))
    let uneven = Attention(heads: 32, kvHeads: 6, headDim: 128)
    #expect(
      try refusal(4, 3, .attention(uneven)).contains("the 6 key and value heads"))
    #expect(
      try refusal(8, 1, .gemm(MatrixProduct(m: 1, k: 4096, n: 12_284))).contains(
        "the 12284 columns of operator 1 ('qkv'); use 4 or 37"))
    #expect(
      try refusal(4, 4, .gemm(MatrixProduct(m: 1, k: 4098, n: 4096))).contains(
        "the 4098 rows of operator 4 ('proj')"))
  }

  @Test func partsOfAttentionAreRefusedWithTheRemedy() throws {
    var layer = NeuPIMsLayer.layer([64])
    layer[3].operation = .attention(
      Attention(heads: 32, kvHeads: 32, headDim: 128, part: .scores))
    let operators = layer
    let error = #expect(throws: SystemError.self) { try NeuPIMsLayer.run(operators) }
    #expect(try #require(error).description.contains("--fuse attention"))
  }
}
