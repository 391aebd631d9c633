import Experiments
import Foundation
import Reports
import ResultsStore
import Testing

private func folder() -> String {
  FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
}

private func record(_ number: Int, system: String, batch: Int, failed: Bool = false) -> RunRecord {
  let build = BuildIdentity(digest: "b")
  let time = 1_000_000 * (batch + (system == "a" ? 3 : 9))
  let result =
    "{\"schema\":\"orrery.result/1\",\"time_ps\":\(time),\"tokens\":\(batch),"
    + "\"tokens_per_second\":\(Double(batch) / Double(time) * 1e12),"
    + "\"causes\":{\"compute\":\(time / 4),\"dram_bus\":\(time - time / 4)}}"
  return RunRecord(
    identity: RunIdentity(configuration: "\(number)", trace: "t", build: build), build: build,
    system: system, trace: "t", traceDigest: "d", configuration: "{\"name\":\"\(system)\"}",
    outcome: failed ? .failed(error: "<no> room & more") : .done(result: result),
    metrics: failed ? [] : (try? ResultMetrics.metrics(ofJSON: result)) ?? [], hostSeconds: 0,
    finishedAt: "2026-01-01T00:00:00Z")
}

private func page() -> SweepPage {
  var points: [PointRecord] = []
  var runs: [RunIdentity: RunRecord] = [:]
  for system in ["a", "b"] {
    for batch in [1, 2, 4, 8] {
      let number = points.count
      let run = record(number, system: system, batch: batch, failed: number == 7)
      runs[run.identity] = run
      points.append(
        PointRecord(
          number: number, run: run.identity,
          coordinates: [
            Coordinate(axis: "system", text: system),
            Coordinate(axis: "batch", text: "\(batch)", number: Double(batch)),
          ]))
    }
  }
  return SweepPage(
    sweep: SweepRecord(
      id: "p", name: "s", title: "Title <b>", specification: "",
      objectives: [
        Objective(metric: "tokens_per_second", isMaximized: true),
        Objective(metric: "time_ps", isMaximized: false),
      ], points: points), runs: runs)
}

@Suite struct ReportPageTests {
  @Test func aSweepPageHasItsTablesAndSpecificationsWithOrWithoutCharts() throws {
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let notice = try ReportWriter(folder: path).write(page())
    let html = try String(contentsOfFile: path + "/index.html", encoding: .utf8)
    #expect(html.contains("Title &lt;b&gt;") && html.contains("&lt;no&gt; room &amp; more"))
    #expect(!html.contains("src=\"http") && !html.contains("href=\"http"))
    if let notice {
      #expect(html.contains("class=\"notice\"") && notice.contains("vl-convert"))
    } else {
      #expect(html.contains("vegaEmbed") && !html.contains("class=\"notice\""))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path + "/charts").sorted()
    #expect(
      names
        == [
          "causes", "pareto", "sensitivity", "time-ps-by-batch", "tokens-per-second-by-batch",
        ].map { $0 + ".vl.json" })
    for name in names {
      let data = try #require(FileManager.default.contents(atPath: "\(path)/charts/\(name)"))
      let spec = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(spec["$schema"] as? String == "https://vega.github.io/schema/vega-lite/v6.json")
    }
  }

  @Test func aResultPageShowsEveryOperatorOnTheRoofline() throws {
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let result = try sampleResult(count: 12)
    let document = try ResultDocument(
      json: String(decoding: result.json, as: UTF8.self), label: "t")
    try ReportWriter(folder: path).write(ResultPage(document))
    let data = try #require(
      FileManager.default.contents(atPath: path + "/charts/roofline.vl.json"))
    let spec = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let layers = try #require(spec["layer"] as? [[String: Any]])
    let marks = try #require((layers[1]["data"] as? [String: Any])?["values"] as? [[String: Any]])
    #expect(marks.compactMap { $0["count"] as? Int }.reduce(0, +) == 12)
    let roof = try #require((layers[0]["data"] as? [String: Any])?["values"] as? [[String: Any]])
    for mark in marks {
      let x = try #require(mark["x"] as? Double)
      let y = try #require(mark["y"] as? Double)
      let ridge = try #require(roof[1]["x"] as? Double)
      let peak = try #require(roof[1]["y"] as? Double)
      #expect(y <= peak * min(1, x / ridge) * 1.0001, "no operator lies above the roof")
    }
  }

  @Test func aResultPageShowsMemorySpacesAndCommands() throws {
    let json = """
      {"schema": "orrery.result/1", "system": "s", "trace": "t", "time_ps": 5,
      "memory": {"bytes_read": 1, "spaces": [{"space": 2, "capacity_bytes": 77001, "used_bytes": 5}]},
      "commands": [{"command": "ALLACT", "processor": "pim", "count": 12345, "rows": 8, "bytes": 0,
      "picojoules": {"path": 2e9}}, {"command": "REFab", "count": 3, "rows": 0, "bytes": 0}],
      "operators": [], "steps": []}
      """
    let path = folder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try ReportWriter(folder: path).write(
      ResultPage(try ResultDocument(json: json, label: "t")))
    let data = try #require(FileManager.default.contents(atPath: path + "/index.html"))
    let page = String(decoding: data, as: UTF8.self)
    for part in [
      "Memory spaces of a device", "77 001", "Commands of the memory", "ALLACT", "12 345",
      "mJ, path", "REFab",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test func differencesNameConfigurationFirst() throws {
    func document(_ bandwidth: String) throws -> ResultDocument {
      let node = try SystemLoader.configuration(
        "h100", overrides: ["memory.bandwidth=\(bandwidth)"])
      var result = try sampleResult(count: 3)
      result.configuration = node
      return try ResultDocument(
        json: String(decoding: result.json, as: UTF8.self), label: bandwidth)
    }
    let text = ResultsDifference(try document("1 TB/s"), try document("2 TB/s")).text
    #expect(text.contains("memory.bandwidth  1 TB/s  2 TB/s"))
    let same = ResultsDifference(try document("1 TB/s"), try document("1 TB/s")).text
    #expect(same.components(separatedBy: "the same").count == 3)
  }

  @Test func whatIsNoResultIsRefused() {
    #expect(throws: StoreError.self) { try ResultDocument(json: "{}", label: "x") }
    #expect(throws: StoreError.self) { try ResultDocument(json: "no", label: "x") }
  }

  @Test func exportsKeepExactNumbersAndQuoteTexts() throws {
    let table = QueryTable(
      columns: ["a", "b"],
      rows: [[.integer(9_007_199_254_740_993), .text("x, \"y\"")], [.null, .real(0.5)]])
    #expect(ResultsListing.csv(table) == "a,b\n9007199254740993,\"x, \"\"y\"\"\"\n,0.5\n")
    #expect(ResultsListing.json(table).contains("9007199254740993"))
  }
}
