public import Units

/// A processing-in-memory design as data: where the multipliers sit, their commands and their controller.
///
/// Distances between commands are rows of the standard's constraint table, as for any other command, and how many
/// banks a command drives is its scope there. What a table of distances cannot say stands here: occupancy that grows
/// with the length of a product, which row buffers there are, and how the controller fits work before a refresh.
/// Left out: what the multipliers compute (see the numeric kernels) and how operands are converted.
public struct PIMDesign: Codable, Hashable, Sendable {
  /// Where the multipliers sit.
  public enum Level: String, Codable, Hashable, Sendable, CaseIterable {
    case bank
    case bankGroup = "bank_group"
    case buffer
  }

  /// Row buffers of a bank.
  public enum RowBuffers: String, Codable, Hashable, Sendable, CaseIterable {
    /// One, shared with the host: products only while no host access is queued (blocked mode).
    case single
    /// One for the host, one for the multipliers: both work at once.
    case dual
  }

  /// Whether a composite product keeps its row open while it computes.
  public enum RowHold: String, Codable, Hashable, Sendable, CaseIterable {
    /// The row stays open until its last column was read: what a sense amplifier needs.
    case held = "row-held"
    /// The row may close tRTP after the command, whatever its length: the authors' simulator.
    case released = "as-released"
  }

  /// Commands by role, as the standard names them.
  public struct Commands: Codable, Hashable, Sendable {
    /// Loads an operand vector from a row into the channel's operand buffer.
    public var load: String
    /// Announces a row and the work on it; waits until it fits before the next refresh.
    public var header: String
    /// Opens a row for the multipliers in the banks of its scope.
    public var activate: String
    /// Closes one such row.
    public var precharge: String
    /// One column of products, where products and results are commands of their own.
    public var compute: String?
    /// Reads the accumulators, with `compute`.
    public var result: String?
    /// A run of column products and the reading of their accumulators in one command.
    public var composite: String?
  }

  /// Terms of the test whether work fits before the next refresh; clocks, expressions over the timings.
  public struct RefreshFit: Codable, Hashable, Sendable {
    /// For each open row that has to close.
    public var perOpenBank: String
    /// For each pair of row openings after the first.
    public var perActivationPair: String
    /// From the last opening to the first product.
    public var activation: String
    /// To open the row of an operand.
    public var loadClosed: String
    /// For each result after the first.
    public var result: String

    enum CodingKeys: String, CodingKey {
      case activation, result
      case perOpenBank = "per_open_bank"
      case perActivationPair = "per_activation_pair"
      case loadClosed = "load_closed"
    }
  }

  /// Sizes and thresholds of the controller's queues.
  public struct Queues: Codable, Hashable, Sendable {
    /// Entries of each transaction queue (reads, writes, products).
    public var transactions: Int
    /// Entries of the command queue of products.
    public var commands: Int
    /// Entries of the command queue of a bank.
    public var perBank: Int
    /// Hits after which a waiting conflict may close a row.
    public var rowHits: Int
    /// Writes that wait while the banks have other work.
    public var writeLow: Int
    /// Clocks of slack before a refresh below which the host may not slip in front of products.
    public var hostSlack: Int
    /// Reads that may go while a write could go but for the direction of the data bus; absent: any number, so that
    /// a stream of reads holds writes up, and what waits behind them in their banks, until it ends.
    public var readsBeforeWrite: Int?

    enum CodingKeys: String, CodingKey {
      case transactions, commands
      case readsBeforeWrite = "reads_before_write"
      case perBank = "per_bank"
      case rowHits = "row_hits"
      case writeLow = "write_low"
      case hostSlack = "host_slack"
    }
  }

  /// Energy of the multipliers' commands and of their row buffers' standby, per rank and clock.
  public struct EnergyTerms: Codable, Hashable, Sendable {
    public var activate: Energy
    public var compute: Energy
    public var load: Energy
    public var result: Energy
    public var standbyActive: Energy
    public var standbyIdle: Energy
    public var source: String

    enum CodingKeys: String, CodingKey {
      case activate, compute, load, result, source
      case standbyActive = "standby_active"
      case standbyIdle = "standby_idle"
    }
  }

  /// Where the design and its figures come from.
  public var source: String
  public var level: Level
  /// Multiply-accumulate lanes of a unit: elements of one column product.
  public var lanes: Int
  /// Element type of operands in the rows.
  public var element: DataType
  public var rowBuffers: RowBuffers
  public var commands: Commands
  /// Clocks from a load to its end, an expression.
  public var loadTime: String
  /// Clocks between column products, an expression.
  public var computeInterval: String
  /// Column products that fill the pipeline: shorter products take as long.
  public var pipelineFill: Int
  /// Clocks from a result command to its last datum, an expression.
  public var resultLatency: String
  /// Watts that the products of a channel may draw: column steps are spaced so that their energy keeps to it. Absent:
  /// no limit. Needs `energy.compute`.
  public var powerLimitWatts: Double?
  public var refreshFit: RefreshFit
  public var queues: Queues
  /// Energy of commands and standby; absent where no source exists.
  public var energy: EnergyTerms?

  enum CodingKeys: String, CodingKey {
    case source, level, lanes, element, commands, queues, energy
    case rowBuffers = "row_buffers"
    case loadTime = "load_time"
    case computeInterval = "compute_interval"
    case pipelineFill = "pipeline_fill"
    case resultLatency = "result_latency"
    case powerLimitWatts = "power_limit_watts"
    case refreshFit = "refresh_fit"
  }
}
