public import DRAM
public import Units

/// The memory that memory nodes share, seen in cycles of the fabric's clock.
///
/// A request made in cycle c reaches the memory at its first tick at or after that edge; its bytes
/// can be used from the first edge at or after their last datum. Requests of one node are served in
/// order; nodes take turns, burst by burst.
public final class FabricMemory {
  /// What answers requests.
  enum Backing {
    /// Every request is answered in the cycle in which it is made.
    case ideal
    case commandLevel(MemorySystem)
  }

  let backing: Backing
  private let clock: ClockDomain
  private let memoryClock: ClockDomain

  /// A memory that answers at once.
  public init(idealAt clock: ClockDomain) {
    backing = .ideal
    self.clock = clock
    memoryClock = clock
  }

  /// A command-level memory; it must be idle and at tick 0.
  public init(_ memory: MemorySystem, clock: ClockDomain) {
    backing = .commandLevel(memory)
    self.clock = clock
    memoryClock = ClockDomain(name: "memory", frequency: memory.tickRate)
  }

  /// An answer to a request: the cycle of its last byte, or the task that will have one.
  enum Answer {
    case done(cycle: Int)
    case pending(task: Int)
  }

  func request(
    source: Int, isWrite: Bool, offset: Int, length: Int, cycle: Int
  ) throws -> Answer {
    guard case .commandLevel(let memory) = backing else { return .done(cycle: cycle) }
    let tick = memoryClock.firstEdge(atOrAfter: clock.instant(of: Cycles(cycle))).count
    let task = try memory.enqueue(
      source: source, isWrite: isWrite, [Extent(offset: offset, length: length)], at: tick)
    return .pending(task: task)
  }

  /// The task that completes next and the cycle of its last byte; absent when none is under way.
  ///
  /// A request that a later cycle than the completion's makes can still be added afterwards.
  func nextCompletion() -> (task: Int, cycle: Int)? {
    guard case .commandLevel(let memory) = backing, let next = memory.nextCompletion() else {
      return nil
    }
    let instant = memoryClock.instant(of: Cycles(next.tick))
    return (next.task, clock.firstEdge(atOrAfter: instant).count)
  }
}

/// What the memory nodes of a run moved and waited for.
public struct FabricMemoryResult: Sendable {
  /// One memory node.
  public struct Port: Hashable, Sendable {
    public let node: String
    public let isWrite: Bool
    public let transfers: Int
    public let bytes: Int
    /// Cycles in which the node could go on but for the memory.
    public let stallCycles: Int
  }

  public let ports: [Port]
  /// The cycle of the last byte read or written.
  public let lastCycle: Int
  /// What the command-level memory counted; absent for an ideal one.
  public let statistics: MemoryStatistics?
  public let peakBandwidth: Bandwidth?

  public var bytesRead: Int { ports.reduce(0) { $0 + ($1.isWrite ? 0 : $1.bytes) } }
  public var bytesWritten: Int { ports.reduce(0) { $0 + ($1.isWrite ? $1.bytes : 0) } }
}
