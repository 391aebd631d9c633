public import DRAM

/// Rows of products on one idle channel.
public struct PIMRowsExperiment: Sendable {
  public var setup: PIMSetup
  public var kind: PIMRowKind
  public var count: Int
  public var columns: Int?
  public var hostReads: Int

  public init(
    setup: PIMSetup, kind: PIMRowKind, count: Int, columns: Int? = nil, hostReads: Int = 0
  ) {
    self.setup = setup
    self.kind = kind
    self.count = count
    self.columns = columns
    self.hostReads = hostReads
  }

  /// Runs it.
  ///
  /// - Throws: what loading the memory throws, or `MemoryError` for a number out of range.
  public func run() throws -> PIMRowsReport {
    let compiled = try setup.compiled()
    let result = try runPIMRows(
      compiled, setup.configuration, kind: kind, count: count, columns: columns,
      hostReads: hostReads)
    return PIMRowsReport(experiment: self, compiled: compiled, result: result)
  }
}

/// The outcome of `PIMRowsExperiment`, schema `orrery.pim_rows/1`.
public struct PIMRowsReport: Sendable {
  let experiment: PIMRowsExperiment
  let compiled: CompiledStandard
  public let result: PIMRowsResult

  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.pim_rows/1")
      experiment.setup.write(to: &json)
      json.field("kind", experiment.kind.rawValue)
      json.field("count", experiment.count)
      if let columns = experiment.columns { json.field("comps", columns) }
      json.field("host_reads", experiment.hostReads)
      json.field("pim_cycles", result.pimCycles)
      if let cycles = result.hostReadCycles { json.field("host_read_cycles", cycles) }
      PIMTally(counts: result.counts, compiled: compiled).write(to: &json)
    }
    return json.text
  }

  public var text: String {
    var text = "PIM cycles      \(result.pimCycles)\n"
    if let cycles = result.hostReadCycles { text += "host reads end  \(cycles)\n" }
    return text + PIMTally(counts: result.counts, compiled: compiled).text
  }
}
