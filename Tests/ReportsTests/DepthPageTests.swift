import Foundation
import Reports
import Testing

@Suite struct DepthPageTests {
  private let csv = """
    depth,cycles,scores_per_cycle,deadlock
    1,7,0.0,true
    2,400,0.64,false
    3,260,0.98461,false
    4,256,1.0,false
    5,256,1.0,false

    """

  @Test func theCliffIsDrawnWithItsDeadlocks() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let sweep = try DepthSweep(csv: csv, name: "long", label: "x.csv")
    try ReportWriter(folder: folder).write(
      DepthPage(title: "naive attention", subtitle: "4 rows", sweeps: [sweep]))
    let data = try #require(
      FileManager.default.contents(atPath: "\(folder)/charts/cliff-long.vl.json"))
    let chart = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let values = try #require((chart["data"] as? [String: Any])?["values"] as? [[String: Any]])
    #expect(values.map { $0["depth"] as? Int } == [1, 2, 3, 4, 5])
    #expect(
      values.map { $0["outcome"] as? String } == ["deadlock", "runs", "runs", "runs", "runs"])
    let rule = try #require((chart["layer"] as? [[String: Any]])?.last)
    let marked = try #require((rule["data"] as? [String: Any])?["values"] as? [[String: Int]])
    #expect(marked == [["depth": 4]], "the least depth at full rate")
    let page = try String(contentsOfFile: "\(folder)/index.html", encoding: .utf8)
    #expect(page.contains("naive attention"))
  }

  @Test(arguments: [
    ("depth,cycles,scores_per_cycle,deadlock\n1,x,0,true\n", "x.csv:2"),
    ("depth,cycles,scores_per_cycle,deadlock\n", "no depth"),
  ])
  func aTableThatIsNoneIsRefusedByItsLine(text: String, part: String) throws {
    let error = #expect(throws: DepthSweepError.self) {
      try DepthSweep(csv: text, name: "long", label: "x.csv")
    }
    #expect(try #require(error).description.contains(part))
    #expect(DepthSweep.isDepthSweep(csv: text))
  }
}
