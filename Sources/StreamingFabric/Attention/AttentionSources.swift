import Numerics

/// The heads and rows that one set of nodes works through, and the values they read.
struct AttentionLane: Sendable {
  let shape: AttentionShape
  /// The heads, one after the other.
  let heads: [Int]
  let skipsMasked: Bool
  /// Absent in graphs without values.
  let problem: AttentionProblem?

  /// Pairs by row, over all heads of the lane.
  var pairs: RowShape {
    if skipsMasked && shape.mask != .none {
      let lengths = (0..<shape.rows).map { shape.visibleKeys($0).count }
      return .ragged(heads.flatMap { _ in lengths })
    }
    return .uniform(rows: heads.count * shape.rows, length: shape.keys)
  }

  /// One firing per query row.
  var queries: RowShape { .uniform(rows: heads.count * shape.rows, length: 1) }

  func head(ofRow row: Int) -> Int { heads[row / shape.rows] }

  /// The key that is first in a row.
  func firstKey(ofRow row: Int) -> Int {
    skipsMasked ? shape.visibleKeys(row % shape.rows).lowerBound : 0
  }

  /// Keys of a row that are masked by minus infinity: all outside this range.
  func visible(_ row: Int) -> Range<Int> { shape.visibleKeys(row % shape.rows) }
}

/// Streams query vectors, one per row.
struct QuerySource: ValueOperation {
  let lane: AttentionLane

  func makeKernel() -> ValueKernel { QueryKernel(lane) }
}

final class QueryKernel: ValueKernel {
  let lane: AttentionLane
  let values: [Double]

  init(_ lane: AttentionLane) {
    self.lane = lane
    values = lane.problem?.q ?? []
  }

  override func fire(_ block: FiringBlock) {
    let d = lane.shape.dimension
    for index in 0..<block.count {
      let row = block.row + index
      let start = (lane.head(ofRow: row) * lane.shape.rows + row % lane.shape.rows) * d
      values.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        (block.outputs[0] + index * d).update(from: base + start, count: d)
      }
    }
  }
}

/// Streams key or value vectors, once for each (query, key) pair.
struct KeyValueSource: ValueOperation {
  let lane: AttentionLane
  let readsValues: Bool

  func makeKernel() -> ValueKernel { KeyValueKernel(lane, readsValues: readsValues) }
}

final class KeyValueKernel: ValueKernel {
  let lane: AttentionLane
  let values: [Double]

  init(_ lane: AttentionLane, readsValues: Bool) {
    self.lane = lane
    values = (readsValues ? lane.problem?.v : lane.problem?.k) ?? []
  }

  override func fire(_ block: FiringBlock) {
    let d = lane.shape.dimension
    let head = lane.shape.kvHead(of: lane.head(ofRow: block.row))
    let key = lane.firstKey(ofRow: block.row) + block.column
    let start = (head * lane.shape.keys + key) * d
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      block.outputs[0].update(from: base + start, count: block.count * d)
    }
  }
}
