import DRAM
import Devices
import SimulationCore
import Systems
import Testing
import Units
import Workload

/// Laws that hold in any configuration.
@Suite struct NeuPIMsLawTests {
  private struct Case: CustomStringConvertible {
    var lengths: [Int]
    var buffer: String
    var spec: NeuPIMsSpec

    var description: String {
      "\(buffer) \(spec.attention) tensor \(spec.parallel.tensor) \(spec.npu.traffic) \(lengths)"
    }
  }

  private func random(_ generator: inout SeededGenerator) throws -> Case {
    func pick<Value: CaseIterable>(_: Value.Type) -> Value
    where Value.AllCases == [Value] {
      Value.allCases[Int.random(in: 0..<Value.allCases.count, using: &generator)]
    }
    let buffer = Bool.random(using: &generator) ? "dual" : "single"
    var spec = try NeuPIMsLayer.spec()
    spec.npu.traffic = pick(NPUTraffic.self)
    spec.npu.dataflow = Bool.random(using: &generator) ? .weightStationary : .outputStationary
    spec.npu.fullTiles = Bool.random(using: &generator)
    spec.npu.hidesPreload = Bool.random(using: &generator)
    spec.attention = PIMAttentionSpec(
      unit: pick(AttentionUnit.self), rowHold: pick(PIMDesign.RowHold.self),
      balance: pick(ChannelBalance.self), mapping: pick(KVMapping.self),
      interleaves: Bool.random(using: &generator), split: pick(SubBatchSplit.self),
      barrier: pick(AttentionBarrier.self), append: pick(KVAppend.self),
      dispatchesOneAClock: Bool.random(using: &generator))
    spec.parallel.tensor = [4, 8, 16].randomElement(using: &generator) ?? 4
    spec.refresh = Bool.random(using: &generator)
    let lengths = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
      Int.random(in: 1...900, using: &generator)
    }
    return Case(lengths: lengths, buffer: buffer, spec: spec)
  }

  private func run(_ layer: [Operator], _ test: Case) throws -> SystemRun {
    try NeuPIMsLayer.run(layer, buffer: test.buffer) { $0 = test.spec }
  }

  /// Operations at the peak of the arrays, and weights at the peak of the buses, by arithmetic of its own.
  private func independentBound(_ op: Operator, _ spec: NeuPIMsSpec) -> Double {
    let tensor = Double(spec.parallel.tensor)
    switch op.operation {
    case .gemm(let product):
      let macs = Double(product.m * product.k * product.n) / tensor
      let weights = Double(product.k * product.n * 2) / tensor
      return max(macs / (128 * 128 * 8), weights / (32 * 32))
    default: return 0
    }
  }

  @Test func noOperatorBeatsItsBoundAndCausesSum() throws {
    var generator = SeededGenerator(seed: 71)
    for _ in 0..<12 {
      let test = try random(&generator)
      let layer = NeuPIMsLayer.layer(test.lengths)
      let result = try run(layer, test)
      #expect(result.causes.total == result.makespan, "\(test)")
      let bound = try #require(result.bound)
      #expect(bound <= result.makespan && bound > .zero, "\(test)")
      for record in result.operators {
        let least = try #require(record.bound)
        let time = record.end - record.start
        #expect(least <= time, "\(record.name) \(least) \(time): \(test)")
        #expect(try #require(record.causes).total == time, "\(record.name): \(test)")
      }
      // Sub-batches are two records of an operator that load the weights each.
      for op in layer {
        let records = result.operators.filter { $0.id == op.id }
        let clocks = records.reduce(0) { $0 + ($1.end - $1.start).picoseconds / 1000 }
        #expect(Double(clocks) >= independentBound(op, test.spec), "\(op.name): \(test)")
      }
    }
  }

  /// Products of attention are those of the batch, whatever the order, the balance and the sub-batches.
  @Test func productsAreThoseOfTheBatchInEveryConfiguration() throws {
    var generator = SeededGenerator(seed: 72)
    for _ in 0..<16 {
      var test = try random(&generator)
      test.spec.attention.unit = .pim
      test.spec.attention.mapping = .request
      let result = try run([NeuPIMsLayer.layer(test.lengths)[3]], test)
      let heads = 32 / test.spec.parallel.tensor
      let parts = (heads + 3) / 4
      let tokens = test.lengths.map { test.spec.npu.traffic == .complete ? $0 + 1 : $0 }
      let keys = tokens.reduce(0) { $0 + ($1 + 31) / 32 * heads * 8 }
      let values = tokens.reduce(0) { sum, length in
        sum + heads * 4 * ((length / 512) * 32 + (length % 512 + 15) / 16)
      }
      let activity = try #require(result.pim)
      #expect(activity.columnSteps == (keys + values) * test.spec.parallel.tensor, "\(test)")
      let rows = tokens.reduce(0) { sum, length in
        sum + parts * ((length + 31) / 32) + heads * 4 * ((length + 511) / 512)
      }
      let headers = activity.count(of: "HEADER")
      #expect(headers == rows * test.spec.parallel.tensor, "\(test)")
      // Each row opens all 32 banks; a refresh that comes between opens some of them again.
      let opened = try #require(activity.rowsOpened).pim
      #expect(opened >= 32 * headers, "\(test)")
      if !test.spec.refresh { #expect(opened == 32 * headers, "\(test)") }
    }
  }

  /// Bytes over the pins are those that the devices asked for, in whole bursts; energy counts the same commands.
  @Test func commandsAreThoseOfTheTrafficAndOfTheEnergy() throws {
    var generator = SeededGenerator(seed: 73)
    for _ in 0..<8 {
      let test = try random(&generator)
      let result = try run(NeuPIMsLayer.layer(test.lengths), test)
      let activity = try #require(result.pim)
      let external = try #require(activity.externalTraffic)
      #expect(external.read.count >= result.traffic.read.count, "\(test)")
      #expect(external.read.count * 10 <= result.traffic.read.count * 11, "\(test)")
      // Writes of the last operators may be in the queues yet.
      #expect(external.written.count <= result.traffic.written.count * 3, "\(test)")
      let counts = Dictionary(
        uniqueKeysWithValues: activity.energy.map { ($0.name, $0.count) })
      for (term, command) in [
        ("activate", "ACT"), ("refresh", "REFab"), ("read", "RD"), ("write", "WR"),
        ("pim_activate", "G_ACT"), ("pim_load", "GWRITE"),
      ] {
        #expect(counts[term] == activity.count(of: command), "\(term): \(test)")
      }
      #expect(counts["pim_compute"] == activity.columnSteps)
    }
  }

  /// More work never takes less time: a longer request, one more request.
  @Test func attentionGrowsWithItsWork() throws {
    var generator = SeededGenerator(seed: 74)
    for _ in 0..<8 {
      var test = try random(&generator)
      test.spec.attention.unit = .pim
      test.spec.attention.interleaves = false
      test.spec.attention.balance = .roundRobin
      test.spec.attention.mapping = .request
      func clocks(_ lengths: [Int]) throws -> Int {
        try run([NeuPIMsLayer.layer(lengths)[3]], test).makespan.picoseconds / 1000
      }
      let base = try clocks(test.lengths)
      var longer = test.lengths
      longer[0] += 512
      // A refresh may fall otherwise: one of them, and the row that waits for it.
      #expect(try clocks(longer) + 600 >= base, "\(test)")
      #expect(try clocks(test.lengths + [300]) + 600 >= base, "\(test)")
    }
  }
}
