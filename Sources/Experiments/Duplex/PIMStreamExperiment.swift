internal import Configuration
public import DRAM
public import Units

/// Streams an operand out of a memory, to the xPU or through its PIM units: the micro-measurement
/// `orrery pim stream`.
public struct PIMStreamExperiment: Sendable {
  /// A preset below `configs/memories` or a file.
  public var memory: String
  /// `xpu` for the host's own path, else a preset below `configs/devices` or a file: banks and
  /// commands of the PIM design.
  public var design: String
  public var bytes: ByteCount
  /// Bytes into a row of the bundle; an address on the xPU's path.
  public var offset: ByteCount
  public var isWrite: Bool
  public var refresh: BundleRefresh
  /// Stacks; those of the memory when nil.
  public var stacks: Int?

  public init(
    memory: String, design: String, bytes: ByteCount, offset: ByteCount = .zero,
    isWrite: Bool = false, refresh: BundleRefresh = .none, stacks: Int? = nil
  ) {
    self.memory = memory
    self.design = design
    self.bytes = bytes
    self.offset = offset
    self.isWrite = isWrite
    self.refresh = refresh
    self.stacks = stacks
  }

  /// Runs the stream.
  ///
  /// - Throws: `ConfigurationError`, `MemoryError`.
  public func run() throws -> PIMStreamResult {
    var standard = try StandardLoader.load(memory)
    if let stacks { standard = try standard.withStacks(stacks) }
    try standard.validate()
    if design == "xpu" { return try runOnXPU(standard) }
    let design = try PresetLibrary.load(design, kind: .devices).decode(BundleDesign.self)
    let stream = try BundleStream(standard, design: design)
    let result = try stream.run(
      bytes: bytes, offset: offset, isWrite: isWrite, refresh: refresh)
    return PIMStreamResult(
      memory: standard.name, design: design.name, clock: standard.clock, result: result,
      peak: try stream.peakBandwidth())
  }

  /// The same bytes through the host's controller, in ascending address order from one source.
  private func runOnXPU(_ standard: MemoryStandard) throws -> PIMStreamResult {
    var configuration = ControllerConfiguration()
    configuration.refresh = refresh == .none ? .none : .rankStaggered
    let memory = try MemorySystem(standard, configuration: configuration, mode: .symmetric)
    let extent = Extent(offset: offset.count, length: bytes.count)
    _ = try memory.enqueue(source: 0, isWrite: isWrite, [extent], at: 0)
    guard let done = memory.nextCompletion() else {
      throw MemoryError("the stream did not end")
    }
    let clocks = (done.tick + standard.ticksPerClock - 1) / standard.ticksPerClock
    return PIMStreamResult(
      memory: standard.name, design: "xpu", clock: standard.clock,
      result: BundleStreamResult(
        clocks: clocks, commands: memory.statistics(channel: 0).commandCounts, bytes: bytes,
        owedRefreshes: 0), peak: memory.peakBandwidth)
  }
}

/// The outcome of a PIM stream.
public struct PIMStreamResult: Sendable {
  public var memory: String
  public var design: String
  public var clock: Frequency
  public var result: BundleStreamResult
  /// The rate of column commands back to back.
  public var peak: Bandwidth

  /// Bytes of the device per second.
  public var bandwidth: Double {
    Double(result.bytes.count) * Double(clock.hertz) / Double(max(1, result.clocks))
  }

  /// As JSON, schema `orrery.pim_stream/1`; commands are those of channel 0.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.pim_stream/1")
      json.field("memory", memory)
      json.field("path", design)
      json.field("bytes", result.bytes.count)
      json.field("dram_cycles", result.clocks)
      json.field("bandwidth_bytes_per_second", bandwidth)
      json.field("peak_bandwidth_bytes_per_second", peak.bytesPerSecond)
      json.field("peak_fraction", bandwidth / Double(peak.bytesPerSecond))
      json.field("owed_refreshes", result.owedRefreshes)
      json.field("commands") { json in
        json.object { json in
          for (name, count) in result.commands.sorted(by: { $0.key < $1.key }) {
            json.field(name, count)
          }
        }
      }
    }
    return json.utf8
  }

  /// As text.
  public var text: String {
    var lines = [
      "\(result.bytes.count) bytes through \(design) of \(memory)",
      "  \(result.clocks) clocks of \(clock.text), \(Experiments.text(bandwidth / 1e9)) GB/s, "
        + "\(Experiments.text(100 * bandwidth / Double(peak.bytesPerSecond))) % of the peak",
    ]
    for (name, count) in result.commands.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name) \(count)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension MemoryStandard {
  /// The same memory with another number of equal stacks.
  ///
  /// - Throws: `MemoryError` when the channels are not spread evenly over the stacks.
  func withStacks(_ count: Int) throws -> MemoryStandard {
    let own = organization.stacks ?? 1
    guard count > 0, organization.channels % own == 0 else {
      throw MemoryError("'\(name)' cannot have \(count) stacks")
    }
    var result = self
    result.organization.channels = organization.channels / own * count
    result.organization.stacks = count
    return result
  }
}
