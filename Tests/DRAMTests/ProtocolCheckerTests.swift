import DRAM
import Foundation
import Testing

/// The checker must find what a weakened engine does wrong, and nothing else.
@Suite struct ProtocolCheckerTests {
  /// Workloads that together exercise every kind of row.
  static func stress(_ compiled: CompiledStandard) throws -> [(
    [MemoryRequest], ControllerConfiguration
  )] {
    var runs: [([MemoryRequest], ControllerConfiguration)] = []
    for seed in 0..<UInt64(40) {
      runs.append(
        (
          Workload.random(compiled, count: 160, seed: seed &* 7 &+ 1),
          Workload.configuration(compiled, seed: seed, stepping: .skip)
        ))
    }
    return runs
  }

  @Test(arguments: Repository.standardNames)
  func everyMutantThatChangesALogIsCaught(name: String) throws {
    let standard = try Repository.standard(name)
    let compiled = try CompiledStandard(standard)
    let runs = try Self.stress(compiled)
    let logs = try runs.map { try replay($0.0, on: compiled, configuration: $0.1).commands }
    // A data clock that starts a tick earlier changes the log of a mutant without breaking a rule, so there one of
    // the changed logs has to be caught, elsewhere each.
    let anyIsEnough = standard.dataClock != nil
    let checker = try ProtocolChecker(standard, checksRefresh: false)
    var changed = 0
    for row in compiled.rows.indices {
      let mutant = try CompiledStandard(standard, weakened: row)
      var differs = 0
      var caught = 0
      for (run, log) in zip(runs, logs) {
        let mutated = try replay(run.0, on: mutant, configuration: run.1).commands
        if mutated == log { continue }
        differs += 1
        if !checker.violations(in: mutated).isEmpty { caught += 1 }
        if caught > 0 && (anyIsEnough || differs >= 2) { break }
      }
      let rule = standard.constraints[compiled.rows[row].origin]
      if differs > 0 {
        changed += 1
        if anyIsEnough && caught == 0 {
          // The clock start takes the tick that was won: only a second one breaks the rule.
          let weaker = try CompiledStandard(standard, weakened: row, by: 2)
          let logs = try runs.map { try replay($0.0, on: weaker, configuration: $0.1).commands }
          #expect(logs.contains { !checker.violations(in: $0).isEmpty }, "\(rule), two clocks")
        } else {
          #expect(anyIsEnough || caught == differs, "a weakened \(rule) went unnoticed")
        }
      }
    }
    #expect(changed > 20, "too few mutants change a log: \(changed) of \(compiled.rows.count)")
  }

  @Test(arguments: Repository.standardNames)
  func aMissedRefreshIsCaught(name: String) throws {
    let standard = try Repository.standard(name)
    let compiled = try CompiledStandard(standard)
    var configuration = ControllerConfiguration()
    configuration.refresh = .allBank
    let span = compiled.refreshInterval
    let requests = (0..<60).map {
      MemoryRequest(tick: $0 * span / 4, isWrite: false, bank: 0, row: $0 % 3, column: 0)
    }
    let log = try replay(requests, on: compiled, configuration: configuration).commands
    let checker = try ProtocolChecker(standard, checksRefresh: true, postponement: 0)
    #expect(checker.violations(in: log).isEmpty)
    let refresh = try #require(
      log.firstIndex { standard.commands[Int($0.command)].effect == .refresh })
    var missing = log
    missing.remove(at: refresh)
    #expect(!checker.violations(in: missing).isEmpty)
    let none = log.filter { standard.commands[Int($0.command)].effect != .refresh }
    let lenient = try ProtocolChecker(standard, checksRefresh: true)
    #expect(!lenient.violations(in: none).isEmpty, "nine intervals without refresh")
  }

  @Test func brokenLogsAreNamed() throws {
    let standard = try Repository.standard("hbm2-2000")
    let compiled = try CompiledStandard(standard)
    func complaints(_ body: String) throws -> [String] {
      let log = try CommandLog.parse(CommandLog.header + "\n" + body, name: "log", compiled)
      return try ProtocolChecker(standard, checksRefresh: false).violations(in: log).map(\.message)
    }
    #expect(try complaints("1,ACT,0,0,0,0,5,0\n16,RD,0,0,0,0,5,0").isEmpty)
    #expect(try complaints("1,ACT,0,0,0,0,5,0\n15,RD,0,0,0,0,5,0").count == 1)
    #expect(try complaints("1,RD,0,0,0,0,5,0") == ["RD to row 5, but no row is open"])
    #expect(try complaints("1,ACT,0,0,0,0,5,0\n16,RD,0,0,0,0,6,0").count == 1)
    #expect(try complaints("1,ACT,0,0,0,0,5,0\n2,PREpb,0,0,1,0,5,0") == ["PREpb on a busy row bus"])
    #expect(try complaints("1,ACT,0,0,0,0,5,0\n400,REFab,0,0,-1,-1,-1,-1").count == 1)
  }
}
