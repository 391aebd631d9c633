import Experiments
import Testing

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

  @Test(arguments: RequestDistribution.allCases)
  func generatedLengthsHaveThePublishedMeanAndMedian(distribution: RequestDistribution) {
    let lengths = distribution.lengths(count: 20_000, seed: 3, longest: 1 << 20).lengths.sorted()
    let mean = Double(lengths.reduce(0, +)) / 20_000
    #expect(abs(mean / distribution.moments.mean - 1) < 0.03)
    #expect(abs(Double(lengths[10_000]) / distribution.moments.median - 1) < 0.03)
    #expect(
      lengths == distribution.lengths(count: 20_000, seed: 3, longest: 1 << 20).lengths.sorted())
  }
}
