public import DRAM
internal import StreamingFabric
public import Units

/// The memory behind a fabric's memory nodes, as the command line names it.
public struct FabricMemoryRequest: Hashable, Sendable {
  /// A memory standard, or `ideal` for one that answers at once.
  public var standard: String
  /// The fabric's clock.
  public var frequency: Frequency
  /// Channels; the standard's own number when absent.
  public var channels: Int?
  /// Who is refreshed when; all banks at once when absent.
  public var refresh: RefreshMode?

  /// The name of the memory that answers at once.
  public static let ideal = "ideal"

  public init(
    standard: String, frequency: Frequency, channels: Int? = nil, refresh: RefreshMode? = nil
  ) {
    self.standard = standard
    self.frequency = frequency
    self.channels = channels
    self.refresh = refresh
  }

  /// The fabric's clock.
  public var clock: ClockDomain { ClockDomain(name: "fabric", frequency: frequency) }

  /// A fresh memory.
  ///
  /// - Throws: `ConfigurationError` or `MemoryError` when there is no such memory.
  func make() throws -> FabricMemory {
    if standard == Self.ideal { return FabricMemory(idealAt: clock) }
    var controller = ControllerConfiguration()
    if let refresh { controller.refresh = refresh }
    let memory = try MemorySystem(
      try StandardLoader.load(standard), configuration: controller, channels: channels)
    return FabricMemory(memory, clock: clock)
  }
}

extension FabricAttention {
  /// Bytes per second over the whole run.
  private func bandwidth(_ memory: FabricMemoryResult) -> Double? {
    guard let request = request.memory, result.cycles > 0 else { return nil }
    let elapsed = max(result.cycles, memory.lastCycle)
    return Double(memory.bytesRead + memory.bytesWritten) * Double(request.frequency.hertz)
      / Double(elapsed)
  }

  /// The key `memory` of the result.
  func write(_ memory: FabricMemoryResult, into json: inout JSONWriter) {
    guard let request = request.memory else { return }
    json.field("memory") { json in
      json.object { json in
        json.field("standard", request.standard)
        json.field("clock_hz", request.frequency.hertz)
        json.field("query_block", self.request.options.queryBlock)
        if let buffer = self.request.options.kvBuffer { json.field("kv_buffer_bytes", buffer) }
        json.field("read_bytes", memory.bytesRead)
        json.field("written_bytes", memory.bytesWritten)
        json.finite("bandwidth_bytes_per_second", bandwidth(memory))
        if let peak = memory.peakBandwidth {
          json.field("peak_bandwidth_bytes_per_second", peak.bytesPerSecond)
          json.finite(
            "peak_fraction", bandwidth(memory).map { $0 / Double(peak.bytesPerSecond) })
        }
        if let onChipCycles { json.field("on_chip_cycles", onChipCycles) }
        json.field("last_byte_cycle", memory.lastCycle)
        json.field("stall_cycles") { json in
          json.object { json in
            for port in memory.ports { json.field(port.node, port.stallCycles) }
          }
        }
        if let statistics = memory.statistics { write(statistics, into: &json) }
      }
    }
  }

  private func write(_ statistics: MemoryStatistics, into json: inout JSONWriter) {
    json.field("bytes_moved", statistics.bytes.count)
    json.field("row_hits", statistics.rowHits)
    json.field("row_misses", statistics.rowMisses)
    json.field("row_conflicts", statistics.rowConflicts)
    json.field("commands") { json in
      json.object { json in
        for (name, count) in statistics.commandCounts.sorted(by: { $0.key < $1.key }) {
          json.field(name, count)
        }
      }
    }
  }

  /// The memory for people; empty without one.
  var memoryText: String {
    guard let memory = result.memory, let request = request.memory else { return "" }
    var text = "memory              \(request.standard), fabric at \(request.frequency.text)\n"
    text += "  read, written     \(memory.bytesRead), \(memory.bytesWritten) bytes"
    if let bandwidth = bandwidth(memory) {
      text += ", \(Int(bandwidth / 1e6)) MB/s"
      if let peak = memory.peakBandwidth { text += " of \(peak.bytesPerSecond / 1_000_000)" }
    }
    text += "\n"
    if let onChipCycles { text += "  cycles on chip    \(onChipCycles)\n" }
    for port in memory.ports {
      text +=
        "  stalls of \(port.node): \(port.stallCycles) cycles in \(port.transfers) transfers\n"
    }
    if let statistics = memory.statistics {
      text += "  rows hit, missed, in conflict: \(statistics.rowHits), \(statistics.rowMisses), "
      text += "\(statistics.rowConflicts)\n"
    }
    return text
  }
}
