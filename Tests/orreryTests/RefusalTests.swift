import Foundation
import Testing

/// Inputs that used to run without end, crash, or be taken for something else: one line each that says how to mend it.
@Suite struct RefusalTests {
  private static let hbm2 = ["dram", "stream", "--standard", "hbm2-2000"]

  @Test(arguments: [
    (
      hbm2 + ["--requests", "9", "--set", "timing.nREFI.value=1"], 3,
      "refresh.interval 'nREFI' is 1"
    ),
    (hbm2 + ["--bytes", "4 TB", "--stepping", "coalesce"], 3, "at most 2^32 requests"),
    (hbm2 + ["--bytes", "4 XB"], 2, "a plain number is bytes"),
    (hbm2 + ["--bytes", "0"], 2, "--bytes must be at least 1"),
    (["pim", "conflicts", "--host-bytes", "0", "--pim-bytes", "9"], 2, "between 1 and 2^40"),
    (["pim", "stream", "--bytes", "1 km"], 2, "a plain number is bytes"),
    (
      ["compare", "--kernel", "online", "--shape", "keys=1000000000000,dim=8"], 3, "from 1 to 2^30"
    ),
    (["compare", "--kernel", "online", "--shape", "keys=1000000000,dim=64"], 3, "2^28 elements"),
    (["compare", "--kernel", "online", "--shape", "rows=1000000,keys=1000000,dim=64"], 3, "2^40"),
    (
      ["fabric", "attention", "--variant", "naive", "--rows", "1000000000000", "--keys", "9"], 3,
      "2^28"
    ),
    (
      [
        "fabric", "attention", "--variant", "naive", "--rows", "10000000", "--keys", "10000000",
        "--stepping", "step",
      ], 3, "--stepping periodic"
    ),
    (
      [
        "fabric", "attention", "--variant", "naive", "--rows", "1000000", "--keys", "1000000",
        "--dim", "64", "--values", "f32",
      ], 3, "hours of computing"
    ),
  ])
  func oneLineSaysWhatIsTooMuch(arguments: [String], code: Int32, part: String) throws {
    let output = try orrery(arguments)
    #expect(output.code == code && output.stdout.isEmpty, "\(output)")
    #expect(output.stderr.contains(part), "\(output.stderr)")
    #expect(code != 3 || output.stderr.split(separator: "\n").count == 1)
  }

  /// Every amount of data is given plain or with a unit.
  @Test(arguments: [
    (hbm2, "--bytes"), (["pim", "stream"], "--bytes"),
    (["pim", "conflicts", "--pim-bytes", "64 KiB"], "--host-bytes"),
  ])
  func amountsArePlainBytesOrHaveAUnit(command: [String], option: String) throws {
    let plain = try orrery(command + [option, "65536"])
    #expect(plain.code == 0, "\(plain.stderr)")
    #expect(try orrery(command + [option, "64 KiB"]).stdout == plain.stdout)
  }

  /// What is wrong with an entry of a list is said at its line.
  @Test(arguments: [
    ("- {name: WR, bus", "- {name: WR, ticks: 9, bus", "needs 1 to 8 ticks"),
    ("delay: \"nRRDL\"", "delay: \"nRRDX\"", "did you mean 'nRRDL'?"),
    ("- {name: RDA,", "- {name: WR,", "is declared twice"),
    ("[ACT], delay: \"nRRDL\"", "[AKT], delay: \"nRRDL\"", "did you mean 'ACT'?"),
    (
      "scope: bank_group, preceding: [ACT]", "scope: group, preceding: [ACT]", "unknown level"
    ),
    ("nRP: {value: 14", "nRP: {value: -14", "between 0 and 2^30"),
  ])
  func entriesOfListsHaveTheirLine(
    from: String, to: String, part: String
  ) throws {
    try expectLine(
      of: "hbm2-2000", from: from, to: to, part: part,
      command: ["dram", "stream", "--requests", "9", "--standard", "m.yaml"])
  }

