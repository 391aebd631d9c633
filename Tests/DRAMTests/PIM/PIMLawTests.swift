import DRAM
import Testing
import Units

/// Laws that hold whatever the mix of products, host accesses and refresh.
@Suite struct PIMLawTests {
  private func memory(_ buffer: String) throws -> CompiledStandard {
    try CompiledStandard(try Repository.standard("hbm2-neupims-\(buffer)"))
  }

  private func run(
    _ mix: Mix, _ memory: CompiledStandard, rows: Int? = nil, reads: Int? = nil
  ) throws -> PIMRowsResult {
    try runPIMRows(
      memory, mix.configuration, kind: mix.kind, count: rows ?? mix.rows, columns: mix.columns,
      hostReads: reads ?? mix.reads, keepsCommands: true)
  }

  /// The log is written where a command goes; counts and energy come from counters of their own.
  @Test func commandsCountedByEnergyAreTheCommandsIssued() throws {
    var generator = SeededGenerator(seed: 51)
    for _ in 0..<40 {
      let mix = Mix.random(&generator)
      let memory = try memory(mix.buffer)
      let result = try run(mix, memory)
      let names = memory.standard.commands.map(\.name)
      var issued = [Int](repeating: 0, count: names.count)
      for record in result.commands { issued[Int(record.command)] += 1 }
      #expect(result.counts.commands == issued, "\(mix)")
      func count(_ name: String?) throws -> Int {
        let index = names.firstIndex { $0 == name }
        return issued[try #require(index)]
      }
      let products = mix.rows * (mix.kind == .key ? 4 : 1)
      let pim = try #require(memory.standard.pim)
      let wanted = [
        "activate": try count("ACT"), "refresh": try count("REFab"), "read": try count("RD"),
        "write": 0, "pim_activate": try count(pim.commands.activate),
        "pim_load": try count(pim.commands.load),
        "pim_compute": try pim.commands.compute.map(count) ?? products * mix.columns,
        "pim_result": try count(pim.commands.composite ?? pim.commands.result),
      ]
      let terms = PIMEnergy(result.counts, memory).terms
      for (name, number) in wanted {
        #expect(terms.first { $0.name == name }?.count == number, "\(name): \(mix)")
      }
      #expect(result.counts.columnSteps == products * mix.columns)
      #expect(try count("RD") == mix.reads)
      // Standby is of every rank in every clock, active or not.
      let standby = terms.filter { $0.name.hasPrefix("standby") }.reduce(0) { $0 + $1.count }
      #expect(standby == 2 * result.counts.clocks)
    }
  }

  /// Clocks of each side are told apart without loss: bursts take their bus, and nothing is charged twice.
  @Test func clocksByUseAreTheClocksWithWork() throws {
    var generator = SeededGenerator(seed: 52)
    for _ in 0..<40 {
      let mix = Mix.random(&generator)
      let memory = try memory(mix.buffer)
      let result = try run(mix, memory)
      let (products, host) = (result.counts.productTimes, result.counts.hostTimes)
      #expect(host[.columns] == mix.reads * memory.burstTicks, "\(mix)")
      #expect(host.total <= (result.hostReadCycles ?? 0), "\(mix)")
      #expect(products.total <= result.counts.clocks)
      if mix.rows > 0 {
        // Between the first instruction and the last result only queues and the way of the result are not charged.
        #expect(products.total >= result.pimCycles - 24, "\(mix): \(products)")
      } else {
        #expect(products.total == 0)
      }
      if !mix.configuration.refreshes {
        #expect(products[.refresh] == 0 && host[.refresh] == 0, "\(mix)")
      }
    }
  }

  /// Both at once take no less than each alone, and no more than one after the other and a refresh.
  @Test func hostReadsAndProductsTogetherLieBetweenTheLongerAndTheSum() throws {
    var generator = SeededGenerator(seed: 53)
    for _ in 0..<40 {
      var mix = Mix.random(&generator)
      mix.rows = max(mix.rows, 1)
      mix.reads = max(mix.reads, 1)
      mix.configuration.refreshes = false
      let memory = try memory(mix.buffer)
      let both = try run(mix, memory)
      let products = try run(mix, memory, reads: 0).pimCycles
      let reads = try #require(try run(mix, memory, rows: 0).hostReadCycles)
      let (end, last) = (try #require(both.hostReadCycles), both.pimCycles)
      #expect(last >= products && end >= reads, "\(mix)")
      #expect(
        max(end, last) <= products + reads + 200, "\(mix): \(end) \(last) \(products) \(reads)")
      if mix.buffer == "single" {
        // Blocked mode: one side waits for the other, but for the opening of its rows.
        #expect(max(end, last) + 64 >= products + reads, "\(mix): \(end) \(last)")
      }
    }
  }

  /// Doubling the rows of a steady stream doubles its time, with refresh as without.
  @Test(arguments: ["dual", "single"], [PIMRowKind.key, .value])
  func longStreamsAreLinear(buffer: String, kind: PIMRowKind) throws {
    let memory = try memory(buffer)
    for hold in [PIMDesign.RowHold.held, .released] {
      func clocks(_ rows: Int) throws -> Int {
        try runPIMRows(memory, PIMConfiguration(rowHold: hold), kind: kind, count: rows).pimCycles
      }
      let (one, two) = (try clocks(400), try clocks(800))
      #expect(abs(two - 2 * one) * 100 <= two, "\(buffer) \(kind) \(hold): \(one) \(two)")
    }
  }

  /// No row of products is faster than its columns, and refresh only adds.
  @Test func nothingBeatsItsColumnsAndRefreshOnlyAdds() throws {
    var generator = SeededGenerator(seed: 54)
    for _ in 0..<40 {
      var mix = Mix.random(&generator)
      mix.rows = max(mix.rows, 1)
      let memory = try memory(mix.buffer)
      mix.configuration.refreshes = true
      let refreshed = try run(mix, memory)
      mix.configuration.refreshes = false
      let plain = try run(mix, memory)
      let products = mix.rows * (mix.kind == .key ? 4 : 1)
      #expect(plain.pimCycles >= 2 * mix.columns * (products - 1))
      #expect(refreshed.pimCycles >= plain.pimCycles, "\(mix)")
      if let reads = plain.hostReadCycles { #expect(reads >= 2 * mix.reads) }
    }
  }
}
