import DRAM
import Testing
import Units

@testable import Systems

/// Keys and values in rows of PIM units, against the layout's own definition.
@Suite struct KeyValueMapTests {
  /// 8 heads of 128 over 32 banks of 512-element rows: two rows for the keys of 32 tokens.
  private let heads = 8
  private let dimension = 128

  private func make(
    mapping: KVMapping = .request, isStaged: Bool = true, heads: Int = 8, dimension: Int = 128
  ) throws -> (map: KeyValueMap, memory: PIMMemory) {
    let compiled = try CompiledStandard(try NeuPIMsLayer.memory("dual"))
    let memory = try PIMMemory(compiled, PIMConfiguration(), channels: 32)
    let rows = DeviceRows(memory: memory, system: "test", wraps: false)
    let layout = try AttentionLayout(compiled, heads: heads, headDimension: dimension)
    return (
      KeyValueMap(
        rows: rows, layout: layout, elementBytes: 2, memory: memory, mapping: mapping,
        isStaged: isStaged), memory
    )
  }

  /// A burst in a channel as (channel, row, bank, column).
  private struct Place: Hashable {
    var channel: Int
    var row: Int
    var bank: Int
    var column: Int
  }

  private func places(_ ranges: [ChannelRange]) -> [Place] {
    ranges.flatMap { range in
      (0..<range.count).map { index in
        let run = min(range.run, range.count)
        let burst = range.first + index / run * range.stride + index % run
        return Place(
          channel: range.channel, row: burst / 16 / 32, bank: burst / 16 % 32, column: burst % 16)
      }
    }
  }

