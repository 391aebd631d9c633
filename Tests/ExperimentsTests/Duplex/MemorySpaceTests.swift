import DRAM
import Experiments
import SimulationCore
import Systems
import Testing
import Units
import Workload

private let coprocessing = [
  "schedule.coprocesses_experts=true", "schedule.coprocesses_attention=true",
]

@Suite struct MemorySpaceTests {
  /// Bytes by space are bytes by operator, whatever the machine and the model.
  @Test(arguments: ["duplex-paper", "duplex-paper-pe-et", "bankgroup-pim-code", "hetero-code"])
  func bytesBySpaceAreBytesByOperator(preset: String) throws {
    for (model, batch, context, prompt) in [
      ("mixtral-8x7b", 32, 2145, 0), ("mixtral-8x7b", 7, 33, 500), ("opt-66b", 3, 17, 0),
      ("glam-143b", 5, 100, 60),
    ] {
      let run = try HybridStage.run(
        try HybridStage.system(preset),
        try HybridStage.operators(model, batch: batch, context: context, prompt: prompt),
        fidelity: .analytic)
      #expect(run.memorySpaces.count == 4)
      #expect(
        run.memorySpaces.reduce(0) { $0 + $1.xpuTraffic.count } == run.traffic.total.count)
      #expect(
        run.memorySpaces.reduce(0) { $0 + $1.pimTraffic.count }
          == run.pim?.internalTraffic.total.count)
      #expect(run.spaceOverflow == nil)
    }
  }

  @Test func machinesWithoutBundlesHaveNoSpaces() throws {
    for preset in ["gpu-paper", "bank-pim-paper"] {
      let run = try HybridStage.run(
        try HybridStage.system(preset),
        try HybridStage.operators("mixtral-8x7b", batch: 2, context: 20), fidelity: .analytic)
      #expect(run.memorySpaces.isEmpty)
      #expect(run.placements.allSatisfy { $0.layout == .interleaved })
    }
  }

  /// Two experts of a device and layer lie in different ranks; two layers fill all four spaces alike.
  @Test func expertsAreDealtRoundRobinRanksFirst() throws {
    let run = try HybridStage.run(
      try HybridStage.system("duplex-paper"),
      try HybridStage.operators("mixtral-8x7b", batch: 4, context: 20), fidelity: .analytic)
    let expert = 3 * 4096 * 14336 * 2
    #expect(run.memorySpaces.allSatisfy { $0.experts.count == expert })
    let places = run.placements.filter { $0.name.contains("expert") }
    let first = try #require(places.first)
    let pair = places.filter { $0.tensor == first.tensor }.compactMap(\.space)
    #expect(pair.count == 2 && pair[0] / 2 != pair[1] / 2)
  }

  /// Decoding requests leave one space to prompts, whose keys and values wait there.
  @Test func keysOfDecodingRequestsLieInThreeSpaces() throws {
    let system = try HybridStage.system("duplex-paper")
    let run = try HybridStage.run(
      system, try HybridStage.operators("mixtral-8x7b", batch: 4, context: 300, prompt: 200),
      fidelity: .analytic)
    #expect(run.memorySpaces.count { $0.cache > .zero } == 3)
    let waiting = run.memorySpaces.filter { $0.prompts > .zero }
    #expect(waiting.count == 1 && waiting[0].cache == .zero)
    // 200 tokens, two of eight heads on each of four devices, keys and values of 128 in two bytes.
    #expect(waiting[0].prompts.count == 200 * 2 * 256 * 2)
    let all = try HybridStage.run(
      try HybridStage.system("duplex-paper", ["schedule.kv_spaces=4"]),
      try HybridStage.operators("mixtral-8x7b", batch: 4, context: 300), fidelity: .analytic)
    #expect(all.memorySpaces.allSatisfy { $0.cache > .zero })
  }

  @Test func placesDoNotOverlapAndLieInTheirSpace() throws {
    let system = try HybridStage.system("duplex-paper-pe-et")
    let run = try HybridStage.run(
      system, try HybridStage.operators("mixtral-8x7b", batch: 5, context: 77, prompt: 30),
      fidelity: .analytic)
    let capacity = run.memorySpaces[0].capacity.count
    for space in [nil, 0, 1, 2, 3] as [Int?] {
      let places = run.placements.filter { $0.space == space }.sorted { $0.address < $1.address }
      #expect(!places.isEmpty)
      for (one, next) in zip(places, places.dropFirst()) {
        #expect(one.address + one.bytes.count <= next.address)
      }
      if space != nil, let last = places.last {
        #expect(places[0].address >= 0 && last.address + last.bytes.count <= capacity)
      }
    }
    // What is placed is what the footprint counts, activations aside.
    let placed = run.placements.reduce(0) { $0 + $1.bytes.count } * system.spec.devices
    #expect(placed == run.footprint.weights.count + run.footprint.kv.count)
  }

  /// Enough memory in all, but not in the spaces of the cache: the space and the tensor are named.
  @Test func aSpaceThatIsFullIsNamedWithTheTensor() throws {
    let operators = try HybridStage.operators(
      "mixtral-8x7b", batch: 64, context: 4096, layers: 2)
    let overrides = ["device.stack.capacity=440 MB"]
    let system = try HybridStage.system("duplex-paper", overrides)
    let header = TraceHeader(model: "test", layers: 2, dtype: "f16", generator: "a test")
    func simulate(_ system: XPUPIMSystem, allows: Bool = false) throws -> SimulationResult {
      try Simulate(system: system, allowsOversubscription: allows).run(
        OperatorSequence(operators), header: header, trace: "test")
    }
    let forced = try simulate(system, allows: true)
    #expect(forced.run.footprint.total <= system.capacity)
    let overflow = try #require(forced.run.spaceOverflow)
    let error = #expect(throws: SimulationRefusal.self) { try simulate(system) }
    let text = try #require(error?.description)
    #expect(text.contains("memory space \(overflow.space)"))
    #expect(text.contains("tensor \(overflow.tensor)") && text.contains("kv_spaces"))
    // The same machine with all spaces for the cache has room.
    let mended = try HybridStage.system(
      "duplex-paper", overrides + ["schedule.kv_spaces=4"])
    #expect(try simulate(mended).run.spaceOverflow == nil)
  }

  @Test func spacesOfTheCacheAreChecked() throws {
    let error = #expect(throws: SystemError.self) {
      try HybridStage.run(
        try HybridStage.system("duplex-paper", ["schedule.kv_spaces=5"]),
        try HybridStage.operators("mixtral-8x7b", batch: 1, context: 1), fidelity: .analytic)
    }
    #expect(error?.description.contains("kv_spaces") == true)
  }

  /// The layout decides what conflicts cost: experts that share spaces wait, experts of two ranks do not.
  @Test func conflictsFollowThePlaces() throws {
    let operators = try HybridStage.operators("mixtral-8x7b", batch: 96, context: 64)
    func queue(_ overrides: [String]) throws -> Duration {
      try HybridStage.run(
        try HybridStage.system("duplex-paper", coprocessing + overrides), operators
      ).causes[.queue]
    }
    // Two experts a device, in two ranks.
    #expect(try queue([]) == .zero)
    // One space for all; the rules would move all experts of a space together.
    let shared = ["schedule.memory_spaces=1", "schedule.expert_split=optimal"]
    #expect(try queue(shared) > .zero)
    #expect(try queue(shared + ["command_level.charges_conflicts=false"]) == .zero)
  }

  /// Three tokens an expert: most go to Bank-PIM, some to the xPU, and both are bound by memory.
  private static let bankPIM =
    coprocessing + ["schedule.divides_experts_in_node=true", "schedule.expert_split=optimal"]

  private static func bankTime(_ overrides: [String] = []) throws -> Duration {
    try HybridStage.run(
      try HybridStage.system("bank-pim-paper", bankPIM + overrides),
      try HybridStage.operators("mixtral-8x7b", batch: 12, context: 900)
    ).makespan
  }

  /// Commands of Bank-PIM take all banks: whoever works beside it waits.
  @Test func bankPIMConflictsAreChargedAndMeasured() throws {
    #expect(try Self.bankTime() > Self.bankTime(["command_level.charges_conflicts=false"]))
    let measured = try ConflictExperiment(
      design: "bank-pim", hostBytes: ByteCount(10 << 20), pimBytes: ByteCount(60 << 20)
    ).run()
    #expect(measured.hostSlowdown > 1.2 && measured.pimSlowdown > 1.2)
    #expect(measured.together.commands["ABRD"] == 384)
    #expect(measured.together.commands["RD"] == 2048)
  }

  @Test func priorityAndRefreshAreSwitches() throws {
    let base = try Self.bankTime()
    for priority in ["pim", "host"] {
      #expect(try Self.bankTime(["command_level.priority=\(priority)"]) != base, "\(priority)")
    }
    #expect(try Self.bankTime(["command_level.priority=oldest"]) == base)
    let operators = try HybridStage.operators("mixtral-8x7b", batch: 4, context: 900)
    func time(_ refresh: String) throws -> Duration {
      try HybridStage.run(
        try HybridStage.system("duplex-paper", ["command_level.pim_refresh=\(refresh)"]), operators
      ).makespan
    }
    #expect(try time("none") <= time("postponed"))
    #expect(try time("postponed") < time("first"))
  }
}
