public import DRAM
internal import Synchronization

/// How refresh and priority are handled while a device works.
public struct MemoryPolicies: Hashable, Sendable {
  /// How the host's controllers refresh.
  public var refresh: RefreshMode
  /// When banks that PIM streams through are refreshed.
  public var pimRefresh: BundleRefresh
  /// Who goes first where xPU and PIM want one bank.
  public var priority: SharedPriority

  public init(
    refresh: RefreshMode = .allBank, pimRefresh: BundleRefresh = .postponed,
    priority: SharedPriority = .oldest
  ) {
    self.refresh = refresh
    self.pimRefresh = pimRefresh
    self.priority = priority
  }
}

/// How much slower xPU and PIM are while both work, by the memory spaces that their data lie in.
///
/// Measured once for each relation of two spaces, when it is first asked for: two streams that take about equally long alone go
/// through one channel, PIM in the first space and the xPU in one of that relation.
public final class MemoryContention: Sendable {
  /// Time beside the other side over time alone.
  public struct Factors: Hashable, Sendable {
    public var xpu: Double
    public var pim: Double

    public init(xpu: Double, pim: Double) {
      self.xpu = xpu
      self.pim = pim
    }
  }

  /// How two memory spaces lie to each other.
  public enum Relation: String, CaseIterable, Hashable, Sendable {
    case sameSpace = "same_space"
    case sameRank = "same_rank"
    case otherRank = "other_rank"
  }

  /// Memory spaces of a device.
  public let spaces: Int
  /// Spaces of one rank.
  public let spacesOfRank: Int
  private let standard: MemoryStandard
  private let design: BundleDesign
  private let priority: SharedPriority
  private let without: Set<MemoryStandard.Limit>
  private let known = Mutex<[Relation: Factors]>([:])

  init(
    _ standard: MemoryStandard, _ design: BundleDesign, priority: SharedPriority,
    without: Set<MemoryStandard.Limit>
  ) {
    spaces = standard.spaces(banksOfBundle: design.banks)
    spacesOfRank = max(1, spaces / standard.refreshScopes)
    self.standard = standard
    self.design = design
    self.priority = priority
    self.without = without
  }

  /// The relation of two spaces.
  public func relation(_ one: Int, _ other: Int) -> Relation {
    if one == other { return .sameSpace }
    return one / spacesOfRank == other / spacesOfRank ? .sameRank : .otherRank
  }

  /// The factors of a relation; nothing costs anything where it does not occur.
  ///
  /// - Throws: `MemoryError` for a design that cannot share a channel.
  public func factors(_ relation: Relation) throws -> Factors {
    if let factors = known.withLock({ $0[relation] }) { return factors }
    let space: Int
    switch relation {
    case .sameSpace: space = 0
    case .sameRank: space = spacesOfRank > 1 ? 1 : 0
    case .otherRank: space = spaces > spacesOfRank ? spacesOfRank : 0
    }
    let factors =
      relation == .sameSpace || space > 0
      ? try Self.measure(
        standard, design, hostSpace: space, priority: priority, without: without)
      : Factors(xpu: 1, pim: 1)
    known.withLock { $0[relation] = factors }
    return factors
  }

  private static func measure(
    _ standard: MemoryStandard, _ design: BundleDesign, hostSpace: Int,
    priority: SharedPriority, without: Set<MemoryStandard.Limit>
  ) throws -> Factors {
    let space = standard.organization.columns * standard.organization.rows
    // Bursts are two clocks apart, columns of a bundle a little over five with their rows.
    let first = hostSpace * space * design.banks
    // Where PIM takes all banks, the xPU's data lie in the memory's own order.
    let isWhole = design.banks >= standard.banks
    var spec = SharedChannelSpec(
      hostBursts: first..<first + 4096,
      mapping: isWhole ? nil : standard.bundleMapping(banks: design.banks),
      pimColumns: 0..<1600, priority: priority, without: without)
    let both = try runShared(standard, design, spec)
    spec.pimColumns = 0..<0
    let host = Double(try runShared(standard, design, spec).hostClocks)
    spec.pimColumns = 0..<1600
    spec.hostBursts = first..<first
    let pim = Double(try runShared(standard, design, spec).pimClocks)
    let (hostBoth, pimBoth) = (Double(both.hostClocks), Double(both.pimClocks))
    return hostBoth <= pimBoth
      ? Factors(
        xpu: max(1, hostBoth / host), pim: slowdown(until: hostBoth, alone: pim, end: pimBoth))
      : Factors(
        xpu: slowdown(until: pimBoth, alone: host, end: hostBoth), pim: max(1, pimBoth / pim))
  }

  /// How much slower a stream was until the other one ended, if it went on at its own rate after that.
  private static func slowdown(until first: Double, alone: Double, end: Double) -> Double {
    let done = first + alone - end
    return done > 0 ? max(1, first / done) : max(1, end / alone)
  }
}
