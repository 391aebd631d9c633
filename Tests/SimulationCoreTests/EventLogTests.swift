import SimulationCore
import Testing
import Units

@Suite struct EventLogTests {
  private func entry(
    time: Int = 5, clock: Int = 1, priority: EventPriority = .issue, target: UInt32 = 2,
    payload: UInt64 = 3
  ) -> EventLog.Entry {
    EventLog.Entry(
      instant: Instant(picoseconds: time), tick: Cycles(time), clock: clock, priority: priority,
      event: Event(target: target, payload: payload))
  }

  @Test func everyFieldAndTheOrderChangeTheDigest() {
    let runs: [[EventLog.Entry]] = [
      [], [entry()], [entry(time: 6)], [entry(clock: 2)], [entry(priority: .completion)],
      [entry(target: 9)], [entry(payload: 4)], [entry(), entry(time: 6)],
      [entry(time: 6), entry()], [entry(), entry()],
    ]
    let digests = runs.map { run in
      var log = EventLog()
      for entry in run { log.record(entry) }
      return log.digest
    }
    #expect(Set(digests).count == runs.count)
  }

  @Test func itKeepsTheFirstEventsOnlyWhenAskedTo() {
    var log = EventLog(keeping: 2)
    var silent = EventLog()
    for time in 0..<5 {
      log.record(entry(time: time))
      silent.record(entry(time: time))
    }
    #expect(log.entries == [entry(time: 0), entry(time: 1)])
    #expect(log.count == 5)
    #expect(silent.entries.isEmpty)
    #expect(silent.digest == log.digest)
  }
}
