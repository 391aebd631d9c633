internal import Numerics
internal import Workload

extension ForwardPass {
  /// Attention without softmax: each token decays a state per head, adds its own key and value, and
  /// reads it.
  ///
  /// Tokens go one after the other, so that chunks and batches give equal bits.
  mutating func attendLinearly(
    _ query: Value, key: Value, value: Value, layer index: Int, name: String
  ) -> Value {
    let architecture = configuration.architecture
    let (heads, dim) = (architecture.heads, architecture.headDim)
    var out = makeValue(query.tensor.shape, like: query)
    guard let state = cache.layers[index].linearState else { return out }
    if let q = query.storage?.pointer, let k = key.storage?.pointer,
      let v = value.storage?.pointer, let target = out.storage?.pointer,
      let states = state.storage?.pointer
    {
      let decay = Float(switches.linearDecay ?? 1)
      let scale = Float(configuration.scoreScale(layer: index))
      let group = heads / architecture.kvHeads
      forEachToken { row, slot, _ in
        for head in 0..<heads {
          let state = states + (slot * heads + head) * dim * dim
          let place = row * query.columns + head * dim
          let kvPlace = row * key.columns + head / group * dim
          let (q, k, v, out) = (q + place, k + kvPlace, v + kvPlace, target + place)
          out.update(repeating: 0, count: dim)
          for i in 0..<dim {
            let (line, factor) = (state + i * dim, scale * q[i])
            for j in 0..<dim {
              line[j] = decay * line[j] + k[i] * v[j]
              out[j] += factor * line[j]
            }
          }
        }
      }
    }
    out.producer = note(
      name,
      .scan(Scan(rows: query.rows, columns: query.columns, state: heads * dim * dim)),
      [query, key, value, state], outputs: [out.tensor, state.tensor])
    cache.layers[index].linearState?.producer = out.producer
    return out
  }
}
