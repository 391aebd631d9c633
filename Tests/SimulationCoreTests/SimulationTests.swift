import SimulationCore
import Testing
import Units

/// Records every event; schedules nothing.
private struct Recorder: EventHandler, ~Copyable {
  var seen: [Seen] = []

  mutating func handle(_ event: Event, in simulation: inout Simulation) {
    seen.append(
      Seen(
        time: simulation.now.picoseconds, clock: simulation.currentClock?.index ?? -1,
        priority: simulation.currentPriority, target: event.target))
  }
}

private struct Seen: Equatable {
  var time: Int
  var clock: Int
  var priority: EventPriority
  var target: UInt32
}

/// A random process: each event schedules up to two more, on any clock, while a budget lasts.
private struct Branching: EventHandler, ~Copyable {
  var generator: SeededGenerator
  var clocks: [ClockID]
  var budget: Int

  mutating func handle(_ event: Event, in simulation: inout Simulation) {
    for _ in 0..<generator.next(below: 3) where budget > 0 {
      budget -= 1
      let clock = clocks[generator.next(below: clocks.count)]
      let delay = generator.next(below: 10) == 0 ? 3_000 : 1 + generator.next(below: 5)
      let next = Event(target: UInt32(budget), payload: generator.next())
      simulation.schedule(
        next, on: clock, after: Cycles(delay),
        priority: EventPriority.allCases[generator.next(below: 4)])
    }
  }
}

private func clock(_ name: String, _ hertz: Int) -> ClockDomain {
  ClockDomain(name: name, frequency: Frequency(hertz: hertz))
}

@Suite struct SimulationTests {
  @Test func anEventRunsAtItsEdgeAndNotOnePicosecondBefore() {
    // Edge 3 of 1.3 GHz lies at floor(2307.69) ps.
    var simulation = Simulation()
    let hbm = simulation.addClock(clock("hbm3", 1_300_000_000))
    simulation.schedule(Event(target: 9), on: hbm, at: Cycles(3), priority: .issue)
    var recorder = Recorder()
    simulation.run(&recorder, through: Instant(picoseconds: 2_306))
    #expect(recorder.seen == [])
    #expect(simulation.now == Instant(picoseconds: 2_306))
    simulation.run(&recorder, through: Instant(picoseconds: 2_307))
    #expect(recorder.seen.map(\.time) == [2_307])
    #expect(simulation.pendingEvents == 0)
  }

  @Test func notBeforeChoosesTheFirstEdgeAtOrAfterTheInstant() {
    for (instant, edge) in [(0, 0), (1, 769), (769, 769), (770, 1_538), (1_538, 1_538)] {
      var simulation = Simulation()
      let hbm = simulation.addClock(clock("hbm3", 1_300_000_000))
      simulation.schedule(
        Event(target: 0), on: hbm, notBefore: Instant(picoseconds: instant), priority: .issue)
      #expect(simulation.nextInstant == Instant(picoseconds: edge))
    }
  }

  @Test func tiesGoByClockThenPriorityThenSequence() {
    var simulation = Simulation()
    let first = simulation.addClock(clock("a", 1_000_000_000))
    let second = simulation.addClock(clock("b", 2_000_000_000))
    simulation.schedule(Event(target: 1), on: second, at: Cycles(2), priority: .completion)
    simulation.schedule(Event(target: 2), on: first, at: Cycles(1), priority: .issue)
    simulation.schedule(Event(target: 3), on: first, at: Cycles(1), priority: .arbitration)
    simulation.schedule(Event(target: 4), on: first, at: Cycles(1), priority: .arbitration)
    var recorder = Recorder()
    simulation.run(&recorder)
    #expect(recorder.seen.map(\.target) == [3, 4, 2, 1])
    #expect(recorder.seen.map(\.time) == [1_000, 1_000, 1_000, 1_000])
  }

  @Test func anEarlierClockInterruptsALaterOneAtTheSameInstant() {
    struct Crossing: EventHandler, ~Copyable {
      var order: [UInt32] = []
      var early: ClockID
      mutating func handle(_ event: Event, in simulation: inout Simulation) {
        order.append(event.target)
        if event.target == 1 {
          simulation.schedule(Event(target: 7), on: early, at: Cycles(1), priority: .statistics)
        }
      }
    }
    var simulation = Simulation()
    let early = simulation.addClock(clock("early", 1_000_000_000))
    let late = simulation.addClock(clock("late", 1_000_000_000))
    for target: UInt32 in 1...3 {
      simulation.schedule(Event(target: target), on: late, at: Cycles(1), priority: .issue)
    }
    var handler = Crossing(early: early)
    simulation.run(&handler)
    #expect(handler.order == [1, 7, 2, 3])
  }

