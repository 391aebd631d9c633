import SimulationCore
import Testing
import Units

/// One pending event of the oracle: an array kept in the order (tick, priority, sequence).
private struct OracleEvent: Equatable {
  var tick: Int
  var priority: EventPriority
  var sequence: Int
  var payload: UInt64
}

@Suite struct EventWheelTests {
  @Test func popsInOrderOfTickThenPriorityThenInsertion() {
    var wheel = EventWheel()
    wheel.push(Event(target: 1), at: Cycles(7), priority: .issue)
    wheel.push(Event(target: 2), at: Cycles(7), priority: .completion)
    wheel.push(Event(target: 3), at: Cycles(6), priority: .statistics)
    wheel.push(Event(target: 4), at: Cycles(7), priority: .completion)
    var targets: [UInt32] = []
    while let next = wheel.pop() { targets.append(next.event.target) }
    #expect(targets == [3, 2, 4, 1])
    #expect(wheel.now == Cycles(7))
  }

  @Test(arguments: [1022, 1023, 1024, 1025, 2047, 2048])
  func anEventIsDueExactlyAtItsTickOnBothSidesOfTheWindow(delay: Int) {
    for start in [0, 1, 511, 1023, 1024, 99_999] {
      var wheel = EventWheel()
      wheel.push(Event(target: 0), at: Cycles(start), priority: .issue)
      _ = wheel.pop()
      wheel.push(Event(target: 1), at: Cycles(start + delay), priority: .issue)
      #expect(wheel.nextTick == Cycles(start + delay))
      wheel.advance(to: Cycles(start + delay - 1))
      #expect(wheel.now == Cycles(start + delay - 1))
      #expect(wheel.count == 1)
      let popped = wheel.pop()
      #expect(popped?.tick == Cycles(start + delay))
      #expect(popped?.event.target == 1)
    }
  }

  @Test func anEventFromBeyondTheWindowComesBeforeLaterInsertionsAtItsTick() {
    var wheel = EventWheel()
    wheel.push(Event(target: 1), at: Cycles(1_500), priority: .issue)
    wheel.push(Event(target: 0), at: Cycles(600), priority: .issue)
    #expect(wheel.pop()?.event.target == 0)
    wheel.push(Event(target: 2), at: Cycles(1_500), priority: .issue)
    #expect(wheel.pop()?.event.target == 1)
    #expect(wheel.pop()?.event.target == 2)
    #expect(wheel.isEmpty == true)
  }

  @Test func advancingNeverPassesAPendingEvent() {
    var wheel = EventWheel()
    wheel.push(Event(target: 1), at: Cycles(5_000), priority: .issue)
    wheel.advance(to: Cycles(10_000))
    #expect(wheel.now == Cycles(5_000))
    #expect(wheel.pop()?.tick == Cycles(5_000))
  }

  @Test(arguments: 0..<24)
  func agreesWithASortedArray(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var wheel = EventWheel()
    var oracle: [OracleEvent] = []
    var sequence = 0
    // Each seed has its own mix of short, medium and far delays and its own population.
    let far = 1 + generator.next(below: 20_000)
    let population = 1 + generator.next(below: 400)
    for _ in 0..<6_000 {
      if oracle.count < population && (oracle.isEmpty || generator.next(below: 2) == 0) {
        let delay: Int
        switch generator.next(below: 4) {
        case 0: delay = 0
        case 1: delay = generator.next(below: 8)
        case 2: delay = 1_000 + generator.next(below: 50)
        default: delay = generator.next(below: far)
        }
        let priority = EventPriority.allCases[generator.next(below: 4)]
        let event = OracleEvent(
          tick: wheel.now.count + delay, priority: priority, sequence: sequence,
          payload: generator.next())
        wheel.push(
          Event(target: UInt32(sequence), payload: event.payload), at: Cycles(event.tick),
          priority: priority)
        let place = oracle.firstIndex {
          ($0.tick, $0.priority, $0.sequence) > (event.tick, priority, sequence)
        }
        oracle.insert(event, at: place ?? oracle.count)
        sequence += 1
      } else {
        let expected = oracle.removeFirst()
        #expect(wheel.nextTick == Cycles(expected.tick))
        let popped = wheel.pop()
        #expect(popped?.tick == Cycles(expected.tick))
        #expect(popped?.priority == expected.priority)
        #expect(
          popped?.event == Event(target: UInt32(expected.sequence), payload: expected.payload))
      }
      #expect(wheel.count == oracle.count)
    }
  }

  @Test func schedulingInThePastIsABug() async {
    await #expect(processExitsWith: .failure) {
      var wheel = EventWheel()
      wheel.push(Event(target: 0), at: Cycles(5), priority: .issue)
      _ = wheel.pop()
      wheel.push(Event(target: 0), at: Cycles(4), priority: .issue)
    }
  }
}
