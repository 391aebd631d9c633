import Configuration
import DRAM
import Devices
import SimulationCore
import Systems
import Testing
import Units
import Workload

/// A small device on real DRAM: 1 TFLOPS in f16 and the given channels of a preset standard.
private func system(
  standard name: String = "hbm2-2000", channels: Int = 4, flops: Int = 1_000_000_000_000,
  tile: Int = 1 << 16, controller: ControllerConfiguration? = nil
) throws -> RooflineSystem {
  let standard = try PresetLibrary.load(name, kind: .memories).decode(MemoryStandard.self)
  return try RooflineSystem(
    spec: RooflineSystemSpec(
      name: "toy", source: "a test",
      clock: ClockSpec(name: "c", frequency: Frequency(hertz: 1_000_000_000)),
      device: RooflineDeviceSpec(
        matrixRate: ["f16": ComputeRate(flopsPerSecond: flops)], tile: ByteCount(tile)),
      memory: MemorySpec(
        capacity: ByteCount(1 << 28), bandwidth: Bandwidth(bytesPerSecond: 64_000_000_000),
        dram: CommandLevelMemorySpec(
          standard: name, channels: channels, controller: controller)),
      link: LinkSpec(bandwidth: Bandwidth(bytesPerSecond: 1_000_000_000), latency: .zero)),
    standard: standard)
}

private func run(
  _ system: RooflineSystem, _ operators: [Operator], ideal: Set<IdealLimit> = [],
  channels: ChannelMode = .all
) throws -> SystemRun {
  try system.run(
    OperatorSequence(operators),
    header: TraceHeader(model: "toy", dtype: "f16", generator: "a test"),
    options: RunOptions(fidelity: .cycle, ideal: ideal, channels: channels))
}

private func copy(_ id: Int, bytes: Int, address: Int = 0, to target: Int? = nil) -> Operator {
  func tensor(_ id: Int, _ address: Int) -> Tensor {
    Tensor(id: id, shape: [bytes], dtype: .i8, role: .activation, address: address)
  }
  return Operator(
    id: id, name: "copy\(id)", operation: .memoryMove(MemoryMove(function: .copy)),
    inputs: [tensor(2 * id, address)], outputs: target.map { [tensor(2 * id + 1, $0)] } ?? [])
}

@Suite struct CycleFidelityTests {
  @Test func aLongReadComesNearThePeakAndNeverBeatsTheBound() throws {
    let result = try run(system(), [copy(0, bytes: 1 << 22)])
    let bound = try #require(result.bound)
    #expect(result.makespan >= bound)
    // HBM2 with all-bank refresh reaches 90.2 % of its peak on a sequential stream.
    #expect(Double(bound.picoseconds) / Double(result.makespan.picoseconds) > 0.87)
    #expect(result.peakBandwidth?.bytesPerSecond == 4 * 16_000_000_000)
    #expect(result.memory?.bytesMoved == ByteCount(1 << 22))
  }

  @Test func arithmeticHidesTheLoadsOfAllButTheFirstTile() throws {
    // 2·64·1024·1024 operations at 10 GFLOPS last 13.4 ms; the loads together last 0.07 ms.
    let slow = try system(flops: 10_000_000_000)
    let gemm = try Operator.singleGEMM(m: 64, k: 1_024, n: 1_024, dtype: .f16)
    let result = try run(slow, [gemm])
    let arithmetic = Duration(picoseconds: 2 * 64 * 1_024 * 1_024 * 100)
    #expect(result.makespan > arithmetic)
    #expect(result.makespan.seconds < arithmetic.seconds * 1.001)
    // Whole ticks of the memory's clock, 1 ns each.
    #expect(result.causes[.compute] >= arithmetic)
    #expect(result.causes[.compute] < arithmetic + Duration(picoseconds: 1_000))
  }

