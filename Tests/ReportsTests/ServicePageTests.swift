import Foundation
import Reports
import ResultsStore
import Testing

/// The outcome of serving four requests in three stages, one of them cut off by the end.
private let service = """
  {"schema":"orrery.service/1","system":"s","model":"m","fidelity":"analytic","time_ps":6000,
  "tokens_per_second":1.5e9,"causes":{"compute":2000,"dram_bus":3000,"idle":1000},
  "latency_ps":{"end_to_end":{"count":3,"mean":3000.0,"p50":3000,"p90":4000,"p99":4000,"max":4000}},
  "stages":[
  {"stage":0,"phase":"prefill","start_ps":0,"end_ps":2000,"requests":2,"tokens":2,"kv_tokens":8},
  {"stage":1,"phase":"mixed","start_ps":3000,"end_ps":5000,"requests":4,"tokens":4,"kv_tokens":20},
  {"stage":2,"phase":"decode","start_ps":5000,"end_ps":6000,"requests":3,"tokens":3,"kv_tokens":23}],
  "requests":[
  {"request":0,"prompt":4,"output":2,"arrival_ps":0,"time_to_first_token_ps":2000,
  "end_to_end_ps":2000,"mean_time_between_tokens_ps":500.5},
  {"request":1,"prompt":4,"output":2,"arrival_ps":0,"time_to_first_token_ps":2000,"end_to_end_ps":3000},
  {"request":2,"prompt":4,"output":2,"arrival_ps":1000,"time_to_first_token_ps":4000,"end_to_end_ps":4000},
  {"request":3,"prompt":4,"output":9,"arrival_ps":1000,"time_to_first_token_ps":4000}]}
  """

@Suite struct ServicePageTests {
  /// The specification of a chart of the written page.
  private func chart(_ name: String, in folder: String) throws -> [String: Any] {
    let data = try #require(
      FileManager.default.contents(atPath: "\(folder)/charts/\(name).vl.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func values(_ chart: [String: Any]) throws -> [[String: Any]] {
    try #require((chart["data"] as? [String: Any])?["values"] as? [[String: Any]])
  }

  @Test func latenciesAreDrawnAsEmpiricalDistributions() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try ReportWriter(folder: folder).write(
      ServicePage(try ServiceDocument(json: service, label: "x")))
    let points = try values(try chart("latency", in: folder))
    let whole = points.filter { $0["latency"] as? String == "end to end" }
    let picoseconds = whole.compactMap { $0["x"] as? Double }.map { ($0 * 1e9).rounded() }
    #expect(picoseconds == [2_000, 2_000, 3_000, 4_000])
    let shares = whole.compactMap { $0["y"] as? Double }
    #expect(shares.count == 4 && shares[0] == 0 && shares[3] == 100)
    #expect(abs(shares[1] - 100.0 / 3) < 1e-9 && abs(shares[2] - 200.0 / 3) < 1e-9)
    #expect(points.filter { $0["latency"] as? String == "time to first token" }.count == 5)
    #expect(points.filter { $0["latency"] as? String == "mean time between tokens" }.count == 2)
  }

  @Test func throughputSumsToTheTokensOfAllStages() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try ReportWriter(folder: folder).write(
      ServicePage(try ServiceDocument(json: service, label: "x")))
    let points = try values(try chart("throughput", in: folder))
    let window = try #require(points[1]["x"] as? Double)
    let tokens = points.compactMap { $0["y"] as? Double }.reduce(0) { $0 + $1 * window }
    #expect(abs(tokens - 9) < 1e-6)
    let html = try String(contentsOfFile: folder + "/index.html", encoding: .utf8)
    #expect(html.contains("m served on s") && html.contains("Slowest requests"))
    #expect(try values(try chart("batch", in: folder)).count == 3)
  }

  @Test func onlyTheOutcomeOfServingIsRead() {
    #expect(ServiceDocument.isService(json: service))
    #expect(!ServiceDocument.isService(json: "{\"schema\":\"orrery.result/1\"}"))
    #expect(throws: StoreError.self) {
      try ServiceDocument(json: "{\"schema\":\"orrery.result/1\"}", label: "x")
    }
    #expect(throws: StoreError.self) {
      try ServiceDocument(json: "{\"schema\":\"orrery.service/1\",\"stages\":[{}]}", label: "x")
    }
  }
}
