internal import DRAM

extension KeyValueMap {
  /// The products of one request with the rows they read, and where their operands are written before.
  ///
  /// - Throws: `SystemError` when a channel has no room for the operands.
  ///
  /// The first `kept` tokens were there before this step: those of them that are staged have to be read.
  func share(
    _ key: Key, tokens: Int, kept: Int? = nil, queriesPerHead: Int
  ) throws -> ProductShare {
    guard let entry = entries[key] else {
      preconditionFailure("products over keys that were not laid out")
    }
    var share = ProductShare(tokens: tokens, channel: entry.channel, keys: [], values: [])
    share.channels = mapping == .request ? [entry.channel] : Array(0..<rows.channelCount)
    var keys = PieceBuilder()
    for block in layout.keyBlocks(tokens: tokens).enumerated() {
      for _ in 0..<queriesPerHead {
        let rows = (0..<block.element.rows).map {
          keyRow(entry, group: $0, part: block.offset)
        }
        let used = try keys.add(block.element, rows: rows, operandRow: operandRow)
        let left = elements - block.offset * layout.rowElements
        let bytes = min(left, layout.rowElements) * elementBytes
        share.queries += used.map { operand($0, bytes: bytes) }
        share.queryBytes += used.count * bytes
      }
    }
    share.keys = keys.pieces
    try addValues(entry, tokens: tokens, queriesPerHead: queriesPerHead, to: &share)
    let inRows = tokensInRows(tokens)
    let staged = inRows..<max(inRows, min(tokens, kept ?? tokens))
    share.tail = stagedRanges(entry, tokens: staged)
    share.tailReadBytes = staged.count * elements * elementBytes
    return share
  }

  private func addValues(
    _ entry: Entry, tokens: Int, queriesPerHead: Int, to share: inout ProductShare
  ) throws {
    var values = PieceBuilder()
    let inRows = tokensInRows(tokens)
    let blocks = layout.valueBlocks(tokens: inRows)
    let parts = blocks.count / layout.heads
    for head in 0..<layout.heads {
      for _ in 0..<queriesPerHead {
        var probabilities: [ChannelRange] = []
        for part in 0..<parts {
          let rows = (0..<dimensionRows).map {
            valueRow(entry, part: part, head: head, dimension: $0)
          }
          let used = try values.add(
            blocks[head * parts + part], rows: rows, operandRow: operandRow)
          let count = min(layout.rowElements, inRows - part * layout.rowElements)
          probabilities += used.map { operand($0, bytes: count * elementBytes) }
        }
        share.probabilities.append(probabilities)
      }
    }
    share.values = values.pieces
    share.probabilityBytes = inRows * elementBytes
    share.tailBytes = (tokens - inRows) * elements * elementBytes
  }

  /// The bursts of an operand at the start of a row of bank 0.
  private func operand(_ place: Unit, bytes: Int) -> ChannelRange {
    ChannelRange(
      channel: place.channel, first: burst(row: place.row),
      count: (bytes + burstBytes - 1) / burstBytes)
  }

  /// Collects the rows of blocks by channel; rows at equal distances make one block.
  private struct PieceBuilder {
    private(set) var pieces: [ProductShare.Piece] = []

    /// Adds the rows of one operand; returns the row of each channel from which it is loaded.
    mutating func add(
      _ block: PIMBlock, rows: [Unit], operandRow: (Int) throws -> Int
    ) throws -> [Unit] {
      /// The row that was added last in each channel.
      var last: [Int: Int] = [:]
      var operands: [Unit] = []
      for place in rows {
        let before = last.updateValue(place.row, forKey: place.channel)
        let piece = index(of: place.channel)
        if let before {
          let end = pieces[piece].blocks.count - 1
          let distance = place.row - before
          if pieces[piece].blocks[end].rows == 1
            || pieces[piece].blocks[end].rowStride == distance
          {
            pieces[piece].blocks[end].rowStride = distance
            pieces[piece].blocks[end].rows += 1
            continue
          }
        } else {
          operands.append(Unit(channel: place.channel, row: try operandRow(place.channel)))
        }
        var part = block
        part.rows = 1
        part.firstRow = place.row
        part.rowStride = 1
        part.loadsOperand = before == nil
        part.operandRow = operands.first { $0.channel == place.channel }?.row ?? 0
        pieces[piece].blocks.append(part)
      }
      return operands
    }

    private mutating func index(of channel: Int) -> Int {
      if let last = pieces.indices.last, pieces[last].channel == channel { return last }
      if let found = pieces.firstIndex(where: { $0.channel == channel }) { return found }
      pieces.append(ProductShare.Piece(channel: channel, blocks: []))
      return pieces.count - 1
    }
  }
}