  @Test func withoutOverlapOneTileLoadsThenComputesThenStores() throws {
    let gemm = try Operator.singleGEMM(m: 16, k: 64, n: 64, dtype: .f16)
    let one = try system(flops: 1_000_000_000, tile: 1 << 20)
    let result = try run(one, [gemm])
    let load = try run(
      one, [copy(0, bytes: 2 * (16 * 64), address: 0), copy(1, bytes: 8_192, address: 4_096)])
    let arithmetic = Duration(picoseconds: 2 * 16 * 64 * 64 * 1_000)
    #expect(result.makespan > arithmetic)
    // Load and store of 12 KiB take less than their two reads one after the other plus a store.
    #expect(result.makespan < arithmetic + load.makespan * 2)
  }

  @Test func causesSumBytesAreConservedAndTheBoundHoldsOnRandomTraces() throws {
    var generator = SeededGenerator(seed: 11)
    for round in 0..<12 {
      let channels = [1, 2, 3, 8][generator.next(below: 4)]
      let name = ["hbm2-2000", "ddr4-2400", "lpddr5-6400"][round % 3]
      let toy = try system(standard: name, channels: channels, tile: 4_096 << (round % 4))
      var operators: [Operator] = []
      for id in 0..<12 {
        if generator.next(below: 5) == 0 {
          var gemm = try Operator.singleGEMM(
            m: 1 + generator.next(below: 40), k: 16 + generator.next(below: 300),
            n: 16 + generator.next(below: 300), dtype: .f16)
          gemm.id = id
          operators.append(gemm)
        } else if generator.next(below: 8) == 0 {
          operators.append(
            Operator(
              id: id, name: "reduce",
              operation: .collective(
                Collective(
                  function: .allReduce, group: [0, 1], bytes: generator.next(below: 5_000)))))
        } else {
          operators.append(
            copy(
              id, bytes: 1 + generator.next(below: 100_000),
              address: generator.next(below: 1 << 24),
              to: generator.next(below: 2) == 0 ? nil : generator.next(below: 1 << 24)))
        }
      }
      // Bursts served equal bursts requested, and the bound holds: the run checks both itself.
      let result = try run(toy, operators)
      #expect(result.causes.total == result.makespan)
      let proven = try #require(result.bound)
      #expect(proven <= result.makespan)
      var bound = try #require(try toy.cycleBound())
      for op in operators { try bound.add(op) }
      #expect(bound.time == proven)
      let moved = try #require(result.memory).series.bytes.reduce(ByteCount.zero, +)
      #expect(moved == result.memory?.bytesMoved)
      let bytes = operators.reduce(ByteCount.zero) { $0 + $1.traffic.total }
      #expect(result.traffic.total == bytes)
      #expect(try #require(result.memory).bytesMoved >= ByteCount(0))
      #expect(try run(toy, operators).makespan == result.makespan)
      #expect(try run(toy, operators, channels: .symmetric).makespan == result.makespan)
    }
  }

  @Test(arguments: UInt64(0)..<24)
  func theBoundHoldsForRandomSystems(seed: UInt64) throws {
    var generator = SeededGenerator(seed: 900 + seed)
    let names = ["hbm2-2000", "ddr4-2400", "lpddr5-6400", "hbm3-6400", "hbm2-neupims", "hbm4-8000"]
    let name = names[generator.next(below: names.count)]
    var controller = ControllerConfiguration()
    controller.scheduler = generator.next(below: 4) == 0 ? .fcfs : .frfcfsRowHit
    if name != "lpddr5-6400" && generator.next(below: 3) == 0 { controller.scheduler = .bankQueues }
    controller.refresh = [.none, .allBank, .rankStaggered][generator.next(below: 3)]
    controller.refreshPostponement = generator.next(below: 9)
    controller.stepping = generator.next(below: 2) == 0 ? .skip : .coalesce
    controller.readQueue = 1 + generator.next(below: 64)
    for limit in MemoryStandard.Limit.allCases where generator.next(below: 3) == 0 {
      controller.ideal.insert(limit)
    }
    let toy = try system(
      standard: name, channels: 1 + generator.next(below: 9),
      flops: 1_000_000_000 << generator.next(below: 14), tile: 4_096 << generator.next(below: 8),
      controller: controller)
    var operators: [Operator] = []
    for id in 0..<(1 + generator.next(below: 10)) {
      var gemm = try Operator.singleGEMM(
        m: 1 + generator.next(below: 64), k: 1 + generator.next(below: 400),
        n: 1 + generator.next(below: 400), dtype: .f16)
      gemm.id = id
      operators.append(
        generator.next(below: 2) == 0
          ? gemm
          : copy(
            id, bytes: 1 + generator.next(below: 200_000), address: generator.next(below: 1 << 20),
            to: generator.next(below: 2) == 0 ? nil : generator.next(below: 1 << 20)))
    }
    let result = try run(toy, operators)
    #expect(try #require(result.bound) <= result.makespan)
    #expect(result.causes.total == result.makespan)
  }

