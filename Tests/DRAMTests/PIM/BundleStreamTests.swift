import DRAM
import Testing
import Units

private let allBanks = BundleDesign.Commands(
  activate: "ALLACT", read: "ALLRD", write: "ALLWR", precharge: "ALLPRE")
private let logicPIM = BundleDesign(
  name: "logic-pim", source: "a test", commands: allBanks, banks: 8)
private let bankPIM = BundleDesign(
  name: "bank-pim", source: "a test",
  commands: BundleDesign.Commands(
    activate: "ABACT", read: "ABRD", write: "ABWR", precharge: "ABPRE"), banks: 32)

private func stream(_ design: BundleDesign) throws -> BundleStream {
  try BundleStream(try Repository.standard("hbm3-5.2-duplex"), design: design)
}

@Suite struct BundleStreamTests {
  /// Measured with the authors' simulator (validation cases V5 and V7); the offset gives its rows.
  @Test(arguments: [
    (655_360, 0, 101, 1, 16), (5_242_880, 16, 709, 5, 128), (20_971_520, 16, 2725, 17, 512),
    (20_971_520, 0, 2685, 16, 512),
  ])
  func logicStreamsTakeTheMeasuredClocks(
    bytes: Int, column: Int, clocks: Int, rows: Int, reads: Int
  ) throws {
    let stream = try stream(logicPIM)
    let result = try stream.run(
      bytes: ByteCount(bytes), offset: ByteCount(column * stream.bytesPerCommand))
    #expect(result.clocks == clocks)
    #expect(result.commands["ALLACT"] == rows)
    #expect(result.commands["ALLRD"] == reads)
  }

  @Test(arguments: [
    (655_360, 0, 53, 1, 4), (5_242_880, 16, 205, 2, 32), (20_971_520, 16, 709, 5, 128),
  ])
  func bankStreamsTakeTheMeasuredClocks(
    bytes: Int, column: Int, clocks: Int, rows: Int, reads: Int
  ) throws {
    let stream = try stream(bankPIM)
    let result = try stream.run(
      bytes: ByteCount(bytes), offset: ByteCount(column * stream.bytesPerCommand))
    #expect(result.clocks == clocks)
    #expect(result.commands["ABACT"] == rows)
    #expect(result.commands["ABRD"] == reads)
  }

