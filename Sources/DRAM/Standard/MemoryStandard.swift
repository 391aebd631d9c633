public import Units

/// A DRAM standard as data: organisation, commands, timing parameters and constraints.
///
/// A standard is one YAML file in `configs/memories`. The engine, the controller and the checker know no
/// standard by name; a new one (or new commands, such as processing-in-memory) is more rows here.
/// Delays are in clocks of ``clock``; the controller runs in ticks, ``ticksPerClock`` to a clock.
/// Left out: voltages and self refresh, on-die error correction, training and temperature sensing.
public struct MemoryStandard: Codable, Hashable, Sendable {
  /// The name by which commands and systems refer to it, such as `hbm2-2000`.
  public var name: String
  /// One sentence for people.
  public var description: String
  /// Frequency of the command clock CK.
  public var clock: Frequency
  /// Controller ticks in one clock: 2 where commands may take half clocks (HBM3).
  public var ticksPerClock: Int
  /// What one column command moves.
  public var burst: Burst
  /// The levels between the channel and the rows of a bank.
  public var organization: Organization
  /// Timing parameters by their JEDEC name, in clocks, each with its source.
  public var timing: [String: TimingParameter]
  /// From a column command to its last datum.
  public var latency: Latency
  /// Every command that the controller may send.
  public var commands: [Command]
  /// Every minimum distance between commands.
  public var constraints: [Constraint]
  /// How rows are refreshed.
  public var refresh: Refresh
  /// Two-part activation (LPDDR5), if the standard has it.
  public var splitActivation: SplitActivation?
  /// A data clock that has to be started before a column command (LPDDR5), if any.
  public var dataClock: DataClock?
  /// Energy per command and per bit; absent where no source exists.
  public var energy: EnergyCoefficients?
  /// Processing in memory: the units, their commands and their controller, if the memory has any.
  public var pim: PIMDesign?

  enum CodingKeys: String, CodingKey {
    case name, description, clock, burst, organization, timing, latency, commands, constraints
    case refresh, energy, pim
    case ticksPerClock = "ticks_per_clock"
    case splitActivation = "split_activation"
    case dataClock = "data_clock"
  }
}

extension MemoryStandard {
  /// One access: bytes moved and clocks of data bus used.
  public struct Burst: Codable, Hashable, Sendable {
    /// Bytes that one column command moves.
    public var bytes: ByteCount
    /// Clocks that the data bus is busy, an expression over the timing parameters.
    public var clocks: String
  }

  /// Levels, rows and columns, and the default mapping of addresses.
  public struct Organization: Codable, Hashable, Sendable {
    /// Levels from the one below the channel down to the bank, outermost first; the last is `bank`.
    public var levels: [Level]
    /// Rows in a bank.
    public var rows: Int
    /// Bursts in a row.
    public var columns: Int
    /// Channels (each with a controller of its own) of the device.
    public var channels: Int
    /// Stacks of channels in the device; absent means one.
    public var stacks: Int?
    /// Density of a die in gigabits; it selects among density-dependent timings.
    public var densityGigabits: Int
    /// Mapping of addresses, most significant field first.
    public var addressMapping: String
    /// Where these figures come from.
    public var source: String

    enum CodingKeys: String, CodingKey {
      case levels, rows, columns, channels, stacks, source
      case densityGigabits = "density_gigabits"
      case addressMapping = "address_mapping"
    }
  }

  /// One level of the hierarchy, such as four bank groups.
  public struct Level: Codable, Hashable, Sendable {
    public var name: String
    public var count: Int
  }

  /// The value of a timing parameter with its source: exactly one of value, duration, by_density.
  public struct TimingParameter: Codable, Hashable, Sendable {
    /// Whole clocks.
    public var value: Int?
    /// A time, rounded up to whole clocks.
    public var duration: Duration?
    /// Times that depend on the density of a die, in rising order.
    public var byDensity: [DensityTime]?
    /// The paper, standard, measurement or assumption behind the value.
    public var source: String
    /// Other values found in the sources, when they disagree.
    public var disputed: String?

    enum CodingKeys: String, CodingKey {
      case value, duration, source, disputed
      case byDensity = "by_density"
    }
  }

  /// A time that holds for dies of at most the given density.
  public struct DensityTime: Codable, Hashable, Sendable {
    public var upToGigabits: Int
    public var duration: Duration?
    public var value: Int?

    enum CodingKeys: String, CodingKey {
      case duration, value
      case upToGigabits = "up_to_gigabits"
    }
  }

  /// From a column command's first tick to its last datum, in clocks.
  public struct Latency: Codable, Hashable, Sendable {
    public var read: String
    public var write: String
  }

