public import Units

/// Handles the events of a simulation: the one place where a system's components are called.
///
/// The handler owns the components and finds the right one by `event.target`. It is a type
/// parameter of the run loop, so a call is direct and can be inlined.
public protocol EventHandler: ~Copyable {
  /// Handles one event at `simulation.now`; may schedule further events.
  mutating func handle(_ event: Event, in simulation: inout Simulation)
}

/// The number of a clock domain within one simulation.
@frozen
public struct ClockID: Hashable, Sendable {
  /// The position in the order in which clocks were added, which also breaks ties of time.
  public let index: Int

  @inlinable
  init(index: Int) {
    self.index = index
  }
}

extension ClockDomain {
  /// A clock whose ticks are picoseconds, for systems that compute times instead of clocking them.
  public static var picosecond: ClockDomain {
    ClockDomain(name: "picosecond", frequency: Frequency(hertz: 1_000_000_000_000))
  }
}

/// A discrete-event simulation over any number of clock domains.
///
/// Each domain has its own wheel, which counts in its own ticks; tick `n` of a domain of `f` hertz
/// falls at ⌊n·10¹²/f⌋ ps. The event that runs next is the least of all that are pending in the
/// total order (instant, clock index, priority, sequence of scheduling), so a run depends on
/// nothing but its inputs.
///
///     var simulation = Simulation()
///     let clock = simulation.addClock(ClockDomain(name: "npu", frequency: Frequency(hertz: 1_000_000_000)))
///     simulation.schedule(Event(target: 0), on: clock, at: Cycles(3), priority: .issue)
///     simulation.run(&handler)  // calls handler.handle at 3 000 ps
///
/// Choosing the domain is linear in the number of domains and happens once per edge, not once per
/// event. Domains do not stop, change rate or start out of phase.
public struct Simulation: ~Copyable {
  /// The clocks, by index.
  public private(set) var clocks: [ClockDomain] = []
  /// The current instant: that of the last event, or the limit that a run was given.
  public private(set) var now = Instant.zero

  @usableFromInline var wheels: UnsafeMutablePointer<EventWheel>
  @usableFromInline var lanes: UnsafeMutablePointer<Lane>
  @usableFromInline var capacity: Int
  @usableFromInline var clockCount = 0
  @usableFromInline var current = -1
  @usableFromInline var handled = 0
  @usableFromInline var priority = EventPriority.completion
  @usableFromInline var leavesEdge = false
  @usableFromInline var isStopped = false

  /// What the run loop keeps of each domain: its rate, and the tick and time of its next event.
  @frozen
  @usableFromInline
  struct Lane {
    @usableFromInline var hertz: Int
    @usableFromInline var nextTick: Int
    @usableFromInline var nextEdge: Int

    @inlinable
    init(hertz: Int) {
      self.hertz = hertz
      nextTick = Int.max
      nextEdge = Int.max
    }
  }

  /// Makes a simulation at time zero without clocks.
  public init() {
    capacity = 4
    wheels = .allocate(capacity: capacity)
    lanes = .allocate(capacity: capacity)
  }

  deinit {
    wheels.deinitialize(count: clockCount)
    wheels.deallocate()
    lanes.deallocate()
  }

  /// Adds a clock domain, with its edge zero at time zero.
  public mutating func addClock(_ clock: ClockDomain) -> ClockID {
    if clockCount == capacity {
      let moreWheels = UnsafeMutablePointer<EventWheel>.allocate(capacity: capacity * 2)
      moreWheels.moveInitialize(from: wheels, count: clockCount)
      wheels.deallocate()
      wheels = moreWheels
      let moreLanes = UnsafeMutablePointer<Lane>.allocate(capacity: capacity * 2)
      moreLanes.moveInitialize(from: lanes, count: clockCount)
      lanes.deallocate()
      lanes = moreLanes
      capacity *= 2
    }
    (wheels + clockCount).initialize(to: EventWheel())
    (lanes + clockCount).initialize(to: Lane(hertz: clock.frequency.hertz))
    clocks.append(clock)
    clockCount += 1
    return ClockID(index: clockCount - 1)
  }

  /// The number of events handled so far.
  @inlinable public var eventsHandled: Int { handled }

  /// The priority of the event that is being handled, or was last.
  @inlinable public var currentPriority: EventPriority { priority }

  /// The clock of the event that is being handled; nil outside of a run.
  @inlinable public var currentClock: ClockID? {
    current < 0 ? nil : ClockID(index: current)
  }

  /// The number of events that wait.
  public var pendingEvents: Int {
    var sum = 0
    for index in 0..<clockCount { sum += wheels[index].count }
    return sum
  }

  /// The instant of the next event, or nil when none waits.
  public var nextInstant: Instant? {
    var least = Int.max
    for index in 0..<clockCount { least = min(least, lanes[index].nextEdge) }
    return least == Int.max ? nil : Instant(picoseconds: least)
  }

