internal import Configuration
public import DRAM
public import Units

/// The units' place in a stack with the commands of AttAcc.
public enum AttentionLevel: String, CaseIterable, Sendable {
  case bank, bankgroup, buffer
}

/// Attention on one stack with the command set of AttAcc: the micro-measurement `orrery pim attacc`.
public struct AttAccExperiment: Sendable {
  /// A preset below `configs/devices` or a file.
  public var design: String
  public var shape: StackAttentionShape
  public var limitsPower: Bool
  public var refreshes: Bool

  public init(
    design: String, shape: StackAttentionShape, limitsPower: Bool = true, refreshes: Bool = true
  ) {
    self.design = design
    self.shape = shape
    self.limitsPower = limitsPower
    self.refreshes = refreshes
  }

  /// Runs the heads.
  ///
  /// - Throws: `ConfigurationError`, `MemoryError`.
  public func run() throws -> AttAccResult {
    let design = try PresetLibrary.load(design, kind: .devices).decode(AttentionDesign.self)
    let standard = try StandardLoader.load(design.memory)
    let stack = try AttentionStack(standard, design: design, limitsPower: limitsPower)
    return AttAccResult(
      design: design.name, memory: standard.name, clock: standard.clock, shape: shape,
      limitsPower: limitsPower, refreshes: refreshes,
      result: try stack.run(shape, refreshes: refreshes))
  }
}

/// The outcome of attention on one stack.
public struct AttAccResult: Sendable {
  public var design: String
  public var memory: String
  public var clock: Frequency
  public var shape: StackAttentionShape
  public var limitsPower: Bool
  public var refreshes: Bool
  public var result: AttentionStackResult

  /// Bytes of keys and values that the units read in a second.
  public var bandwidth: Double {
    Double(result.bytes) * Double(clock.hertz) / Double(max(1, result.clocks))
  }

  /// As JSON, schema `orrery.pim_attacc/1`; commands are those of the stack.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.pim_attacc/1")
      json.field("design", design)
      json.field("memory", memory)
      json.field("heads", shape.heads)
      json.field("length", shape.length)
      json.field("head_dim", shape.headDimension)
      json.field("power_limit", limitsPower)
      json.field("refresh", refreshes)
      json.field("cycles", result.clocks)
      json.field("time_ps", time.picoseconds)
      json.field("bytes", result.bytes)
      json.field("bandwidth_bytes_per_second", bandwidth)
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

  private var time: Duration {
    ClockDomain(name: memory, frequency: clock).instant(of: Cycles(result.clocks)) - Instant.zero
  }

  /// As text.
  public var text: String {
    var lines = [
      "\(shape.heads) heads of \(shape.headDimension), \(shape.length) tokens, on one stack with "
        + design,
      "  \(result.clocks) clocks of \(clock.text), \(Experiments.text(bandwidth / 1e9)) GB/s of keys "
        + "and values" + (limitsPower ? "" : ", without the power limit")
        + (refreshes ? "" : ", without refresh"),
    ]
    for (name, count) in result.commands.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name) \(count)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
