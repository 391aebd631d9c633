public import Units

/// A digest of a run's events, to show that two runs are the same; optionally the events too.
///
/// The digest covers instant, clock, priority, target and payload of each event, in order. It is
/// no cryptographic hash: it finds accidents, not adversaries.
public struct EventLog: Sendable {
  /// One event as it was handled.
  public struct Entry: Hashable, Sendable {
    public let instant: Instant
    public let tick: Cycles
    public let clock: Int
    public let priority: EventPriority
    public let event: Event

    public init(
      instant: Instant, tick: Cycles, clock: Int, priority: EventPriority, event: Event
    ) {
      self.instant = instant
      self.tick = tick
      self.clock = clock
      self.priority = priority
      self.event = event
    }
  }

  /// The digest so far.
  public private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  /// The number of events noted.
  public private(set) var count = 0
  /// The first events of the run, at most as many as asked for.
  public private(set) var entries: [Entry] = []
  private let keeping: Int

  /// Makes an empty log that keeps the first `keeping` events.
  public init(keeping: Int = 0) {
    self.keeping = keeping
  }

  /// Notes an event.
  public mutating func record(_ entry: Entry) {
    count += 1
    mix(UInt64(truncatingIfNeeded: entry.instant.picoseconds))
    mix(
      UInt64(entry.clock) << 40 | UInt64(entry.priority.rawValue) << 32
        | UInt64(entry.event.target))
    mix(entry.event.payload)
    if entries.count < keeping { entries.append(entry) }
  }

  /// One word into the digest: FNV-1a over words, with the finaliser of SplitMix64 so that every
  /// bit of the word counts in every bit of the digest.
  private mutating func mix(_ word: UInt64) {
    var state = (digest ^ word) &* 0x0000_0100_0000_01B3
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    digest = state ^ (state >> 31)
  }
}

/// Passes events on to another handler and notes each in a log: costs nothing when not used.
public struct LoggingHandler<Handler: EventHandler & ~Copyable>: EventHandler, ~Copyable {
  /// The handler that does the work.
  public var handler: Handler
  /// What it has been given.
  public var log: EventLog

  public init(_ handler: consuming Handler, keeping: Int = 0) {
    self.handler = handler
    log = EventLog(keeping: keeping)
  }

  public mutating func handle(_ event: Event, in simulation: inout Simulation) {
    if let clock = simulation.currentClock {
      log.record(
        EventLog.Entry(
          instant: simulation.now, tick: simulation.tick(of: clock), clock: clock.index,
          priority: simulation.currentPriority, event: event))
    }
    handler.handle(event, in: &simulation)
  }
}
