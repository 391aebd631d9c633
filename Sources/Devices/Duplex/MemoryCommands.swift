public import SimulationCore
internal import Units

/// A command of a device's memory: whom it serves and what it moves.
public struct MemoryCommand: Hashable, Sendable {
  /// The name in the standard.
  public var name: String
  /// The processor that it works for; nil for refreshes.
  public var processor: Processor?
  /// Rows of banks that it opens.
  public var rows: Int
  /// Bytes that it moves to or from the processor.
  public var bytes: Int
  /// Whether it writes them.
  public var isWrite: Bool

  public init(
    name: String, processor: Processor?, rows: Int = 0, bytes: Int = 0, isWrite: Bool = false
  ) {
    self.name = name
    self.processor = processor
    self.rows = rows
    self.bytes = bytes
    self.isWrite = isWrite
  }
}

/// How often each command of a memory went, in the order of its table; empty where commands are not
/// simulated.
public struct CommandTally: Hashable, Sendable {
  /// Counts by the command's place in the table.
  public private(set) var counts: [Int]

  public init(_ counts: [Int] = []) { self.counts = counts }

  /// Adds the counts of another tally of the same memory.
  public static func += (left: inout CommandTally, right: CommandTally) {
    if left.counts.isEmpty {
      left.counts = right.counts
      return
    }
    for index in right.counts.indices { left.counts[index] += right.counts[index] }
  }

  /// The counts of so many devices that do the same.
  public static func * (left: CommandTally, right: Int) -> CommandTally {
    right == 1 ? left : CommandTally(left.counts.map { $0 * right })
  }

  /// Adds so many of one command.
  mutating func add(_ count: Int, of index: Int, in commands: Int) {
    if counts.isEmpty { counts = [Int](repeating: 0, count: commands) }
    counts[index] += count
  }
}

/// What the traffic of a kernel took in the command-level memory of one device.
public struct KernelTraffic: Hashable, Sendable {
  /// What its time went on.
  public var causes = CauseLedger()
  /// The commands of all channels.
  public var commands = CommandTally()

  public init() {}
}

extension MemoryEnergySpec {
  /// Picojoules of one command; zero for those that open no row and move nothing.
  public func energy(of command: MemoryCommand) -> Double {
    let bit = command.processor == .pim ? pimBit ?? xpuBit : xpuBit
    return Double(command.rows) * activation.picojoules
      + Double(8 * command.bytes) * bit.picojoules
  }

  /// Picojoules of all commands of a tally by part, without arithmetic.
  public func energy(of tally: CommandTally, _ commands: [MemoryCommand]) -> EnergyBreakdown {
    var energy = EnergyBreakdown()
    for (index, count) in tally.counts.enumerated() where count > 0 {
      let command = commands[index]
      let row = Double(count * command.rows) * activation.picojoules
      let moved = Double(count) * self.energy(of: command) - row
      energy.activation += row
      if command.processor == .pim { energy.pimAccess += moved } else { energy.xpuAccess += moved }
    }
    return energy
  }
}
