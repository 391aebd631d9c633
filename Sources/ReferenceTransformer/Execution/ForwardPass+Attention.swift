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

  /// Puts the new keys and values behind those in the cache.
  mutating func append(key: Value, value: Value, layer index: Int, name: String) {
    let layer = cache.layers[index]
    let width = key.columns
    if let k = key.storage?.pointer, let v = value.storage?.pointer,
      let cacheK = layer.key?.pointer, let cacheV = layer.value?.pointer
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
      name,
      .memoryMove(
        MemoryMove(function: .kvAppend, sinks: layer.groups.map(\.policy.sinks).max() ?? 0)),
      [key, value], outputs: layer.groups.flatMap { $0.tensors.map(\.tensor) })
    for group in layer.groups.indices { cache.layers[index].groups[group].setProducer(id) }
  }

  /// Each request's queries over its own cached keys and values.
  ///
  /// - Returns: the outputs of all heads, and the tensors that hold them: one a group of heads.
  mutating func attend(
    _ query: Value, key: Value, layer index: Int, name: String, heads: HeadChoice?, probe: Probe?
  ) -> (whole: Value, parts: [Value]) {
    let architecture = configuration.architecture
    let layer = cache.layers[index]
    let inputs = prepareChoice(query, key: key, layer: index, name: name)
    let isDense = switches.kvPolicy.isPrefillDense && phase == .prefill
    let group = architecture.heads / architecture.kvHeads
    let parts = layer.groups.map { part in
      makeValue(
        [query.rows, part.policy.heads.count * group * architecture.headDim],
        like: layer.groups.count == 1 ? query : nil)
    }
    var whole = parts[0]
    if query.storage != nil {
      if layer.groups.count > 1 {
        whole = Value(
          tensor: Workload.Tensor(
            id: -1, shape: query.tensor.shape, dtype: .f32, role: .activation, address: 0),
          storage: Storage(count: query.tensor.shape.elements))
      }
      let scale = Float(configuration.scoreScale(layer: index))
      if let choice = layer.choice {
        attendChosen(
          query, choice, isDense: isDense, into: whole, scale: scale, layer: index, probe: probe)
      } else {
        computeAttention(query, layer, into: whole, scale: scale, layer: index, probe: probe)
        if layer.groups.count == 1, heads == nil {
          let policy = layer.groups[0].policy
          capture(
            query, layer, whole,
            Attention(
              heads: architecture.heads, kvHeads: architecture.kvHeads,
              headDim: architecture.headDim, window: policy.window,
              sinks: policy.window == nil ? 0 : policy.sinks), layer: index, probe: probe)
        }
      }
      if let heads { silence(whole, heads) }
    }
    var noted: [Value] = []
    for (number, part) in layer.groups.enumerated() {
      var parameters = Attention(
        heads: part.policy.heads.count * group, kvHeads: part.policy.heads.count,
        headDim: architecture.headDim, causal: true, window: part.policy.window,
        sinks: part.policy.window == nil ? 0 : part.policy.sinks)
      if let choice = layer.choice, !isDense { parameters.apply(choice) }
      if let heads, heads.count < architecture.heads {
        parameters.activeHeads = heads.count
        parameters.kvHeadsRead = heads.keyHeads
      }
      let suffix = number == 0 ? "" : ".streaming"
      var out = parts[number]
      out.producer = noteAttention(
        parameters, query, cache.layers[index].groups[number], out, layer: index,
        name: name + suffix, indices: inputs + [heads?.value].compactMap { $0 })
      noted.append(out)
    }
    if noted.count == 1 { whole = noted[0] }
    return (whole, noted)
  }

  /// Notes attention as one operator or in three parts, and what picks keys by its weights.
  private mutating func noteAttention(
    _ parameters: Attention, _ query: Value, _ group: KVCache.Group, _ out: Value,
    layer index: Int, name: String, indices: [Value]
  ) -> Int {
    let weighed = makeKeyWeights(layer: index)
    defer { if let weighed { pickKeys(weighed, layer: index, name: name) } }
    if fusion != .none {
      let id = note(
        name, .attention(parameters), [query] + group.tensors + indices,
        outputs: [out.tensor] + [weighed?.value.tensor].compactMap { $0 })
      keyWeightsProducer = id
      return id
    }
    // Three operators with the scores, masked ones included, in memory between them.
    var pairs = runs.reduce(0) { $0 + $1.count * $1.query * $1.kv }
    if parameters.selected != nil { pairs = parameters.pairs(of: runs) }
    var part = parameters
    part.part = .scores
    var scores = makeValue([parameters.queryHeads, pairs], like: nil)
    scores.producer = note(
      name + ".scores", .attention(part),
      [query, group.key] + [group.keyScale].compactMap { $0 } + indices, outputs: [scores.tensor])
    var weights = makeValue([parameters.queryHeads, pairs], like: nil)
    weights.producer = note(
      name + ".softmax", .softmax(.attention(parameters)), [scores],
      outputs: [weights.tensor] + [weighed?.value.tensor].compactMap { $0 })
    keyWeightsProducer = weights.producer
    part.part = .context
    return note(
      name + ".context", .attention(part),
      [weights, group.value] + [group.valueScale].compactMap { $0 } + indices,
      outputs: [out.tensor])
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
    _ query: Value, _ layer: KVCache.Layer, into out: Value, scale: Float, layer index: Int,
    probe: Probe?
  ) {
    guard let q = query.storage?.pointer, let k = layer.key?.pointer,
      let v = layer.value?.pointer, let target = out.storage?.pointer
    else { return }
    var masks = [KeyVisibility](
      repeating: KeyVisibility(isCausal: true), count: configuration.architecture.kvHeads)
    for group in layer.groups {
      for head in group.policy.heads {
        masks[head].window = group.policy.window
        masks[head].sinks = group.policy.sinks
      }
    }
    let visible = masks
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
          valueDim: dim, scale: scale, mask: visible[kvHead],
          firstPosition: request.kv - request.query,
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
