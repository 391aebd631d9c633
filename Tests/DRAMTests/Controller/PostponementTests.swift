import Testing

@testable import DRAM

/// Refreshes that wait while their banks are wanted, up to the limit that the checker knows.
@Suite struct PostponementTests {
  /// A stream over some refresh intervals in which some request always waits for each rank.
  static func busy(_ compiled: CompiledStandard, intervals: Int) -> [MemoryRequest] {
    let count = intervals * compiled.refreshInterval / compiled.columnDistance
    let scope = compiled.refreshScopeBanks
    let parts = compiled.bankCount / scope
    return (0..<count).map {
      MemoryRequest(
        tick: 0, isWrite: false, bank: $0 % parts * scope + $0 / parts % scope, row: 1,
        column: $0 / compiled.bankCount % compiled.standard.organization.columns)
    }
  }

  static func modes(_ compiled: CompiledStandard) -> [RefreshMode] { [.allBank, .rankStaggered] }

  @Test(arguments: Repository.standardNames, [1, 3, 8])
  func refreshesWaitUpToTheLimitAndNoLonger(name: String, limit: Int) throws {
    let compiled = try CompiledStandard(try Repository.standard(name))
    let requests = Self.busy(compiled, intervals: limit + 4)
    for mode in Self.modes(compiled) {
      var configuration = ControllerConfiguration()
      configuration.refresh = mode
      configuration.refreshPostponement = limit
      let log = try replay(requests, on: compiled, configuration: configuration).commands
      let atLimit = try ProtocolChecker(
        compiled.standard, checksRefresh: true, postponement: limit)
      #expect(atLimit.violations(in: log).isEmpty, "\(mode)")
      // It does use what it may: one less is too few. While one rank is refreshed the queue fills with its requests,
      // so another rank is soon unwanted and refreshed early: staggered ranks need not come to the limit.
      if mode == .rankStaggered && compiled.refreshScopeBanks < compiled.bankCount { continue }
      let below = try ProtocolChecker(
        compiled.standard, checksRefresh: true, postponement: limit - 1)
      #expect(!below.violations(in: log).isEmpty, "\(mode)")
    }
  }

  @Test func owedRefreshesAreMadeUpInAPause() throws {
    let compiled = try CompiledStandard(try Repository.standard("hbm2-2000"))
    var requests = Self.busy(compiled, intervals: 4)
    requests.append(
      MemoryRequest(
        tick: 8 * compiled.refreshInterval, isWrite: false, bank: 0, row: 2, column: 0))
    var configuration = ControllerConfiguration()
    configuration.refreshPostponement = 8
    let log = try replay(requests, on: compiled, configuration: configuration).commands
    let refreshes = log.filter {
      compiled.standard.commands[Int($0.command)].effect == .refresh
    }.map(\.tick)
    #expect(refreshes.count == 8)
    // None while the stream ran, the owed ones at once behind it.
    #expect(try #require(refreshes.first) >= 4 * compiled.refreshInterval)
    #expect(refreshes[3] < 5 * compiled.refreshInterval)
  }

  @Test(arguments: Repository.standardNames)
  func everySteppingPostponesAlike(name: String) throws {
    let standard = try Repository.standard(name)
    let compiled = try CompiledStandard(standard)
    for seed in 0..<UInt64(60) {
      let requests = Workload.random(compiled, count: 12 + Int(seed % 97), seed: seed).map {
        MemoryRequest(
          tick: $0.tick * 7, isWrite: $0.isWrite, bank: $0.bank, row: $0.row, column: $0.column)
      }
      var configuration = Workload.configuration(compiled, seed: seed, stepping: .skip)
      configuration.refresh = seed % 2 == 0 ? .allBank : .rankStaggered
      configuration.refreshPostponement = 1 + Int(seed % 8)
      if seed % 5 == 0 && standard.splitActivation == nil { configuration.scheduler = .bankQueues }
      let fast = try replay(requests, on: compiled, configuration: configuration)
      configuration.stepping = .tick
      let oracle = try replay(requests, on: compiled, configuration: configuration)
      try #require(fast.commands == oracle.commands, "seed \(seed)")
      try #require(fast.completed == oracle.completed)
      let checker = try ProtocolChecker(
        standard, checksRefresh: true, postponement: configuration.refreshPostponement,
        hot: configuration.hotRefresh)
      try #require(checker.violations(in: fast.commands).isEmpty, "seed \(seed)")
    }
  }

  @Test func beyondTheStandardItIsRefused() throws {
    let standard = try Repository.standard("hbm2-2000")
    var configuration = ControllerConfiguration()
    configuration.refreshPostponement = 8
    try configuration.validate(for: standard)
    configuration.refreshPostponement = 9
    #expect(throws: MemoryError.self) { try configuration.validate(for: standard) }
    configuration.refreshPostponement = 1
    configuration.refresh = .perBank
    #expect(throws: MemoryError.self) { try configuration.validate(for: standard) }
  }

  /// Twice the rate above 85 degrees: twice the refreshes, and the checker of the hot mode accepts them.
  @Test(arguments: Repository.standardNames)
  func hotRefreshHalvesTheInterval(name: String) throws {
    let compiled = try CompiledStandard(try Repository.standard(name))
    let requests = Self.busy(compiled, intervals: 6)
    var configuration = ControllerConfiguration()
    configuration.hotRefresh = true
    let log = try replay(requests, on: compiled, configuration: configuration).commands
    let hot = try ProtocolChecker(
      compiled.standard, checksRefresh: true, postponement: 0, hot: true)
    #expect(hot.violations(in: log).isEmpty)
    configuration.hotRefresh = false
    let cold = try replay(requests, on: compiled, configuration: configuration).commands
    #expect(!hot.violations(in: cold).isEmpty)
  }
}
