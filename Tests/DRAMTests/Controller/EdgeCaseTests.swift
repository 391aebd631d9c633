import Testing
import Units

@testable import DRAM

/// Kinds of workloads at the edges of a controller: what is asked for is served once, legally, alike in every stepping.
@Suite struct EdgeCaseTests {
  enum Kind: CaseIterable {
    /// A request now and then, each long after the one before; the first one late.
    case late
    /// Arrivals exactly when refreshes fall due, a tick before and a tick after.
    case atRefresh
    /// Two rows of one bank in turn.
    case conflict
    /// All banks, always a new row.
    case storm
    /// Nothing but writes, and more than a queue of them.
    case writesOnly
    /// Reads and writes of the same few addresses.
    case sameAddresses
    /// One read in the middle of a drain of writes.
    case readAmongWrites
    /// Everything in the last row and column of the last bank.
    case corner
  }

  static func requests(_ kind: Kind, _ compiled: CompiledStandard, count: Int) -> [MemoryRequest] {
    var generator = SeededGenerator(seed: 31)
    let organization = compiled.standard.organization
    let banks = compiled.bankCount
    let interval = compiled.refreshInterval
    return (0..<count).map { index in
      var request = MemoryRequest(
        tick: 0, isWrite: false, bank: 0, row: 0, column: index % organization.columns)
      switch kind {
      case .late:
        request.tick = 12_345 + index * 977
        request.bank = index * 5 % banks
        request.isWrite = index % 4 == 3
      case .atRefresh:
        request.tick = (1 + index / 6) * interval / 2 + index % 3 - 1
        request.bank = index % banks
        request.row = index % 3
        request.isWrite = index % 5 == 4
      case .conflict:
        request.row = index % 2
      case .storm:
        request.bank = index % banks
        request.row = index % organization.rows
        request.column = 0
      case .writesOnly:
        request.isWrite = true
        request.bank = index / 4 % banks
        request.row = index / 9 % 3
      case .sameAddresses:
        request.isWrite = generator.next(below: 2) == 0
        request.bank = generator.next(below: min(2, banks))
        request.column = generator.next(below: 2)
      case .readAmongWrites:
        request.isWrite = index % 40 != 20
        request.bank = index % banks
        request.row = index % 5
      case .corner:
        request.tick = index
        request.bank = banks - 1
        request.row = organization.rows - 1
        request.column = organization.columns - 1 - index % 2
        request.isWrite = index % 3 == 2
      }
      return request
    }
  }

  /// Queue entries for reads and writes.
  static let queues = [(1, 1), (2, 64), (64, 2), (32, 32)]

  @Test(arguments: Repository.standardNames, Kind.allCases)
  func everyRequestIsServedOnceAndLegally(name: String, kind: Kind) throws {
    let compiled = try CompiledStandard(try Repository.standard(name))
    let requests = Self.requests(kind, compiled, count: 64)
    for (index, (reads, writes)) in Self.queues.enumerated() {
      var configuration = ControllerConfiguration()
      configuration.readQueue = reads
      configuration.writeQueue = writes
      configuration.scheduler = index == 1 ? .fcfs : .frfcfsRowHit
      configuration.page = index == 2 ? .closed : .open
      configuration.refresh = index == 3 && kind != .late ? .none : .allBank
      if index == 2 && compiled.standard.refresh.perBank != nil { configuration.refresh = .perBank }
      let skip = try replay(requests, on: compiled, configuration: configuration)
      configuration.stepping = .tick
      let tick = try replay(requests, on: compiled, configuration: configuration)
      try #require(skip.commands == tick.commands && skip.completed == tick.completed)
      let checker = try ProtocolChecker(
        compiled.standard, checksRefresh: configuration.refresh != .none, postponement: 2)
      let violations = checker.violations(in: skip.commands)
      #expect(violations.isEmpty, "\(violations.prefix(3))")
      Self.expectConservation(skip, requests, compiled)
    }
  }

  /// Bytes, commands and order of what was served.
  static func expectConservation(
    _ result: ReplayResult, _ requests: [MemoryRequest], _ compiled: CompiledStandard
  ) {
    let statistics = result.statistics
    let moved = statistics.reads + statistics.writes
    #expect(moved + statistics.forwardedReads + statistics.coalescedWrites == requests.count)
    #expect(statistics.bytes.count == moved * compiled.standard.burst.bytes.count)
    #expect(statistics.rowHits + statistics.rowMisses + statistics.rowConflicts == moved)
    #expect(statistics.commandCounts.values.reduce(0, +) == result.commands.count)
    #expect(statistics.measuredReads == requests.count { !$0.isWrite })
    func count(_ effect: MemoryStandard.Effect) -> Int {
      result.commands.count { compiled.standard.commands[Int($0.command)].effect == effect }
    }
    #expect(count(.read) == statistics.reads && count(.write) == statistics.writes)
    // A refresh may close a row before it was used.
    #expect(count(.activate) <= moved + count(.refresh))
    // Nobody is accepted before his time or out of turn, and no data come before they can.
    #expect(zip(result.accepted, requests).allSatisfy { $0 >= $1.tick })
    #expect(zip(result.accepted, result.accepted.dropFirst()).allSatisfy { $0 <= $1 })
    for (index, request) in requests.enumerated() where !request.isWrite {
      let latency = result.completed[index] - result.accepted[index]
      #expect(latency == 1 || latency > compiled.readLatency, "request \(index)")
    }
  }
}
