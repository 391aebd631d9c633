import DRAM
import Testing

/// The `bank-queues` scheduler against the traces of DRAMsim3, and its own steppings against each other.
@Suite struct BankQueuesTests {
  /// Cases in which our row bus, busy for both ticks of an activation, moves a command by one tick: the reference has
  /// no length of commands and shifts its timings instead. Totals within a thousandth; elsewhere exact.
  static let shifted = ["d3_hbm2_mixrow", "d3_hbm2_random", "d3_hbm2_paced_ref"]

  static let standards = Repository.standardNames.filter { $0 != "lpddr5-6400" }

  @Test(
    arguments: ReferenceCaseTests.cases.filter { $0.hasPrefix("d3_") }, [Stepping.tick, .skip])
  func referenceCasesAreReproduced(name: String, stepping: Stepping) throws {
    let (compiled, trace, expected) = try ReferenceCaseTests.load(name)
    var configuration = ControllerConfiguration()
    configuration.scheduler = .bankQueues
    configuration.stepping = stepping
    configuration.refresh = name.hasSuffix("paced_ref") ? .rankStaggered : .none
    let result = try replay(trace.requests, on: compiled, configuration: configuration)
    let checker = try ProtocolChecker(compiled.standard, checksRefresh: false)
    #expect(checker.violations(in: result.commands).isEmpty)
    if Self.shifted.contains(name) {
      let total = try #require(result.completed.max())
      let reference = try #require(expected.completed.max())
      #expect(abs(total - reference) * 1000 <= reference)
      return
    }
    #expect(result.accepted == expected.accepted)
    #expect(result.completed == expected.completed)
    // The reference never issues the last writes; ours follow its log.
    let lines = result.commands.map { CommandLog.line($0, compiled) }
    #expect(Array(lines.prefix(expected.commands.count)) == expected.commands)
    #expect(result.statistics.writes + result.statistics.reads == trace.requests.count)
  }

  static func configuration(_ compiled: CompiledStandard, seed: UInt64) -> ControllerConfiguration {
    var configuration = Workload.configuration(compiled, seed: seed, stepping: .skip)
    configuration.scheduler = .bankQueues
    return configuration
  }

  @Test(arguments: standards)
  func skipReproducesTickAndEveryLogIsLegal(name: String) throws {
    let compiled = try CompiledStandard(try Repository.standard(name))
    for seed in 0..<UInt64(200) {
      let requests = Workload.random(compiled, count: 12 + Int(seed % 97), seed: seed)
      var configuration = Self.configuration(compiled, seed: seed)
      let fast = try replay(requests, on: compiled, configuration: configuration)
      configuration.stepping = .tick
      let oracle = try replay(requests, on: compiled, configuration: configuration)
      try #require(fast.commands == oracle.commands, "seed \(seed)")
      try #require(fast.accepted == oracle.accepted && fast.completed == oracle.completed)
      try #require(fast.statistics.counts == oracle.statistics.counts)
      let checker = try ProtocolChecker(
        compiled.standard, checksRefresh: configuration.refresh != .none,
        hot: configuration.hotRefresh)
      let violations = checker.violations(in: fast.commands)
      try #require(violations.isEmpty, "seed \(seed): \(violations.prefix(3))")
      let statistics = fast.statistics
      let served =
        statistics.reads + statistics.writes + statistics.forwardedReads
        + statistics.coalescedWrites
      try #require(served == requests.count && !fast.completed.contains(-1))
    }
  }

  @Test(arguments: ["ddr4-2400", "hbm2-neupims", "hbm3-6400"])
  func tasksCompleteAndEqualChannelsAgree(name: String) throws {
    let standard = try Repository.standard(name)
    var outcomes: [[MemorySystem.Completion]] = []
    var counts: [[Int]] = []
    for mode in [ChannelMode.all, .symmetric] {
      var configuration = ControllerConfiguration()
      configuration.scheduler = .bankQueues
      let memory = try MemorySystem(standard, configuration: configuration, channels: 2, mode: mode)
      _ = try memory.enqueue(
        source: 0, isWrite: false, [Extent(offset: 0, length: 1 << 16)], at: 0)
      _ = try memory.enqueue(
        source: 1, isWrite: true, [Extent(offset: 1 << 20, length: 1 << 15)], at: 0)
      var done: [MemorySystem.Completion] = []
      while let next = memory.nextCompletion() {
        done.append(next)
        if done.count == 2 {
          _ = try memory.enqueue(
            source: 0, isWrite: true, [Extent(offset: 0, length: 640)], at: next.tick)
        }
      }
      #expect(done.count == 3)
      #expect(memory.isIdle)
      outcomes.append(done)
      counts.append(memory.statistics.counts)
    }
    #expect(outcomes[0] == outcomes[1])
    #expect(counts[0] == counts[1])
  }

  @Test func splitActivationsAreRefused() throws {
    let standard = try Repository.standard("lpddr5-6400")
    var configuration = ControllerConfiguration()
    configuration.scheduler = .bankQueues
    #expect(throws: MemoryError.self) { try configuration.validate(for: standard) }
  }
}
