import Foundation
import ResultsStore
import Testing
import Units

@testable import Experiments

private let yaml = """
  name: s
  system: h100
  trace: {model: llama2-7b}
  axes:
    batch: {vary: trace.batch, range: {from: 1, to: 40, step: 1}}
  objectives: [{minimize: time_ps}]
  """

private func temporary(_ suffix: String) -> String {
  FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + suffix).path()
}

/// All rows but times of day and of the host.
private func rows(_ path: String) throws -> [[[QueryTable.Cell]]] {
  let store = try ResultsStore(path: path, access: .readOnly)
  return try [
    "SELECT id, build, system, trace, configuration, status, error, result FROM run",
    "SELECT * FROM metric", "SELECT * FROM point", "SELECT * FROM coordinate",
    "SELECT * FROM sweep",
  ].map { try store.query($0).rows }
}

@Suite struct SweepSessionTests {
  private func sweep(
    _ path: String, workers: Int, shard: Shard = Shard(index: 1, count: 1), limit: Int? = nil
  ) throws -> Int {
    let plan = try plan(yaml)
    let store = try ResultsStore(path: path, access: .readWrite)
    try store.add(plan.record)
    let session = SweepSession(
      plan: plan, archive: store, executor: FormulaExecutor(), workers: workers)
    let pending = try session.pending(shard: shard, limit: limit)
    try session.run(pending) { _ in }
    return pending.count
  }

  @Test func anyNumberOfWorkersAndPartsGivesTheSameRows() throws {
    let paths = (0..<3).map { _ in temporary(".sqlite") }
    defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    #expect(try sweep(paths[0], workers: 1) == 40)
    #expect(try sweep(paths[1], workers: 4) == 40)
    #expect(try sweep(paths[2], workers: 2, limit: 7) == 7)
    for index in 1...3 {
      _ = try sweep(paths[2], workers: 2, shard: Shard(index: index, count: 3))
    }
    let expected = try rows(paths[0])
    #expect(expected[0].count == 40)
    #expect(try rows(paths[1]) == expected)
    #expect(try rows(paths[2]) == expected)
  }

  /// Points that share a trace stay with one worker while there are others to take; all are done once.
  @Test func aWorkerStaysWithItsTrace() throws {
    let yaml = """
      name: s
      system: h100
      trace: {model: llama2-7b}
      axes:
        bandwidth: {vary: system.memory.bandwidth, values: [1 TB/s, 2 TB/s, 3 TB/s]}
        batch: {vary: trace.batch, values: [1, 2, 3, 4]}
      """
    let points = try plan(yaml).points
    var queue = PointQueue(points + points)
    #expect(queue.count == 12)
    var groups: (one: Int?, two: Int?)
    var taken: [[Int]] = [[], []]
    while let point = queue.next(after: &groups.one) {
      taken[0].append(point.number)
      if let other = queue.next(after: &groups.two) { taken[1].append(other.number) }
    }
    #expect(taken == [[0, 4, 8, 2, 6, 10], [1, 5, 9, 3, 7, 11]])
    // The last group is shared by whoever has nothing left.
    queue = PointQueue(points.filter { $0.number % 4 == 0 })
    groups = (nil, nil)
    #expect(queue.next(after: &groups.one)?.number == 0)
    #expect(queue.next(after: &groups.two)?.number == 4)
    #expect(queue.next(after: &groups.one)?.number == 8)
    #expect(queue.next(after: &groups.one) == nil && queue.next(after: &groups.two) == nil)
  }

  @Test func aSecondRunDoesNothing() throws {
    let path = temporary(".sqlite")
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try sweep(path, workers: 2)
    #expect(try sweep(path, workers: 2) == 0)
  }

