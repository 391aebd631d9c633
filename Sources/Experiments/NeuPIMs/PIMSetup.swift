internal import Configuration
public import DRAM
internal import Units

/// Whether a memory with PIM is refreshed.
public enum PIMRefresh: String, CaseIterable, Hashable, Sendable {
  case none
  /// The memory's own mode: rank after rank.
  case on
  /// The same, but what falls due while products wait is postponed, as far as the standard allows.
  case postponed
}

/// Whether the phases of attention are timed apart.
public enum PIMPhases: String, CaseIterable, Hashable, Sendable {
  /// Each from clock 0 on idle channels.
  case apart
  /// The values after the slowest channel's keys.
  case sequence
}

/// The memory and the switches of a PIM micro-experiment.
public struct PIMSetup: Hashable, Sendable {
  /// A preset or file; nil means NeuPIMs' memory with these row buffers.
  public var memory: String?
  public var rowBuffers: PIMDesign.RowBuffers
  public var rowHold: PIMDesign.RowHold
  public var refresh: PIMRefresh

  public init(
    memory: String? = nil, rowBuffers: PIMDesign.RowBuffers = .dual,
    rowHold: PIMDesign.RowHold = .held, refresh: PIMRefresh = .on
  ) {
    self.memory = memory
    self.rowBuffers = rowBuffers
    self.rowHold = rowHold
    self.refresh = refresh
  }

  /// The name or path of the memory.
  public var memoryName: String { memory ?? "hbm2-neupims-\(rowBuffers.rawValue)" }

  var configuration: PIMConfiguration {
    PIMConfiguration(
      rowHold: rowHold, refreshes: refresh != .none, postpones: refresh == .postponed)
  }

  /// Loads and compiles the memory.
  ///
  /// - Throws: `ConfigurationError` or `MemoryError` when it cannot be used, or has other row buffers.
  func compiled() throws -> CompiledStandard {
    let node = try PresetLibrary.load(memoryName, kind: .memories)
    let standard = try StandardLoader.standard(node)
    guard let pim = standard.pim else {
      throw MemoryError("\(memoryName) has no section 'pim'; use a memory with PIM units")
    }
    guard pim.rowBuffers == rowBuffers else {
      throw MemoryError(
        "\(memoryName) has \(pim.rowBuffers.rawValue) row buffers; use --buffer \(pim.rowBuffers.rawValue)"
      )
    }
    return try CompiledStandard(standard)
  }

  /// Writes the switches into a result.
  func write(to json: inout JSONWriter) {
    json.field("memory", memoryName)
    json.field("buffer", rowBuffers.rawValue)
    json.field("variant", rowHold.rawValue)
    json.field("refresh", refresh.rawValue)
  }
}

/// Commands by name, column steps and energy of a run, as text and JSON.
struct PIMTally {
  let counts: PIMCommandCounts
  let compiled: CompiledStandard

  private var commands: [(name: String, count: Int)] {
    zip(compiled.standard.commands, counts.commands).map { ($0.name, $1) }.filter { $0.1 > 0 }
  }

  func write(to json: inout JSONWriter) {
    json.field("commands") { json in
      json.object { json in
        for command in commands { json.field(command.name, command.count) }
      }
    }
    json.field("column_steps", counts.columnSteps)
    json.field("results", counts.results)
    json.field("pim_bytes", pimBytes)
    let energy = PIMEnergy(counts, compiled)
    json.field("energy_pj") { json in
      json.object { json in
        for term in energy.terms { json.field(term.name, term.energy.picojoules) }
        json.field("total", energy.total.picojoules)
      }
    }
  }

  /// Bytes that the multipliers read from their rows.
  var pimBytes: Int {
    guard let pim = compiled.standard.pim else { return 0 }
    return counts.columnSteps * pim.lanes * pim.element.bits / 8 * compiled.bankCount
  }

  var text: String {
    var lines = [
      "commands        " + commands.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
    ]
    lines.append("column steps    \(counts.columnSteps)")
    lines.append("PIM bytes       \(pimBytes)")
    let nanojoules = (PIMEnergy(counts, compiled).total.picojoules / 1000).rounded()
    lines.append("energy          \(Int(nanojoules)) nJ")
    return lines.joined(separator: "\n") + "\n"
  }
}
