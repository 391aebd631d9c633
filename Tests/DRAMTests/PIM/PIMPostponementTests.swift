import Testing

@testable import DRAM

/// Refreshes that fall due while products wait are owed, as many as the standard allows, and made up afterwards.
@Suite struct PIMPostponementTests {
  private func rows(
    _ count: Int, _ buffer: String, refreshes: Bool = true, postpones: Bool
  ) throws -> PIMRowsResult {
    let memory = try CompiledStandard(try Repository.standard("hbm2-neupims-\(buffer)"))
    return try runPIMRows(
      memory, PIMConfiguration(refreshes: refreshes, postpones: postpones), kind: .key,
      count: count, keepsCommands: true)
  }

  @Test(arguments: ["dual", "single"])
  func whatEndsBeforeTheLimitTakesAsLongAsWithoutRefresh(buffer: String) throws {
    // 64 rows are about 14 000 clocks: seven refreshes fall due, of two ranks, and each may owe eight.
    let none = try rows(64, buffer, refreshes: false, postpones: false).pimCycles
    #expect(try rows(64, buffer, postpones: true).pimCycles == none)
    #expect(try rows(64, buffer, postpones: false).pimCycles > none + none / 10)
  }

  @Test(arguments: ["dual", "single"])
  func aLongStreamOwesTheLimitAndNoMore(buffer: String) throws {
    let memory = try Repository.standard("hbm2-neupims-\(buffer)")
    let limit = memory.refresh.postponementLimit
    #expect(limit == 8)
    let none = try rows(600, buffer, refreshes: false, postpones: false)
    let now = try rows(600, buffer, postpones: false)
    let later = try rows(600, buffer, postpones: true)
    #expect(later.pimCycles > none.pimCycles && later.pimCycles < now.pimCycles)
    func refreshes(_ result: PIMRowsResult) -> Int {
      result.commands.count { memory.commands[Int($0.command)].name == "REFab" }
    }
    let interval = 1950
    let due = later.pimCycles / interval
    #expect(refreshes(later) <= due && refreshes(later) >= due - 2 * limit - 1)
    #expect(refreshes(later) < refreshes(now))
    let checker = try ProtocolChecker(memory, checksRefresh: true)
    // Rows that the multipliers' command opened are unknown to this checker.
    let violations = checker.violations(in: later.commands).filter {
      !$0.message.hasSuffix("no row is open")
    }
    #expect(violations.isEmpty, "\(violations.prefix(3))")
  }

  @Test func whatIsOwedIsMadeUpWhenProductsAreDone() throws {
    let memory = try CompiledStandard(try Repository.standard("hbm2-neupims-dual"))
    var channel = try PIMChannel(
      memory, PIMConfiguration(postpones: true),
      firstPIMRow: memory.standard.organization.rows / 2)
    _ = channel.addProducts([PIMBlock(loadsOperand: false, rows: 40, products: 4, columns: 8)])
    channel.run(until: 100_000, stop: .productsDrained)
    let owed = channel.owed.reduce(0, +)
    #expect(owed == channel.clock / 1950 && owed > 2)
    #expect(channel.counts.commands[memory.roles.refreshAll] == 0)
    let end = channel.clock + owed * 700
    channel.run(until: end)
    #expect(channel.owed.allSatisfy { $0 == 0 })
    #expect(channel.counts.commands[memory.roles.refreshAll] >= owed)
  }
}
