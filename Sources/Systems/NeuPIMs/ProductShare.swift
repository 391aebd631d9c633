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
}

/// Divides the products of a batch over channels.
struct ProductDivision {
  let layout: AttentionLayout
  let channelCount: Int
  let mapping: KVMapping
  /// Whether the work is divided evenly whatever the mapping: the ceiling that perfect balance gives.
  let isEven: Bool

  func shares(
    of decodes: [(tokens: Int, channel: Int)], memory: PIMMemory
  ) throws -> [ProductShare] {
    if isEven { return try even(decodes, memory) }
    return decodes.enumerated().map { index, request in
      let keys = layout.keyBlocks(tokens: request.tokens)
      let values = layout.valueBlocks(tokens: request.tokens)
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
    let keys = decodes.map { layout.keyBlocks(tokens: $0.tokens) }
    let values = decodes.map { layout.valueBlocks(tokens: $0.tokens) }
    var costs: [PIMBlock: (load: Int, row: Int)] = [:]
    for block in (keys + values).joined() where costs[block.kind] == nil {
      costs[block.kind] = try memory.measure(block)
    }
    func fill(_ lists: [[PIMBlock]]) -> [[ProductShare.Piece]] {
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
    let (keyPieces, valuePieces) = (fill(keys), fill(values))
    return decodes.indices.map {
      ProductShare(
        tokens: decodes[$0].tokens, channel: decodes[$0].channel, keys: keyPieces[$0],
        values: valuePieces[$0])
    }
  }
}

extension PIMBlock {
  /// A row of the same products.
  fileprivate var kind: PIMBlock {
    PIMBlock(loadsOperand: true, rows: 1, products: products, columns: columns, announcedColumns: 1)
  }
}
