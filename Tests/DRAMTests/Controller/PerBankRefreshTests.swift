import Testing
import Units

@testable import DRAM

/// Per-bank refresh stalls only the bank that it refreshes, so it is at least as fast as all-bank refresh on streams.
@Suite struct PerBankRefreshTests {
  static let standards = Repository.standardNames.filter {
    (try? Repository.standard($0).refresh.perBank) ?? nil != nil
  }

  /// A stream that always has a request ready: runs of bursts over some banks, in order or at random, some of them writes.
  static func stream(_ compiled: CompiledStandard, seed: UInt64, count: Int) -> [MemoryRequest] {
    var generator = SeededGenerator(seed: seed)
    let organization = compiled.standard.organization
    let banks = compiled.bankCount
    let run = [1, 2, 8, organization.columns][generator.next(below: 4)]
    let stride = [1, 1, 3, banks / 2 + 1][generator.next(below: 4)]
    let isRandom = generator.next(below: 3) == 0
    let writes = [0, 0, 0, 20, 50, 100][generator.next(below: 6)]
    var bank = 0
    var row = 0
    return (0..<count).map { index in
      if index % run == 0 {
        bank = isRandom ? generator.next(below: banks) : (bank + stride) % banks
        if isRandom || bank < stride { row = isRandom ? generator.next(below: 64) : row + 1 }
      }
      return MemoryRequest(
        tick: 0, isWrite: generator.next(below: 100) < writes, bank: bank,
        row: row % organization.rows, column: index % run % organization.columns)
    }
  }

  static func ticks(
    _ requests: [MemoryRequest], _ compiled: CompiledStandard, _ refresh: RefreshMode
  ) throws -> Int {
    var configuration = ControllerConfiguration()
    configuration.refresh = refresh
    return try replay(requests, on: compiled, configuration: configuration, keepsCommands: false)
      .statistics.ticks
  }

  /// Memories in which a bank's own refresh takes nearly as long as that of all (260 of 338 clocks), or all of them more
  /// than the interval (16 times 560 of 7800): where a stream wants every bank again within it, requests for the stalled
  /// bank fill the queue. The patterns of `dram stream` are not slower there either (``MemorySystemTests``).
  static let slower = ["hbm3-5.2-attacc", "hbm4-8000"]

  @Test(arguments: standards)
  func randomStreamsAreNeverSlowerThanUnderAllBankRefresh(name: String) throws {
    let compiled = try CompiledStandard(try Repository.standard(name))
    for seed in 0..<UInt64(16) {
      let requests = Self.stream(compiled, seed: seed, count: 9_000)
      let one = try Self.ticks(requests, compiled, .perBank)
      let all = try Self.ticks(requests, compiled, .allBank)
      let limit = Self.slower.contains(name) ? all * 113 / 100 : all
      #expect(one <= limit, "seed \(seed): \(one) against \(all)")
    }
  }
}
