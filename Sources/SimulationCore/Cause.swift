/// Why time passes: the closed list to which each picosecond of a makespan is charged.
@frozen
public enum Cause: UInt8, CaseIterable, Hashable, Sendable {
  case compute
  case dramBus
  case rowActivation
  case tfaw
  case turnaround
  case refresh
  case power
  case queue
  case link
  case launch
  case loadImbalance
  case dependency
  case idle

  /// The name in results: snake_case.
  public var name: String {
    switch self {
    case .compute: "compute"
    case .dramBus: "dram_bus"
    case .rowActivation: "row_activation"
    case .tfaw: "tfaw"
    case .turnaround: "turnaround"
    case .refresh: "refresh"
    case .power: "power"
    case .queue: "queue"
    case .link: "link"
    case .launch: "launch"
    case .loadImbalance: "load_imbalance"
    case .dependency: "dependency"
    case .idle: "idle"
    }
  }

  /// The cause with this name in results, or nil.
  public init?(name: String) {
    guard let cause = Cause.allCases.first(where: { $0.name == name }) else { return nil }
    self = cause
  }

  /// One line for reports: what the time went on.
  public var explanation: String {
    switch self {
    case .compute: "arithmetic units work at their full rate"
    case .dramBus: "a DRAM data bus (or a PIM unit's own path to its banks) moves data"
    case .rowActivation: "rows are precharged and activated (tRP, tRCD, tRAS, tRRD)"
    case .tfaw: "activations wait for the four-activation window (tFAW)"
    case .turnaround: "a DRAM bus changes direction, rank or bank group"
    case .refresh: "banks are blocked by refresh or refresh management"
    case .power: "a power limit holds commands or clocks back"
    case .queue: "work is ready but its unit is occupied by other work"
    case .link: "data moves between devices or chips, collectives included"
    case .launch: "fixed cost of starting an operator: kernel launch, command set-up"
    case .loadImbalance: "a group waits for its slowest member after its own share is done"
    case .dependency: "a unit waits for a result that is still under way elsewhere"
    case .idle: "nothing is there to do"
    }
  }
}
