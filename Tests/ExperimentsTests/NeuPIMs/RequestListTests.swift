import Experiments
import ReferenceTransformer
import Testing
import Workload

@Suite struct RequestListTests {
  @Test func aListWithChannelsKeepsThem() throws {
    let list = try RequestList(csv: "seq_len,ch_idx\n300,4\n77,0\n", name: "x")
    #expect(list.entries.map(\.tokens) == [300, 77])
    #expect(list.entries.map(\.channel) == [4, 0])
    #expect(try RequestList(csv: list.csv, name: "y") == list)
  }

  @Test func plainLengthsNeedNoHeader() throws {
    let list = try RequestList(csv: "# a comment\n300\n\n77\n", name: "x")
    #expect(list.entries.map(\.tokens) == [300, 77])
    #expect(list.entries.allSatisfy { $0.channel == nil })
  }

  @Test(arguments: [
    ("seq_len\n0\n", "x:2"), ("seq_len,ch_idx\n5\n", "x:2"), ("length\n5\n", "seq_len"),
    ("", "no request"), ("5\nfive\n", "x:2"),
  ])
  func aBadListIsRefusedWithItsPlace(text: String, part: String) throws {
    let error = #expect(throws: RequestListError.self) { try RequestList(csv: text, name: "x") }
    #expect(try #require(error).description.contains(part))
  }

  @Test func filesOfSpreadsheetsAreRead() throws {
    let list = try RequestList(csv: "\u{FEFF}seq_len,ch_idx\r\n300,4\r\n77,0\r\n", name: "x")
    #expect(list.entries.map(\.tokens) == [300, 77])
    #expect(list.entries.map(\.channel) == [4, 0])
  }

  @Test func aRequestOfNoTokensIsRefusedByItsLine() throws {
    let error = #expect(throws: RequestListError.self) {
      try RequestList(csv: "300\r\n0\r\n", name: "x")
    }
    #expect(
      try #require(error).description
        == "x:2: a request of 0 tokens has nothing to attend over; remove it")
  }

  @Test func aTraceTakesItsLengthsFromADataSet() throws {
    var emission = TraceEmission()
    emission.steps = .decode
    emission.seed = 5
    let list = try emission.take(.dataset(.shareGPT), batch: 64)
    #expect(emission.batch == 64)
    #expect(emission.contexts == list.lengths)
    #expect(emission.contexts.allSatisfy { (1...2047).contains($0) })
    emission.steps = .prefill
    try emission.take(.dataset(.shareGPT), batch: 3)
    #expect(emission.prompts.count == 3)
  }
}