  /// And so is what is wrong with a PIM design.
  @Test(arguments: [
    ("  lanes: 16", "  lanes: 0", "pim.lanes must be 1 to 1024"),
    ("per_bank: 128", "per_bank: 0", "pim.queues.per_bank must be 1 to 4096"),
    ("row_buffers: dual", "row_buffers: single", "single products row_buffers: single"),
    ("compute_interval: \"max(nBL, nCCDS)\"", "compute_interval: nCCDX", "did you mean 'nCCDL'?"),
    ("    per_open_bank: \"nRTP\"", "    per_open_bank: nRTX", "pim.refresh_fit.per_open_bank"),
    ("header: HEADER,", "header: HEADERS,", "did you mean 'HEADER'?"),
  ])
  func pimDesignsHaveTheirLine(from: String, to: String, part: String) throws {
    try expectLine(
      of: "hbm2-neupims-dual", from: from, to: to, part: part,
      command: ["pim", "rows", "--kind", "key", "--count", "4", "--memory", "m.yaml"])
  }

  /// A changed line of a memory preset is named in the one line of the error.
  private func expectLine(
    of preset: String, from: String, to: String, part: String, command: [String]
  ) throws {
    let text = try String(
      contentsOf: repository.appending(path: "configs/memories/\(preset).yaml"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let index = try #require(lines.firstIndex { $0.contains(from) })
    var changed = lines.map(String.init)
    changed[index] = changed[index].replacing(from, with: to)
    try withTemporaryFolder { folder in
      try Data(changed.joined(separator: "\n").utf8)
        .write(to: folder.appending(path: "m.yaml"))
      let output = try orrery(command, in: folder)
      #expect(output.code == 3)
      #expect(output.stderr.contains("m.yaml:\(index + 1):"), "\(output.stderr)")
      #expect(output.stderr.contains(part), "\(output.stderr)")
    }
  }

  /// A request that is longer than the model allows is named.
  @Test func longRequestsAreNamed() throws {
    try withTemporaryFolder { folder in
      try Data("300,0\n77,1\n999999,2\n".utf8).write(to: folder.appending(path: "r.csv"))
      let output = try orrery(
        ["trace", "emit", "--model", "gpt3-7b", "--requests", "r.csv", "-o", "t.zst"], in: folder)
      #expect(output.code == 3, "\(output.stderr)")
      #expect(output.stderr.contains("request 3 of 3: a context of 1000000 tokens"))
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "t.zst").path))
    }
  }

  /// Requests of a served list arrive at their time; none arrives before time 0.
  @Test func servedListsNameTheLine() throws {
    try withTemporaryFolder { folder in
      try Data("arrival_s,prompt,output\n0,8,2\n-1,8,2\n".utf8)
        .write(to: folder.appending(path: "list.csv"))
      let text = "trace: list.csv\narrivals: {process: trace}\nbatch_limit: 2\nseed: 1\n"
      try Data(text.utf8).write(to: folder.appending(path: "r.yaml"))
      let output = try orrery(
        ["serve", "--model", "llama3-8b", "--system", "h100", "--requests", "r.yaml"], in: folder)
      #expect(output.code == 3, "\(output.stderr)")
      #expect(output.stderr.contains("list.csv:3:"), "\(output.stderr)")
    }
  }

  /// Rates that one decimal would round away keep three digits.
  @Test func tinyRatesAreNotZero() throws {
    try withTemporaryFolder { folder in
      _ = try orrery(["trace", "emit", "--gemm", "1,64,64", "-o", "t.zst"], in: folder)
      let output = try orrery(
        ["simulate", "t.zst", "--system", "h100", "--set", "memory.bandwidth=10 MB/s"], in: folder)
      #expect(output.code == 0)
      #expect(output.stdout.contains("0.0100 GB/s"), "\(output.stdout)")
    }
  }
}