  @Test func aFailingPointIsRecordedAndTheRestGoesOn() throws {
    let path = temporary(".sqlite")
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try sweep(path, workers: 2)
    let store = try ResultsStore(path: path, access: .readOnly)
    let known = try store.knownRuns()
    #expect(known.count == 40 && known.values.count { !$0 } == 1)
    let session = SweepSession(
      plan: try plan(yaml), archive: store, executor: FormulaExecutor(), workers: 1)
    #expect(try session.pending().isEmpty)
    #expect(try session.pending(retriesFailed: true).map(\.coordinates[0].text) == ["13"])
  }

  @Test func pointFilesMergeToTheSameRows() throws {
    let folder = temporary("")
    let paths = [temporary(".sqlite"), temporary(".sqlite")]
    defer { for path in paths + [folder] { try? FileManager.default.removeItem(atPath: path) } }
    _ = try sweep(paths[0], workers: 1)
    let plan = try plan(yaml)
    let shared = try SharedFolder(path: folder)
    try shared.lay(plan, shards: 4, program: "orrery")
    for index in 1...4 {
      let session = SweepSession(
        plan: plan, archive: shared.points, executor: FormulaExecutor(), workers: 1)
      try session.run(try session.pending(shard: Shard(index: index, count: 4))) { _ in }
    }
    let store = try ResultsStore(path: paths[1], access: .readWrite)
    try store.add(plan.record)
    try store.add(try shared.runs(of: plan))
    #expect(try rows(paths[1]) == rows(paths[0]))
    // A damaged file is an error, never a result.
    let first = shared.points.path + "/\(plan.points[0].identity.digest).json"
    try Data("{\"schema\":\"orrery.point/1\"".utf8).write(to: URL(filePath: first))
    #expect(throws: StoreError.self) { try shared.runs(of: plan) }
  }

  @Test func aSharedFolderHoldsOnePlan() throws {
    let folder = temporary("")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let shared = try SharedFolder(path: folder)
    try shared.lay(try plan(yaml), shards: 2, program: "orrery")
    try shared.lay(try plan(yaml), shards: 2, program: "orrery")
    let other = try plan(yaml.replacing("to: 40", with: "to: 41"))
    #expect(throws: StoreError.self) { try shared.lay(other, shards: 2, program: "orrery") }
  }
}

