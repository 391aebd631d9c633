import DRAM
import Foundation
import Testing

/// `tick` defines the schedule; `skip` must reproduce the accept and completion times of single requests, and every log
/// is legal. Extents and `coalesce`: ``SteppingPropertyTests``.
@Suite struct SteppingTests {
  @Test(arguments: Repository.standardNames)
  func skipReproducesTheOracleAndEveryLogIsLegal(name: String) throws {
    let compiled = try CompiledStandard(try Repository.standard(name))
    for seed in 0..<UInt64(250) {
      let requests = Workload.random(compiled, count: 12 + Int(seed % 97), seed: seed)
      var configuration = Workload.configuration(compiled, seed: seed, stepping: .skip)
      let fast = try replay(requests, on: compiled, configuration: configuration)
      configuration.stepping = .tick
      let oracle = try replay(requests, on: compiled, configuration: configuration)
      try #require(fast.commands == oracle.commands, "seed \(seed)")
      try #require(fast.accepted == oracle.accepted && fast.completed == oracle.completed)
      try #require(fast.statistics.counts == oracle.statistics.counts)
      let checker = try ProtocolChecker(
        compiled.standard, checksRefresh: configuration.refresh != .none,
        postponement: configuration.refresh == .perBank ? 2 : 1, hot: configuration.hotRefresh)
      let violations = checker.violations(in: fast.commands)
      try #require(violations.isEmpty, "seed \(seed): \(violations.prefix(3))")
      let statistics = fast.statistics
      let served =
        statistics.reads + statistics.writes + statistics.forwardedReads
        + statistics.coalescedWrites
      try #require(served == requests.count && !fast.completed.contains(-1))
    }
  }
}
