import Foundation
import Testing

/// The JSON object that a command prints.
func object(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

@Suite struct SimulateCommandTests {
  private let shipped = "traces/llama3-8b-decode.jsonl.zst"

  @Test func resultHasTheDocumentedKeysAndCausesSumToTheTime() throws {
    let output = try orrery(["simulate", shipped, "--system", "h100", "--json"])
    #expect(output.code == 0 && output.stderr.isEmpty)
    let result = try object(output.stdout)
    #expect(result["schema"] as? String == "orrery.result/1")
    let documented = try String(
      contentsOf: repository.appending(path: "docs/results.md"), encoding: .utf8)
    for key in result.keys {
      #expect(documented.contains("`\(key)") || documented.contains("`\(key)."), "\(key)")
    }
    let time = try #require(result["time_ps"] as? Int)
    let causes = try #require(result["causes"] as? [String: Int])
    #expect(causes.values.reduce(0, +) == time)
    let operators = try #require(result["operators"] as? [[String: Any]])
    #expect(operators.count == 966)
    #expect(operators.last?["end_ps"] as? Int == time)
    #expect(result["tokens"] as? Int == 32)
    let memory = try #require(result["memory"] as? [String: Any])
    let rate = try #require(memory["bandwidth_bytes_per_second"] as? Double)
    let moved =
      try #require(memory["bytes_read"] as? Int) + (try #require(memory["bytes_written"] as? Int))
    #expect(abs(rate * Double(time) * 1e-12 / Double(moved) - 1) < 1e-9)
  }

  @Test(arguments: ["h100", "a100", "npu"])
  func sameCommandGivesSameBytes(system: String) throws {
    let arguments = ["simulate", shipped, "--system", system, "--json"]
    #expect(try orrery(arguments).stdout == orrery(arguments).stdout)
  }

  @Test func theRooflineTableOfTheFactsComesOutOfTheCommandLine() throws {
    try withTemporaryFolder { folder in
      for (m, microseconds) in [(1, 35.05), (8, 35.12), (32, 35.39), (64, 35.74), (512, 60.77)] {
        let emitted = try orrery(
          ["trace", "emit", "--gemm", "\(m),4096,14336", "-o", "gemm.jsonl.zst"], in: folder)
        #expect(emitted.code == 0)
        let output = try orrery(
          ["simulate", "gemm.jsonl.zst", "--system", "h100", "--json"], in: folder)
        let time = try #require(try object(output.stdout)["time_ps"] as? Int)
        #expect(abs(Double(time) * 1e-6 / microseconds - 1) < 0.001)
      }
    }
  }

  @Test func aModelThatDoesNotFitIsRefusedUnlessAllowed() throws {
    try withTemporaryFolder { folder in
      _ = try orrery(
        [
          "trace", "emit", "--model", "llama3-70b", "--layers", "60", "--context", "16", "-o",
          "t.zst",
        ],
        in: folder)
      let refused = try orrery(
        ["simulate", "t.zst", "--system", "h100", "--json", "-o", "out.json"], in: folder)
      #expect(refused.code == 1)
      #expect(refused.stderr.contains("--allow-oversubscription"))
      #expect(try object(refused.stdout)["exit_code"] as? Int == 1)
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "out.json").path()))
      let allowed = try orrery(
        ["simulate", "t.zst", "--system", "h100", "--allow-oversubscription"], in: folder)
      #expect(allowed.code == 0)
    }
  }

  @Test func everyOverrideChangesWhatItNames() throws {
    func time(_ overrides: [String]) throws -> Int {
      let set = overrides.flatMap { ["--set", $0] }
      let output = try orrery(["simulate", shipped, "--system", "h100", "--json"] + set)
      return try #require(try object(output.stdout)["time_ps"] as? Int)
    }
    let base = try time([])
    #expect(try time(["memory.bandwidth=1 TB/s"]) > base)
    #expect(try time(["device.matrix_rate.bf16=1 TFLOPS"]) > base)
    #expect(try time(["device.vector_rate=1 GFLOPS"]) > base)
    #expect(try time(["device.launch=1 us"]) == base + 966 * 1_000_000)
    #expect(try time(["device.launch_by_kind={head: 1 us}"]) == base + 2 * 1_000_000)
  }

  @Test func badInputIsOneLineWithExitCodeThree() throws {
    try withTemporaryFolder { folder in
      func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: folder.appending(path: name))
      }
      let trace = try Array(Data(contentsOf: repository.appending(path: shipped)))
      try write("plain.jsonl", Array("{}\n".utf8))
      try write("short.zst", Array(trace[..<(trace.count / 2)]))
      try write("tail.zst", trace + [1, 2, 3])
      try write("typo.yaml", Array("base: h100\nmemory: {bandwith: 1 TB/s}\n".utf8))
      try write("unit.yaml", Array("base: h100\nmemory: {bandwidth: 1 GHz}\n".utf8))
      try write("good.zst", trace)
      let cases: [([String], String)] = [
        (["simulate", "none.zst", "--system", "h100"], "none.zst"),
        (["simulate", "plain.jsonl", "--system", "h100"], "zstd"),
        (["simulate", "short.zst", "--system", "h100"], "short.zst"),
        (["simulate", "tail.zst", "--system", "h100"], "tail.zst"),
        (["simulate", "good.zst", "--system", "h10"], "did you mean 'h100'?"),
        (["simulate", "good.zst", "--system", "typo.yaml"], "typo.yaml:2:10"),
        (["simulate", "good.zst", "--system", "unit.yaml"], "is not a bandwidth"),
        (["trace", "emit", "--model", "llama3-9b", "-o", "x.zst"], "did you mean"),
        (["trace", "emit", "--model", "llama3-8b", "--layers", "99", "-o", "x.zst"], "layers"),
        (["trace", "emit", "--gemm", "0,2,3", "-o", "x.zst"], "M is 0"),
        (["execute", "nowhere", "--tokens", "1"], "nowhere"),
      ]
      for (arguments, part) in cases {
        let output = try orrery(arguments, in: folder)
        #expect(output.code == 3, "\(arguments): \(output.stderr)")
        #expect(output.stdout.isEmpty)
        #expect(output.stderr.contains(part), "\(arguments): \(output.stderr)")
        #expect(output.stderr.split(separator: "\n").count == 1)
      }
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "x.zst").path()))
    }
  }

  @Test func usageErrorsHaveExitCodeTwo() throws {
    #expect(try orrery(["simulate"]).code == 2)
    #expect(try orrery(["trace", "emit", "-o", "x"]).code == 2)
    #expect(try orrery(["nonsense"]).code == 2)
    #expect(try orrery(["--help"]).code == 0)
    #expect(try orrery(["--version"]).stdout == "0.1.0\n")
  }

  @Test func anUnwritableOutputHasExitCodeFour() throws {
    let output = try orrery(
      ["simulate", shipped, "--system", "h100", "-o", "no/such/folder/out.json"])
    #expect(output.code == 4)
  }
}
