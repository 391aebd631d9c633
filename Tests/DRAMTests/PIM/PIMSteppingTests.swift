import DRAM
import Testing
import Units

struct Mix: CustomStringConvertible {
  var buffer: String
  var kind: PIMRowKind
  var rows: Int
  var columns: Int
  var reads: Int
  var configuration: PIMConfiguration

  var description: String {
    "\(buffer) \(kind) rows \(rows) columns \(columns) reads \(reads) \(configuration)"
  }

  static func random(_ generator: inout SeededGenerator) -> Mix {
    Mix(
      buffer: Bool.random(using: &generator) ? "dual" : "single",
      kind: Bool.random(using: &generator) ? .key : .value,
      rows: Int.random(in: 0...24, using: &generator),
      columns: Int.random(in: 1...32, using: &generator),
      reads: Int.random(in: 0...1500, using: &generator),
      configuration: PIMConfiguration(
        rowHold: Bool.random(using: &generator) ? .held : .released,
        refreshes: Bool.random(using: &generator)))
  }
}

@Suite struct PIMSteppingTests {
  private func memories() throws -> [String: CompiledStandard] {
    var result: [String: CompiledStandard] = [:]
    for buffer in ["dual", "single"] {
      result[buffer] = try CompiledStandard(try Repository.standard("hbm2-neupims-\(buffer)"))
    }
    return result
  }

  @Test func nextEventSteppingSendsTheCommandsOfSteppingEveryClock() throws {
    let memories = try memories()
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<60 {
      let mix = Mix.random(&generator)
      let memory = try #require(memories[mix.buffer])
      var literal = mix.configuration
      literal.ticksEveryClock = true
      func run(_ configuration: PIMConfiguration) throws -> PIMRowsResult {
        try runPIMRows(
          memory, configuration, kind: mix.kind, count: mix.rows, columns: mix.columns,
          hostReads: mix.reads, keepsCommands: true)
      }
      let fast = try run(mix.configuration)
      let slow = try run(literal)
      #expect(fast.commands == slow.commands, "\(mix)")
      #expect(fast.pimCycles == slow.pimCycles)
      #expect(fast.counts == slow.counts)
    }
  }

  @Test func bothCheckersAcceptEveryMixOfProductsHostAndRefresh() throws {
    let memories = try memories()
    var generator = SeededGenerator(seed: 42)
    for _ in 0..<150 {
      let mix = Mix.random(&generator)
      let memory = try #require(memories[mix.buffer])
      let result = try runPIMRows(
        memory, mix.configuration, kind: mix.kind, count: mix.rows, columns: mix.columns,
        hostReads: mix.reads, keepsCommands: true)
      let distances = try ProtocolChecker(
        memory.standard, checksRefresh: mix.configuration.refreshes)
      #expect(distances.violations(in: result.commands).isEmpty, "\(mix)")
      let rows = try PIMProtocolChecker(memory.standard)
      #expect(rows.violations(in: result.commands).isEmpty, "\(mix)")
      let reads = try #require(memory.standard.commands.firstIndex { $0.effect == .read })
      #expect(result.counts.commands[reads] == mix.reads)
      #expect(result.commands.count == result.counts.commands.reduce(0, +))
    }
  }

  @Test func theRowCheckerSeesAProductOnAClosedRow() throws {
    let memory = try #require(try memories()["dual"])
    let run = try runPIMRows(
      memory, PIMConfiguration(refreshes: false), kind: .key, count: 1, keepsCommands: true)
    let checker = try PIMProtocolChecker(memory.standard)
    let opening = try #require(memory.standard.commands.firstIndex { $0.name == "G_ACT" })
    var log = run.commands
    log.removeAll { Int($0.command) == opening && $0.bank == 0 }
    #expect(log.count == run.commands.count - 1)
    #expect(!checker.violations(in: log).isEmpty)
  }

  @Test func aHeldRowClosesLaterByTheLengthOfTheProduct() throws {
    let memory = try #require(try memories()["dual"])
    for columns in 1...32 {
      func period(_ hold: PIMDesign.RowHold) throws -> Int {
        func cycles(_ count: Int) throws -> Int {
          try runPIMRows(
            memory, PIMConfiguration(rowHold: hold, refreshes: false), kind: .value, count: count,
            columns: columns
          ).pimCycles
        }
        return try cycles(9) - cycles(8)
      }
      #expect(try period(.held) - period(.released) == 2 * (columns - 1))
    }
  }
}
