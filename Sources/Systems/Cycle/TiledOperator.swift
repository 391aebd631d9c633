internal import DRAM
internal import SimulationCore
internal import Units

/// The times of one operator that ran through a double-buffered tile pipeline, in memory ticks.
struct TiledTimes {
  /// The tick at which its last result is in memory.
  var end: Int
  /// Ticks along its critical path in which arithmetic went on.
  var compute: Int
  /// Ticks along its critical path in which it waited for the memory.
  var memory: Int
}

/// Runs one operator as tiles: load, compute, store, with two buffers.
///
/// The load of tile i+2 starts when tile i has been computed, so loads overlap arithmetic as far as
/// two buffers allow; a store starts when its tile has been computed. Real devices choose tiles by
/// operator; this generic tiler only cuts traffic and work into equal parts.
struct TiledOperator {
  private let memory: MemorySystem
  private let reads: [[Extent]]
  private let writes: [[Extent]]
  private let compute: [Int]
  private let readSource = 0
  private let writeSource = 1

  /// - Parameter compute: ticks of arithmetic of each tile.
  init(memory: MemorySystem, reads: [[Extent]], writes: [[Extent]], compute: [Int]) {
    self.memory = memory
    self.reads = reads
    self.writes = writes
    self.compute = compute
  }

  /// Runs the tiles from tick `start` on.
  ///
  /// - Throws: `MemoryError` when an extent lies outside the memory.
  func run(from start: Int) throws -> TiledTimes {
    let tiles = compute.count
    var readTask: [Int: Int] = [:]
    var writesLeft: Set<Int> = []
    var readEnd = [Int](repeating: -1, count: tiles)
    var computeEnd = [Int](repeating: -1, count: tiles)
    var computed = 0
    var handled = 0
    var lastWrite = start

    func load(_ tile: Int, at tick: Int) throws {
      guard tile < tiles else { return }
      if reads[tile].isEmpty {
        readEnd[tile] = tick
      } else {
        readTask[
          try memory.enqueue(source: readSource, isWrite: false, reads[tile], at: tick)] = tile
      }
    }
    /// Computes the tiles whose operands have come, in order.
    func computeReady() {
      while computed < tiles, readEnd[computed] >= 0 {
        let before = computed == 0 ? start : computeEnd[computed - 1]
        computeEnd[computed] = max(readEnd[computed], before) + compute[computed]
        computed += 1
      }
    }
    try load(0, at: start)
    try load(1, at: start)
    computeReady()
    while handled < tiles || !writesLeft.isEmpty {
      let next = handled < computed ? computeEnd[handled] : Int.max
      let limit = next == Int.max ? Int.max / 4 : next - 1
      if let completion = memory.nextCompletion(limit: limit) {
        if let tile = readTask.removeValue(forKey: completion.task) {
          readEnd[tile] = completion.tick
          computeReady()
        } else {
          writesLeft.remove(completion.task)
          lastWrite = max(lastWrite, completion.tick)
        }
        continue
      }
      precondition(next != Int.max, "the memory owes a completion and has none")
      if !writes[handled].isEmpty {
        writesLeft.insert(
          try memory.enqueue(source: writeSource, isWrite: true, writes[handled], at: next))
      }
      handled += 1
      try load(handled + 1, at: next)
      computeReady()
    }
    let arithmeticEnd = computeEnd[tiles - 1]
    let end = max(arithmeticEnd, lastWrite)
    return split(start: start, end: end, readEnd: readEnd, computeEnd: computeEnd)
  }

  /// Walks back from the end: each tick of the operator goes to arithmetic or to the memory.
  private func split(start: Int, end: Int, readEnd: [Int], computeEnd: [Int]) -> TiledTimes {
    var computeTicks = 0
    var tile = compute.count - 1
    while tile >= 0 {
      computeTicks += compute[tile]
      let before = tile == 0 ? start : computeEnd[tile - 1]
      if readEnd[tile] > before {
        // Its operands came last: what held them up was the memory, since the load could start.
        tile -= 2
      } else {
        tile -= 1
      }
    }
    return TiledTimes(end: end, compute: computeTicks, memory: end - start - computeTicks)
  }
}
