internal import SimulationCore
internal import Systems
internal import Units
internal import Workload

extension SimulationResult {
  /// Writes stages and PIM activity, for systems that have them.
  func writePIM(to json: inout JSONWriter) {
    if !run.stages.isEmpty {
      json.records("stages", run.stages) { json, stage in
        json.field("name", stage.name)
        json.field("start_ps", stage.start.picoseconds)
        json.field("end_ps", stage.end.picoseconds)
        json.field("cycles", clock.cycles(covering: stage.end - stage.start).count)
      }
    }
    guard let pim = run.pim else { return }
    json.field("pim") { json in
      json.object { json in write(pim, to: &json) }
    }
  }

  /// The members of the key `pim`: one form for every system, without what a system does not model.
  private func write(_ pim: PIMActivity, to json: inout JSONWriter) {
    let inside = pim.internalTraffic
    json.field("internal_bytes_read", inside.read.count)
    json.field("internal_bytes_written", inside.written.count)
    let peak = pim.internalPeak.bytesPerSecond
    if time > .zero {
      let rate = Double(inside.total.count) / time.seconds
      json.field("internal_bandwidth_bytes_per_second", rate)
      if peak > 0 { json.field("internal_peak_fraction", rate / Double(peak)) }
    }
    json.field("internal_peak_bandwidth_bytes_per_second", peak)
    if let outside = pim.externalTraffic {
      json.field("external_bytes_read", outside.read.count)
      json.field("external_bytes_written", outside.written.count)
    }
    if let waiting = pim.waitingBytes { json.field("external_bytes_waiting", waiting.count) }
    if !pim.hostTraffic.isEmpty {
      json.field("host_traffic") { json in
        json.object { json in
          for traffic in pim.hostTraffic {
            json.field(traffic.kind.rawValue) { json in
              json.compact { json in
                json.object { json in
                  json.field("bytes_read", traffic.read)
                  json.field("bytes_written", traffic.written)
                  json.field("bus_bytes_read", traffic.busRead)
                  json.field("bus_bytes_written", traffic.busWritten)
                }
              }
            }
          }
        }
      }
    }
    if let rows = pim.rowsOpened {
      json.field("rows_opened") { json in
        json.object { json in
          json.field("host", rows.host)
          json.field("pim", rows.pim)
        }
      }
    }
    if let steps = pim.columnSteps { json.field("column_steps", steps) }
    if let instructions = pim.instructions { json.field("instructions", instructions) }
    if !pim.commands.isEmpty {
      json.field("commands") { json in
        json.object { json in
          for command in pim.commands where command.count > 0 {
            json.field(command.name, command.count)
          }
        }
      }
    }
    if !pim.energy.isEmpty {
      json.field("energy_picojoules") { json in
        json.object { json in
          for term in pim.energy { json.field(term.name, term.energy.picojoules) }
        }
      }
    }
  }
}
