import DRAM
import Testing
import Units

/// Times without refresh follow from the distances alone: a row takes 91 clocks from its first to its last opening
/// (tFAW), 14 to its first product (tRCD), and what its products and its closing take.
@Suite struct PIMClosedFormTests {
  private let dual: CompiledStandard
  private let single: CompiledStandard

  init() throws {
    dual = try CompiledStandard(try Repository.standard("hbm2-neupims-dual"))
    single = try CompiledStandard(try Repository.standard("hbm2-neupims-single"))
  }

  private func rows(
    _ memory: CompiledStandard, _ kind: PIMRowKind, _ count: Int, columns: Int? = nil,
    _ hold: PIMDesign.RowHold = .released
  ) throws -> Int {
    try runPIMRows(
      memory, PIMConfiguration(rowHold: hold, refreshes: false), kind: kind, count: count,
      columns: columns
    ).pimCycles
  }

  @Test func anyNumberOfRowsTakesTheFirstAndPeriods() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<24 {
      let n = Int.random(in: 1...300, using: &generator)
      let k = Int.random(in: 1...32, using: &generator)
      #expect(try rows(dual, .key, n) == 178 + 197 * (n - 1), "\(n) keys")
      #expect(try rows(dual, .value, n, columns: k) == 124 + 143 * (n - 1), "\(n) of \(k)")
      #expect(try rows(single, .key, n) == 194 + 213 * (n - 1), "\(n) keys, blocked")
      #expect(try rows(single, .value, n) == 188 + 207 * (n - 1), "\(n) values, blocked")
      // Held until the last column was read: 2 clocks a column later.
      #expect(try rows(dual, .key, n, .held) == 178 + (197 + 14) * (n - 1), "\(n) keys, held")
      #expect(
        try rows(dual, .value, n, columns: k, .held) == 124 + (143 + 2 * (k - 1)) * (n - 1),
        "\(n) of \(k), held")
    }
  }

  private func attention(
    _ memory: CompiledStandard, tokens: Int, heads: Int, dimension: Int = 128,
    _ hold: PIMDesign.RowHold = .released
  ) throws -> PIMAttentionResult {
    try runPIMAttention(
      memory, PIMConfiguration(rowHold: hold, refreshes: false),
      layout: AttentionLayout(memory, heads: heads, headDimension: dimension),
      requests: [ChannelRequest(tokens: tokens, channel: 0)], channels: 1, isSequence: false)
  }

  /// A part of four heads is an operand load (112 from idle) and its rows; what is left of the heads gives a part with
  /// fewer products, each 18 clocks shorter.
  @Test func keysOfAnyLengthAndHeadCountFollowTheirRows() throws {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<24 {
      let tokens = Int.random(in: 1...2048, using: &generator)
      let heads = Int.random(in: 1...24, using: &generator)
      let rows = (tokens + 31) / 32
      func part(_ products: Int, _ period: Int) -> Int {
        290 - 18 * (4 - products) + (period - 18 * (4 - products)) * (rows - 1)
      }
      let rest = heads % 4
      let wanted = heads / 4 * part(4, 197) + (rest > 0 ? part(rest, 197) : 0) - 2
      #expect(
        try attention(dual, tokens: tokens, heads: heads).keyPhaseCycles == wanted,
        "\(tokens) tokens, \(heads) heads")
      let whole = (heads + 3) / 4
      #expect(
        try attention(single, tokens: tokens, heads: 4 * whole).keyPhaseCycles
          == 305 + 337 * (whole - 1) + 213 * whole * (rows - 1),
        "\(tokens) tokens, \(whole) parts, blocked")
      #expect(
        try attention(dual, tokens: tokens, heads: 4 * whole, .held).keyPhaseCycles
          == 290 * whole - 2 + (197 + 14) * whole * (rows - 1),
        "\(tokens) tokens, \(whole) parts, held")
    }
  }

  /// A head of 128 has four rows for each 512 tokens behind one load: 665 clocks whatever the columns, when rows close
  /// after their product; held rows add 2 clocks a column, except the one that the next load hides.
  @Test func valuesOfAnyLengthAndHeadCountFollowTheirRows() throws {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<24 {
      let tokens = Int.random(in: 1...1400, using: &generator)
      let heads = Int.random(in: 1...24, using: &generator)
      let chunks = (tokens + 511) / 512
      let last = (tokens - 512 * (chunks - 1) + 15) / 16
      #expect(
        try attention(dual, tokens: tokens, heads: heads).valuePhaseCycles
          == 665 * heads * chunks - 2, "\(tokens) tokens, \(heads) heads")
      let columns = 31 * (chunks - 1) + last - 1
      #expect(
        try attention(dual, tokens: tokens, heads: heads, .held).valuePhaseCycles
          == 665 * heads * chunks - 2 + 3 * heads * 2 * columns,
        "\(tokens) tokens, \(heads) heads, held")
      guard chunks == 1, last >= 6 else { continue }
      #expect(
        try attention(single, tokens: tokens, heads: heads).valuePhaseCycles
          == 744 * heads - 32 + 8 * heads * (last - 6), "\(tokens) tokens, \(heads) heads, blocked")
    }
  }

  /// Channels do not see each other: each takes what its own requests take alone.
  @Test func requestsOfOtherChannelsChangeNothing() throws {
    var generator = SeededGenerator(seed: 10)
    let layout = try AttentionLayout(dual, heads: 8, headDimension: 128)
    let requests = (0..<20).map { _ in
      ChannelRequest(
        tokens: Int.random(in: 1...900, using: &generator),
        channel: Int.random(in: 0..<5, using: &generator))
    }
    func run(_ requests: [ChannelRequest]) throws -> PIMAttentionResult {
      try runPIMAttention(
        dual, PIMConfiguration(), layout: layout, requests: requests, channels: 5,
        isSequence: false)
    }
    let all = try run(requests)
    for channel in 0..<5 {
      let alone = try run(requests.filter { $0.channel == channel })
      #expect(alone.keyCyclesByChannel[channel] == all.keyCyclesByChannel[channel])
      #expect(alone.valueCyclesByChannel[channel] == all.valueCyclesByChannel[channel])
    }
  }
}
