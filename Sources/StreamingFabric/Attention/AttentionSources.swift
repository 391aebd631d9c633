import Numerics

/// Streams query vectors, one token per row or block of rows.
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
      let target = block.outputs[0] + index * lane.queryBlock * d
      let rows = lane.blocks[block.row + index]
      if rows.count < lane.queryBlock {
        target.update(repeating: 0, count: lane.queryBlock * d)
      }
      values.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        for (place, row) in rows.enumerated() {
          let start = (lane.head(ofRow: row) * lane.shape.rows + row % lane.shape.rows) * d
          (target + place * d).update(from: base + start, count: d)
        }
      }
    }
  }
}

/// Streams key or value vectors, once for each (query, key) pair.
struct KeyValueSource: ValueOperation {
  let lane: AttentionLane
  let readsValues: Bool

  func makeKernel() -> ValueKernel {
    let lane = lane
    let readsValues = readsValues
    return InterleavedKernel.wrap(lane, .everyFiring(inputs: [], outputs: [lane.shape.dimension])) {
      KeyValueKernel(lane, readsValues: readsValues)
    }
  }
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
    let key = lane.keys(ofRow: block.row).lowerBound + block.column
    let start = (head * lane.shape.keys + key) * d
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      block.outputs[0].update(from: base + start, count: block.count * d)
    }
  }
}