  /// The command bus that a command occupies.
  public enum Bus: String, Codable, Hashable, Sendable, CaseIterable {
    /// The only bus, or the one of row commands where columns have their own.
    case row
    /// The column command bus of HBM.
    case column
  }

  /// What a command does to the banks in its scope.
  public enum Effect: String, Codable, Hashable, Sendable {
    case activate
    /// First half of a split activation.
    case activateFirst = "activate_first"
    case precharge
    case read, write
    case refresh
    /// Starts the data clock for reads or writes.
    case startReadClock = "start_read_clock"
    case startWriteClock = "start_write_clock"
    /// Holds buses and delays only.
    case none
  }

  /// One command: its bus, its length and what it does.
  public struct Command: Codable, Hashable, Sendable {
    public var name: String
    public var bus: Bus
    /// Length on the command bus in ticks; absent means 1.
    public var ticks: Int?
    /// The level whose banks it addresses (`bank` for one bank, `channel` for all).
    public var scope: String
    public var effect: Effect
    /// Whether the bank closes by itself afterwards.
    public var autoPrecharge: Bool?
    /// Whether it may start on either edge of the clock; absent means rising edges only.
    public var anyEdge: Bool?
    /// Whether it may be sent to several nodes of its scope at one tick, as one command.
    public var multicast: Bool?

    enum CodingKeys: String, CodingKey {
      case name, bus, ticks, scope, effect, multicast
      case autoPrecharge = "auto_precharge"
      case anyEdge = "any_edge"
    }
  }

  /// A minimum distance from each preceding to each following command within a scope.
  ///
  /// Distances count from the end of the preceding command to the end of the following one, as JEDEC does;
  /// between first ticks that is `delay + (length of preceding - 1) - (length of following - 1)`.
  public struct Constraint: Codable, Hashable, Sendable {
    /// The level at which both commands must meet: `channel` or a level's name.
    public var scope: String
    public var preceding: [String]
    public var following: [String]
    /// Clocks, an expression over the timing parameters.
    public var delay: String
    /// The distance holds to the `window`-th preceding command back (4 for tFAW); absent means 1.
    public var window: Int?
    /// Whether it holds between different nodes of the scope under the same parent, not within one.
    public var sibling: Bool?
    /// The limit that `--ideal` removes: `tfaw`, `row`, `turnaround` or `power`; absent means none.
    public var limit: Limit?
  }

  /// A group of constraints that an ideal memory would not have.
  public enum Limit: String, Codable, Hashable, Sendable, CaseIterable {
    case tfaw, row, turnaround
    /// Distances that keep a PIM design within its power.
    case power
    /// The column path of a bank group, which host and PIM commands share.
    case groupPath = "group_path"
  }

  /// Refresh intervals and commands.
  public struct Refresh: Codable, Hashable, Sendable {
    /// Clocks between all-bank refreshes of one scope, an expression.
    public var interval: String
    /// The level that an all-bank refresh covers.
    public var scope: String
    /// Name of the all-bank refresh command.
    public var allBank: String
    /// Name of the per-bank refresh command, where the standard has one.
    public var perBank: String?
    /// Refreshes that may be owed at any time (JEDEC: 8).
    public var postponementLimit: Int
    public var source: String

    enum CodingKeys: String, CodingKey {
      case interval, scope, source
      case allBank = "all_bank"
      case perBank = "per_bank"
      case postponementLimit = "postponement_limit"
    }
  }

  /// Second activation command: at most `deadline` clocks after the first.
  public struct SplitActivation: Codable, Hashable, Sendable {
    public var deadline: String
  }

  /// Data clock that stops some clocks after the last burst.
  public struct DataClock: Codable, Hashable, Sendable {
    /// Clocks that it runs on after the last datum.
    public var post: String
  }

  /// Energy of commands and data paths; every coefficient that is absent leaves its term out.
  public struct EnergyCoefficients: Codable, Hashable, Sendable {
    /// One activation and precharge of a row.
    public var activation: Energy?
    /// One all-bank refresh of its scope.
    public var refreshAllBank: Energy?
    /// One per-bank refresh.
    public var refreshPerBank: Energy?
    /// Picojoules per bit read, by part of the path, such as cell, tsv, interface.
    public var readPerBit: [String: Double]?
    /// Picojoules per bit written, by part of the path.
    public var writePerBit: [String: Double]?
    public var source: String

    enum CodingKeys: String, CodingKey {
      case activation, source
      case refreshAllBank = "refresh_all_bank"
      case refreshPerBank = "refresh_per_bank"
      case readPerBit = "read_per_bit"
      case writePerBit = "write_per_bit"
    }
  }
}
