import DRAM
import Experiments
import Units

/// What `orrery dram replay` and `stream` print.
struct MemoryReport {
  let standard: MemoryStandard
  let compiled: CompiledStandard
  let statistics: MemoryStatistics
  let requests: Int
  let hostSeconds: Double?
  let kind: String

  private var tickRate: Int { standard.clock.hertz * standard.ticksPerClock }

  private var percentOfPeak: Double? { statistics.busUtilization.map { $0 * 100 } }

  var json: String {
    var writer = JSONWriter()
    writer.object { json in
      json.field("schema", "orrery.dram.\(kind)/1")
      json.field("standard", standard.name)
      json.field("requests", requests)
      json.field("reads", statistics.reads + statistics.forwardedReads)
      json.field("writes", statistics.writes + statistics.coalescedWrites)
      json.field("bytes", statistics.bytes.count)
      json.field("channels", statistics.channels)
      json.field("tick_hz", tickRate)
      json.field("cycles", statistics.ticks)
      json.field("seconds", statistics.elapsed.seconds)
      if let bandwidth = statistics.bandwidth {
        json.field("bandwidth_bytes_per_second", bandwidth)
      }
      if let percentOfPeak { json.field("percent_of_peak", percentOfPeak) }
      if let utilization = statistics.busUtilization {
        json.field("bus_utilization", utilization)
      }
      json.field("bandwidth_over_time") { json in
        json.object { json in
          json.field("window_cycles", statistics.series.window)
          json.field("bytes") { json in
            json.compact { json in
              json.array { json in
                for bursts in statistics.series.bursts {
                  json.value(bursts * standard.burst.bytes.count)
                }
              }
            }
          }
        }
      }
      if let mean = statistics.latencyMean {
        json.field("read_latency_cycles") { json in
          json.object { json in
            json.field("mean", mean)
            json.field("p50", statistics.latencyPercentile(50) ?? 0)
            json.field("p99", statistics.latencyPercentile(99) ?? 0)
            json.field("max", statistics.latencyMaximum)
            json.field("histogram") { json in
              json.array { json in
                for (upTo, reads) in statistics.latencyBuckets {
                  json.compact { json in
                    json.object { json in
                      json.field("up_to", upTo)
                      json.field("reads", reads)
                    }
                  }
                }
              }
            }
          }
        }
      }
      json.field("rows") { json in
        json.object { json in
          json.field("hits", statistics.rowHits)
          json.field("misses", statistics.rowMisses)
          json.field("conflicts", statistics.rowConflicts)
        }
      }
      json.field("commands") { json in
        json.object { json in
          for (name, count) in statistics.commandCounts.sorted(by: { $0.key < $1.key }) {
            json.field(name, count)
          }
        }
      }
      // Up to the last column command of each channel, summed over channels.
      json.field("bus_cycles", statistics.causeTicks.reduce(0) { $0 + $1.ticks })
      json.field("bus_cycles_by_cause") { json in
        json.object { json in
          for (cause, ticks) in statistics.causeTicks where ticks > 0 {
            json.field(cause.rawValue, ticks)
          }
        }
      }
      let energy = statistics.energy
      if !energy.isEmpty {
        json.field("energy_picojoules") { json in
          json.object { json in
            for (part, value) in energy { json.field(part, value.picojoules) }
          }
        }
        json.field("energy_by_path_picojoules") { json in
          json.object { json in
            for (path, value) in statistics.energyByPath { json.field(path, value.picojoules) }
          }
        }
      }
      if let hostSeconds { json.field("host_cpu_seconds", hostSeconds) }
    }
    return writer.text
  }

  var text: String {
    var lines = [
      "\(standard.name): \(requests) requests, \(statistics.bytes.count) bytes, \(statistics.channels) channels",
      "cycles \(statistics.ticks) at \(tickRate) Hz",
    ]
    if let percentOfPeak, let bandwidth = statistics.bandwidth {
      lines.append(
        "bandwidth \(rounded(bandwidth / 1e9)) GB/s, \(rounded(percentOfPeak)) % of peak")
    }
    if let mean = statistics.latencyMean {
      lines.append(
        "read latency mean \(rounded(mean)), P50 \(statistics.latencyPercentile(50) ?? 0), P99 \(statistics.latencyPercentile(99) ?? 0), max \(statistics.latencyMaximum) cycles"
      )
    }
    lines.append(
      "rows: \(statistics.rowHits) hits, \(statistics.rowMisses) misses, \(statistics.rowConflicts) conflicts"
    )
    lines.append(
      "commands: "
        + statistics.commandCounts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        .joined(separator: ", "))
    lines.append(
      "bus cycles: "
        + statistics.causeTicks.filter { $0.ticks > 0 }.map { "\($0.cause.rawValue) \($0.ticks)" }
        .joined(separator: ", "))
    let energy = statistics.energy
    if !energy.isEmpty {
      lines.append(
        "energy in nJ: "
          + energy.map { "\($0.part) \(rounded($0.energy.picojoules / 1000))" }.joined(
            separator: ", "))
    }
    if let hostSeconds { lines.append("host: \(rounded(hostSeconds)) s CPU") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Three decimals, or three significant digits of what is less than a tenth.
  private func rounded(_ value: Double) -> String {
    var scale = 1000.0
    while value != 0, value.magnitude * scale < 99.5, scale < 1e300 { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}
