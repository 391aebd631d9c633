internal import Configuration
internal import Devices
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
      writeEnergy(to: &json)
      writeArea(to: &json)
      writeExperts(to: &json)
      json.field("kinds") { json in
        json.object { json in
          for kind in OperatorKind.allCases {
            if let time = run.timeByKind[kind] { json.field(kind.rawValue, time.picoseconds) }
          }
        }
      }
      if let configuration {
        json.field("configuration") { json in
          json.object { json in
            for leaf in configuration.leaves { json.field(leaf.path, leaf.text) }
          }
        }
      }
      writePIM(to: &json)
      writeStreaming(to: &json)
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
        if let detail = run.memory { detail.write(to: &json) }
      }
    }
  }

  private func writeEnergy(to json: inout JSONWriter) {
    guard !run.energy.isEmpty else { return }
    json.field("energy") { json in
      json.array { json in
        for record in run.energy {
          json.object { json in
            json.field("coefficients", record.name)
            json.field("picojoules", record.parts.total)
            if run.tokens > 0 {
              json.field("picojoules_per_token", record.parts.total / Double(run.tokens))
            }
            json.field("parts") { json in
              json.object { json in
                json.field("activation", record.parts.activation)
                json.field("xpu_access", record.parts.xpuAccess)
                json.field("pim_access", record.parts.pimAccess)
                json.field("compute", record.parts.compute)
                if let link = record.parts.link { json.field("link", link) }
              }
            }
            json.field("kinds") { json in
              json.object { json in
                for kind in OperatorKind.allCases {
                  if let energy = record.byKind[kind] { json.field(kind.rawValue, energy) }
                }
              }
            }
          }
        }
      }
    }
  }

  private func writeArea(to json: inout JSONWriter) {
    guard let area = run.addedArea else { return }
    json.field("added_area") { json in
      json.object { json in
        json.field("square_millimetres", area.total)
        json.field("die_fraction", area.fraction)
        json.field("parts") { json in
          json.object { json in
            for (name, value) in area.parts.sorted(by: { $0.key < $1.key }) {
              json.field(name, value)
            }
          }
        }
        if let energy = run.energy.first {
          json.field(
            "energy_delay_area_joule_second_square_millimetres",
            area.energyDelayArea(picojoules: energy.parts.total, delay: run.makespan))
        }
      }
    }
  }

  private func writeExperts(to json: inout JSONWriter) {
    guard let experts = run.experts, let mean = experts.meanImbalance else { return }
    json.field("experts") { json in
      json.object { json in
        json.field("layers", experts.layers)
        json.field("tokens", experts.tokens)
        json.field("mean_imbalance", mean)
        json.field("worst_imbalance", experts.worstImbalance)
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
        json.field("flops", record.flops)
        json.field("bytes", record.bytes.count)
        if let bound = record.bound { json.field("bound_ps", bound.picoseconds) }
        if let causes = record.causes {
          json.field("causes") { json in
            json.object { json in
              for (cause, duration) in causes.charges {
                json.field(cause.name, duration.picoseconds)
              }
            }
          }
        }
      }
    }
  }
}
