internal import Devices
internal import Systems
internal import Units

extension SimulationResult {
  /// Writes the memory spaces of a device, for systems that have them.
  func writeSpaces(to json: inout JSONWriter) {
    if run.memorySpaces.isEmpty { return }
    json.records("spaces", run.memorySpaces) { json, space in
      json.field("space", space.space)
      json.field("capacity_bytes", space.capacity.count)
      json.field("used_bytes", space.used.count)
      json.field("experts", space.experts.count)
      json.field("kv", space.cache.count)
      json.field("prompts", space.prompts.count)
      json.field("shared", space.shared.count)
      json.field("xpu_bytes_moved", space.xpuTraffic.count)
      json.field("pim_bytes_moved", space.pimTraffic.count)
    }
  }

  /// Writes the commands of all memories with their energy by set of coefficients.
  func writeCommands(to json: inout JSONWriter) {
    if run.commands.isEmpty { return }
    json.records("commands", run.commands) { json, record in
      json.field("command", record.command.name)
      if let processor = record.command.processor {
        json.field("processor", processor.rawValue)
      }
      json.field("count", record.count)
      json.field("rows", record.count * record.command.rows)
      json.field("bytes", record.count * record.command.bytes)
      let energies = zip(run.energy, record.picojoules).compactMap { set, energy in
        energy.map { (set.name, $0) }
      }
      if energies.isEmpty { return }
      json.field("picojoules") { json in
        json.object { json in
          for (name, energy) in energies { json.field(name, energy) }
        }
      }
    }
  }

  /// Writes where tensors lie on the fullest device.
  func writePlacements(to json: inout JSONWriter) {
    if run.placements.isEmpty { return }
    json.records("placements", run.placements) { json, place in
      json.field("tensor", place.tensor)
      json.field("name", place.name)
      json.field("layout", place.layout.rawValue)
      if let space = place.space { json.field("space", space) }
      json.field("address", place.address)
      json.field("bytes", place.bytes.count)
    }
  }
}
