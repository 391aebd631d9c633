internal import Numerics

/// Where Q, K, V and O of an attention graph lie in the memory, and how K and V are fetched.
///
/// K, V [kvHeads, keys, d] and O [heads, rows, d] follow each other, each from a multiple of 4 KiB.
/// Every block of query rows streams the keys that it sees once; nothing is kept for the next.
struct AttentionMemory {
  /// Equal fetches that a stream's share of the buffer is cut into (assumption: enough that a fetch
  /// in use holds up few others).
  static let fetchesInBuffer = 8
  /// Rows of output that may be on their way to the memory (assumption).
  static let outputWindow = 8

  let shape: AttentionShape
  let elementBytes: Int
  /// Keys in one fetch, and fetches that the buffer of one stream holds.
  let fetchKeys: Int
  let window: Int

  /// - Parameter buffer: bytes of all K and V buffers together; at least `leastBuffer`.
  init(_ options: AttentionOptions, buffer: Int, elementBytes: Int) {
    shape = options.shape
    self.elementBytes = elementBytes
    let keyBytes = shape.dimension * elementBytes
    let share = buffer / (2 * options.keyValueStreams)
    fetchKeys = max(1, share / (AttentionMemory.fetchesInBuffer * keyBytes))
    window = max(1, share / (fetchKeys * keyBytes))
  }

  /// Room for one key and one value of each stream.
  static func leastBuffer(_ options: AttentionOptions, elementBytes: Int) -> Int {
    2 * options.keyValueStreams * options.shape.dimension * elementBytes
  }

  private var keyBytes: Int { shape.dimension * elementBytes }

  private static func aligned(_ bytes: Int) -> Int { (bytes + 4095) / 4096 * 4096 }

  private var tensorBytes: Int {
    AttentionMemory.aligned(shape.kvHeads * shape.keys * keyBytes)
  }

  /// The fetches of K or V for a lane, in the order of use.
  func fetches(_ lane: AttentionLane, ofValues: Bool) -> MemoryTransfers {
    let base = ofValues ? tensorBytes : 0
    var transfers: [MemoryTransfer] = []
    var blockStart = 0
    for block in lane.blocks {
      let keys = lane.keys(of: block)
      let rows = block.map { lane.keys(ofRow: $0) }
      let head = base + lane.kvHead(of: block) * shape.keys * keyBytes
      var first = keys.lowerBound
      var firing = blockStart
      while first < keys.upperBound {
        let end = min(first + fetchKeys, keys.upperBound)
        let pairs = rows.reduce(0) { $0 + $1.clamped(to: first..<end).count }
        transfers.append(
          MemoryTransfer(
            firing: firing, release: firing + pairs, offset: head + first * keyBytes,
            length: (end - first) * keyBytes))
        firing += pairs
        first = end
      }
      blockStart = firing
    }
    return MemoryTransfers(transfers, window: window)
  }

  /// The stores of a lane's output, one for each block of rows.
  func stores(_ lane: AttentionLane) -> MemoryTransfers {
    let transfers = lane.blocks.enumerated().map { index, block in
      let row = lane.head(ofRow: block.lowerBound) * shape.rows + block.lowerBound % shape.rows
      return MemoryTransfer(
        firing: index, release: index + 1, offset: 2 * tensorBytes + row * keyBytes,
        length: block.count * keyBytes)
    }
    return MemoryTransfers(transfers, window: AttentionMemory.outputWindow)
  }
}

extension AttentionOptions {
  /// K streams of the graph, and as many V streams: one for each KV head in space, else one.
  var keyValueStreams: Int {
    headMapping == .space && shape.heads > 1 ? shape.kvHeads : 1
  }
}
