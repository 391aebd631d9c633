import DRAM
import Devices
import SimulationCore
import Testing
import Units
import Workload

@testable import Systems

/// Weights that are loaded before their operators run, also while attention runs.
@Suite struct NeuPIMsPrefetchTests {
  private func layers(_ lengths: [Int]) -> [Operator] {
    (0..<2).flatMap { NeuPIMsLayer.layer(lengths, number: $0, firstID: 11 * $0) }
  }

  private func run(
    _ operators: [Operator], _ prefetch: Bool, buffer: String = "dual",
    _ edit: (inout NeuPIMsSpec) -> Void = { _ in }
  ) throws -> SystemRun {
    try NeuPIMsLayer.run(operators, buffer: buffer) {
      $0.npu.traffic = .complete
      $0.parallel.tensor = 16
      edit(&$0)
      $0.npu.prefetch = prefetch
    }
  }

  private func clocks(_ run: SystemRun, _ name: String) -> Int {
    run.operators.filter { $0.name.hasPrefix(name) }.reduce(0) {
      $0 + ($1.end - $1.start).picoseconds / 1000
    }
  }

  private func weights(_ run: SystemRun) -> Int {
    run.pim?.hostTraffic.first { $0.kind == .weights }?.read ?? 0
  }

  /// Every lane of attention, with and without sub-batches and limits of the DMA: the same work, no later.
  @Test func weightsAreLoadedOnceWhateverRunsMeanwhile() throws {
    let operators = layers([300, 40, 120, 77, 260, 9])
    let edits: [(String, String, (inout NeuPIMsSpec) -> Void)] = [
      ("plain", "dual", { _ in }), ("blocked", "single", { _ in }),
      ("interleaved", "dual", { $0.attention.interleaves = true }),
      ("npu", "dual", { $0.attention.unit = .npu }),
      (
        "dma", "dual",
        { $0.npu.dma = DMASpec(burst: ByteCount(1024), outstanding: 128, ports: 2) }
      ),
    ]
    for (name, buffer, edit) in edits {
      let without = try run(operators, false, buffer: buffer, edit)
      let with = try run(operators, true, buffer: buffer, edit)
      #expect(with.makespan < without.makespan, "\(name)")
      #expect(with.traffic == without.traffic, "\(name)")
      #expect(with.pim?.hostTraffic == without.pim?.hostTraffic, "\(name)")
      #expect(with.pim?.columnSteps == without.pim?.columnSteps, "\(name)")
      #expect(with.pim?.instructions == without.pim?.instructions, "\(name)")
      #expect(with.causes.total == with.makespan, "\(name)")
      #expect(try #require(with.bound) <= with.makespan, "\(name)")
      for record in with.operators {
        let time = record.end - record.start
        #expect(try #require(record.bound) <= time, "\(name) \(record.name)")
        #expect(record.causes?.total == time, "\(name) \(record.name)")
      }
    }
  }

  /// 2048 tokens take attention longer than the weights of a layer need, and those fit half the scratchpad.
  @Test func weightsOfTheNextStageComeWhileAttentionRuns() throws {
    let operators = NeuPIMsLayer.layer([2000])
    let without = try run(operators, false)
    let with = try run(operators, true)
    // 256 by 4096 weights of 2 bytes take all buses 2048 clocks, the arrays 2 preloads and 62 passes of 16 clocks.
    #expect(clocks(without, "proj") > 2048 + 256)
    #expect(clocks(with, "proj") < 2048)
    #expect(clocks(with, "proj") >= 2 * (128 + 31 * 16))
  }

  /// Half a scratchpad of 1 MiB holds a quarter of the 2 MiB of `proj`: the rest is loaded when it runs.
  @Test func whatHalfTheScratchpadDoesNotHoldIsLoadedLater() throws {
    let operators = NeuPIMsLayer.layer([2000])
    func proj(_ kibibytes: Int) throws -> Int {
      let result = try run(operators, true) { $0.npu.scratchpad = ByteCount(kibibytes * 1024) }
      return clocks(result, "proj")
    }
    let bytes = 4096 * 256 * 2
    let small = try proj(1024)
    #expect(small >= (bytes - 512 * 1024) / 1024)
    #expect(try proj(134_218) < small)
  }

  /// Layer after layer the queue forgets what arrived: numbers go on.
  @Test func loadsAreFoundByTheirNumberAfterEarlierOnesAreForgotten() throws {
    let memory = try PIMMemory(
      CompiledStandard(try NeuPIMsLayer.memory("dual")),
      PIMConfiguration(rowHold: .held, refreshes: false, ideal: []), channels: 32)
    var port = TrafficPort(striped: BurstPlacer(burstBytes: memory.burstBytes, count: 1 << 20))
    var queue = LoadQueue(dma: nil)
    var arrivals: [Int] = []
    for number in 0..<6 {
      let load = queue.add(NPUPiece(.weights, bytes: 4096), nil, memory, &port)
      #expect(load == number)
      memory.advance(to: memory.clock + 400)
      arrivals.append(try #require(queue.arrival(load, memory)))
      if number == 3 { queue.forget(before: 3) }
      if number >= 3 { #expect(queue.arrival(3, memory) == arrivals[3]) }
    }
    #expect(arrivals == arrivals.sorted() && Set(arrivals).count == 6)
    queue.reset()
    #expect(queue.add(NPUPiece(.weights, bytes: 64), nil, memory, &port) == 6)
  }
}
