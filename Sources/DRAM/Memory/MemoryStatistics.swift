public import Units

/// Counts and times of a memory: one channel's, or the sum over channels.
///
/// `ticks` is the time at which the last access completed. Latencies are those of reads, from acceptance to the
/// last datum, in ticks. Causes sum to the time up to each channel's last column command.
public struct MemoryStatistics: Sendable {
  let compiled: CompiledStandard
  /// Channels summed.
  public private(set) var channels = 0
  public private(set) var ticks = 0
  public private(set) var counts: [Int]
  private var latencies: [Int: Int] = [:]
  public private(set) var latencyMaximum = 0
  /// Bursts over time.
  public internal(set) var series = BandwidthSeries()

  init(_ compiled: CompiledStandard) {
    self.compiled = compiled
    counts = [Int](
      repeating: 0, count: ChannelStatistics.commands + compiled.commandTicks.count)
  }

  /// Adds a channel `times` times (a representative of equal channels).
  mutating func add(_ controller: borrowing ChannelController, times: Int = 1) {
    channels += times
    ticks = max(ticks, controller.lastCompletion)
    for index in 0..<counts.count { counts[index] += controller.statistics.counts[index] * times }
    let maximum = controller.statistics.latencyMaximum
    latencyMaximum = max(latencyMaximum, maximum)
    for latency in 0...min(maximum, ChannelStatistics.exactLatencies - 1) {
      let count = Int(controller.statistics.latencies[latency])
      if count > 0 { latencies[latency, default: 0] += count * times }
    }
  }

  public var reads: Int { counts[ChannelStatistics.reads] }
  public var writes: Int { counts[ChannelStatistics.writes] }
  public var rowHits: Int { counts[ChannelStatistics.hits] }
  public var rowMisses: Int { counts[ChannelStatistics.misses] }
  public var rowConflicts: Int { counts[ChannelStatistics.conflicts] }
  /// Reads served from the write queue.
  public var forwardedReads: Int { counts[ChannelStatistics.forwarded] }
  /// Writes absorbed by a queued write to the same address.
  public var coalescedWrites: Int { counts[ChannelStatistics.coalesced] }
  /// Bytes that crossed the data bus.
  public var bytes: ByteCount {
    ByteCount((reads + writes) * compiled.standard.burst.bytes.count)
  }

  /// Commands by name; commands never sent are left out.
  public var commandCounts: [String: Int] {
    var result: [String: Int] = [:]
    for (index, command) in compiled.standard.commands.enumerated() {
      let count = counts[ChannelStatistics.commands + index]
      if count > 0 { result[command.name] = count }
    }
    return result
  }

  /// Ticks of data bus by cause, summed over channels.
  public var causeTicks: [(cause: MemoryCause, ticks: Int)] {
    MemoryCause.allCases.map { ($0, counts[ChannelStatistics.causes + $0.index]) }
  }

  /// Reads that the latency figures cover.
  public var measuredReads: Int { latencies.values.reduce(0, +) }

  public var latencyMean: Double? {
    let total = measuredReads
    return total == 0 ? nil : Double(counts[ChannelStatistics.latencySum]) / Double(total)
  }

  /// The smallest latency that at least the given percent of reads do not exceed; nil without reads.
  public func latencyPercentile(_ percent: Int) -> Int? {
    let total = measuredReads
    if total == 0 { return nil }
    var left = (total * percent + 99) / 100
    for (latency, count) in latencies.sorted(by: { $0.key < $1.key }) {
      left -= count
      if left <= 0 { return latency }
    }
    return latencyMaximum
  }

  /// Latencies in ticks and how many reads had each, in rising order.
  public var latencyHistogram: [(latency: Int, reads: Int)] {
    latencies.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// ``latencyHistogram`` in buckets whose width is a quarter of the power of two below: reads by greatest latency.
  public var latencyBuckets: [(upTo: Int, reads: Int)] {
    var buckets: [(upTo: Int, reads: Int)] = []
    for (latency, reads) in latencyHistogram {
      var step = 1
      while step * 8 <= latency { step *= 2 }
      let upper = (latency + step - 1) / step * step
      if buckets.last?.upTo == upper {
        buckets[buckets.count - 1].reads += reads
      } else {
        buckets.append((upper, reads))
      }
    }
    return buckets
  }

  /// Share of the data bus time that carried data, 0 to 1; nil before anything completed.
  public var busUtilization: Double? {
    if ticks == 0 || channels == 0 { return nil }
    return Double((reads + writes) * compiled.burstTicks)
      / Double(ticks * channels * compiled.dataBuses)
  }

  /// The time of the last completion.
  public var elapsed: Duration {
    ClockDomain(
      name: compiled.standard.name,
      frequency: Frequency(
        hertz: compiled.standard.clock.hertz * compiled.standard.ticksPerClock)
    ).instant(of: Cycles(ticks)) - .zero
  }
}

extension MemoryStatistics {
  /// Energy by command and by part of the data path; terms without a sourced coefficient are absent.
  public var energy: [(part: String, energy: Energy)] {
    guard let table = compiled.standard.energy else { return [] }
    let commands = compiled.standard.commands
    func issued(_ match: (MemoryStandard.Command) -> Bool) -> Double {
      var count = 0
      for (index, command) in commands.enumerated() where match(command) {
        count += counts[ChannelStatistics.commands + index]
      }
      return Double(count)
    }
    var parts: [(part: String, energy: Energy)] = []
    if let activation = table.activation {
      parts.append(("activation", activation * issued { $0.effect == .activate }))
    }
    if let refresh = table.refreshAllBank {
      parts.append(
        ("refresh_all_bank", refresh * issued { $0.effect == .refresh && $0.scope != "bank" }))
    }
    if let refresh = table.refreshPerBank {
      parts.append(
        ("refresh_per_bank", refresh * issued { $0.effect == .refresh && $0.scope == "bank" }))
    }
    let bits = Double(compiled.standard.burst.bytes.count * 8)
    for (name, perBit, bursts) in [
      ("read", table.readPerBit, reads), ("write", table.writePerBit, writes),
    ] {
      for (part, picojoules) in (perBit ?? [:]).sorted(by: { $0.key < $1.key }) {
        parts.append(
          ("\(name)_\(part)", Energy(picojoules: picojoules * bits * Double(bursts))))
      }
    }
    return parts
  }

  /// ``energy`` of reads and writes by part of the path, such as cell, tsv, interface; the commands' own terms are not
  /// in it.
  public var energyByPath: [(path: String, energy: Energy)] {
    var sums: [String: Energy] = [:]
    for (part, energy) in energy {
      for prefix in ["read_", "write_"] where part.hasPrefix(prefix) {
        sums[String(part.dropFirst(prefix.count)), default: .zero] += energy
      }
    }
    return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Bytes per second until the last completion; nil before one.
  public var bandwidth: Double? {
    ticks == 0
      ? nil
      : Double(bytes.count)
        * Double(compiled.standard.clock.hertz * compiled.standard.ticksPerClock)
        / Double(ticks)
  }
}
