import Numerics

/// The heads and rows that one set of nodes works through, and the values they read.
///
/// With a query block of B, B rows take each key in turn: a row of the graph is then a block, and
/// tokens that come once a row carry B of them.
struct AttentionLane: Sendable {
  let shape: AttentionShape
  /// The heads, one after the other.
  let heads: [Int]
  let skipsMasked: Bool
  /// Query rows that share a pass over the keys.
  let queryBlock: Int
  /// Absent in graphs without values.
  let problem: AttentionProblem?
  /// The lane's rows of each block; blocks do not mix KV heads.
  let blocks: [Range<Int>]
  /// Pairs by row of the graph, where they do not follow from a shape.
  private let givenLengths: [Int]?

  /// Rows of any lengths, for timing alone.
  init(lengths: [Int], queryBlock: Int, shape: AttentionShape) {
    self.shape = shape
    heads = [0]
    skipsMasked = false
    self.queryBlock = queryBlock
    problem = nil
    blocks = [0..<1]
    givenLengths = lengths
  }

  init(
    shape: AttentionShape, heads: [Int], skipsMasked: Bool, queryBlock: Int = 1,
    problem: AttentionProblem?
  ) {
    self.shape = shape
    self.heads = heads
    self.skipsMasked = skipsMasked
    self.queryBlock = queryBlock
    self.problem = problem
    var blocks: [Range<Int>] = []
    var first = 0
    while first < heads.count {
      var end = first
      while end < heads.count, shape.kvHead(of: heads[end]) == shape.kvHead(of: heads[first]) {
        end += 1
      }
      let rows = end * shape.rows
      for start in stride(from: first * shape.rows, to: rows, by: queryBlock) {
        blocks.append(start..<min(rows, start + queryBlock))
      }
      first = end
    }
    self.blocks = blocks
    givenLengths = nil
  }

  /// Pairs by row of the graph, over all heads of the lane.
  var pairs: RowShape {
    let lengths = givenLengths ?? blocks.map(length)
    if let first = lengths.first, lengths.allSatisfy({ $0 == first }) {
      return .uniform(rows: lengths.count, length: first)
    }
    return .ragged(lengths)
  }

  /// One firing per row of the graph.
  var queries: RowShape { .uniform(rows: givenLengths?.count ?? blocks.count, length: 1) }

  func head(ofRow row: Int) -> Int { heads[row / shape.rows] }

  func kvHead(of block: Range<Int>) -> Int { shape.kvHead(of: head(ofRow: block.lowerBound)) }

  /// The keys that a row takes part with, masked ones included where they are not skipped.
  func keys(ofRow row: Int) -> Range<Int> { skipsMasked ? visible(row) : 0..<shape.keys }

  /// The keys of a row that are not masked.
  func visible(_ row: Int) -> Range<Int> { shape.visibleKeys(row % shape.rows) }

  /// The keys that at least one row of a block takes part with.
  func keys(of block: Range<Int>) -> Range<Int> {
    var union = keys(ofRow: block.lowerBound)
    for row in block {
      let keys = keys(ofRow: row)
      union = min(union.lowerBound, keys.lowerBound)..<max(union.upperBound, keys.upperBound)
    }
    return union
  }

  private func length(of block: Range<Int>) -> Int {
    block.reduce(0) { $0 + keys(ofRow: $1).count }
  }
}

/// Walks through the (key, row) pairs of a block: keys in order, and the rows of each in order.
struct BlockCursor {
  private let lane: AttentionLane
  private let rows: [Range<Int>]
  private(set) var key: Int
  private(set) var index: Int

  init(_ lane: AttentionLane, block: Int) {
    self.lane = lane
    rows = lane.blocks[block].map { lane.keys(ofRow: $0) }
    key = lane.keys(of: lane.blocks[block]).lowerBound
    index = -1
    advance()
  }

  /// The keys of the row that the cursor is at.
  var keys: Range<Int> { rows[index] }

  /// Moves to the next pair; past the last one it stays undefined.
  mutating func advance() {
    let end = rows.count
    var steps = 0
    repeat {
      index += 1
      if index == end { (index, key) = (0, key + 1) }
      steps += 1
    } while !rows[index].contains(key) && steps <= end * (lane.shape.keys + 1)
  }
}
