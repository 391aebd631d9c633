import DRAM
import Testing

private let logicPIM = BundleDesign(
  name: "logic-pim", source: "a test",
  commands: BundleDesign.Commands(
    activate: "ALLACT", read: "ALLRD", write: "ALLWR", precharge: "ALLPRE"), banks: 8)
/// Columns of a space.
private let space = 32 * 16384

private func run(_ change: (inout SharedChannelSpec) -> Void) throws -> SharedChannelResult {
  let standard = try Repository.standard("hbm3-5.2-duplex")
  var spec = SharedChannelSpec(
    hostBursts: 8 * space..<8 * space + 2048, mapping: standard.bundleMapping(banks: 8),
    pimColumns: 0..<512)
  change(&spec)
  return try runShared(standard, logicPIM, spec)
}

@Suite struct SharedChannelTests {
  @Test func aBundleAloneTakesTheClosedForm() throws {
    let result = try run { $0.hostBursts = 0..<0 }
    #expect(result.pimClocks == 2685)
    #expect(result.hostClocks == 0)
    #expect(result.commands["ALLACT"] == 16)
    #expect(result.commands["ALLRD"] == 512)
  }

  @Test func theHostAloneTakesWhatItsControllerTakes() throws {
    let standard = try Repository.standard("hbm3-5.2-duplex")
    var configuration = ControllerConfiguration()
    configuration.refresh = .none
    let memory = try MemorySystem(standard, configuration: configuration, mode: .symmetric)
    _ = try memory.enqueue(
      source: 0, isWrite: false, [Extent(offset: 0, length: 5120 * 2048)], at: 0)
    let tick = try #require(memory.nextCompletion()?.tick)
    let alone = try run {
      $0.mapping = nil
      $0.hostBursts = 0..<2048
      $0.pimColumns = 0..<0
    }
    #expect(abs(alone.hostClocks - tick) <= tick / 50)
    #expect(alone.commands["RD"] == 2048)
  }

  /// In spaces of their own the two meet on command slots and the column path of the bank groups.
  @Test func spacesKeepTheTwoApartButForThePath() throws {
    let host = try run { $0.pimColumns = 0..<0 }
    let pim = try run { $0.hostBursts = 0..<0 }
    let shared = try run { _ in }
    let separate = try run { $0.without = [.groupPath] }
    #expect(shared.commands["RD"] == 2048 && shared.commands["ALLRD"] == 512)
    #expect(shared.hostClocks + shared.pimClocks > host.hostClocks + pim.pimClocks)
    #expect(
      separate.hostClocks + separate.pimClocks < shared.hostClocks + shared.pimClocks)
    // Another rank has other bank groups.
    let otherRank = try run { $0.hostBursts = 16 * space..<16 * space + 2048 }
    #expect(otherRank.pimClocks <= shared.pimClocks)
    #expect(otherRank.hostClocks < shared.hostClocks)
  }

  @Test(arguments: SharedPriority.allCases)
  func oneSpaceForBothCostsRows(priority: SharedPriority) throws {
    let apart = try run { $0.priority = priority }
    let together = try run {
      $0.priority = priority
      $0.hostBursts = 4096..<4096 + 2048
    }
    // Whatever the order, all is done, and one of the two pays.
    #expect(together.commands["RD"] == 2048 && together.commands["ALLRD"] == 512)
    #expect(max(together.hostClocks, together.pimClocks) > max(apart.hostClocks, apart.pimClocks))
    let pim = try run { $0.hostBursts = 0..<0 }
    if priority == .pim { #expect(together.pimClocks <= pim.pimClocks + 100) }
  }

  @Test(arguments: [BundleRefresh.first, .postponed])
  func refreshGoesToBothRanks(policy: BundleRefresh) throws {
    func long(_ refresh: BundleRefresh) throws -> SharedChannelResult {
      try run {
        $0.hostBursts = 8 * space..<8 * space + 20_000
        $0.pimColumns = 0..<6000
        $0.refresh = refresh
      }
    }
    let none = try long(.none)
    let with = try long(policy)
    #expect(none.commands["REFab"] == nil)
    #expect((with.commands["REFab"] ?? 0) > 8)
    #expect(with.hostClocks > none.hostClocks && with.pimClocks > none.pimClocks)
    #expect(with.commands["RD"] == 20_000 && with.commands["ALLRD"] == 6000)
  }

  /// A command of all banks waits until the xPU's row has been open for tRAS and closed for tRP.
  @Test func commandsOfAllBanksTakeTurnsWithTheHost() throws {
    let standard = try Repository.standard("hbm3-5.2-duplex")
    var all = BundleDesign(
      name: "bank-pim", source: "a test",
      commands: BundleDesign.Commands(
        activate: "ABACT", read: "ABRD", write: "ABWR", precharge: "ABPRE"), banks: 32)
    func run(_ host: Int, _ pim: Int, _ priority: SharedPriority = .oldest) throws
      -> SharedChannelResult
    {
      try runShared(
        standard, all,
        SharedChannelSpec(hostBursts: 0..<host, pimColumns: 0..<pim, priority: priority))
    }
    #expect(try run(0, 1).pimClocks == 41)
    #expect(try run(1, 1).hostClocks == 41)
    #expect(try run(1, 1).pimClocks == 64 + 41)
    #expect(try run(1, 1, .pim).pimClocks == 41)
    #expect(try run(1, 1, .pim).hostClocks >= 64 + 41)
    let both = try run(4096, 384)
    #expect(both.commands["RD"] == 4096 && both.commands["ABRD"] == 384)
    // Twelve rows of 32 columns, opened anew after each turn of the host.
    #expect((both.commands["ABACT"] ?? 0) >= 12)
    #expect(both.hostClocks > (try run(4096, 0).hostClocks))
    #expect(both.pimClocks > (try run(0, 384).pimClocks))
    all.banks = 16
    #expect(throws: MemoryError.self) { try run(1, 1) }
  }

  @Test func streamsBeyondTheChannelAreRefused() throws {
    #expect(throws: MemoryError.self) { try run { $0.pimColumns = 0..<(1 << 40) } }
  }
}
