internal import DRAM
public import Units

/// When one stage of a system's schedule ran.
public struct StageRecord: Hashable, Sendable {
  public var name: String
  public var start: Instant
  public var end: Instant
}

/// What the PIM units and their memory did in a run, over one device.
public struct PIMActivity: Hashable, Sendable {
  /// Commands by name, in the order of the standard.
  public var commands: [(name: String, count: Int)] {
    zip(names, counts).map { ($0, $1) }
  }

  private let names: [String]
  private let counts: [Int]
  /// Bytes that the multipliers read from their rows, and bytes over the channels' pins.
  public var internalBytes: ByteCount
  public var externalBytes: ByteCount
  /// Column steps of all products.
  public var columnSteps: Int
  /// Instructions of programs: loads, headers, products, results.
  public var instructions: Int
  /// Energy by what it was spent on.
  public var energy: [PIMEnergyTerm]

  init(_ memory: PIMMemory) {
    let counts = memory.counts
    let standard = memory.compiled.standard
    names = standard.commands.map(\.name)
    self.counts = counts.commands
    columnSteps = counts.columnSteps
    instructions = counts.instructions
    let width = (standard.pim?.lanes ?? 0) * (standard.pim?.element.bits ?? 0) / 8
    internalBytes = ByteCount(counts.columnSteps * width * memory.compiled.bankCount)
    var bursts = 0
    for (command, count) in zip(standard.commands, counts.commands)
    where command.effect == .read || command.effect == .write {
      bursts += count
    }
    externalBytes = ByteCount(bursts * memory.burstBytes)
    energy = PIMEnergy(counts, memory.compiled).terms.map {
      PIMEnergyTerm(name: $0.name, energy: $0.energy, count: $0.count)
    }
  }
}

/// A part of the energy and what it counts.
public struct PIMEnergyTerm: Hashable, Sendable {
  public var name: String
  public var energy: Energy
  public var count: Int
}
