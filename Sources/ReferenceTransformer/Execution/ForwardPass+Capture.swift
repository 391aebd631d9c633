internal import Numerics
internal import Workload

extension ForwardPass {
  /// Gives a probe the operands and the result of an attention in the layout of attention kernels:
  /// `[heads, rows, head_dim]`, one set a request, with what else a kernel must know.
  ///
  /// Attention with sinks is left out: the kernels to compare with have none.
  func capture(
    _ query: Value, _ layer: KVCache.Layer, _ out: Value, _ parameters: Attention,
    layer index: Int, probe: Probe?
  ) {
    let place = "layer.\(index).attention"
    guard let probe, probe.isWanted(place + ".q"), parameters.sinks == 0,
      let q = query.storage?.pointer, let k = layer.key.storage?.pointer,
      let v = layer.value.storage?.pointer, let result = out.storage?.pointer
    else { return }
    let (heads, kvHeads, dim) = (parameters.heads, parameters.kvHeads, parameters.headDim)
    /// Rows of all heads, from `[rows, heads, dim]` to `[heads, rows, dim]`.
    func transposed(_ source: UnsafeMutablePointer<Float>, heads: Int, rows: Int) -> NDArray<Float>
    {
      var elements: [Float] = []
      elements.reserveCapacity(heads * rows * dim)
      for head in 0..<heads {
        for row in 0..<rows {
          elements += UnsafeBufferPointer(start: source + (row * heads + head) * dim, count: dim)
        }
      }
      return NDArray(shape: [heads, rows, dim], elements: elements)
    }
    for request in placedRequests {
      let cached = request.slot * cache.capacity * kvHeads * dim
      let first = request.row * heads * dim
      probe.take(place + ".q", transposed(q + first, heads: heads, rows: request.query))
      probe.take(place + ".k", transposed(k + cached, heads: kvHeads, rows: request.kv))
      probe.take(place + ".v", transposed(v + cached, heads: kvHeads, rows: request.kv))
      probe.take(place + ".out", transposed(result + first, heads: heads, rows: request.query))
      probe.describe(
        place, scale: Float(configuration.scoreScale(layer: index)),
        offset: request.kv - request.query, window: parameters.window)
    }
  }
}
