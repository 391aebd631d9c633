import Testing
import Yams

@testable import DRAM

private func design(_ level: String) throws -> AttentionDesign {
  try YAMLDecoder().decode(
    AttentionDesign.self, from: try Repository.text("configs/devices/attacc-\(level).yaml"))
}

private func stack(_ level: String, limitsPower: Bool = true) throws -> AttentionStack {
  try AttentionStack(
    try Repository.standard("hbm3-5.2-attacc"), design: design(level), limitsPower: limitsPower)
}

@Suite struct AttentionStackTests {
  /// Validation cases V20 and V21: the trace in the README of AttAcc's simulator.
  @Test func theReferenceTraceTakesItsClocksAndCommands() throws {
    let result = try stack("bank").run(StackAttentionShape(heads: 64, length: 2048))
    #expect(abs(Double(result.clocks) - 16_161) <= 0.03 * 16_161)
    #expect(result.commands["MACAB"] == 32_784)
    #expect(result.commands["SFM"] == 64)
    #expect(result.commands["MVGB"] == 4096)
    #expect(result.commands["MVSB"] == 5120)
    #expect(result.commands["WRGB"] == 512)
  }

  @Test func otherLevelsSendMoreProducts() throws {
    let shape = StackAttentionShape(heads: 64, length: 2048)
    #expect(try stack("bankgroup").run(shape).commands["MACSB"] == 131_088)
    #expect(try stack("buffer").run(shape).commands["MACPB"] == 1_048_592)
  }

  /// The reference counts 42 barriers a channel: 21 for each pair of heads.
  @Test func aPairOfHeadsHasTwentyOneBarriers() throws {
    let placement = try AttentionPlacement(
      design("bank"), Repository.standard("hbm3-5.2-attacc"),
      StackAttentionShape(heads: 64, length: 2048))
    // The last context moves after the last barrier.
    #expect(AttentionProgram(heads: 4, layout: placement).stages.count - 1 == 42)
  }

  /// Products: ceil(L/16) ceil(d/64) for scores and as many for the context, and one dummy a channel.
  @Test(arguments: [
    (1, 2048, 128), (7, 1000, 128), (16, 16, 64), (33, 77, 64), (40, 513, 256), (5, 1, 1),
  ])
  func productsFollowTheMapping(heads: Int, length: Int, dimension: Int) throws {
    let shape = StackAttentionShape(heads: heads, length: length, headDimension: dimension)
    let each = 2 * ((length + 15) / 16) * ((dimension + 63) / 64)
    for (level, command, factor) in [
      ("bank", "MACAB", 1), ("bankgroup", "MACSB", 4), ("buffer", "MACPB", 32),
    ] {
      let result = try stack(level).run(shape)
      #expect(result.commands[command] == factor * each * heads + 16)
      #expect(result.commands["SFM"] == heads)
    }
  }

  /// Without refresh a channel takes at least its products and row switches one after the other.
  @Test func rowsOfAllBankProductsFollowTheClosedForm() throws {
    let result = try stack("bank").run(
      StackAttentionShape(heads: 64, length: 2048), refreshes: false)
    // 64 rows a channel: 31 distances of 6 and a switch of RTPL + RP + RCD.
    let rows = 64 * (31 * 6 + 8 + 19 + 19)
    #expect(result.clocks >= rows)
    #expect(result.clocks < rows + 100)
    #expect(result.commands["ACTAB"] == 16 * 64)
  }

  @Test func thePowerLimitIsADistanceOfProducts() throws {
    let shape = StackAttentionShape(heads: 16, length: 4096)
    let limited = try stack("bank").run(shape, refreshes: false)
    let free = try stack("bank", limitsPower: false).run(shape, refreshes: false)
    // 1024 products in 32 rows: 31 distances a row shrink from 6 to 4 clocks.
    #expect(limited.clocks - free.clocks == 32 * 31 * 2)
    #expect(limited.commands == free.commands)
    let group = try stack("bankgroup").run(shape)
    #expect(try stack("bankgroup", limitsPower: false).run(shape).clocks < group.clocks)
  }

  @Test func refreshClosesRowsAndComesOnTime() throws {
    let shape = StackAttentionShape(heads: 64, length: 2048)
    for level in ["bank", "bankgroup", "buffer"] {
      let with = try stack(level).run(shape)
      let without = try stack(level).run(shape, refreshes: false)
      // Two ranks of two pseudo channels on 16 channels, once in 5070 clocks.
      #expect(with.commands["REFab"] == with.clocks / 5070 * 64)
      #expect(with.clocks >= without.clocks + with.clocks / 5070 * 338)
    }
  }

  @Test func theLogOfAChannelKeepsEveryDistance() throws {
    let standard = try Repository.standard("hbm3-5.2-attacc")
    let rules = try AttentionRules(CompiledStandard(standard), design("bank"))
    let placement = try AttentionPlacement(
      design("bank"), standard, StackAttentionShape(heads: 48, length: 1500))
    var channel = AttentionChannel(
      rules, AttentionProgram(heads: 3, layout: placement), refreshes: true, keepsCommands: true)
    _ = channel.run()
    #expect(channel.log.count > 1500)
    #expect(
      try ProtocolChecker(standard, checksRefresh: false).violations(in: channel.log).isEmpty)
  }

  @Test func wrongSizesAndDesignsAreRefused() throws {
    let error = #expect(throws: MemoryError.self) {
      try stack("bank").run(StackAttentionShape(heads: 64, length: 1 << 21))
    }
    #expect(error?.description.contains("rows") == true)
    #expect(throws: MemoryError.self) {
      try stack("bank").run(StackAttentionShape(heads: 0, length: 1))
    }
    var wrong = try design("bank")
    wrong.commands.product = "MACABB"
    let unknown = #expect(throws: MemoryError.self) {
      try AttentionStack(try Repository.standard("hbm3-5.2-attacc"), design: wrong)
    }
    #expect(unknown?.description.contains("MACAB") == true)
    wrong = try design("bank")
    wrong.tokenLevels = ["rank"]
    #expect(throws: MemoryError.self) {
      try AttentionStack(try Repository.standard("hbm3-5.2-attacc"), design: wrong)
    }
  }

  /// Every field of a design changes what happens.
  @Test func everyFieldOfADesignCounts() throws {
    let standard = try Repository.standard("hbm3-5.2-attacc")
    let shape = StackAttentionShape(heads: 40, length: 1100, headDimension: 128)
    let base = try design("bankgroup")
    let plain = try AttentionStack(standard, design: base).run(shape)
    let changes: [(String, (inout AttentionDesign) -> Void)] = [
      ("covers", { $0.covers["bank"] = 4 }),
      ("interleaved", { $0.interleaved = ["bank"] }),
      (
        "levels",
        {
          $0.tokenLevels = ["pseudo_channel", "rank", "bank"]
          $0.dimensionLevels = ["bank_group"]
        }
      ),
      ("lanes", { $0.lanes = 8 }),
      ("rows_per_barrier", { $0.rowsPerBarrier = 8 }),
      ("queue", { $0.queue = 1 }),
      ("move_covers", { $0.buffers.moveCovers = [] }),
      ("summed_levels", { $0.buffers.summedLevels = [] }),
    ]
    for (name, change) in changes {
      var design = base
      change(&design)
      #expect(try AttentionStack(standard, design: design).run(shape) != plain, "\(name)")
    }
  }
}
