import Testing
import Units

@testable import DRAM

/// Where host bursts and rows of products go on the channels of a PIM memory.
@Suite struct PIMAddressTests {
  private func compiled(_ buffer: String = "dual") throws -> CompiledStandard {
    try CompiledStandard(try Repository.standard("hbm2-neupims-\(buffer)"))
  }

  private func channel(
    _ buffer: String = "dual", refreshes: Bool = false, hold: PIMDesign.RowHold = .held
  ) throws -> PIMChannel {
    var channel = try PIMChannel(
      try compiled(buffer), PIMConfiguration(rowHold: hold, refreshes: refreshes),
      firstPIMRow: 16384)
    channel.isLogging = true
    return channel
  }

  /// Every burst of every address by the mapping's own definition: row, bank, channel, column.
  @Test(arguments: [
    (0, 64), (0, 1), (960, 128), (1024, 1024), (31 * 1024 + 512, 2048), (7, 3_000_000),
    (123_456, 65_536), (32 * 1024 * 32 - 64, 128),
  ])
  func anAddressRangeTouchesTheBurstsOfItsBytes(offset: Int, length: Int) throws {
    let memory = try PIMMemory(try compiled(), PIMConfiguration(), channels: 32)
    var expected: [Int: [Int]] = [:]
    for burst in (offset / 64)...((offset + length - 1) / 64) {
      let page = burst / 16
      expected[page % 32, default: []].append(page / 32 * 16 + burst % 16)
    }
    var found: [Int: [Int]] = [:]
    for range in memory.ranges(of: Extent(offset: offset, length: length)) where range.count > 0 {
      #expect(found[range.channel] == nil)
      found[range.channel] = Array(range.first..<range.first + range.count)
    }
    #expect(found == expected)
  }

  @Test func aRangeOfRunsIsTakenRunByRun() {
    var stream = HostStream(columns: 16, banks: 4)
    stream.append(
      HostStream.Extent(first: 13, count: 12, isWrite: true, batch: 0, run: 5, stride: 32))
    stream.append(HostStream.Extent(first: 100, count: 2, isWrite: false, batch: 1))
    var pieces: [[Int]] = []
    while !stream.isEmpty {
      pieces.append([Int(stream.batch), stream.row, stream.bank, stream.countInRow])
      stream.drop(stream.countInRow)
    }
    // Bursts 13...17, 45...49, 77 and 78, then 100 and 101.
    #expect(
      pieces == [
        [0, 0, 0, 3], [0, 0, 1, 2], [0, 0, 2, 3], [0, 0, 3, 2], [0, 1, 0, 2], [1, 1, 2, 2],
      ])
  }

  @Test(arguments: ["dual", "single"])
  func productsOpenTheRowsOfTheirBlockAndLoadTheirOperandFromItsRow(buffer: String) throws {
    var channel = try channel(buffer)
    var block = PIMBlock(loadsOperand: true, rows: 3, products: 4, columns: 8)
    block.firstRow = 900
    block.rowStride = -7
    block.operandRow = 321
    _ = channel.addProducts([block])
    channel.run(until: .max, stop: .drained)
    let names = try compiled(buffer).standard.commands.map(\.name)
    func rows(_ name: String) -> [Int] {
      var rows: [Int] = []
      for record in channel.log
      where names[Int(record.command)] == name && rows.last != Int(record.row) {
        rows.append(Int(record.row))
      }
      return rows
    }
    #expect(rows("G_ACT") == [900, 893, 886])
    #expect(rows("HEADER") == [900, 893, 886])
    #expect(rows("GWRITE") == [321])
  }

  /// Equal programs at other rows take equal time; only which rows are opened differs.
  @Test func rowsInTurnAndRowsByAddressTakeTheSameTime() throws {
    func cycles(_ row: Int?) throws -> Int {
      var channel = try channel(hold: .released)
      var block = PIMBlock(loadsOperand: false, rows: 8, products: 4, columns: 8)
      block.firstRow = row
      _ = channel.addProducts([block])
      channel.run(until: .max, stop: .drained)
      return channel.blockDone[0] + 1
    }
    #expect(try cycles(nil) == 1557)
    #expect(try cycles(40) == 1557)
  }

  /// A host write to the row under the multipliers goes after them, and they open the row again to see it.
  @Test(arguments: [false, true])
  func aWriteToARowOfProductsIsNeitherLostNorUnseen(refreshes: Bool) throws {
    var channel = try channel(refreshes: refreshes)
    var block = PIMBlock(loadsOperand: false, rows: 1, products: 4, columns: 8)
    block.firstRow = 50
    _ = channel.addProducts([block])
    channel.run(until: 120)
    // Bank 3 of row 50.
    let batch = channel.addHost(first: (50 * 32 + 3) * 16, count: 1, isWrite: true)
    channel.run(until: 400)
    channel.drainWrites()
    channel.run(until: 1200)
    let left = channel.batches[batch].left
    #expect(left == 0)
    _ = channel.addProducts([block])
    channel.run(until: 3000)
    let isDrained = channel.isDrained
    #expect(isDrained)
    let names = try compiled().standard.commands.map(\.name)
    let log = channel.log
    let write = try #require(log.first { names[Int($0.command)] == "WR" })
    let products = log.filter { names[Int($0.command)] == "GEMV" }
    let openings = log.filter { names[Int($0.command)] == "G_ACT" }
    #expect(write.tick > products[3].tick)
    #expect(openings.contains { $0.tick > write.tick }, "the row was not opened again")
    #expect(products.count == 8)
  }

  @Test func fewWritesLeaveTheirQueueOnlyWhenTheyAreAskedTo() throws {
    var channel = try channel()
    let batch = channel.addHost(first: 0, count: 3, isWrite: true)
    channel.run(until: 500)
    let waiting = channel.batches[batch].left
    #expect(waiting == 3)
    channel.drainWrites()
    channel.run(until: 1000)
    let left = channel.batches[batch].left
    #expect(left == 0)
  }
}
