/// What two streams on one channel took.
public struct SharedChannelResult: Hashable, Sendable {
  /// Clocks until the xPU's last datum; 0 without its stream.
  public var hostClocks: Int
  /// Clocks until PIM's last datum; 0 without its stream.
  public var pimClocks: Int
  /// Commands by name.
  public var commands: [String: Int]
  /// Ticks at which both sides could have used one command bus.
  public var slotConflicts: Int
}

/// How two streams share a channel.
public struct SharedChannelSpec: Hashable, Sendable {
  /// Bursts of the channel that the xPU reads or writes.
  public var hostBursts: Range<Int>
  public var hostWrites: Bool
  /// The address mapping of the xPU's data; the standard's own when nil.
  public var mapping: String?
  /// Columns of bundles that PIM reads or writes, rows of a bundle one after the other.
  public var pimColumns: Range<Int>
  public var pimWrites: Bool
  public var priority: SharedPriority
  public var refresh: BundleRefresh
  /// Limits that are removed.
  public var without: Set<MemoryStandard.Limit>

  public init(
    hostBursts: Range<Int>, hostWrites: Bool = false, mapping: String? = nil,
    pimColumns: Range<Int>, pimWrites: Bool = false, priority: SharedPriority = .oldest,
    refresh: BundleRefresh = .none, without: Set<MemoryStandard.Limit> = []
  ) {
    self.hostBursts = hostBursts
    self.hostWrites = hostWrites
    self.mapping = mapping
    self.pimColumns = pimColumns
    self.pimWrites = pimWrites
    self.priority = priority
    self.refresh = refresh
    self.without = without
  }
}

/// Standard, design and streams resolved to commands, banks and bursts.
struct SharedRules {
  let compiled: CompiledStandard
  let radix: ChannelRadix
  let bundles: [[Int]]
  let activate: Int
  let precharge: Int
  let hostColumn: Int
  let allActivate: Int
  let allPrecharge: Int
  let pimColumn: Int
  let refreshAll: Int
  /// Whether a command of PIM is sent to each bank of its bundle; one that covers the channel is sent
  /// once.
  let goesToEachBank: Bool
  let hostLatency: Int
  let pimLatency: Int
  let hostBursts: Range<Int>
  let pimColumns: Range<Int>
  let priority: SharedPriority
  let refresh: BundleRefresh
  /// Requests of the xPU that the controller sees.
  let queue = 32
  private let columns: Int
  private let rows: Int

  /// - Throws: `MemoryError` for streams outside the channel or a design whose commands the standard
  ///   lacks.
  init(_ standard: MemoryStandard, _ design: BundleDesign, _ spec: SharedChannelSpec) throws {
    try self.init(CompiledStandard(standard, without: spec.without), design, spec)
  }

  /// The same on a memory that is compiled already.
  init(_ compiled: CompiledStandard, _ design: BundleDesign, _ spec: SharedChannelSpec) throws {
    let standard = compiled.standard
    self.compiled = compiled
    radix = try AddressMapping(spec.mapping, standard: standard).radix
    let place = "PIM design '\(design.name)'"
    func index(_ name: String) throws -> Int { try standard.commandIndex(name, in: place) }
    allActivate = try index(design.commands.activate)
    allPrecharge = try index(design.commands.precharge)
    pimColumn = try index(spec.pimWrites ? design.commands.write : design.commands.read)
    let bundled = standard.commands[allActivate].scope == "bank"
    guard bundled || design.banks >= compiled.bankCount, compiled.bankCount <= 64 else {
      throw MemoryError(
        "\(place): commands of the scope \(standard.commands[allActivate].scope) that do not cover "
          + "all \(compiled.bankCount) banks of a channel cannot share it with the xPU")
    }
    goesToEachBank = bundled
    activate = compiled.roles.activate
    precharge = compiled.roles.precharge
    hostColumn = spec.hostWrites ? compiled.roles.write : compiled.roles.read
    refreshAll = compiled.roles.refreshAll
    hostLatency = spec.hostWrites ? compiled.writeLatency : compiled.readLatency
    pimLatency = spec.pimWrites ? compiled.writeLatency : compiled.readLatency
    bundles = Self.bundles(of: design, compiled)
    columns = standard.organization.columns
    rows = standard.organization.rows
    guard spec.hostBursts.lowerBound >= 0, spec.hostBursts.upperBound <= radix.capacity,
      spec.pimColumns.lowerBound >= 0,
      spec.pimColumns.upperBound <= columns * rows * bundles.count
    else { throw MemoryError("a stream does not lie in the channel") }
    hostBursts = spec.hostBursts
    pimColumns = spec.pimColumns
    priority = spec.priority
    refresh = spec.refresh
  }

  /// The banks of each bundle: an equal share of the banks of every group of a rank.
  private static func bundles(of design: BundleDesign, _ compiled: CompiledStandard) -> [[Int]] {
    if design.banks >= compiled.bankCount { return [Array(0..<compiled.bankCount)] }
    let each = max(1, design.banks * compiled.banksPerGroup / compiled.refreshScopeBanks)
    let parts = compiled.banksPerGroup / each
    var result: [[Int]] = []
    for rank in 0..<compiled.bankCount / compiled.refreshScopeBanks {
      for part in 0..<parts {
        var banks: [Int] = []
        for group in 0..<compiled.refreshScopeBanks / compiled.banksPerGroup {
          let first =
            rank * compiled.refreshScopeBanks + group * compiled.banksPerGroup + part * each
          banks += first..<first + each
        }
        result.append(banks)
      }
    }
    return result
  }

  /// The bundle of a column: rows fill one bundle, then the next.
  func bundle(at column: Int) -> Int { column / (columns * rows) }

  func row(at column: Int) -> Int32 { Int32(column / columns % rows) }
}

extension MemoryStandard {
  /// The address mapping in which the banks of a bundle lie next to each other, so that PIM finds an
  /// operand in one bundle: group, bank within the bundle, column, row, bundle.
  public func bundleMapping(banks: Int) -> String {
    let groups = organization.levels.first { $0.name == "bank_group" }?.count ?? 1
    return "rank-bank-row-column-bank:\(max(1, banks / groups))-bank_group-channel-stack"
  }
}

/// Runs two streams on one channel.
///
/// - Throws: `MemoryError` for streams outside the channel.
public func runShared(
  _ standard: MemoryStandard, _ design: BundleDesign, _ spec: SharedChannelSpec
) throws -> SharedChannelResult {
  var channel = SharedChannel(try SharedRules(standard, design, spec))
  return channel.run()
}
