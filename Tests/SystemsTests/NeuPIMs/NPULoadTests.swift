import DRAM
import Devices
import SimulationCore
import Testing
import Units

@testable import Systems

/// The NPU's loads: DMA limits, prefetch, scratchpad parts, on-chip bandwidth.
@Suite struct NPULoadTests {
  private func layer(_ edit: (inout NeuPIMsSpec) -> Void) throws -> SystemRun {
    try NeuPIMsLayer.run(NeuPIMsLayer.layer([64, 80])) {
      $0.npu.traffic = .complete
      $0.parallel.tensor = 32
      edit(&$0)
    }
  }

  /// Weights of fc1, 4096×512 elements of 2 bytes, in requests of `burst` bytes: no faster than the ports send them.
  @Test(arguments: [(64, 1), (64, 4), (256, 1)])
  func portsBoundTheBytesOfAClock(burst: Int, ports: Int) throws {
    let run = try layer {
      $0.npu.dma = DMASpec(burst: ByteCount(burst), outstanding: 1 << 20, ports: ports)
    }
    let bytes = 4096 * 512 * 2
    let found = try NeuPIMsLayer.clocks(run, "fc1")
    #expect(found >= bytes / (burst * ports))
    // Ports are the limit here: 1024 bytes a clock come from memory.
    #expect(found <= bytes / (burst * ports) * 105 / 100 + 1000)
  }

  /// Little's law: what is on the way over the time that it takes is a bound of the rate.
  @Test func outstandingRequestsBoundTheRate() throws {
    func fc1(_ outstanding: Int) throws -> Int {
      try NeuPIMsLayer.clocks(
        try layer {
          $0.npu.dma = DMASpec(burst: ByteCount(1024), outstanding: outstanding, ports: 64)
        }, "fc1")
    }
    let bytes = 4096 * 512 * 2
    let few = try fc1(8)
    // Idle latency is at least tRCD + CL + burst = 30 clocks.
    #expect(few >= bytes / (8 * 1024) * 30)
    let more = try fc1(16)
    #expect(more < few * 6 / 10)
    let many = try fc1(1 << 16)
    let free = try NeuPIMsLayer.clocks(try layer { _ in }, "fc1")
    #expect(abs(many - free) * 50 <= free)
  }

  /// What is on the way is counted at every clock, however long turns are: a request is sent when one has come.
  @Test(arguments: [(4, 64), (16, 2)])
  func turnsDoNotSlowADMADown(outstanding: Int, ports: Int) throws {
    func fc1(_ turn: Int) throws -> Int {
      let result = try layer {
        $0.npu.dma = DMASpec(burst: ByteCount(1024), outstanding: outstanding, ports: ports)
        $0.refresh = false
        $0.turn = turn
      }
      return try NeuPIMsLayer.clocks(result, "fc1")
    }
    let exact = try fc1(1)
    for turn in [16, 64] {
      #expect(abs(try fc1(turn) - exact) * 200 <= exact, "turns of \(turn)")
    }
  }

  @Test func aDMAMovesTheSameBytes() throws {
    let free = try layer { _ in }
    let limited = try layer {
      $0.npu.dma = DMASpec(burst: ByteCount(192), outstanding: 64, ports: 2)
    }
    #expect(free.traffic == limited.traffic)
    #expect(limited.makespan > free.makespan)
    #expect(free.pim?.hostTraffic == limited.pim?.hostTraffic)
  }

  @Test func prefetchHidesLoadsOfWeightsAndMovesTheSameBytes() throws {
    let without = try layer { $0.npu.prefetch = false }
    let with = try layer { $0.npu.prefetch = true }
    #expect(with.makespan < without.makespan)
    #expect(with.traffic == without.traffic)
    #expect(with.pim?.hostTraffic == without.pim?.hostTraffic)
  }

  /// 256 tokens, 4096 of k and 512 of n do not fit 256 KiB: tokens are cut in two, and weights loaded twice.
  @Test func aSmallerScratchpadLoadsMoreAndWaitsMore() throws {
    func run(_ size: Int) throws -> SystemRun {
      try NeuPIMsLayer.run(NeuPIMsLayer.layer([Int](repeating: 30, count: 256))) {
        $0.npu.traffic = .complete
        $0.parallel.tensor = 32
        $0.npu.scratchpad = ByteCount(size * 1024)
      }
    }
    let (large, small) = (try run(134_218), try run(512))
    func weights(_ run: SystemRun) -> Int {
      run.pim?.hostTraffic.first { $0.kind == .weights }?.read ?? 0
    }
    #expect(weights(small) > weights(large) * 19 / 10)
    #expect(small.makespan > large.makespan)
  }

  /// A pass of a full tile takes 128/8 = 16 clocks and 128×128 weights of 2 bytes: 2048 bytes a clock keep up.
  @Test func onChipBandwidthStretchesPasses() throws {
    let lengths = [Int](repeating: 60, count: 256)
    func fc1(_ bytes: Int?) throws -> Int {
      try NeuPIMsLayer.clocks(
        try NeuPIMsLayer.run(NeuPIMsLayer.layer(lengths)) {
          $0.npu.onChipBytesPerClock = bytes
        }, "fc1")
    }
    let free = try fc1(nil)
    // The first pass of a stationary tile takes the tokens too, behind their preload.
    #expect(try fc1(4096) == free)
    let half = try fc1(1024)
    // 2 tiles of tokens and 32 of k: a preload after 128 clocks, a pass of 64 with the tokens, 30 of 32 to the last.
    let passes = 2 * 32 * (128 + 64 + 30 * 32)
    #expect(half >= passes)
    #expect(half <= passes * 115 / 100)
  }

  @Test func limitsThatMeanNothingAreRefusedByKey() throws {
    let edits: [(String, (inout NeuPIMsSpec) -> Void)] = [
      ("npu.dma.burst", { $0.npu.dma = DMASpec(burst: .zero, outstanding: 1, ports: 1) }),
      (
        "npu.dma.outstanding",
        { $0.npu.dma = DMASpec(burst: ByteCount(64), outstanding: 0, ports: 1) }
      ),
      ("npu.on_chip_bytes_per_clock", { $0.npu.onChipBytesPerClock = 0 }),
    ]
    for (key, edit) in edits {
      let error = #expect(throws: DeviceError.self) { try layer(edit) }
      #expect(try #require(error).description.contains(key))
    }
  }
}