  /// 1.3 GHz against 1.333333333 GHz and others: their edges meet only every whole second or so.
  @Test(arguments: [
    [1_300_000_000, 1_333_333_333], [940_000_000, 1_410_000_001], [3_200_000_000, 7],
    [1_000_000_000, 2_600_000_000, 1_000_000_000_000],
  ])
  func edgesMergeAsInABruteForceSort(rates: [Int]) {
    var generator = SeededGenerator(seed: UInt64(rates[0]))
    var simulation = Simulation()
    let domains = rates.enumerated().map { clock("clock\($0.offset)", $0.element) }
    let clocks = domains.map { simulation.addClock($0) }
    var expected: [(time: Int, clock: Int, priority: EventPriority, target: UInt32)] = []
    for target: UInt32 in 0..<3_000 {
      let index = generator.next(below: rates.count)
      let tick = Cycles(generator.next(below: min(rates[index] / 100_000 + 10, 100_000)))
      let priority = EventPriority.allCases[generator.next(below: 4)]
      simulation.schedule(Event(target: target), on: clocks[index], at: tick, priority: priority)
      expected.append((domains[index].instant(of: tick).picoseconds, index, priority, target))
    }
    // Targets number the order of scheduling, so they stand for the sequence.
    expected.sort { $0 < $1 }
    var recorder = Recorder()
    simulation.run(&recorder)
    #expect(
      recorder.seen
        == expected.map {
          Seen(time: $0.time, clock: $0.clock, priority: $0.priority, target: $0.target)
        })
    #expect(simulation.eventsHandled == 3_000)
  }

  @Test(arguments: 0..<8)
  func timeNeverGoesBackAndEveryEventRunsOnAnEdgeOfItsClock(seed: UInt64) {
    let log = branchingRun(seed: seed, keeping: .max)
    let rates = branchingRates
    var last = Instant.zero
    for entry in log.entries {
      #expect(entry.instant >= last)
      last = entry.instant
      #expect(clock("", rates[entry.clock]).instant(of: entry.tick) == entry.instant)
    }
    #expect(log.entries.count > 100)
  }

  @Test func theSameSeedGivesTheSameLogAndAnotherSeedAnother() {
    #expect(branchingRun(seed: 3).digest == branchingRun(seed: 3).digest)
    #expect(branchingRun(seed: 3).digest != branchingRun(seed: 4).digest)
  }

  @Test func stoppingKeepsWhatWaitsAndARunGoesOnWhereItEnded() {
    struct Stopper: EventHandler, ~Copyable {
      var seen = 0
      mutating func handle(_ event: Event, in simulation: inout Simulation) {
        seen += 1
        if event.target == 1 { simulation.stop() }
      }
    }
    var simulation = Simulation()
    let only = simulation.addClock(.picosecond)
    for target: UInt32 in 0..<4 {
      simulation.schedule(Event(target: target), on: only, at: Cycles(10), priority: .issue)
    }
    var handler = Stopper()
    simulation.run(&handler, through: Instant(picoseconds: 50))
    #expect(handler.seen == 2)
    #expect(simulation.pendingEvents == 2)
    #expect(simulation.now == Instant(picoseconds: 10))
    simulation.run(&handler)
    #expect(handler.seen == 4)
  }

  @Test func schedulingBeforeNowOnAnotherClockIsABug() async {
    await #expect(processExitsWith: .failure) {
      struct Late: EventHandler, ~Copyable {
        var other: ClockID
        mutating func handle(_ event: Event, in simulation: inout Simulation) {
          simulation.schedule(Event(target: 1), on: other, at: Cycles(9), priority: .issue)
        }
      }
      var simulation = Simulation()
      let one = simulation.addClock(.picosecond)
      let other = simulation.addClock(.picosecond)
      simulation.schedule(Event(target: 0), on: one, at: Cycles(10), priority: .issue)
      var handler = Late(other: other)
      simulation.run(&handler)
    }
  }
}

private let branchingRates = [1_300_000_000, 1_000_000_000, 940_000_000, 1_000_000_000_000]

private func branchingRun(seed: UInt64, keeping: Int = 0) -> EventLog {
  var simulation = Simulation()
  let clocks = branchingRates.map { simulation.addClock(clock("clock", $0)) }
  for target: UInt32 in 0..<20 {
    simulation.schedule(Event(target: target), on: clocks[1], at: Cycles(1), priority: .issue)
  }
  var handler = LoggingHandler(
    Branching(generator: SeededGenerator(seed: seed), clocks: clocks, budget: 20_000),
    keeping: keeping)
  simulation.run(&handler)
  return handler.log
}
