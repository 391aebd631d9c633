internal import Devices
internal import Systems
internal import Units

extension SystemRun {
  /// Why the tensors do not fit the memory spaces of a device; nil when they do.
  func spaceRefusal(system: String) -> SimulationRefusal? {
    guard let overflow = spaceOverflow, memorySpaces.indices.contains(overflow.space) else {
      return nil
    }
    let space = memorySpaces[overflow.space]
    return SimulationRefusal(
      description:
        "memory space \(space.space) of a device of '\(system)' holds \(space.capacity.count) bytes "
        + "(\(space.capacity.text)) and needs \(space.used.count) (experts \(space.experts.count), "
        + "KV \(space.cache.count), prompts \(space.prompts.count), its part of the rest "
        + "\(space.shared.count)); tensor \(overflow.tensor) (\(overflow.name)) has no room: use a "
        + "smaller batch or context, more devices, another schedule.kv_spaces, or "
        + "--allow-oversubscription")
  }
}
