public import DRAM
public import SimulationCore
public import Units
public import Workload

/// The types of systems, as the key `type` of a system configuration names them.
public enum SystemType: String, CaseIterable, Hashable, Sendable, Codable {
  /// One device at analytic fidelity: `RooflineSystem`.
  case roofline
  /// Devices with an xPU and processing in memory, one or many: `XPUPIMSystem`.
  case xpuPIM = "xpu_pim"
  /// An NPU beside memory channels with PIM units: `NeuPIMsSystem`.
  case npuPIM = "npu_pim"
  /// A streaming dataflow device: `StreamingSystem`.
  case streamingDataflow = "streaming_dataflow"
}

/// How closely hardware is modelled.
public enum Fidelity: String, CaseIterable, Hashable, Sendable, Codable {
  /// Resource times at peak rates.
  case analytic
  /// Memory traffic through the command-level DRAM model.
  case cycle
}

/// A limit that a run at cycle fidelity can do without.
public enum IdealLimit: String, CaseIterable, Hashable, Sendable, Codable {
  /// No bank is ever refreshed.
  case refresh
  /// Activations do not wait for the four-activation window.
  case tfaw
  /// Rows open and close at once.
  case row
  /// The data bus changes direction at once.
  case turnaround
  /// Collectives take no time.
  case link
  /// Units draw as much power as they like.
  case power
  /// Work on processing-in-memory units is divided evenly over their channels.
  case balance

  /// What the time that the limit costs is charged to.
  public var cause: Cause {
    switch self {
    case .refresh: .refresh
    case .tfaw: .tfaw
    case .row: .rowActivation
    case .turnaround: .turnaround
    case .link: .link
    case .power: .power
    case .balance: .loadImbalance
    }
  }

  /// The limit in the memory's table of distances, for those that are there.
  var ofMemory: MemoryStandard.Limit? { MemoryStandard.Limit(rawValue: rawValue) }
}

extension RunOptions {
  /// Checks that a system has the limits that are to be removed.
  ///
  /// - Throws: `SystemError` that names the first limit which it has not, and those which it has.
  func checkLimits(of system: String, _ known: [IdealLimit]) throws {
    let unknown = ideal.filter { !known.contains($0) }.map(\.rawValue).sorted()
    guard let first = unknown.first else { return }
    let list = known.isEmpty ? "none" : known.map(\.rawValue).joined(separator: ", ")
    throw SystemError(
      "system '\(system)' has no limit '\(first)' to remove; it has: \(list)")
  }
}

/// How a trace is to be run.
public struct RunOptions: Hashable, Sendable {
  /// How closely hardware is modelled.
  public var fidelity: Fidelity
  /// Whether the result lists every operator.
  public var keepsOperators: Bool
  /// How many of the longest operators the result keeps.
  public var slowest: Int

  /// Limits of the command-level memory to remove, to see the ceiling that each gives.
  public var ideal: Set<IdealLimit>
  /// Whether channels that are proven equal are simulated once.
  public var channels: ChannelMode
  /// Whether operators that carry a measured duration take exactly that; the others are modelled.
  public var replaysMeasured = false
  /// Whether systems that lay out their memory may lay tensors over others when it is full.
  public var allowsOversubscription = true

  public init(
    fidelity: Fidelity = .analytic, keepsOperators: Bool = true, slowest: Int = 10,
    ideal: Set<IdealLimit> = [], channels: ChannelMode = .all
  ) {
    self.fidelity = fidelity
    self.ideal = ideal
    self.channels = channels
    self.keepsOperators = keepsOperators
    self.slowest = slowest
  }
}

/// A named system that executes operator traces.
///
/// A new system type conforms to this, adds a case to `SystemType`, and is decoded in the
/// experiments' `SystemLoader`; reports, results and the command line need nothing else.
public protocol TraceSystem: Sendable {
  /// The name in results.
  var name: String { get }
  /// The clock in which results count cycles beside time.
  var clock: ClockDomain { get }
  /// The peak rate of all memories together.
  var peakBandwidth: Bandwidth { get }
  /// What all memories together hold.
  var capacity: ByteCount { get }

  /// The peak rate of matrix products in `dtype` of the whole system, or nil when there is none.
  func matrixPeak(of dtype: DataType) -> ComputeRate?

  /// Checks that the system has a model of this fidelity.
  ///
  /// - Throws: `SystemError` that says what is missing.
  func check(_ fidelity: Fidelity) throws

  /// What `--ideal` can remove at this fidelity.
  func limits(_ fidelity: Fidelity) -> [IdealLimit]

  /// An empty lower bound of a run's time at this fidelity; nil where none is proven.
  ///
  /// - Throws: `SystemError` or `MemoryError` when the system has no model of this fidelity.
  func lowerBound(_ fidelity: Fidelity) throws -> (any LowerBound)?

  /// Runs a trace of one logical device, which the system shards by its own rules.
  ///
  /// - Parameters:
  ///   - source: the operators, read as the run needs them.
  ///   - header: the header of the trace.
  ///   - options: fidelity and what the result keeps.
  /// - Throws: what the source throws; `SystemError` or `DeviceError` when an operator cannot run
  ///   here.
  func run(
    _ source: consuming some OperatorSource & ~Copyable, header: TraceHeader, options: RunOptions
  ) throws -> SystemRun
}

/// Why a system cannot run a trace.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: what is wrong and how to mend it.
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
