import DRAM
import Foundation
import Testing

/// The checker names what is wrong in a log, and nothing else.
@Suite struct ProtocolCheckerTests {
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