  /// The last edge of `clock` at or before `now`.
  @inlinable
  public func tick(of clock: ClockID) -> Cycles {
    if clock.index == current { return wheels[current].now }
    // As ClockDomain.lastEdge(atOrBefore:), without touching the domain's name.
    let bound = multiplyDivideCeiling(
      now.picoseconds + 1, lanes[clock.index].hertz, Simulation.picosecondsPerSecond)
    return Cycles(bound - 1)
  }

  /// Schedules an event at edge `tick` of `clock`.
  ///
  /// An event may be scheduled at the current edge; it runs after those of its priority that were
  /// scheduled before it, and next of all when its priority is before that of the running event.
  ///
  /// - Precondition: the edge does not lie before `now`.
  @inlinable
  public mutating func schedule(
    _ event: Event, on clock: ClockID, at tick: Cycles, priority: EventPriority
  ) {
    let lane = lanes + clock.index
    if tick.count < lane.pointee.nextTick { lead(clock.index, tick: tick.count) }
    wheels[clock.index].push(event, at: tick, priority: priority)
  }

  /// Schedules an event `delay` edges after the last edge of `clock` at or before `now`.
  ///
  /// - Precondition: `delay` is not negative; zero only on the clock of the running event, or when
  ///   an edge of `clock` falls at `now`.
  @inlinable
  public mutating func schedule(
    _ event: Event, on clock: ClockID, after delay: Cycles, priority: EventPriority
  ) {
    schedule(event, on: clock, at: tick(of: clock) + delay, priority: priority)
  }

  /// Schedules an event at the first edge of `clock` at or after `instant`.
  ///
  /// - Precondition: `instant` is not before `now`.
  @inlinable
  public mutating func schedule(
    _ event: Event, on clock: ClockID, notBefore instant: Instant, priority: EventPriority
  ) {
    let tick = multiplyDivideCeiling(
      instant.picoseconds, lanes[clock.index].hertz, Simulation.picosecondsPerSecond)
    schedule(event, on: clock, at: Cycles(tick), priority: priority)
  }

  /// Ends the run after the event that is being handled; what waits stays and can be run later.
  public mutating func stop() {
    isStopped = true
    leavesEdge = true
  }

  /// Runs until no event waits, or until `stop()`.
  @inlinable
  public mutating func run<Handler: EventHandler & ~Copyable>(_ handler: inout Handler) {
    runEdges(&handler, through: Int.max)
  }

  /// Runs all events up to and including those at `limit`, or until `stop()`; then `now` is
  /// `limit`, unless it was stopped.
  @inlinable
  public mutating func run<Handler: EventHandler & ~Copyable>(
    _ handler: inout Handler, through limit: Instant
  ) {
    runEdges(&handler, through: limit.picoseconds)
    if !isStopped { reach(limit) }
  }

  @inlinable static var picosecondsPerSecond: Int { 1_000_000_000_000 }

  @inlinable
  mutating func runEdges<Handler: EventHandler & ~Copyable>(
    _ handler: inout Handler, through limit: Int
  ) {
    isStopped = false
    while !isStopped {
      var index = 0
      var edge = Int.max
      for candidate in 0..<clockCount where lanes[candidate].nextEdge < edge {
        index = candidate
        edge = lanes[candidate].nextEdge
      }
      if edge == Int.max || edge > limit { break }
      enter(index, edge: edge)
      repeat {
        let (rank, event) = wheels[index].popNext()
        handled &+= 1
        priority = EventPriority(rawValue: rank) ?? .statistics
        handler.handle(event, in: &self)
      } while !leavesEdge && wheels[index].hasEventNow
      current = -1
      refresh(index)
    }
  }

  @usableFromInline
  mutating func reach(_ limit: Instant) {
    if now < limit { now = limit }
  }

  @usableFromInline
  mutating func enter(_ index: Int, edge: Int) {
    now = Instant(picoseconds: edge)
    current = index
    leavesEdge = false
  }

  /// Finds the next event of a domain after some of its events have run.
  @usableFromInline
  mutating func refresh(_ index: Int) {
    let tick = wheels[index].nextTickOrMax
    if tick == lanes[index].nextTick { return }
    lanes[index].nextTick = tick
    lanes[index].nextEdge = tick == Int.max ? Int.max : edge(of: tick, hertz: lanes[index].hertz)
  }

  /// Notes that an event at `tick` becomes the first of its domain.
  @usableFromInline
  mutating func lead(_ index: Int, tick: Int) {
    let edge = edge(of: tick, hertz: lanes[index].hertz)
    precondition(edge >= now.picoseconds, "an event lies in the past")
    if tick - wheels[index].now.count >= EventWheel.slots {
      wheels[index].advance(to: self.tick(of: ClockID(index: index)))
    }
    lanes[index].nextTick = tick
    lanes[index].nextEdge = edge
    if current > index && edge == now.picoseconds { leavesEdge = true }
  }

  private func edge(of tick: Int, hertz: Int) -> Int {
    multiplyDivideFloor(tick, Simulation.picosecondsPerSecond, hertz)
  }
}
