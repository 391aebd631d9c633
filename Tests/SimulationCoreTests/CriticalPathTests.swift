import SimulationCore
import Testing
import Units

private func at(_ picoseconds: Int) -> Instant { Instant(picoseconds: picoseconds) }
private func lasting(_ picoseconds: Int) -> Duration { Duration(picoseconds: picoseconds) }

@Suite struct CriticalPathTests {
  @Test func theLongerBranchIsOnThePathAndGapsGoToTheirCause() {
    // 0: load 10..40; 1: short 40..50; 2: long 45..90 after 0 with a launch of 5; 3: join 90..100.
    var run = CriticalPath()
    let load = run.record(
      start: at(10), end: at(40), after: nil, gapCause: .launch,
      split: CauseLedger(.dramBus, lasting(30)))
    let short = run.record(
      start: at(40), end: at(50), after: load, gapCause: .dependency,
      split: CauseLedger(.compute, lasting(10)))
    let long = run.record(
      start: at(45), end: at(90), after: load, gapCause: .launch,
      split: CauseLedger(.compute, lasting(45)))
    let join = run.record(
      start: at(90), end: at(100), after: long, gapCause: .dependency,
      split: CauseLedger(.link, lasting(10)))
    #expect(run.path == [load, long, join])
    #expect(short == 1)
    let causes = run.causes
    #expect(causes[.launch] == lasting(15))
    #expect(causes[.dramBus] == lasting(30))
    #expect(causes[.compute] == lasting(45))
    #expect(causes[.link] == lasting(10))
    #expect(causes.total == run.makespan)
    #expect(run.causes(until: at(120))[.idle] == lasting(20))
    #expect(run.causes(until: at(120)).total == lasting(120))
  }

  @Test func ofTwoLastFinishersTheFirstRecordedCounts() {
    var run = CriticalPath()
    run.record(
      start: at(0), end: at(10), after: nil, gapCause: .idle,
      split: CauseLedger(.compute, lasting(10)))
    run.record(
      start: at(0), end: at(10), after: nil, gapCause: .idle, split: CauseLedger(.link, lasting(10))
    )
    #expect(run.causes[.compute] == lasting(10))
    #expect(run.causes[.link] == .zero)
  }

  @Test func withoutTasksThereIsNoTime() {
    let run = CriticalPath()
    #expect(run.makespan == .zero)
    #expect(run.causes == CauseLedger())
    #expect(run.path == [])
  }

  /// A list schedule of a random graph on random units, with the predecessor noted by its rule.
  @Test(arguments: 0..<30)
  func causesOfARandomScheduleSumToTheMakespan(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var run = CriticalPath()
    var ends: [Int] = []
    var lastOnUnit = [Int?](repeating: nil, count: 3)
    for number in 0..<300 {
      let unit = generator.next(below: 3)
      var predecessor: Int?
      var ready = 0
      var gapCause = Cause.idle
      for _ in 0..<generator.next(below: 3) where number > 0 {
        let producer = generator.next(below: number)
        if ends[producer] > ready {
          (ready, predecessor, gapCause) = (ends[producer], producer, .dependency)
        }
      }
      if let last = lastOnUnit[unit], ends[last] > ready {
        (ready, predecessor, gapCause) = (ends[last], last, .queue)
      }
      let start = ready + (generator.next(below: 4) == 0 ? generator.next(below: 50) : 0)
      var split = CauseLedger()
      for cause in [Cause.compute, .dramBus, .refresh] {
        split.charge(lasting(generator.next(below: 100)), to: cause)
      }
      let end = start + split.total.picoseconds
      let recorded = run.record(
        start: at(start), end: at(end), after: predecessor, gapCause: gapCause, split: split)
      #expect(recorded == number)
      ends.append(end)
      lastOnUnit[unit] = number
    }
    #expect(run.makespan.picoseconds == ends.max())
    #expect(run.causes.total == run.makespan)
  }

  @Test func aSplitThatIsOnePicosecondOffIsABug() async {
    await #expect(processExitsWith: .failure) {
      var run = CriticalPath()
      run.record(
        start: Instant(picoseconds: 0), end: Instant(picoseconds: 10), after: nil, gapCause: .idle,
        split: CauseLedger(.compute, Duration(picoseconds: 9)))
    }
  }

  @Test func startingBeforeThePredecessorEndsIsABug() async {
    await #expect(processExitsWith: .failure) {
      var run = CriticalPath()
      let first = run.record(
        start: Instant(picoseconds: 0), end: Instant(picoseconds: 10), after: nil, gapCause: .idle,
        split: CauseLedger(.compute, Duration(picoseconds: 10)))
      run.record(
        start: Instant(picoseconds: 9), end: Instant(picoseconds: 9), after: first,
        gapCause: .idle, split: CauseLedger())
    }
  }
}
