internal import Numerics
internal import Units
internal import Workload

extension ForwardPass {
  /// Queries and keys turned by their positions.
  mutating func rotate(
    _ query: Value, _ key: Value, _ rotary: RotaryEmbedding, name: String
  ) -> (query: Value, key: Value) {
    let architecture = configuration.architecture
    var newQuery = makeValue(query.tensor.shape, like: query)
    var newKey = makeValue(key.tensor.shape, like: key)
    if let q = query.storage?.pointer, let k = key.storage?.pointer,
      let outQ = newQuery.storage?.pointer, let outK = newKey.storage?.pointer
    {
      outQ.update(from: q, count: query.tensor.shape.elements)
      outK.update(from: k, count: key.tensor.shape.elements)
      let half = rotary.frequencies.count
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * half) { table in
        guard let sines = table.baseAddress else { return }
        let cosines = sines + half
        forEachToken { row, _, position in
          rotary.table(position: position, sines: sines, cosines: cosines)
          rotary.apply(
            heads: architecture.heads, outQ + row * query.columns, sines: sines, cosines: cosines)
          rotary.apply(
            heads: architecture.kvHeads, outK + row * key.columns, sines: sines, cosines: cosines)
        }
      }
    }
    let heads = architecture.heads + architecture.kvHeads
    let id = note(
      name, .rope(Rope(tokens: query.rows, heads: heads, headDim: architecture.headDim)),
      [query, key], outputs: [newQuery.tensor, newKey.tensor])
    newQuery.producer = id
    newKey.producer = id
    return (newQuery, newKey)
  }

  /// Keys and values mixed with those of the token before, which the layer's state keeps.
  mutating func shift(
    _ key: Value, _ value: Value, layer index: Int, name: String
  ) -> (key: Value, value: Value) {
    guard let last = cache.layers[index].last else { return (key, value) }
    var newKey = makeValue(key.tensor.shape, like: key)
    var newValue = makeValue(value.tensor.shape, like: value)
    let width = key.columns
    if let k = key.storage?.pointer, let v = value.storage?.pointer,
      let outK = newKey.storage?.pointer, let outV = newValue.storage?.pointer,
      let state = last.storage?.pointer
    {
      let (keyShare, valueShare) = (Float(switches.keyShift), Float(switches.valueShift))
      forEachToken { row, slot, _ in
        let lastK = state + slot * 2 * width
        let lastV = lastK + width
        for column in 0..<width {
          let place = row * width + column
          outK[place] = (1 - keyShare) * k[place] + keyShare * lastK[column]
          outV[place] = (1 - valueShare) * v[place] + valueShare * lastV[column]
          lastK[column] = k[place]
          lastV[column] = v[place]
        }
      }
    }
    let id = note(
      name, .elementwise(Elementwise(rows: key.rows, columns: 2 * width, function: .shift)),
      [key, value, last], outputs: [newKey.tensor, newValue.tensor, last.tensor])
    newKey.producer = id
    newValue.producer = id
    cache.layers[index].last?.producer = id
    return (newKey, newValue)
  }

  /// Puts the new keys and values behind those in the cache.
  mutating func append(key: Value, value: Value, layer index: Int, name: String) {
    let layer = cache.layers[index]
    let width = key.columns
    if let k = key.storage?.pointer, let v = value.storage?.pointer,
      let cacheK = layer.key.storage?.pointer, let cacheV = layer.value.storage?.pointer
    {
      forEachToken { row, slot, position in
        let place = (slot * cache.capacity + position) * width
        (cacheK + place).update(from: k + row * width, count: width)
        (cacheV + place).update(from: v + row * width, count: width)
        cache.rounding?.round(cacheK + place, count: width)
        cache.rounding?.round(cacheV + place, count: width)
      }
    }
    let id = note(
      name, .memoryMove(MemoryMove(function: .kvAppend)), [key, value],
      outputs: layer.tensors.map(\.tensor))
    cache.layers[index].key.producer = id
    cache.layers[index].value.producer = id
    cache.layers[index].keyScale?.producer = id
    cache.layers[index].valueScale?.producer = id
  }

  /// Each request's queries over its own cached keys and values.
  mutating func attend(
    _ query: Value, layer index: Int, name: String, probe: Probe?
  ) -> Value {
    let architecture = configuration.architecture
    let window = switches.window(layer: index) ?? configuration.windows[index]
    let sinks = window == nil ? 0 : switches.sinks
    let layer = cache.layers[index]
    let parameters = Attention(
      heads: architecture.heads, kvHeads: architecture.kvHeads, headDim: architecture.headDim,
      causal: true, window: window, sinks: sinks)
    var out = makeValue([query.rows, architecture.heads * architecture.headDim], like: query)
    if query.storage != nil {
      computeAttention(
        query, layer, into: out, mask: KeyVisibility(isCausal: true, window: window, sinks: sinks),
        scale: Float(configuration.scoreScale(layer: index)), layer: index, probe: probe)
      capture(query, layer, out, parameters, layer: index, probe: probe)
    }
    if fusion != .none {
      out.producer = note(
        name, .attention(parameters), [query] + layer.tensors, outputs: [out.tensor])
      return out
    }
    // Three operators with the scores, masked ones included, in memory between them.
    let pairs = runs.reduce(0) { $0 + $1.count * $1.query * $1.kv }
    var part = parameters
    part.part = .scores
    var scores = makeValue([architecture.heads, pairs], like: nil)
    scores.producer = note(
      name + ".scores", .attention(part),
      [query, layer.key] + [layer.keyScale].compactMap { $0 }, outputs: [scores.tensor])
    var weights = makeValue([architecture.heads, pairs], like: nil)
    weights.producer = note(
      name + ".softmax", .softmax(.attention(parameters)), [scores], outputs: [weights.tensor])
    part.part = .context
    out.producer = note(
      name + ".context", .attention(part),
      [weights, layer.value] + [layer.valueScale].compactMap { $0 }, outputs: [out.tensor])
    return out
  }

  /// First row, KV slot and lengths of each request of the step.
  var placedRequests: [(row: Int, slot: Int, query: Int, kv: Int)] {
    var requests: [(row: Int, slot: Int, query: Int, kv: Int)] = []
    var row = 0
    for run in runs {
      for request in 0..<run.count {
        requests.append((row, run.slot + request, run.query, run.kv))
        row += run.query
      }
    }
    return requests
  }

  /// The arithmetic of attention: one task a request and key-value head.
  private func computeAttention(
    _ query: Value, _ layer: KVCache.Layer, into out: Value, mask: KeyVisibility, scale: Float,
    layer index: Int, probe: Probe?
  ) {
    guard let q = query.storage?.pointer, let k = layer.key.storage?.pointer,
      let v = layer.value.storage?.pointer, let target = out.storage?.pointer
    else { return }
    let architecture = configuration.architecture
    let (heads, kvHeads, dim) = (architecture.heads, architecture.kvHeads, architecture.headDim)
    let group = heads / kvHeads
    let requests = placedRequests
    let work = 4 * dim * heads * runs.reduce(0) { $0 + $1.count * $1.query * $1.kv }
    let capacity = cache.capacity
    let memory = AttentionMemory(q: q, k: k, v: v, out: target)
    let wantsProbabilities = probe?.isWanted("layer.\(index).attention.probabilities") ?? false
    let probabilities = requests.map { request in
      wantsProbabilities ? Storage(count: heads * request.query * request.kv) : nil
    }
    let captured = ProbabilityMemory(storages: probabilities)
    context.divide(requests.count * kvHeads, work: work) { task in
      let request = requests[task / kvHeads]
      let kvHead = task % kvHeads
      let start = (request.slot * capacity * kvHeads + kvHead) * dim
      let (k, v) = (memory.k + start, memory.v + start)
      // One token's query heads that share keys are the rows of one product.
      let isGrouped = request.query == 1
      for head in stride(from: 0, to: group, by: isGrouped ? group : 1) {
        let first = (request.row * heads + kvHead * group + head) * dim
        let stride = isGrouped ? dim : heads * dim
        let place = (kvHead * group + head) * request.query * request.kv
        ScaledDotProductAttention.attend(
          queries: isGrouped ? group : request.query, keys: request.kv, headDim: dim,
          valueDim: dim, scale: scale, mask: mask, firstPosition: request.kv - request.query,
          rowsPerPosition: isGrouped ? group : 1, q: memory.q + first, queryStride: stride, k: k,
          keyStride: kvHeads * dim, v: v, valueStride: kvHeads * dim, into: memory.out + first,
          outStride: stride,
          probabilities: captured.storages[task / kvHeads].map { $0.pointer + place })
      }
    }
    if wantsProbabilities, let probe {
      for (request, storage) in zip(requests, probabilities) {
        guard let storage else { continue }
        probe.take(
          "layer.\(index).attention.probabilities",
          NDArray(
            shape: [heads, request.query, request.kv],
            elements: Array(UnsafeBufferPointer(start: storage.pointer, count: storage.count))))
      }
    }
  }
}

/// Pointers of one attention, shared by tasks that write to separate places.
private struct AttentionMemory: @unchecked Sendable {
  let q: UnsafeMutablePointer<Float>
  let k: UnsafeMutablePointer<Float>
  let v: UnsafeMutablePointer<Float>
  let out: UnsafeMutablePointer<Float>
}

private struct ProbabilityMemory: @unchecked Sendable {
  let storages: [Storage?]
}
