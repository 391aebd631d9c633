internal import DRAM
public import Units
internal import Workload

/// When one stage of a system's schedule ran.
public struct StageRecord: Hashable, Sendable {
  public var name: String
  public var start: Instant
  public var end: Instant
}

extension PIMActivity {
  /// What the memory of each pipeline stage counted, for `devices` in each that all do the same.
  ///
  /// - Precondition: there is at least one, and all are of one kind.
  init(_ memories: [PIMMemory], devices: Int) {
    let memory = memories[0]
    var counts = memory.counts
    for other in memories.dropFirst() { counts += other.counts }
    let compiled = memory.compiled
    let standard = compiled.standard
    let width = (standard.pim?.lanes ?? 0) * (standard.pim?.element.bits ?? 0) / 8
    let wordBytes = width * compiled.bankCount
    let perChannel = wordBytes * standard.clock.hertz / memory.computeInterval
    self.init(
      internalPeak: Bandwidth(
        bytesPerSecond: perChannel * memory.channelCount * devices * memories.count))
    internalTraffic.read = ByteCount(counts.columnSteps * wordBytes * devices)
    var external = OperatorTraffic()
    var opened = RowsOpened(host: 0, pim: 0)
    for (command, count) in zip(standard.commands, counts.commands) {
      commands.append(Command(name: command.name, count: count * devices))
      let bytes = ByteCount(count * memory.burstBytes * devices)
      if command.effect == .read { external.read += bytes }
      if command.effect == .write { external.written += bytes }
      if command.effect == .activate { opened.host += count * devices }
      if command.name == standard.pim?.commands.activate {
        opened.pim += count * memory.banksPerActivation * devices
      }
    }
    externalTraffic = external
    rowsOpened = opened
    columnSteps = counts.columnSteps * devices
    instructions = counts.instructions * devices
    energy = PIMEnergy(counts, compiled).terms.map {
      EnergyTerm(
        name: $0.name, energy: $0.energy * Double(devices), count: $0.count * devices)
    }
  }
}
