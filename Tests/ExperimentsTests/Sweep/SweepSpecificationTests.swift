import Configuration
import Experiments
import Foundation
import ResultsStore
import Systems
import Testing

/// Gives results without simulating: time and energy follow from the coordinates.
struct FormulaExecutor: PointExecutor {
  func digest(of trace: TraceRequest) throws -> String { SHA256.hexDigest(of: trace.label) }
  func check(_ configuration: ConfigurationNode, fidelity: Fidelity) throws {
    _ = try SystemLoader.load(configuration)
  }

  func run(_ point: SweepPoint) throws -> String {
    let batch = point.coordinates.first { $0.axis == "batch" }?.number ?? 1
    if batch == 13 { throw ConfigurationError("thirteen is refused") }
    return "{\"schema\":\"orrery.result/1\",\"time_ps\":\(Int(batch) * 1000),\"tokens\":4}"
  }
}

func plan(_ yaml: String) throws -> SweepPlan {
  let node = try ConfigurationNode(yaml: yaml, name: "sweep.yaml")
  return try SweepPlan(
    SweepSpecification(node, text: yaml, folder: "."), build: BuildIdentity(digest: "b"),
    executor: FormulaExecutor())
}

private let head = "name: s\nsystem: h100\ntrace: {model: llama2-7b}\n"

private func values(_ plan: SweepPlan) -> [[String]] {
  plan.points.map { $0.coordinates.map(\.text) }
}