  @Test func everyOperatorIsSplitByCause() throws {
    let toy = try system()
    var gemm = try Operator.singleGEMM(m: 64, k: 256, n: 256, dtype: .f16)
    gemm.id = 1
    let result = try toy.run(
      OperatorSequence([copy(0, bytes: 1 << 20), gemm]),
      header: TraceHeader(model: "toy", dtype: "f16", generator: "a test"),
      options: RunOptions(fidelity: .cycle, keepsOperators: true))
    var sum = CauseLedger()
    for record in result.operators {
      let causes = try #require(record.causes)
      #expect(causes.total == record.end - record.start)
      sum.add(causes)
    }
    #expect(sum.charges.map(\.duration) == result.causes.charges.map(\.duration))
    #expect(result.operators[0].causes?[.compute] == .zero)
  }

  @Test func removingRefreshSavesWhatRefreshWasCharged() throws {
    let operators = [copy(0, bytes: 1 << 23)]
    let real = try run(system(), operators)
    let ideal = try run(system(), operators, ideal: [.refresh])
    let saved = Double((real.makespan - ideal.makespan).picoseconds)
    let charged = Double(real.causes[.refresh].picoseconds)
    #expect(charged > 0 && ideal.causes[.refresh] == .zero)
    #expect(saved > 0.5 * charged && saved < 1.2 * charged)
  }

  @Test func steppingsGiveTheSameRun() throws {
    let operators = [copy(0, bytes: 300_000, to: 1 << 20), copy(1, bytes: 70_000, address: 12_345)]
    let spans = try Stepping.allCases.map { stepping in
      var controller = ControllerConfiguration()
      controller.stepping = stepping
      return try run(system(controller: controller), operators).makespan
    }
    #expect(Set(spans).count == 1)
  }

  @Test func aSystemWithoutMemoryStandardSaysSo() throws {
    let bare = try RooflineSystem(
      spec: RooflineSystemSpec(
        name: "bare", source: "a test",
        clock: ClockSpec(name: "c", frequency: Frequency(hertz: 1)),
        device: RooflineDeviceSpec(matrixRate: [:]),
        memory: MemorySpec(
          capacity: ByteCount(1), bandwidth: Bandwidth(bytesPerSecond: 1_000_000))))
    let error = #expect(throws: SystemError.self) { try run(bare, []) }
    #expect(error?.description.contains("memory.dram") == true)
  }

  @Test func keysAndAppendsLieWhereTheirSlotsAre() throws {
    // One request in slot 3 of a cache of 8 slots by 64 tokens: other slots are not touched, so a run
    // over the same bytes as a plain copy takes the same time.
    let cache = Tensor(id: 9, shape: [8, 64, 2, 64], dtype: .f16, role: .kv, address: 1 << 20)
    let attention = Operator(
      id: 0, name: "a", operation: .attention(Attention(heads: 4, kvHeads: 2, headDim: 64)),
      phase: .decode, requests: [RequestRun(first: 0, count: 1, query: 1, kv: 40, slot: 3)],
      inputs: [cache])
    let row = 2 * 64 * 2
    let same = copy(0, bytes: 40 * row, address: (1 << 20) + 3 * 64 * row)
    let fast = try system(flops: 1_000_000_000_000_000)
    #expect(try run(fast, [attention]).memory?.bytesMoved == run(fast, [same]).memory?.bytesMoved)
    #expect(try run(fast, [attention]).memory?.rowMisses == run(fast, [same]).memory?.rowMisses)
  }
}
