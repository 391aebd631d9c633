/// LeanAttention's division of decode work: all key tiles of all outputs on one line, cut into
/// nearly equal contiguous ranges, one for each thread block.
///
/// Source: arXiv 2405.10480; rules as in the public implementation of ONNX Runtime.
public struct LeanPartition: Hashable, Sendable {
  /// Keys in a tile: 256 for d <= 64, 128 for d <= 128, else 64.
  public let tileKeys: Int
  /// Tiles n of one output, outputs (batch x KV heads x query blocks), and tiles T in all.
  public let tilesPerOutput: Int
  public let outputs: Int
  public var tiles: Int { tilesPerOutput * outputs }
  /// Thread blocks G.
  public let grid: Int
  /// The most tiles of a block, and how many blocks take that many.
  public let maximumTiles: Int
  public let highLoadBlocks: Int

  /// - Parameter outputs: KV heads times batch times query blocks.
  public init(
    keys: Int, dimension: Int, kvHeads: Int, queryBlocks: Int = 1, batch: Int = 1,
    multiprocessors: Int
  ) {
    tileKeys = dimension <= 64 ? 256 : (dimension <= 128 ? 128 : 64)
    tilesPerOutput = (keys + tileKeys - 1) / tileKeys
    outputs = kvHeads * batch * queryBlocks
    let total = tilesPerOutput * outputs
    let wanted: Int
    if total <= 4 * multiprocessors {
      wanted = min((total + 1) / 2, (32 * total + tilesPerOutput - 1) / tilesPerOutput)
    } else {
      wanted = min(2 * multiprocessors, 32 * kvHeads * batch * queryBlocks)
    }
    grid = min(max(1, wanted), total)
    maximumTiles = (total + grid - 1) / grid
    highLoadBlocks = total - (maximumTiles - 1) * grid
  }

  /// The partition of a shape; the rows of a group of query heads are packed.
  public init(_ shape: AttentionShape, multiprocessors: Int) {
    self.init(
      keys: shape.keys, dimension: shape.dimension, kvHeads: shape.kvHeads,
      multiprocessors: multiprocessors)
  }

  /// The tiles of block `index` on the line of all tiles.
  public func tiles(ofBlock index: Int) -> Range<Int> {
    let start =
      index * (maximumTiles - 1) + min(index, highLoadBlocks)
    return start..<(start + maximumTiles - (index < highLoadBlocks ? 0 : 1))
  }

  /// The tile ranges of one output, one per block that works on it; the first block is the host.
  public func tileRanges(ofOutput output: Int) -> [Range<Int>] {
    let line = (output * tilesPerOutput)..<((output + 1) * tilesPerOutput)
    return (0..<grid).compactMap { block in
      let own = tiles(ofBlock: block).clamped(to: line)
      guard !own.isEmpty else { return nil }
      return (own.lowerBound - line.lowerBound)..<(own.upperBound - line.lowerBound)
    }
  }

  /// Slots for partials of one output, as the implementation allocates them.
  public var splits: Int {
    if tiles % grid == 0 { return 1 + (tilesPerOutput + maximumTiles - 2) / maximumTiles }
    if maximumTiles > 1 {
      return 1 + (tilesPerOutput + maximumTiles - 3) / (maximumTiles - 1)
    }
    return 1
  }

  /// The share of the grid's time in which blocks have work: T / (G ceil(T / G)).
  public var occupancy: Double { Double(tiles) / Double(grid * maximumTiles) }

  /// The same share when every work item is one block's: n / (G ceil(n / G)).
  public static func occupancy(workItems: Int, grid: Int) -> Double {
    Double(workItems) / Double(grid * ((workItems + grid - 1) / grid))
  }
}

/// FlashDecoding's choice of the number of key splits.
public enum FlashDecodingSplits {
  /// The smallest count with at least 85 % of the best occupancy; 1 when 80 % are busy without.
  ///
  /// Source: the split heuristic of FlashAttention.
  public static func count(workItems: Int, multiprocessors: Int, keyBlocks: Int) -> Int {
    if Double(workItems) >= 0.8 * Double(multiprocessors) { return 1 }
    let most = min(128, multiprocessors, keyBlocks)
    guard most > 1 else { return 1 }
    func blocks(_ splits: Int) -> Int { (keyBlocks + splits - 1) / splits }
    func efficiency(_ splits: Int) -> Double {
      let waves = Double(workItems * splits) / Double(multiprocessors)
      return waves / waves.rounded(.up)
    }
    let eligible = (1...most).filter { $0 == 1 || blocks($0) != blocks($0 - 1) }
    let best = eligible.map(efficiency).max() ?? 0
    return eligible.first { efficiency($0) >= 0.85 * best } ?? 1
  }
}
