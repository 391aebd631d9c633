internal import Systems
internal import Units

extension MemoryDetail {
  /// Writes the key `dram` of a result.
  func write(to json: inout JSONWriter) {
    json.field("dram") { json in
      json.object { json in
        json.field("standard", standard)
        json.field("channels", channels)
        json.field("simulated_channels", simulatedChannels)
        json.field("bytes_moved", bytesMoved.count)
        json.field("row_hits", rowHits)
        json.field("row_misses", rowMisses)
        json.field("row_conflicts", rowConflicts)
        if let latency = readLatencyMean {
          json.field("read_latency_mean_ps", latency.picoseconds)
        }
        if let readLatencies { readLatencies.write(to: &json) }
        if let busUtilization { json.field("bus_utilization", busUtilization) }
        series.write(to: &json)
        json.field("commands") { json in
          json.object { json in
            for (name, count) in commands.sorted(by: { $0.key < $1.key }) {
              json.field(name, count)
            }
          }
        }
        if !energy.isEmpty {
          json.field("energy_joules") { json in
            json.object { json in
              for (part, energy) in energy { json.field(part, energy.joules) }
            }
          }
          json.field("energy_by_path_joules") { json in
            json.object { json in
              for (path, energy) in energyByPath { json.field(path, energy.joules) }
            }
          }
        }
      }
    }
  }
}

extension MemoryDetail.ReadLatencies {
  fileprivate func write(to json: inout JSONWriter) {
    json.field("read_latency_p50_ps", median.picoseconds)
    json.field("read_latency_p99_ps", percentile99.picoseconds)
    json.field("read_latency_max_ps", maximum.picoseconds)
    json.field("read_latency_histogram") { json in
      json.array { json in
        for (upTo, reads) in buckets {
          json.compact { json in
            json.object { json in
              json.field("up_to_ps", upTo.picoseconds)
              json.field("reads", reads)
            }
          }
        }
      }
    }
  }
}

extension MemoryDetail.Series {
  fileprivate func write(to json: inout JSONWriter) {
    json.field("bandwidth") { json in
      json.object { json in
        json.field("window_ps", window.picoseconds)
        json.field("bytes") { json in
          json.compact { json in
            json.array { json in for count in bytes { json.value(count.count) } }
          }
        }
      }
    }
  }
}
