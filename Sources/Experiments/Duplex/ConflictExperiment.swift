internal import Configuration
public import DRAM
public import Units

/// How the data of the xPU lie.
public enum HostLayout: String, CaseIterable, Sendable {
  /// Over all banks, as the memory's own mapping has it.
  case interleaved
  /// In one memory space, as PIM has its operands.
  case bundle
}

/// xPU and PIM at work on one channel at once, beside each of them alone: `orrery pim conflicts`.
public struct ConflictExperiment: Sendable {
  /// A preset below `configs/memories` or a file.
  public var memory: String
  /// A preset below `configs/devices` or a file.
  public var design: String
  /// Bytes of the device that each side moves.
  public var hostBytes: ByteCount
  public var pimBytes: ByteCount
  public var hostWrites: Bool
  public var layout: HostLayout
  /// The memory spaces of the two operands; that of the xPU counts with `bundle` only, and is another
  /// one than PIM's where there are several when it is nil.
  public var hostSpace: Int?
  public var pimSpace: Int
  public var priority: SharedPriority
  public var refresh: BundleRefresh
  /// Whether both sides share the column path of a bank group.
  public var sharesGroupPath: Bool

  public init(
    memory: String = "hbm3-5.2-duplex", design: String = "logic-pim", hostBytes: ByteCount,
    pimBytes: ByteCount, hostWrites: Bool = false, layout: HostLayout = .bundle,
    hostSpace: Int? = nil, pimSpace: Int = 0, priority: SharedPriority = .oldest,
    refresh: BundleRefresh = .none, sharesGroupPath: Bool = true
  ) {
    self.memory = memory
    self.design = design
    self.hostBytes = hostBytes
    self.pimBytes = pimBytes
    self.hostWrites = hostWrites
    self.layout = layout
    self.hostSpace = hostSpace
    self.pimSpace = pimSpace
    self.priority = priority
    self.refresh = refresh
    self.sharesGroupPath = sharesGroupPath
  }

  /// Runs both sides together and each alone.
  ///
  /// - Throws: `ConfigurationError`, `MemoryError`.
  public func run() throws -> ConflictResult {
    let standard = try StandardLoader.load(memory)
    let design = try PresetLibrary.load(design, kind: .devices).decode(BundleDesign.self)
    let organization = standard.organization
    let spaces = standard.spaces(banksOfBundle: design.banks)
    var resolved = self
    let hostSpace = hostSpace ?? (pimSpace + 1) % spaces
    resolved.hostSpace = hostSpace
    // A design that takes all banks leaves the xPU no layout of its own.
    let layout: HostLayout = design.banks >= standard.banks ? .interleaved : layout
    resolved.layout = layout
    for (key, space) in [("host", hostSpace), ("PIM", pimSpace)]
    where !(0..<spaces).contains(space) {
      throw MemoryError("the \(key) space must be 0 to \(spaces - 1), not \(space)")
    }
    let burst = organization.channels * standard.burst.bytes.count
    let hostBursts = (hostBytes.count + burst - 1) / burst
    let column = burst * design.banks
    let pimColumns = (pimBytes.count + column - 1) / column
    let perSpace = organization.columns * organization.rows
    let firstBurst = layout == .bundle ? hostSpace * perSpace * design.banks : 0
    var spec = SharedChannelSpec(
      hostBursts: firstBurst..<firstBurst + hostBursts, hostWrites: hostWrites,
      mapping: layout == .bundle ? standard.bundleMapping(banks: design.banks) : nil,
      pimColumns: pimSpace * perSpace..<pimSpace * perSpace + pimColumns, priority: priority,
      refresh: refresh, without: sharesGroupPath ? [] : [.groupPath])
    let together = try runShared(standard, design, spec)
    let columns = spec.pimColumns
    spec.pimColumns = columns.lowerBound..<columns.lowerBound
    let host = try runShared(standard, design, spec)
    spec.pimColumns = columns
    spec.hostBursts = firstBurst..<firstBurst
    let pim = try runShared(standard, design, spec)
    return ConflictResult(
      experiment: resolved, hostAlone: host.hostClocks, pimAlone: pim.pimClocks, together: together)
  }
}

/// What conflicts cost.
public struct ConflictResult: Sendable {
  public var experiment: ConflictExperiment
  /// Clocks of the xPU's stream without PIM.
  public var hostAlone: Int
  /// Clocks of PIM's stream without the xPU.
  public var pimAlone: Int
  public var together: SharedChannelResult

  /// The xPU's time beside PIM over its time alone.
  public var hostSlowdown: Double { ratio(together.hostClocks, hostAlone) }
  /// PIM's time beside the xPU over its time alone.
  public var pimSlowdown: Double { ratio(together.pimClocks, pimAlone) }

  private func ratio(_ with: Int, _ without: Int) -> Double {
    without > 0 ? Double(with) / Double(without) : 1
  }

  /// As JSON, schema `orrery.pim_conflicts/1`; commands are those of one channel.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.pim_conflicts/1")
      json.field("memory", experiment.memory)
      json.field("path", experiment.design)
      json.field("layout", experiment.layout.rawValue)
      if let space = experiment.hostSpace { json.field("host_space", space) }
      json.field("pim_space", experiment.pimSpace)
      json.field("priority", experiment.priority.rawValue)
      json.field("refresh", experiment.refresh.rawValue)
      json.field("shares_group_path", experiment.sharesGroupPath)
      json.field("host_cycles", together.hostClocks)
      json.field("host_cycles_alone", hostAlone)
      json.field("host_slowdown", hostSlowdown)
      json.field("pim_cycles", together.pimClocks)
      json.field("pim_cycles_alone", pimAlone)
      json.field("pim_slowdown", pimSlowdown)
      json.field("slot_conflicts", together.slotConflicts)
      json.field("commands") { json in
        json.object { json in
          for (name, count) in together.commands.sorted(by: { $0.key < $1.key }) {
            json.field(name, count)
          }
        }
      }
    }
    return json.utf8
  }

  /// As text.
  public var text: String {
    func side(_ name: String, _ with: Int, _ alone: Int, _ ratio: Double) -> String {
      "  \(name) \(with) clocks, alone \(alone): \(Experiments.text(ratio)) times"
    }
    var lines = [
      "xPU (\(experiment.hostBytes.count) bytes, \(experiment.layout.rawValue)) and "
        + "\(experiment.design) (\(experiment.pimBytes.count) bytes) on one channel",
      side("xPU", together.hostClocks, hostAlone, hostSlowdown),
      side("PIM", together.pimClocks, pimAlone, pimSlowdown),
      "  \(together.slotConflicts) command slots that both could have used",
    ]
    for (name, count) in together.commands.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name) \(count)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