  /// 1 + RCD + (R - A) CCDL + (A - 1)(RTPS + RP + RCD) + CL + BL, while every row is open long enough
  /// for tRAS, which the closed form leaves out.
  @Test func streamsFollowTheClosedForm() throws {
    let stream = try stream(logicPIM)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let reads = 1 + generator.next(below: 700)
      let column = generator.next(below: 25)
      let rows = (column + reads + 31) / 32
      let result = try stream.run(
        bytes: ByteCount(reads * stream.bytesPerCommand),
        offset: ByteCount(column * stream.bytesPerCommand))
      let expected = 1 + 19 + (reads - rows) * 4 + (rows - 1) * (6 + 19 + 19) + 19 + 2
      #expect(result.clocks == expected)
      #expect(result.commands["ALLACT"] == rows)
      #expect(result.commands["ALLPRE"] ?? 0 == rows - 1)
    }
  }

  @Test func aShortFirstRowStaysOpenForRAS() throws {
    let stream = try stream(logicPIM)
    let result = try stream.run(
      bytes: ByteCount(33 * stream.bytesPerCommand),
      offset: ByteCount(31 * stream.bytesPerCommand))
    // ALLACT ends at 1, ALLPRE 45 later, ALLACT 19 after it, then 32 reads.
    #expect(result.clocks == 1 + 45 + 19 + 19 + 31 * 4 + 19 + 2)
  }

  @Test func peakIsFourAndSixteenTimesTheDevice() throws {
    // 3 328 GB/s at the pins.
    #expect(try stream(logicPIM).peakBandwidth().bytesPerSecond == 13_312_000_000_000)
    #expect(try stream(bankPIM).peakBandwidth().bytesPerSecond == 53_248_000_000_000)
  }

  @Test func refreshesFollowTheirIntervalAndMayBeOwedOnlySoFar() throws {
    let stream = try stream(logicPIM)
    let bytes = ByteCount(60_000 * stream.bytesPerCommand)
    let none = try stream.run(bytes: bytes)
    #expect(none.commands["REFab"] == nil)
    for policy in [BundleRefresh.first, .postponed] {
      let result = try stream.run(bytes: bytes, refresh: policy)
      let sent = result.commands["REFab"] ?? 0
      // Two ranks, each once in 5070 clocks.
      let due = 2 * result.clocks / 5070
      #expect(abs(due - sent - result.owedRefreshes) <= 2)
      #expect(result.owedRefreshes <= 9)
      #expect(result.clocks > none.clocks)
      #expect(result.commands["ALLRD"] == 60_000)
    }
    let first = try stream.run(bytes: bytes, refresh: .first)
    // A refresh of the streamed rank costs about 586 clocks of every 5070.
    let loss = Double(first.clocks - none.clocks) / Double(first.clocks)
    #expect(loss > 0.10 && loss < 0.14)
  }

  @Test func writesEndWithTheirOwnLatency() throws {
    let stream = try stream(logicPIM)
    let result = try stream.run(
      bytes: ByteCount(16 * stream.bytesPerCommand), isWrite: true)
    #expect(result.clocks == 1 + 19 + 15 * 4 + 6 + 2)
    #expect(result.commands["ALLWR"] == 16)
  }

  @Test func streamsOutsideTheMemoryAndUnknownCommandsAreRefused() throws {
    #expect(throws: MemoryError.self) { try stream(logicPIM).run(bytes: ByteCount(0)) }
    #expect(throws: MemoryError.self) { try stream(logicPIM).run(bytes: ByteCount(1 << 40)) }
    var odd = logicPIM
    odd.commands.read = "ALLREAD"
    let error = #expect(throws: MemoryError.self) { try stream(odd) }
    #expect(error?.description.contains("ALLRD") == true)
    var uneven = logicPIM
    uneven.banks = 7
    #expect(throws: MemoryError.self) { try stream(uneven) }
  }
}

@Suite struct BundleStreamRunTests {
  /// Column commands of an open row in one step, and each through the engine, are the same.
  @Test func runsOfColumnsAreExact() throws {
    var generator = SeededGenerator(seed: 11)
    for design in [logicPIM, bankPIM] {
      let stream = try stream(design)
      for _ in 0..<20 {
        let bytes = ByteCount((1 + generator.next(below: 300)) * stream.bytesPerCommand)
        let offset = ByteCount(generator.next(below: 64) * stream.bytesPerCommand)
        let isWrite = generator.next(below: 2) == 0
        let short = try stream.run(bytes: bytes, offset: offset, isWrite: isWrite, channels: 3)
        let long = try stream.run(
          bytes: bytes, offset: offset, isWrite: isWrite, channels: 1, sendsEach: true)
        #expect(short == long)
      }
    }
  }

  @Test func aMemoryMadeNewServesAsAFreshOne() throws {
    let standard = try Repository.standard("hbm3-5.2-duplex")
    var configuration = ControllerConfiguration()
    configuration.stepping = .coalesce
    configuration.refresh = .none
    func serve(_ memory: MemorySystem, _ bytes: Int) throws -> Int? {
      _ = try memory.enqueue(
        source: 0, isWrite: false, [Extent(offset: 0, length: bytes)], at: 0)
      return memory.nextCompletion()?.tick
    }
    for mode in ChannelMode.allCases {
      let kept = try MemorySystem(standard, configuration: configuration, mode: mode)
      for stripes in [3, 700, 64, 700] {
        kept.reset()
        let fresh = try MemorySystem(standard, configuration: configuration, mode: mode)
        #expect(try serve(kept, stripes * 5120) == serve(fresh, stripes * 5120))
      }
    }
  }
}