@Suite struct SweepSpecificationTests {
  @Test func aGridVariesItsLastAxisFastest() throws {
    let plan = try plan(
      head + """
        axes:
          system: {values: [h100, a100]}
          batch: {vary: trace.batch, values: [1, 2, 4]}
        """)
    #expect(
      values(plan)
        == [
          ["h100", "1"], ["h100", "2"], ["h100", "4"], ["a100", "1"], ["a100", "2"], ["a100", "4"],
        ])
    #expect(Set(plan.points.map(\.identity)).count == 6)
    #expect(plan.points[3].system == "a100")
  }

  @Test func zippedAxesAdvanceTogether() throws {
    let plan = try plan(
      head + """
        axes:
          bandwidth: {vary: system.memory.bandwidth, values: [1 TB/s, 2 TB/s]}
          batch: {vary: trace.batch, values: [1, 2]}
          capacity: {vary: system.memory.capacity, values: [10 GiB, 20 GiB]}
        zip: [[bandwidth, capacity]]
        """)
    #expect(
      values(plan) == [
        ["1 TB/s", "1", "10 GiB"], ["1 TB/s", "2", "10 GiB"], ["2 TB/s", "1", "20 GiB"],
        ["2 TB/s", "2", "20 GiB"],
      ])
    #expect(plan.points[2].configuration["memory"]?["capacity"]?.text == "20 GiB")
  }

  @Test(arguments: [
    ("range: {from: 1, to: 10, step: 4}", ["1", "5", "9"]),
    ("range: {from: 1, to: 9, step: 4}", ["1", "5", "9"]),
    ("range: {from: 1, to: 4, points: 3}", ["1", "3", "4"]),

    ("log_range: {from: 1, to: 64, factor: 4}", ["1", "4", "16", "64"]),
    ("log_range: {from: 1, to: 1000, points: 4}", ["1", "10", "100", "1000"]),
    ("range: {from: 16 GiB, to: 48 GiB, step: 16 GiB}", ["16 GiB", "32 GiB", "48 GiB"]),
    (
      "log_range: {from: 512 GB/s, to: 2.048 TB/s, factor: 2}",
      ["512 GB/s", "1.024 TB/s", "2.048 TB/s"]
    ),
  ])
  func rangesHoldTheirEnds(form: String, expected: [String]) throws {
    let quantity = form.contains("/s") ? "system.memory.bandwidth" : "system.memory.capacity"
    let target = form.contains("B") ? quantity : "trace.seed"

    let plan = try plan(head + "axes:\n  x: {vary: \(target), \(form)}\n")
    #expect(values(plan).map { $0[0] } == expected)
  }

  @Test func conditionsRemovePointsWithUnits() throws {
    let plan = try plan(
      head + """
        axes:
          batch: {vary: trace.batch, values: [1, 2, 4, 8]}
          context: {vary: trace.context, values: [10, 20]}
          bandwidth: {vary: system.memory.bandwidth, values: [1 TB/s, 2000 GB/s]}
        where:
          - batch * context <= 40 and not (batch == 1)
          - bandwidth * 1 s >= 2 TB or trace.batch > 3
        """)
    #expect(
      values(plan) == [
        ["2", "10", "2 TB/s"], ["2", "20", "2 TB/s"], ["4", "10", "1 TB/s"], ["4", "10", "2 TB/s"],
      ])
  }

  @Test func latinHypercubesHitEachStratumOnce() throws {
    let plan = try plan(
      head + """
        axes:
          batch: {vary: trace.batch, range: {from: 1, to: 100}}
          bandwidth: {vary: system.memory.bandwidth, log_range: {from: 1 GB/s, to: 1 TB/s}}
        sample: {method: latin_hypercube, points: 100, seed: 7}
        """)
    #expect(Set(values(plan).map { $0[0] }).count == 100)
    let decades = plan.points.compactMap { $0.coordinates[1].number }
    #expect(decades.allSatisfy { $0 >= 1e9 && $0 <= 1e12 })
    #expect((30...36).contains(decades.count { $0 < 1e10 }))
  }

  @Test func samplesFollowTheirSeed() throws {
    func sample(_ seed: Int) throws -> [[String]] {
      values(
        try plan(
          head + """
            axes:
              batch: {vary: trace.batch, range: {from: 1, to: 1000}}
            sample: {method: random, points: 20, seed: \(seed)}
            where: [batch > 500]
            """))
    }
    #expect(try sample(1) == sample(1))
    #expect(try sample(1) != sample(2))
    #expect(try sample(3).count == 20)
  }

  @Test func repetitionsTakeConsecutiveSeeds() throws {
    let plan = try plan(head + "repetitions: 3\nseed: 5\n")
    #expect(plan.points.map(\.trace.label) == [5, 6, 7].map { "llama2-7b, seed \($0)" })
    #expect(Set(plan.points.map(\.identity)).count == 3)
  }

  @Test(arguments: [
    ("axes:\n  batch: {vary: trcae.batch, values: [1]}", "unknown axis: 'trcae.batch'"),
    ("axes:\n  batch: {vary: trcae.batch, values: [1]}", "did you mean 'trace'?"),
    ("axes:\n  batch: {vary: trace.bacth, values: [1]}", "did you mean 'batch'?"),
    ("axes:\n  b: {vary: system.memory.bandwith, values: [1 TB/s]}", "did you mean 'bandwidth'?"),
    (
      "axes:\n  b: {vary: system.memory.bandwith, values: [1 TB/s]}", "axis 'b': point 0 (b=1 TB/s)"
    ),
    ("axes:\n  batch: {vary: trace.batch, values: [4, 0]}", "axis 'batch': point 1 (batch=0)"),
    ("axes:\n  n: {vary: trace.lengths, values: [sharegpt]}", "axis 'n': point 0 (n=sharegpt)"),
    ("axes:\n  system: {values: [h100, h200]}", "axis 'system': point 1 (system=h200)"),
    ("axes:\n  f: {vary: fidelity, values: [cicle]}", "did you mean 'cycle'?"),
    ("fidelity: fast", "'fast' is not one of analytic, cycle"),
    ("axes:\n  batch: {vary: trace.batch, values: []}", "'values' is empty"),
    ("axes:\n  batch: {vary: trace.batch, range: {from: 8, to: 1, step: 1}}", "range is empty"),
    ("axes:\n  batch: {vary: trace.batch, range: {from: 1, to: 8, step: 0}}", "range is empty"),
    ("axes:\n  batch: {vary: trace.batch, log_range: {from: 0, to: 8, points: 2}}", "above zero"),
    ("axes:\n  batch: {vary: trace.batch, range: {from: 1, to: 8}}", "needs 'sample'"),
    ("axes:\n  b: {vary: system.memory.bandwidth, values: [1 TB/s, 2 GiB]}", "unit mismatch"),
    ("axes:\n  b: {vary: system.memory.bandwidth, values: [2 GiB]}", "is not a bandwidth"),
    (
      "axes:\n  b: {vary: system.memory.bandwidth, range: {from: 1 TB/s, to: 2 TB, step: 1 TB/s}}",
      "unit mismatch"
    ),
    (
      "axes:\n  batch: {vary: trace.batch, values: [1, 2]}\nwhere: [batch > 2]",
      "remove all 2 points"
    ),
    ("axes:\n  batch: {vary: trace.batch, values: [1]}\nwhere: [batch > 1 TB]", "unit mismatch"),
    (
      "axes:\n  batch: {vary: trace.batch, values: [1]}\nwhere: [bach > 1]", "did you mean 'batch'?"
    ),
    ("axes:\n  batch: {vary: trace.batch, values: [1]}\nwhere: [batch]", "not a comparison"),
    ("axes:\n  batch: {vary: trace.batch, values: [1]}\nwhere: [batch >]", "a value is due"),
    (
      "axes:\n  a: {vary: trace.batch, values: [1]}\n  b: {vary: trace.batch, values: [1]}",
      "varied by axis 'a' already"
    ),
    (
      "axes:\n  a: {vary: trace.batch, values: [1]}\n  b: {vary: trace.seed, values: [1, 2]}\n"
        + "zip: [[a, b]]", "has 2 values and 'a' has 1"
    ),
    ("objectives: [{maximize: tokens_per_secnd}]", "did you mean 'tokens_per_second'?"),
    ("objectives: [{best: time_ps}]", "unknown key 'best'"),
    ("sample: {method: sobol, points: 3, seed: 1}", "not one of random, latin_hypercube"),
    ("axis: {}", "did you mean 'axes'?"),
    ("fidelity: exact", "not one of analytic, cycle"),
  ])
  func badSweepsAreRefusedBeforeAnythingRuns(text: String, message: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try plan(head + text + "\n") }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }
}

@Suite struct SweepFileTests {
  @Test func theKeptTextGivesTheSamePlan() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try """
    name: lower
    title: "a title: with signs, and more"
    system: h100
    trace: {model: llama2-7b, context: [8, 9], batch: 2}
    axes:
      bandwidth: {vary: system.memory.bandwidth, values: [1 TB/s, 2 TB/s]}
    where: ["bandwidth > 1 GB/s"]
    """.write(to: folder.appending(path: "lower.yaml"), atomically: true, encoding: .utf8)
    try "base: lower.yaml\nname: upper\n".write(
      to: folder.appending(path: "upper.yaml"), atomically: true, encoding: .utf8)
    for name in ["lower", "upper"] {
      let specification = try SweepSpecification.load(folder.path() + "/\(name).yaml")
      let node = try ConfigurationNode(yaml: specification.text, name: "kept")
      let again = try SweepSpecification(node, text: specification.text, folder: folder.path())
      let build = BuildIdentity(digest: "b")
      let first = try SweepPlan(specification, build: build, executor: FormulaExecutor())
      let second = try SweepPlan(again, build: build, executor: FormulaExecutor())
      #expect(first.id == second.id)
      #expect(first.specification.title == second.specification.title)
      #expect(first.points.count == 2)
    }
  }
}
