extension AttentionKernel {
  /// Operations, traffic and live bytes of the kernel on a shape, without computing anything.
  ///
  /// Live bytes walk through the kernel's allocations; tensors Q, K, V and O are left out.
  public func cost(
    _ shape: AttentionShape, precision: AttentionPrecision
  ) -> AttentionKernelResult {
    var result = AttentionKernelResult()
    let pairs = shape.heads * shape.pairs
    let outputs = shape.heads * shape.rows
    let d = shape.dimension
    result.flops = pairs * (4 * d + 1 + flopsPerPair(d)) + outputs * flopsPerRow(d)
    result.peakIntermediateBytes = peakBytes(shape, precision.accumulator.bytes)
    let storage = precision.storage.bytes
    result.bytes =
      2 * outputs * d * storage + keyValueElements(shape) * storage
      + spilledElements(shape) * precision.accumulator.bytes
    return result
  }

  /// Operations on each pair besides the two dot products and the scale.
  private func flopsPerPair(_ d: Int) -> Int {
    switch self {
    case .naive: 3
    case .safe: 5
    case .reordered: 2
    case .online, .rabeStaatsConstant: 6 + 2 * d
    case .rabeStaats, .flashAttention2, .flashDecoding, .lean: 4
    case .sigmoid: 3
    case .relu: 2
    }
  }

  private func flopsPerRow(_ d: Int) -> Int {
    switch self {
    case .naive, .safe, .sigmoid, .relu: 0
    default: d
    }
  }

  /// K and V elements read, twice the keys visited times d for each pass over them.
  private func keyValueElements(_ shape: AttentionShape) -> Int {
    let d = shape.dimension
    let full = 2 * shape.keys * d
    switch self {
    case .naive, .safe, .rabeStaatsConstant, .online, .reordered, .sigmoid, .relu:
      // One row at a time: each row streams the keys that it sees.
      return 2 * d * shape.heads * shape.pairs
    case .rabeStaats(let queryChunk, _):
      return shape.heads * ((shape.rows + queryChunk - 1) / queryChunk) * full
    case .flashAttention2(let queryBlock, _):
      return shape.heads * ((shape.rows + queryBlock - 1) / queryBlock) * full
    case .flashDecoding:
      return shape.heads * ((shape.rows + 63) / 64) * full
    case .lean:
      // The rows of a group are packed and share one pass.
      let packed = shape.rows * (shape.heads / shape.kvHeads)
      return shape.kvHeads * ((packed + 63) / 64) * full
    }
  }

  /// Intermediates that travel to memory and back.
  private func spilledElements(_ shape: AttentionShape) -> Int {
    let d = shape.dimension
    let outputs = shape.heads * shape.rows
    switch self {
    case .naive, .safe: return 4 * shape.heads * shape.rows * shape.keys
    case .flashDecoding(let splits, _): return splits > 1 ? 2 * splits * outputs * (d + 1) : 0
    case .lean(let multiprocessors):
      let partition = LeanPartition(shape, multiprocessors: multiprocessors)
      let packed = shape.rows * (shape.heads / shape.kvHeads)
      let partials = (0..<shape.kvHeads).reduce(0) {
        $0 + partition.tileRanges(ofOutput: $1).count - 1
      }
      return 2 * partials * packed * (d + 2)
    default: return 0
    }
  }

  private func peakBytes(_ shape: AttentionShape, _ element: Int) -> Int {
    var live = LiveBytes()
    let d = shape.dimension
    func bytes(_ elements: Int) -> Int { elements * element }
    switch self {
    case .naive, .safe:
      // All scores of one head; weights overwrite them. The row sums live beside them.
      live.allocate(bytes(shape.rows * shape.keys))
      live.allocate(bytes(shape.rows))
    case .reordered: live.allocate(bytes(d + 1))
    case .online, .rabeStaatsConstant: live.allocate(bytes(d + 2))
    case .rabeStaats(let queryChunk, let keyChunk):
      let queries = min(queryChunk, shape.rows)
      let keys = min(keyChunk, shape.keys)
      let chunks = (shape.keys + keys - 1) / keys
      for _ in 0..<chunks {
        live.allocate(bytes(queries * (d + 2)))
        live.allocate(bytes(queries * keys))
        live.release(bytes(queries * keys))
      }
    case .flashAttention2(let queryBlock, let keyBlock):
      let queries = min(queryBlock, shape.rows)
      live.allocate(bytes(queries * (d + 2)))
      live.allocate(bytes(queries * min(keyBlock, shape.keys)))
    case .flashDecoding(let splits, let keyBlock):
      let queries = min(64, shape.rows)
      live.allocate(bytes(splits * shape.heads * shape.rows * (d + 1)))
      live.allocate(bytes(queries * (d + 2) + queries * min(keyBlock, shape.keys)))
    case .lean(let multiprocessors):
      let partition = LeanPartition(shape, multiprocessors: multiprocessors)
      let packed = shape.rows * (shape.heads / shape.kvHeads)
      live.allocate(bytes(partition.grid * packed * (d + 2)))
      live.allocate(bytes(packed * (d + 2 + min(partition.tileKeys, shape.keys))))
    case .sigmoid, .relu: live.allocate(bytes(d))
    }
    return live.peak
  }
}
