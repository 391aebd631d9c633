import Foundation
import Testing

@testable import DRAM

/// Every constraint row of every standard: the command is illegal one tick before its time and legal at it.
@Suite struct TimingGateTests {
  /// The first bank that meets bank 0 at the given folded level but not below it.
  static func partner(_ compiled: CompiledStandard, meeting level: Int) -> Int {
    if level + 1 >= compiled.nodeCounts.count { return 0 }
    return compiled.bankCount / compiled.nodeCounts[level + 1]
  }

  /// The rows that bind a pair whose deepest common level is `shared`, as first-tick distances.
  static func distance(
    _ compiled: CompiledStandard, _ preceding: Int, _ following: Int, shared: Int, window: Int
  ) -> Int {
    var distance = 0
    for row in compiled.rows where row.preceding == preceding && row.following == following {
      if row.window != window { continue }
      if row.sibling ? row.level == shared + 1 : row.level <= shared {
        distance = max(distance, row.delay)
      }
    }
    return distance
  }

  @Test(arguments: Repository.standardNames)
  func everyRowIsIllegalOneTickEarlyAndLegalInTime(name: String) throws {
    let standard = try Repository.standard(name)
    let compiled = try CompiledStandard(standard)
    let checker = try ProtocolChecker(standard, checksRefresh: false)
    var gates = 0
    for row in compiled.rows where row.delay > 0 && row.window == 1 {
      let isWide =
        standard.commands[row.preceding].scope != "bank"
        || standard.commands[row.following].scope != "bank"
      let shared = row.sibling ? row.level - 1 : row.level
      let other = isWide ? 0 : Self.partner(compiled, meeting: shared)
      let depth =
        isWide
        ? min(compiled.commandLevel[row.preceding], compiled.commandLevel[row.following]) : shared
      let engine = TimingEngine(compiled)
      engine.issue(row.preceding, bank: 0, at: 1001)
      var expected =
        1001 + Self.distance(compiled, row.preceding, row.following, shared: depth, window: 1)
      #expect(expected >= 1001 + row.delay || row.sibling)
      if compiled.columnBus[row.preceding] == compiled.columnBus[row.following] {
        expected = max(expected, 1001 + compiled.commandTicks[row.preceding])
      }
      expected |= compiled.risingMask[row.following]
      let earliest = engine.earliestIssue(row.following, bank: other, from: 1002)
      #expect(earliest == max(expected, 1002 | compiled.risingMask[row.following]))
      #expect(engine.earliestIssue(row.following, bank: other, from: earliest + 2) >= earliest + 2)

      func complaints(at tick: Int) -> Int {
        let log = [
          CommandRecord(tick: 1001, command: row.preceding, channel: 0, bank: 0, row: 0, column: 0),
          CommandRecord(
            tick: tick, command: row.following, channel: 0, bank: other, row: 0, column: 0),
        ]
        return checker.violations(in: log).filter {
          $0.message.contains("less than") || $0.message.contains("busy")
            || $0.message.contains("falling")
        }.count
      }
      #expect(complaints(at: earliest) == 0)
      if earliest > 1002 { #expect(complaints(at: earliest - 1) > 0) }
      gates += 1
    }
    #expect(gates > 40)
  }

  @Test(arguments: Repository.standardNames)
  func theFifthActivationWaitsForTheWindow(name: String) throws {
    let compiled = try CompiledStandard(try Repository.standard(name))
    for row in compiled.rows where row.window > 1 {
      let engine = TimingEngine(compiled)
      // Activations as close as the window alone would allow, one tick apart.
      for count in 0..<row.window { engine.issue(row.preceding, bank: count, at: 1001 + 2 * count) }
      let bank = row.window
      let edge = compiled.risingMask[row.following]
      let earliest = engine.earliestIssue(row.following, bank: bank, from: 0)
      #expect(earliest >= (1001 + row.delay) | edge)
      let single = Self.distance(
        compiled, row.preceding, row.following, shared: row.level, window: 1)
      if 1001 + row.delay >= 1001 + 2 * (row.window - 1) + max(single, 10) {
        #expect(earliest == (1001 + row.delay) | edge)
      }
    }
  }

  /// The resolved tables of Ramulator 2.1: every row of its lists stands in ours with the same distance.
  @Test(arguments: [
    "ddr4": "ddr4-2400", "hbm2": "hbm2-2000", "hbm3": "hbm3-6400", "lpddr5": "lpddr5-6400",
    "hbm4": "hbm4-8000",
  ])
  func tablesAgreeWithTheReferenceLists(dram: String, name: String) throws {
    let standard = try Repository.standard(name)
    let compiled = try CompiledStandard(standard)
    let levels = [
      "Rank": "rank", "PseudoChannel": "pseudo_channel", "Sid": "sid", "BankGroup": "bank_group",
      "Bank": "bank", "Channel": "channel",
    ]
    let table = try CSVTable(try Repository.reference("constraints_\(dram).csv"), name: dram)
    for row in table.rows {
      let fields = row.fields.map(String.init)
      // Bus occupancy is not a row here; tRFC of the reference's HBM3 list is that of another density.
      guard let scope = levels[fields[0]], !fields[3].contains("nRFC") || dram != "hbm3",
        !fields[3].contains("nRFMab")
      else { continue }
      let delay = try #require(Int(fields[5]))
      let window = try #require(Int(fields[6]))
      let preceding = try #require(standard.commands.firstIndex { $0.name == fields[1] })
      let following = try #require(standard.commands.firstIndex { $0.name == fields[2] })
      if fields[7] == "1" {
        let declared = standard.constraints.contains {
          $0.sibling == true && $0.scope == scope && $0.preceding.contains(fields[1])
            && $0.following.contains(fields[2])
        }
        #expect(declared, "\(fields)")
        continue
      }
      let folded = try standard.levelIndex(scope, in: "test")
      let nodes = standard.organization.levels.prefix(folded).reduce(1) { $0 * $1.count }
      let level = try #require(compiled.nodeCounts.lastIndex { $0 <= nodes })
      let ours = compiled.rows.filter {
        $0.preceding == preceding && $0.following == following && $0.window == window
          && $0.level == level && !$0.sibling
      }
      #expect(ours.contains { $0.delay == delay } || delay <= 0, "\(fields)")
    }
  }
}
