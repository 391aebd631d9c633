import DRAM
import Foundation
import Testing
import Units

/// A row of a CSV file of figures.
private struct Row: CustomStringConvertible {
  var fields: [String: String]

  var description: String { fields.sorted { $0.key < $1.key }.description }

  func text(_ column: String) throws -> String {
    let value = fields[column]
    return try #require(value)
  }

  func number(_ column: String) throws -> Int {
    let value = Int(try text(column))
    return try #require(value)
  }
}

private func table(_ name: String) throws -> [Row] {
  let lines = try Repository.text("Tests/ReferenceData/neupims/\(name).csv").split(separator: "\n")
  let header = lines[0].split(separator: ",").map(String.init)
  return lines.dropFirst().map { line in
    Row(
      fields: Dictionary(
        uniqueKeysWithValues: zip(header, line.split(separator: ",").map(String.init))))
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
      let hold = PIMDesign.RowHold(rawValue: try row.text("variant"))
      let kind = PIMRowKind(rawValue: try row.text("kind"))
      let configuration = PIMConfiguration(
        rowHold: try #require(hold), refreshes: try row.text("refresh") == "on")
      let result = try runPIMRows(
        compiled(try row.text("buffer")), configuration, kind: try #require(kind),
        count: try row.number("count"), columns: try row.number("columns"))
      #expect(try result.pimCycles == row.number("cycles"), "\(row)")
    }
  }

  @Test func attentionPhasesOfRequestListsTakeExactlyTheReferenceCycles() throws {
    for row in try table("phases") {
      let memory = try compiled(try row.text("buffer"))
      let list = try table("sharegpt-like-\(try row.text("list"))")
      let requests = try list.map {
        ChannelRequest(tokens: try $0.number("seq_len"), channel: try $0.number("ch_idx"))
      }
      let result = try runPIMAttention(
        memory, PIMConfiguration(rowHold: .released),
        layout: AttentionLayout(memory, heads: 8, headDimension: 128), requests: requests,
        channels: 32)
      #expect(try result.keyPhaseCycles == row.number("key"))
      #expect(try result.valuePhaseCycles == row.number("value"))
      #expect(try result.keyCyclesByChannel.min() == row.number("key_min"))
      #expect(try result.valueCyclesByChannel.min() == row.number("value_min"))
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
