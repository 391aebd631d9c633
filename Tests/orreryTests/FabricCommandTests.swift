import Foundation
import Testing

@Suite struct FabricCommandTests {
  private let attention = ["fabric", "attention", "--variant"]

  @Test func resultHasTheDocumentedKeys() throws {
    let output = try orrery(
      attention + ["memory-free", "--rows", "64", "--keys", "64", "--values", "f32", "--json"])
    #expect(output.code == 0 && output.stderr.isEmpty)
    let result = try object(output.stdout)
    #expect(result["cycles"] as? Int == 4101)
    #expect(result["deadlock"] is NSNull)
    for key in ["fifos", "intermediate_bytes", "fifo_operations", "error"] {
      #expect(result[key] != nil, "\(key)")
    }
    let error = try #require(result["error"] as? [String: Any])
    #expect(try #require(error["relative_l2"] as? Double) < 1e-5)
  }

  @Test func aDeadlockHasExitCodeOneAndItsRemedy() throws {
    let output = try orrery(
      attention + [
        "naive", "--rows", "64", "--keys", "64", "--depth", "short=2,long=63", "--json",
      ])
    #expect(output.code == 1)
    let deadlock = try #require(try object(output.stdout)["deadlock"] as? [String: Any])
    #expect(deadlock["cycle"] as? Int == 66)
    let remedies = try #require(deadlock["smallest_depths"] as? [[String: Any]])
    #expect(remedies.first?["fifo"] as? String == "e_long")
    #expect(remedies.first?["depth"] as? Int == 64)
  }

