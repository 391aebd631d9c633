import DRAM
import Foundation
import Testing
import Units

/// Rows of a CSV file of figures, by column name.
private func table(_ name: String) throws -> [[String: String]] {
  let lines = try Repository.text("Tests/ReferenceData/neupims/\(name).csv").split(separator: "\n")
  let header = try #require(lines.first).split(separator: ",").map(String.init)
  return lines.dropFirst().map { line in
    Dictionary(uniqueKeysWithValues: zip(header, line.split(separator: ",").map(String.init)))
  }
}

private func compiled(_ buffer: String) throws -> CompiledStandard {
  let standard = try Repository.standard("hbm2-neupims-\(buffer)")
  try standard.validate()
  return try CompiledStandard(standard)
}

@Suite struct PIMReferenceTests {
  @Test func rowsOfProductsTakeExactlyTheReferenceCycles() throws {
    let rows = try table("rows")
    #expect(rows.count == 27)
    for row in rows {
      let configuration = PIMConfiguration(
        rowHold: try #require(PIMDesign.RowHold(rawValue: try #require(row["variant"]))),
        refreshes: row["refresh"] == "on")
      let result = try runPIMRows(
        compiled(try #require(row["buffer"])), configuration,
        kind: try #require(PIMRowKind(rawValue: try #require(row["kind"]))),
        count: try #require(Int(try #require(row["count"]))),
        columns: try #require(Int(try #require(row["columns"]))))
      #expect(result.pimCycles == Int(try #require(row["cycles"])), "\(row)")
    }
  }

  @Test func attentionPhasesOfRequestListsTakeExactlyTheReferenceCycles() throws {
    for row in try table("phases") {
      let memory = try compiled(try #require(row["buffer"]))
      let list = try table("sharegpt-like-\(try #require(row["list"]))")
      let requests = try list.map {
        ChannelRequest(
          tokens: try #require(Int(try #require($0["seq_len"]))),
          channel: try #require(Int(try #require($0["ch_idx"]))))
      }
      let result = try runPIMAttention(
        memory, PIMConfiguration(rowHold: .released),
        layout: AttentionLayout(memory, heads: 8, headDimension: 128), requests: requests,
        channels: 32)
      #expect(result.keyPhaseCycles == Int(try #require(row["key"])))
      #expect(result.valuePhaseCycles == Int(try #require(row["value"])))
      #expect(result.keyCyclesByChannel.min() == Int(try #require(row["key_min"])))
      #expect(result.valueCyclesByChannel.min() == Int(try #require(row["value_min"])))
    }
  }

  @Test(arguments: [
    ("dual", 512, 8658, 6690), ("single", 512, 8919, 10_224), ("dual", 300, 5152, 6690),
    ("single", 300, 5445, 8610),
  ])
  func oneRequestOnAnIdleChannelTakesTheReferenceCycles(
    buffer: String, tokens: Int, key: Int, value: Int
  ) throws {
    let memory = try compiled(buffer)
    let result = try runPIMAttention(
      memory, PIMConfiguration(rowHold: .released),
      layout: AttentionLayout(memory, heads: 8, headDimension: 128),
      requests: [ChannelRequest(tokens: tokens, channel: 0)], channels: 1, isSequence: false)
    #expect(result.keyPhaseCycles == key)
    #expect(result.valuePhaseCycles == value)
  }

  @Test(arguments: [("dual", 36_904, 17_072), ("single", 50_544, 17_358)])
  func hostReadsBesideKeyRowsEndWithinHalfAPercentOfTheReference(
    buffer: String, reads: Int, products: Int
  ) throws {
    let result = try runPIMRows(
      compiled(buffer), PIMConfiguration(rowHold: .released), kind: .key, count: 64,
      hostReads: 16_384)
    let end = try #require(result.hostReadCycles)
    #expect(abs(end - reads) * 200 <= reads)
    #expect(abs(result.pimCycles - products) * 200 <= products)
  }

  @Test func anOperandLoadFromIdleTakesActivationLoadAndQueue() throws {
    // 14 (tRCD) + 96 (load) + 2 (queue and return); the row of products follows it.
    let memory = try compiled("dual")
    let layout = try AttentionLayout(memory, heads: 4, headDimension: 128)
    let result = try runPIMAttention(
      memory, PIMConfiguration(rowHold: .released, refreshes: false), layout: layout,
      requests: [ChannelRequest(tokens: 32, channel: 0)], channels: 1)
    // The header goes one clock after the load's end at 111; a row takes 178 - 1 clocks from it.
    #expect(result.keyPhaseCycles == 111 + 177)
  }
}
