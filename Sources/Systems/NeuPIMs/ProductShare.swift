internal import DRAM

/// The products of one decode request, divided over the channels that hold its keys and values.
struct ProductShare {
  /// Blocks of rows on one channel.
  struct Piece {
    var channel: Int
    var blocks: [PIMBlock]
  }

  var tokens: Int
  /// The channel that the newest key and value go to.
  var channel: Int
  var keys: [Piece]
  var values: [Piece]
  /// Bursts of the queries in the rows from which they are loaded; empty where operands have no address.
  var queries: [ChannelRange] = []
  var queryBytes = 0
  /// The same for the probabilities of each head.
  var probabilities: [[ChannelRange]] = []
  /// Bytes of one head's probabilities that the units load.
  var probabilityBytes: Int?
  /// Values that are not in rows yet: the vector units multiply them. Those of earlier steps are read from staging.
  var tailBytes = 0
  var tail: [ChannelRange] = []
  var tailReadBytes = 0
  /// Where the newest key and value go.
  var append = KeyValueMap.Append()

  /// Channels that the request's rows and operands may lie in.
  var channels: [Int] = []

  init(tokens: Int, channel: Int, keys: [Piece], values: [Piece]) {
    self.tokens = tokens
    self.channel = channel
    self.keys = keys
    self.values = values
  }

}

/// Divides the products of a batch over channels.
struct ProductDivision {
  let layout: AttentionLayout
  let channelCount: Int
  let mapping: KVMapping
  /// Whether the work is divided evenly whatever the mapping: the ceiling that perfect balance gives.
  let isEven: Bool
  var queriesPerHead = 1

  private func keyBlocks(_ tokens: Int) -> [PIMBlock] {
    layout.keyBlocks(tokens: tokens).flatMap { repeatElement($0, count: queriesPerHead) }
  }

  private func valueBlocks(_ tokens: Int) -> [PIMBlock] {
    layout.valueBlocks(tokens: tokens).flatMap { repeatElement($0, count: queriesPerHead) }
  }

  func shares(
    of decodes: [(tokens: Int, channel: Int)], memory: PIMMemory
  ) throws -> [ProductShare] {
    if isEven { return try even(decodes, memory) }
    return decodes.enumerated().map { index, request in
      let keys = keyBlocks(request.tokens)
      let values = valueBlocks(request.tokens)
      switch mapping {
      case .request:
        return ProductShare(
          tokens: request.tokens, channel: request.channel,
          keys: [.init(channel: request.channel, blocks: keys)],
          values: [.init(channel: request.channel, blocks: values)])
      case .spread:
        return ProductShare(
          tokens: request.tokens, channel: (index + request.tokens) % channelCount,
          keys: spread(keys, from: index), values: spread(values, from: index))
      }
    }
  }

  /// Rows of each block in turn over the channels; every channel with rows of a block loads its operand.
  private func spread(_ blocks: [PIMBlock], from first: Int) -> [ProductShare.Piece] {
    var byChannel = [[PIMBlock]](repeating: [], count: channelCount)
    var next = first
    for block in blocks {
      let used = min(block.rows, channelCount)
      for place in 0..<used {
        var part = block
        part.rows = block.rows / used + (place < block.rows % used ? 1 : 0)
        byChannel[(next + place) % channelCount].append(part)
      }
      next += used
    }
    return byChannel.enumerated().filter { !$0.element.isEmpty }
      .map { ProductShare.Piece(channel: $0.offset, blocks: $0.element) }
  }

  /// Each channel gets the same work, cut between rows, by what rows of its kind take on an idle channel; a cut repeats
  /// no operand load.
  private func even(
    _ decodes: [(tokens: Int, channel: Int)], _ memory: PIMMemory
  ) throws -> [ProductShare] {
    let keys = decodes.map { keyBlocks($0.tokens) }
    let values = decodes.map { valueBlocks($0.tokens) }
    let costs = try costs(of: keys + values, memory)
    let (keyPieces, valuePieces) = (fill(keys, costs), fill(values, costs))
    return decodes.indices.map {
      ProductShare(
        tokens: decodes[$0].tokens, channel: decodes[$0].channel, keys: keyPieces[$0],
        values: valuePieces[$0])
    }
  }

  /// Divides the products of shares evenly over the channels, whatever rows they had.
  func balance(_ shares: inout [ProductShare], memory: PIMMemory) throws {
    func blocks(_ pieces: [ProductShare.Piece]) -> [PIMBlock] {
      pieces.flatMap(\.blocks).map {
        var block = $0
        block.firstRow = nil
        return block
      }
    }
    let keys = shares.map { blocks($0.keys) }
    let values = shares.map { blocks($0.values) }
    let costs = try costs(of: keys + values, memory)
    let (keyPieces, valuePieces) = (fill(keys, costs), fill(values, costs))
    for index in shares.indices {
      shares[index].keys = keyPieces[index]
      shares[index].values = valuePieces[index]
    }
  }

  private typealias Costs = [PIMBlock: (load: Int, row: Int)]

  private func costs(of lists: [[PIMBlock]], _ memory: PIMMemory) throws -> Costs {
    var costs: Costs = [:]
    for block in lists.joined() where costs[block.kind] == nil {
      costs[block.kind] = try memory.measure(block)
    }
    return costs
  }

  private func fill(_ lists: [[PIMBlock]], _ costs: Costs) -> [[ProductShare.Piece]] {
    func cost(_ block: PIMBlock) -> Int {
      guard let cost = costs[block.kind] else { return 0 }
      return (block.loadsOperand ? cost.load : 0) + cost.row * block.rows
    }
    let total = lists.joined().reduce(0) { $0 + cost($1) }
    var channel = 0
    var used = 0
    return lists.map { blocks in
      var pieces: [ProductShare.Piece] = []
      for var block in blocks {
        while block.rows > 0 {
          let room = total * (channel + 1) / channelCount - used
          let (load, row) = costs[block.kind] ?? (0, 1)
          let left = room - (block.loadsOperand ? load : 0)
          var rows = min(block.rows, max(0, left + row / 2) / row)
          if channel == channelCount - 1 { rows = block.rows }
          if rows == 0 {
            channel += 1
            continue
          }
          var part = block
          part.rows = rows
          used += cost(part)
          if pieces.last?.channel != channel {
            pieces.append(.init(channel: channel, blocks: []))
          }
          pieces[pieces.count - 1].blocks.append(part)
          block.rows -= rows
          block.loadsOperand = false
        }
      }
      return pieces
    }
  }
}

extension PIMBlock {
  /// A row of the same products.
  fileprivate var kind: PIMBlock {
    PIMBlock(loadsOperand: true, rows: 1, products: products, columns: columns, announcedColumns: 1)
  }
}