  @Test func aMemoryAddsBandwidthAndStalls() throws {
    let arguments =
      attention + [
        "memory-free", "--rows", "32", "--keys", "256", "--dim", "64", "--values", "bf16",
        "--memory", "hbm2-2000", "--channels", "2", "--query-block", "8", "--kv-buffer", "16 KiB",
        "--json",
      ]
    let output = try orrery(arguments)
    #expect(output.code == 0)
    #expect(try orrery(arguments).stdout == output.stdout)
    let result = try object(output.stdout)
    let memory = try #require(result["memory"] as? [String: Any])
    #expect(memory["read_bytes"] as? Int == 32 / 8 * 256 * 64 * 2 * 2)
    #expect(memory["written_bytes"] as? Int == 32 * 64 * 2)
    let fraction = try #require(memory["peak_fraction"] as? Double)
    #expect(fraction > 0.3 && fraction < 1)
    let stalls = try #require(memory["stall_cycles"] as? [String: Int])
    #expect(Set(stalls.keys) == ["k", "v", "o"] && stalls.values.reduce(0, +) > 0)
    let cycles = try #require(result["cycles"] as? Int)
    #expect(cycles > (try #require(memory["on_chip_cycles"] as? Int)))
    let documented = try String(
      contentsOf: repository.appending(path: "docs/fabric.md"), encoding: .utf8)
    for key in memory.keys { #expect(documented.contains("`\(key)`"), "\(key)") }
  }

  @Test func anIdealMemoryCostsNothing() throws {
    let shape = ["naive", "--rows", "20", "--keys", "30", "--dim", "8", "--json"]
    let chip = try object(try orrery(attention + shape).stdout)
    let ideal = try object(try orrery(attention + shape + ["--memory", "ideal"]).stdout)
    #expect(ideal["cycles"] as? Int == chip["cycles"] as? Int)
  }

  @Test func linearAttentionAgreesWithTheRecurrence() throws {
    let output = try orrery(
      attention + [
        "linear", "--rows", "128", "--keys", "128", "--dim", "8", "--decay", "0.99", "--values",
        "f64", "--json",
      ])
    let error = try #require(try object(output.stdout)["error"] as? [String: Any])
    #expect(output.code == 0 && error["max_abs"] as? Double == 0)
  }

  @Test func picturesAreFiles() throws {
    try withTemporaryFolder { folder in
      func path(_ name: String) -> String { folder.appending(path: name).path }
      let output = try orrery(
        attention + [
          "naive", "--rows", "16", "--keys", "16", "--cliff", path("cliff"), "--occupancy",
          path("fill"), "--dot", path("graph.dot"), "--json",
        ])
      #expect(output.code == 0)
      let cliff = try String(contentsOfFile: path("cliff.csv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: ",") }
      // Deadlock below a row, fewer scores a cycle at a row, all of them from two slots more on.
      let rows = Dictionary(uniqueKeysWithValues: cliff.dropFirst().map { (Int($0[0])!, $0) })
      #expect(rows[15]?[3] == "true" && rows[15]?[2] == "0.0")
      #expect(rows[16]?[1] == "306" && rows[17]?[1] == "291" && rows[18]?[1] == "276")
      let fill = try String(contentsOfFile: path("fill.csv"), encoding: .utf8)
      #expect(
        fill.split(separator: "\n").contains { $0.hasPrefix("e_long,") && $0.hasSuffix(",18") })
      for name in ["cliff.vl.json", "fill.vl.json"] {
        let chart = try object(try String(contentsOfFile: path(name), encoding: .utf8))
        let data = try #require(chart["data"] as? [String: Any])
        #expect((data["values"] as? [Any])?.isEmpty == false)
      }
      // Pictures need vl-convert, and without it the command says so.
      if output.stderr.isEmpty {
        let picture = try Data(contentsOf: folder.appending(path: "cliff.png"))
        #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      } else {
        #expect(output.stderr.contains("vl-convert"))
      }
      let dot = try String(contentsOfFile: path("graph.dot"), encoding: .utf8)
      #expect(dot.hasPrefix("digraph") && dot.contains("e_long [18]"))
    }
  }

  @Test(arguments: [
    (["naive", "--rows", "4", "--keys", "4", "--latency", "scan=2"], 3, "no node 'scan'"),
    (["linear", "--rows", "4", "--keys", "4", "--ii", "qk=2"], 3, "no node 'qk'"),
    (["linear", "--rows", "4", "--keys", "8"], 3, "as many query rows as keys"),
    (["naive", "--rows", "4", "--keys", "4", "--kv-buffer", "1 KiB"], 2, "need --memory"),
    (["naive", "--rows", "4", "--keys", "4", "--memory", "hbm9"], 3, "hbm9"),
    (
      [
        "naive", "--rows", "4", "--keys", "4", "--dim", "64", "--memory", "ideal", "--kv-buffer",
        "9",
      ],
      3, "need 512"
    ),
    (["naive", "--rows", "4", "--keys", "4", "--depth", "long3=4"], 3, "no FIFO class"),
    (["naive", "--rows", "0", "--keys", "4"], 2, "at least 1"),
    (["naive", "--rows", "4", "--keys", "4", "--query-block", "0"], 3, "query block"),
  ])
  func mistakesAreNamed(arguments: [String], code: Int32, text: String) throws {
    let output = try orrery(attention + arguments)
    #expect(output.code == code && output.stderr.contains(text), "\(output.stderr)")
  }

  @Test func memoryGrowthIsPrinted() throws {
    let output = try orrery(["fabric", "memory", "--from", "256", "--to", "4096"])
    #expect(output.code == 0 && output.stdout.contains("published: 59"))
    let json = try object(
      try orrery(["fabric", "memory", "--variant", "memory-free", "--json"]).stdout)
    let points = try #require(json["points"] as? [[String: Any]])
    #expect(points.count == 13)
    #expect(Set(points.compactMap { $0["intermediate_bytes"] as? Int }).count == 1)
  }

  @Test func compareOnAStreamingDeviceGivesTime() throws {
    let output = try orrery([
      "compare", "--kernel", "streaming-memory-free,online,linear,lightning-2,streaming-linear",
      "--shape", "heads=4,kv_heads=1,rows=32,keys=32,dim=16", "--device", "streaming-dataflow",
      "--json",
    ])
    #expect(output.code == 0, "\(output.stderr)")
    let kernels = try #require(try object(output.stdout)["kernels"] as? [[String: Any]])
    #expect(kernels.count == 5)
    for kernel in kernels {
      #expect(kernel["device"] as? String == "streaming-dataflow")
      #expect(try #require(kernel["time_ps"] as? Int) > 0)
      #expect(try #require(kernel["flops"] as? Int) > 0)
    }
    #expect(kernels[0]["time_ps"] as? Int == (kernels[0]["cycles"] as? Int).map { $0 * 1000 })
  }
}
