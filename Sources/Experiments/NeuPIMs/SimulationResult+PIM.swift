internal import SimulationCore
internal import Systems
internal import Units

extension SimulationResult {
  /// Writes stages and PIM activity, for systems that have them.
  func writePIM(to json: inout JSONWriter) {
    if !run.stages.isEmpty {
      json.field("stages") { json in
        json.array { json in
          for stage in run.stages {
            json.compact { json in
              json.object { json in
                json.field("name", stage.name)
                json.field("start_ps", stage.start.picoseconds)
                json.field("end_ps", stage.end.picoseconds)
                json.field("cycles", clock.cycles(covering: stage.end - stage.start).count)
              }
            }
          }
        }
      }
    }
    guard let pim = run.pim else { return }
    json.field("pim") { json in
      json.object { json in
        json.field("internal_bytes", pim.internalBytes.count)
        json.field("external_bytes", pim.externalBytes.count)
        json.field("column_steps", pim.columnSteps)
        json.field("instructions", pim.instructions)
        json.field("commands") { json in
          json.object { json in
            for command in pim.commands where command.count > 0 {
              json.field(command.name, command.count)
            }
          }
        }
        json.field("energy_pj") { json in
          json.object { json in
            for term in pim.energy { json.field(term.name, term.energy.picojoules) }
          }
        }
      }
    }
  }
}