  @Test(arguments: [KVMapping.request, .spread])
  func aKeyIsOnePieceInTheBankOfItsToken(mapping: KVMapping) throws {
    let (map, _) = try make(mapping: mapping)
    let key = KeyValueMap.Key(layer: 0, request: 5)
    try map.reserve(key, channel: 3, tokens: 100)
    let entry = try #require(map.entries[key])
    let token = 70
    let plan = try #require(map.append(key, tokens: token..<token + 1))
    let found = places(plan.keys)
    var expected: [Place] = []
    for part in 0..<2 {
      let unit = map.keyRow(entry, group: token / 32, part: part)
      for column in 0..<16 {
        expected.append(
          Place(channel: unit.channel, row: unit.row, bank: token % 32, column: column))
      }
    }
    #expect(found == expected)
    #expect(plan.keyBytes == heads * dimension * 2)
    if mapping == .request { #expect(Set(found.map(\.channel)) == [3]) }
  }

  @Test func aMaskedValueIsABurstInEveryBankOfEveryRowOfItsTokens() throws {
    let (map, _) = try make(isStaged: false)
    let key = KeyValueMap.Key(layer: 1, request: 0)
    try map.reserve(key, channel: 31, tokens: 700)
    let entry = try #require(map.entries[key])
    let token = 600
    let plan = try #require(map.append(key, tokens: token..<token + 1))
    var expected: Set<Place> = []
    for head in 0..<heads {
      for element in 0..<dimension {
        let unit = map.valueRow(entry, part: token / 512, head: head, dimension: element / 32)
        expected.insert(
          Place(
            channel: 31, row: unit.row, bank: element % 32, column: (token % 512) * 2 / 64))
      }
    }
    let found = places(plan.values)
    #expect(found.count == heads * dimension)
    #expect(Set(found) == expected)
    #expect(plan.staged.isEmpty && plan.restored.isEmpty)
  }

  /// Token by token and all at once, the bursts of values written with staging are those of a prompt of the same length.
  @Test func stagedValuesReachTheirRowsWhenTheyFillBursts() throws {
    let (map, _) = try make()
    let key = KeyValueMap.Key(layer: 0, request: 0)
    try map.reserve(key, channel: 0, tokens: 200)
    let prompt = try #require(map.append(key, tokens: 0..<96))
    #expect(prompt.stagedBytes == 0 && prompt.restoredBytes == 0)
    var bursts: [Place] = []
    var staged = 0
    var restored = 0
    for token in 0..<96 {
      let plan = try #require(map.append(key, tokens: token..<token + 1))
      bursts += places(plan.values)
      staged += plan.stagedBytes
      restored += plan.restoredBytes
      #expect(plan.values.isEmpty == (token % 32 != 31))
    }
    #expect(bursts.count == Set(bursts).count)
    #expect(Set(bursts) == Set(places(prompt.values)))
    #expect(bursts.count == heads * dimension * 96 / 32)
    // 31 of 32 tokens wait, and are read back.
    #expect(staged == 3 * 31 * heads * dimension * 2)
    #expect(restored == staged)
  }

  @Test func theUnitsAndStagingTogetherSeeEveryToken() throws {
    let (map, _) = try make()
    let key = KeyValueMap.Key(layer: 0, request: 0)
    for tokens in [1, 31, 32, 33, 511, 512, 513, 600] {
      try map.reserve(key, channel: 0, tokens: tokens)
      let share = try map.share(key, tokens: tokens, queriesPerHead: 1)
      let inRows = map.tokensInRows(tokens)
      #expect(inRows + share.tailBytes / (heads * dimension * 2) == tokens)
      let columns = share.values.flatMap(\.blocks).reduce(0) { $0 + $1.rows * $1.columns }
      #expect(columns == (inRows + 15) / 16 * heads * 4)
    }
  }

  @Test(arguments: [KVMapping.request, .spread])
  func noTwoUnitsShareARow(mapping: KVMapping) throws {
    let (map, memory) = try make(mapping: mapping)
    var seen: Set<[Int]> = []
    var count = 0
    for layer in 0..<2 {
      for request in 0..<5 {
        let key = KeyValueMap.Key(layer: layer, request: request)
        // Grown in two goes.
        try map.reserve(key, channel: request, tokens: 100)
        try map.reserve(key, channel: request, tokens: 600)
        let entry = try #require(map.entries[key])
        for group in 0..<19 {
          for part in 0..<2 {
            let unit = map.keyRow(entry, group: group, part: part)
            seen.insert([unit.channel, unit.row])
            count += 1
          }
        }
        for part in 0..<2 {
          for head in 0..<heads {
            for row in 0..<4 {
              let unit = map.valueRow(entry, part: part, head: head, dimension: row)
              seen.insert([unit.channel, unit.row])
              count += 1
            }
          }
        }
      }
    }
    #expect(seen.count == count)
    // Neither do they share one with what has addresses.
    let base = try map.rows.allocate(bytes: 5_000_000, owner: "weights")
    let low = memory.ranges(of: Extent(offset: base, length: 5_000_000)).map { $0.first + $0.count }
    #expect((low.max() ?? 0) / 16 / 32 < seen.map { $0[1] }.min() ?? 0)
  }

  @Test func theProductsOfARequestReadTheRowsOfItsKeysAndValues() throws {
    let (map, _) = try make()
    let key = KeyValueMap.Key(layer: 0, request: 9)
    try map.reserve(key, channel: 4, tokens: 70)
    try map.reserve(KeyValueMap.Key(layer: 1, request: 9), channel: 4, tokens: 70)
    try map.reserve(key, channel: 4, tokens: 1100)
    let entry = try #require(map.entries[key])
    let share = try map.share(key, tokens: 1090, queriesPerHead: 1)
    func rows(_ pieces: [ProductShare.Piece]) -> [Int] {
      pieces.flatMap { piece in
        piece.blocks.flatMap { block in
          (0..<block.rows).map { (block.firstRow ?? -1) + $0 * block.rowStride }
        }
      }
    }
    var keys: [Int] = []
    for part in 0..<2 {
      for group in 0..<35 { keys.append(map.keyRow(entry, group: group, part: part).row) }
    }
    #expect(rows(share.keys) == keys)
    var values: [Int] = []
    for head in 0..<heads {
      for part in 0..<3 {
        for row in 0..<4 {
          values.append(map.valueRow(entry, part: part, head: head, dimension: row).row)
        }
      }
    }
    #expect(rows(share.values) == values)
    let loads = (share.keys + share.values).flatMap(\.blocks).count { $0.loadsOperand }
    #expect(loads == 2 + heads * 3)
  }

  @Test func rowsOfAnEndedRequestAreUsedAgain() throws {
    let (map, _) = try make()
    let key = KeyValueMap.Key(layer: 0, request: 0)
    try map.reserve(key, channel: 0, tokens: 600)
    let before = map.rows.channelRows(0)
    map.release(request: 0)
    try map.reserve(KeyValueMap.Key(layer: 0, request: 1), channel: 0, tokens: 600)
    #expect(map.rows.channelRows(0) == before)
  }

  @Test func aFullChannelIsNamedWithTheRequestAndTheRemedy() throws {
    let (map, _) = try make()
    let error = #expect(throws: SystemError.self) {
      for request in 0..<2000 {
        try map.reserve(
          KeyValueMap.Key(layer: 0, request: request), channel: 7, tokens: 2048)
      }
    }
    let text = try #require(error).description
    for part in ["channel 7", "request 127 (2048 tokens)", "layer 0", "parallel.tensor"] {
      #expect(text.contains(part), "\(part) is missing in: \(text)")
    }
    #expect(!text.contains("\n"))
  }
}
