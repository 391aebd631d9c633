internal import Devices
public import Units
public import Workload

/// What processing-in-memory units did in a run, over all devices; not a part of the run's `traffic`.
///
/// One form for every system: what a system does not model is nil or empty, never zero.
public struct PIMActivity: Hashable, Sendable {
  /// A command of the memory and how often it went.
  public struct Command: Hashable, Sendable {
    public var name: String
    public var count: Int
  }

  /// Rows that were opened, each in one bank.
  public struct RowsOpened: Hashable, Sendable {
    /// For the host, and for the units.
    public var host: Int
    public var pim: Int
  }

  /// A part of the memory's energy and what it counts.
  public struct EnergyTerm: Hashable, Sendable {
    public var name: String
    public var energy: Energy
    /// Commands, bursts or column steps; rank-clocks for standby.
    public var count: Int
  }

  /// What the host moved for one purpose.
  public struct HostTraffic: Hashable, Sendable {
    public var kind: HostTrafficKind
    /// Bytes.
    public var read: Int
    public var written: Int
    /// Bytes of the bursts that carried them.
    public var busRead: Int
    public var busWritten: Int
  }

  /// Bytes between banks and units.
  public var internalTraffic = OperatorTraffic()
  /// The peak rate of all units together.
  public var internalPeak: Bandwidth
  /// Bytes over the pins of the memory, where they are counted by command.
  public var externalTraffic: OperatorTraffic?
  /// Bytes that were to be written and wait in the controllers' queues at the end, where they are counted.
  public var waitingBytes: ByteCount?
  /// Commands in the order of the standard, where commands are simulated.
  public var commands: [Command] = []
  public var rowsOpened: RowsOpened?
  /// What the host moved, by what it was for; empty where it is not told apart.
  public var hostTraffic: [HostTraffic] = []
  /// Column steps of all products.
  public var columnSteps: Int?
  /// Instructions of programs: loads, headers, products, results.
  public var instructions: Int?
  /// Energy of the memory by what it was spent on.
  public var energy: [EnergyTerm] = []

  public init(internalPeak: Bandwidth) {
    self.internalPeak = internalPeak
  }

  /// Takes commands, rows and bytes over the pins from the commands of a run.
  mutating func take(_ records: [CommandRecord]) {
    commands = records.map { Command(name: $0.command.name, count: $0.count) }
    var rows = RowsOpened(host: 0, pim: 0)
    var outside = OperatorTraffic()
    var steps = 0
    for record in records {
      let command = record.command
      let isPIM = command.processor == .pim
      if isPIM { rows.pim += record.count * command.rows }
      if !isPIM { rows.host += record.count * command.rows }
      let bytes = ByteCount(record.count * command.bytes)
      if isPIM, command.bytes > 0 { steps += record.count }
      if isPIM { continue }
      if command.isWrite { outside.written += bytes } else { outside.read += bytes }
    }
    rowsOpened = rows
    externalTraffic = outside
    columnSteps = steps
  }

  /// Commands of a name.
  public func count(of name: String) -> Int { commands.first { $0.name == name }?.count ?? 0 }
}

extension SystemRun {
  /// Shows the commands of all memories as what their PIM units did, where there are any.
  mutating func noteCommandsOfPIM() { pim?.take(commands) }
}
