internal import SimulationCore
internal import Systems
internal import Units
internal import Workload

extension SimulationResult {
  /// The result as JSON, schema `orrery.result/1`, keys in documented order.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", SimulationResult.schema)
      json.field("system", system)
      json.field("model", model)
      json.field("trace", trace)
      json.field("fidelity", fidelity)
      json.field("time_ps", time.picoseconds)
      if let bound = run.bound { json.field("bound_ps", bound.picoseconds) }
      json.field("clock") { json in
        json.object { json in
          json.field("name", clock.name)
          json.field("hz", clock.frequency.hertz)
          json.field("cycles", cycles.count)
        }
      }
      json.field("tokens", run.tokens)
      json.field("prompt_tokens", run.promptTokens)
      if let tokensPerSecond { json.field("tokens_per_second", tokensPerSecond) }
      writeMemory(to: &json)
      writeCompute(to: &json)
      json.field("utilization") { json in
        json.object { json in
          for (unit, fraction) in utilization { json.field(unit, fraction) }
        }
      }
      json.field("causes") { json in
        json.object { json in
          for (cause, duration) in run.causes.charges {
            json.field(cause.name, duration.picoseconds)
          }
        }
      }
      writePIM(to: &json)
      json.field("steps") { json in
        json.array { json in
          for step in run.steps { write(step, to: &json) }
        }
      }
      json.field("operators") { json in
        json.array { json in
          for record in run.operators { write(record, to: &json) }
        }
      }
    }
    return json.utf8
  }

  private func writeMemory(to json: inout JSONWriter) {
    json.field("memory") { json in
      json.object { json in
        json.field("bytes_read", run.traffic.read.count)
        json.field("bytes_written", run.traffic.written.count)
        if let bandwidth { json.field("bandwidth_bytes_per_second", bandwidth) }
        json.field("peak_bandwidth_bytes_per_second", peakBandwidth.bytesPerSecond)
        if let bandwidthFraction { json.field("peak_fraction", bandwidthFraction) }
        json.field("capacity_bytes", capacity.count)
        json.field("footprint_bytes") { json in
          json.object { json in
            json.field("weights", run.footprint.weights.count)
            json.field("kv", run.footprint.kv.count)
            json.field("state", run.footprint.state.count)
            json.field("activations", run.footprint.activations.count)
          }
        }
        if let detail = run.memory { write(detail, to: &json) }
      }
    }
  }

  private func write(_ detail: MemoryDetail, to json: inout JSONWriter) {
    json.field("dram") { json in
      json.object { json in
        json.field("standard", detail.standard)
        json.field("channels", detail.channels)
        json.field("simulated_channels", detail.simulatedChannels)
        json.field("bytes_moved", detail.bytesMoved.count)
        json.field("row_hits", detail.rowHits)
        json.field("row_misses", detail.rowMisses)
        json.field("row_conflicts", detail.rowConflicts)
        if let latency = detail.readLatencyMean {
          json.field("read_latency_mean_ps", latency.picoseconds)
        }
        json.field("commands") { json in
          json.object { json in
            for (name, count) in detail.commands.sorted(by: { $0.key < $1.key }) {
              json.field(name, count)
            }
          }
        }
        if !detail.energy.isEmpty {
          json.field("energy_joules") { json in
            json.object { json in
              for (part, energy) in detail.energy { json.field(part, energy.joules) }
            }
          }
        }
      }
    }
  }

  private func writeCompute(to json: inout JSONWriter) {
    json.field("compute") { json in
      json.object { json in
        json.field("flops", run.work.flops)
        json.field("matrix_flops", run.work.matrix)
        json.field("vector_flops", run.work.vector)
        if let flopsPerSecond { json.field("flops_per_second", flopsPerSecond) }
        if let peakCompute {
          json.field("peak_flops_per_second", peakCompute.rate.flopsPerSecond)
          json.field("peak_dtype", peakCompute.dtype.rawValue)
        }
        if let computeFraction { json.field("peak_fraction", computeFraction) }
      }
    }
  }

  private func write(_ step: StepRecord, to json: inout JSONWriter) {
    json.compact { json in
      json.object { json in
        json.field("step", step.step)
        json.field("phase", step.phase.rawValue)
        json.field("start_ps", step.start.picoseconds)
        json.field("end_ps", step.end.picoseconds)
        json.field("tokens", step.tokens)
      }
    }
  }

  private func write(_ record: OperatorRecord, to json: inout JSONWriter) {
    json.compact { json in
      json.object { json in
        json.field("id", record.id)
        json.field("name", record.name)
        json.field("kind", record.kind.rawValue)
        json.field("start_ps", record.start.picoseconds)
        json.field("end_ps", record.end.picoseconds)
        json.field("unit", run.units[record.unit].name)
      }
    }
  }
}
