public import DRAM

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
/// Measured once for each relation of two spaces: two streams that take about equally long alone go
/// through one channel, PIM in the first space and the xPU in one of that relation.
public struct MemoryContention: Hashable, Sendable {
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
  private let factors: [Relation: Factors]

  /// - Throws: `MemoryError` for a design whose commands the standard lacks.
  init(
    _ standard: MemoryStandard, _ design: BundleDesign, priority: SharedPriority,
    without: Set<MemoryStandard.Limit>
  ) throws {
    let count = standard.spaces(banksOfBundle: design.banks)
    let ofRank = max(1, count / standard.refreshScopes)
    spaces = count
    spacesOfRank = ofRank
    var partners: [(Relation, Int)] = [(.sameSpace, 0)]
    if ofRank > 1 { partners.append((.sameRank, 1)) }
    if count > ofRank { partners.append((.otherRank, ofRank)) }
    var measured: [Relation: Factors] = [:]
    for (relation, space) in partners {
      measured[relation] = try Self.measure(
        standard, design, hostSpace: space, priority: priority, without: without)
    }
    factors = measured
  }

  /// The relation of two spaces.
  public func relation(_ one: Int, _ other: Int) -> Relation {
    if one == other { return .sameSpace }
    return one / spacesOfRank == other / spacesOfRank ? .sameRank : .otherRank
  }

  /// The factors of a relation; none cost anything where it does not occur.
  public subscript(relation: Relation) -> Factors { factors[relation] ?? Factors(xpu: 1, pim: 1) }

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
