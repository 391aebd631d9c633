public import DRAM

/// The key and value phases of attention over decode requests, without host traffic.
public struct PIMAttentionExperiment: Sendable {
  public var setup: PIMSetup
  public var requests: RequestList
  public var heads: Int
  public var headDimension: Int
  /// Nil means as many as the list names, at least one.
  public var channels: Int?
  public var phases: PIMPhases

  public init(
    setup: PIMSetup, requests: RequestList, heads: Int, headDimension: Int = 128,
    channels: Int? = nil, phases: PIMPhases = .sequence
  ) {
    self.setup = setup
    self.requests = requests
    self.heads = heads
    self.headDimension = headDimension
    self.channels = channels
    self.phases = phases
  }

  /// Runs it. Requests without a channel go to channels in turn.
  ///
  /// - Throws: what loading the memory throws, or `MemoryError` for a number out of range.
  public func run() throws -> PIMAttentionReport {
    let compiled = try setup.compiled()
    let named = requests.entries.compactMap(\.channel).max().map { $0 + 1 } ?? 1
    let count = channels ?? named
    let placed = requests.entries.enumerated().map { index, entry in
      ChannelRequest(tokens: entry.tokens, channel: entry.channel ?? index % max(count, 1))
    }
    let layout = try AttentionLayout(compiled, heads: heads, headDimension: headDimension)
    let result = try runPIMAttention(
      compiled, setup.configuration, layout: layout, requests: placed, channels: count,
      isSequence: phases == .sequence)
    return PIMAttentionReport(experiment: self, compiled: compiled, result: result)
  }
}

/// The outcome of `PIMAttentionExperiment`, schema `orrery.pim_attention/1`.
public struct PIMAttentionReport: Sendable {
  let experiment: PIMAttentionExperiment
  let compiled: CompiledStandard
  public let result: PIMAttentionResult

  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.pim_attention/1")
      experiment.setup.write(to: &json)
      json.field("heads", experiment.heads)
      json.field("head_dim", experiment.headDimension)
      json.field("requests", experiment.requests.entries.count)
      json.field("channels", result.keyCyclesByChannel.count)
      json.field("phases", experiment.phases.rawValue)
      json.field("key_phase_cycles", result.keyPhaseCycles)
      json.field("value_phase_cycles", result.valuePhaseCycles)
      json.field("cycles", result.cycles)
      write(result.keyCyclesByChannel, "key_phase", to: &json)
      write(result.valueCyclesByChannel, "value_phase", to: &json)
      json.field("pim_instructions") { json in
        json.object { json in
          json.field("key_phase", result.keyCounts.instructions)
          json.field("value_phase", result.valueCounts.instructions)
        }
      }
      PIMTally(counts: total, compiled: compiled).write(to: &json)
    }
    return json.text
  }

  private var total: PIMCommandCounts {
    var counts = result.keyCounts
    counts += result.valueCounts
    return counts
  }

  private func write(_ cycles: [Int], _ name: String, to json: inout JSONWriter) {
    json.field(name + "_by_channel") { json in
      json.object { json in
        json.field("min", cycles.min() ?? 0)
        json.field("mean", Double(cycles.reduce(0, +)) / Double(max(cycles.count, 1)))
        json.field("max", cycles.max() ?? 0)
      }
    }
  }

  public var text: String {
    "key phase       \(result.keyPhaseCycles) cycles\n"
      + "value phase     \(result.valuePhaseCycles) cycles\n"
      + PIMTally(counts: total, compiled: compiled).text
  }
}