@Suite struct BoundedSearchTests {
  /// Bounds that are a seeded share of the true time.
  private func trueTimes(_ seed: UInt64, count: Int) -> [(time: Int, bound: Int, tokens: Int)] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let time = 1 + generator.next(below: 1_000)
      return (time, 1 + generator.next(below: time), 1 + generator.next(below: 50))
    }
  }

  @Test(arguments: UInt64(0)..<40)
  func theFrontIsThatOfTheFullSweep(seed: UInt64) {
    let objectives = [
      Objective(metric: "time_ps", isMaximized: false),
      Objective(metric: "tokens_per_second", isMaximized: true),
    ]
    let truth = trueTimes(seed, count: 60)
    let vectors = truth.map { entry in
      [Double(entry.time), Double(entry.tokens) / Double(entry.time) * 1e12]
    }
    var bounds: [Int: PointBound] = [:]
    for (number, entry) in truth.enumerated() where number % 5 != 0 {
      bounds[number] = PointBound(time: Duration(picoseconds: entry.bound), tokens: entry.tokens)
    }
    var search = BoundedSearch(
      points: Array(truth.indices), objectives: objectives, bounds: bounds)
    var simulated = 0
    while !search.rung.isEmpty {
      let rung = search.rung
      simulated += rung.count
      search.record(
        Dictionary(uniqueKeysWithValues: rung.map { ($0, vectors[$0]) }), of: rung)
    }
    #expect(search.front == ParetoFront.indices(vectors, objectives))
    #expect(simulated + search.discarded.count == 60)
    for item in search.discarded {
      #expect(bounds[item.number] != nil, "a point without a bound is never discarded")
      #expect(ParetoFront.dominates(vectors[item.dominator], vectors[item.number], objectives))
    }
  }

  @Test func tightBoundsSaveRunsAndMissingOnesSaveNone() {
    let objectives = [Objective(metric: "time_ps", isMaximized: false)]
    func simulated(_ bounds: [Int: PointBound]) -> Int {
      var search = BoundedSearch(
        points: Array(0..<64), objectives: objectives, bounds: bounds)
      var count = 0
      while !search.rung.isEmpty {
        let rung = search.rung
        count += rung.count
        search.record(
          Dictionary(uniqueKeysWithValues: rung.map { ($0, [Double($0 + 1)]) }), of: rung)
      }
      return count
    }
    let tight = Dictionary(
      uniqueKeysWithValues: (0..<64).map { ($0, PointBound(time: Duration(picoseconds: $0 + 1))) })
    #expect(simulated(tight) == 32)
    #expect(simulated([:]) == 64)
  }

  /// Estimates decide the order, right or wrong, and never what is discarded.
  @Test(arguments: UInt64(0)..<20)
  func estimatesOrderAndDiscardNothing(seed: UInt64) {
    let objectives = [Objective(metric: "time_ps", isMaximized: false)]
    let truth = trueTimes(seed, count: 60)
    func search(bounds: [Int: PointBound], estimates: [Int: [Double]]) -> BoundedSearch {
      var search = BoundedSearch(
        points: Array(truth.indices), objectives: objectives, bounds: bounds, estimates: estimates)
      while !search.rung.isEmpty {
        let rung = search.rung
        search.record(
          Dictionary(uniqueKeysWithValues: rung.map { ($0, [Double(truth[$0].time)]) }), of: rung)
      }
      return search
    }
    let bounds = Dictionary(
      uniqueKeysWithValues: truth.indices.map {
        ($0, PointBound(time: Duration(picoseconds: truth[$0].bound)))
      })
    let exact = Dictionary(
      uniqueKeysWithValues: truth.indices.map { ($0, [Double(truth[$0].time)]) })
    let reversed = exact.mapValues { [-$0[0]] }
    let front = ParetoFront.indices(truth.map { [Double($0.time)] }, objectives)
    #expect(search(bounds: bounds, estimates: exact).front == front)
    #expect(search(bounds: bounds, estimates: reversed).front == front)
    #expect(search(bounds: [:], estimates: exact).discarded.isEmpty, "only a bound discards")
    let first = BoundedSearch(
      points: Array(truth.indices), objectives: objectives, bounds: bounds, estimates: exact)
    #expect(truth[first.rung[0]].time == truth.map(\.time).min())
  }

  @Test func anUnknownObjectiveForbidsDiscarding() {
    let objectives = [
      Objective(metric: "time_ps", isMaximized: false),
      Objective(metric: "energy_joules", isMaximized: false),
    ]
    let bounds = Dictionary(
      uniqueKeysWithValues: (0..<8).map {
        ($0, PointBound(time: Duration(picoseconds: 100 * $0 + 1)))
      })
    var search = BoundedSearch(points: Array(0..<8), objectives: objectives, bounds: bounds)
    while !search.rung.isEmpty {
      let rung = search.rung
      search.record(
        Dictionary(uniqueKeysWithValues: rung.map { ($0, [Double($0), Double($0)]) }), of: rung)
    }
    #expect(search.discarded.isEmpty)
  }
}

@Suite struct ParetoFrontTests {
  @Test(arguments: 1...3)
  func theFrontIsWhatPairwiseComparisonGives(count: Int) {
    let all = [
      Objective(metric: "a", isMaximized: true), Objective(metric: "b", isMaximized: false),
      Objective(metric: "c", isMaximized: true),
    ]
    let objectives = Array(all.prefix(count))
    for seed in UInt64(0)..<50 {
      var generator = SeededGenerator(seed: seed)
      let vectors = (0..<30).map { _ in
        (0..<count).map { _ in Double(generator.next(below: 8)) }
      }
      let expected = vectors.indices.filter { index in
        !vectors.contains { ParetoFront.dominates($0, vectors[index], objectives) }
      }
      #expect(ParetoFront.indices(vectors, objectives) == expected)
    }
  }
}
