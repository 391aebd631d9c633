import Testing
import Units

@testable import DRAM

/// Mappings as text: mixed radix, bijective, and refused with the reason otherwise.
@Suite struct AddressMappingTests {
  /// A small memory with odd sizes: 2 stacks of 3 channels, 2 ranks, 5 bank groups of 3 banks, 7 rows of 6 bursts.
  static func small() throws -> MemoryStandard {
    var standard = try Repository.standard("hbm2-2000")
    standard.organization.levels = [
      .init(name: "rank", count: 2), .init(name: "pseudo_channel", count: 1),
      .init(name: "bank_group", count: 5), .init(name: "bank", count: 3),
    ]
    standard.organization.rows = 7
    standard.organization.columns = 6
    standard.organization.channels = 6
    standard.organization.stacks = 2
    return standard
  }

  @Test func everyOrderAndSplitOfTheFieldsIsABijection() throws {
    let standard = try Self.small()
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<60 {
      var fields = ["row", "rank", "bank_group", "bank", "channel", "stack"]
      fields += generator.next(below: 2) == 0 ? ["column"] : ["column:2", "column"]
      if generator.next(below: 2) == 0 {
        fields.removeAll { $0 == "bank_group" }
        fields.append("bank_group:5")
      }
      for index in fields.indices.dropLast() {
        fields.swapAt(index, index + generator.next(below: fields.count - index))
      }
      let mapping = try AddressMapping(fields.joined(separator: "-"), standard: standard)
      let total = mapping.burstsPerChannel * mapping.channels
      #expect(total == 6 * 2 * 5 * 3 * 7 * 6)
      var seen: Set<[Int]> = []
      var next = [Int](repeating: 0, count: mapping.channels)
      for burst in 0..<total {
        let place = mapping.coordinates(ofBurst: burst)
        seen.insert([place.channel, place.bank, place.row, place.column])
        // In-channel numbers count up in address order.
        #expect(mapping.place(of: burst).number == next[place.channel])
        next[place.channel] += 1
        #expect(place.bank < 30 && place.row < 7 && place.column < 6)
      }
      #expect(seen.count == total, "\(mapping.text)")
    }
  }

  @Test(arguments: [
    ("row-rank-bank_group-bank-channel-stack", "lacks 'column'"),
    ("row-row-rank-bank_group-bank-channel-stack-column", "'row' must multiply"),
    ("row-rank-bank_group-bank-channel-stack-column:4-column", "'column' must multiply"),
    ("row-rank-bank_group-bank-channel-stack-colum", "did you mean 'column'"),
    ("row-rank-bank_group-bank-channel-stack-column:0", "whole radix"),
    ("row:7-rank-bank_group-bank-channel-stack-column-row:2", "'row' must multiply"),
  ])
  func whatIsNoBijectionIsRefused(text: String, reason: String) throws {
    let standard = try Self.small()
    let error = #expect(throws: MemoryError.self) {
      try AddressMapping(text, standard: standard)
    }
    #expect(error?.description.contains(reason) == true)
  }

  /// Ramulator 2.1: 100 000 sequential requests over both pseudo channels of a controller.
  @Test func pseudoChannelsShareTheCommandBusesOnly() throws {
    for (name, refresh, ticks) in [
      ("hbm2-2000", RefreshMode.none, 100_034), ("hbm2-2000", .allBank, 111_477),
      ("hbm3-6400", .none, 222_583),
    ] {
      var standard = try Repository.standard(name)
      standard.organization.levels[0].count = 2
      var configuration = ControllerConfiguration()
      configuration.refresh = refresh
      let statistics = try runStream(
        .sequential, count: 100_000, on: standard, configuration: configuration,
        mapping: "row-bank-column-bank_group-pseudo_channel")
      #expect(statistics.ticks == ticks, "\(name)")
      let share = try #require(statistics.busUtilization)
      #expect(share > 0.89 && share <= 1)
    }
  }

  @Test func ranksShareTheDataBusAndPseudoChannelsHaveTheirOwn() throws {
    for name in Repository.standardNames {
      let standard = try Repository.standard(name)
      let pseudo = standard.organization.levels.first { $0.name == "pseudo_channel" }?.count ?? 1
      #expect(try CompiledStandard(standard).dataBuses == pseudo, "\(name)")
    }
  }
}
