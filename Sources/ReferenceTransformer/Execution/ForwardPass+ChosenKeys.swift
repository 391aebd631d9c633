internal import Numerics
internal import Units
internal import Workload

extension Attention {
  /// The attributes of a policy that picks keys.
  mutating func apply(_ choice: LayerKVPolicy.Choice) {
    switch choice {
    case .selects: break
    case .follows(let keys): selected = keys
    case .blocks(let size, let keep):
      selected = size * keep
      block = size
    case .recycled(let keys, let period):
      selected = keys
      self.period = period
    }
  }
}

extension ForwardPass {
  /// Weights of keys that an attention gives out, for a choice among them.
  struct KeyWeights {
    var value: Value
    let columns: Int
    let kept: Int
  }

  /// What must be known before attention: notes the gate of block attention.
  ///
  /// - Returns: the indices that the attention reads.
  mutating func prepareChoice(
    _ query: Value, key: Value, layer index: Int, name: String
  ) -> [Value] {
    let isDense = switches.kvPolicy.isPrefillDense && phase == .prefill
    switch cache.layers[index].choice {
    case nil, .selects: return []
    case .follows: return isDense ? [] : [selection].compactMap { $0 }
    case .recycled(_, let period):
      let hasSparse = runs.contains { KeyChoice.fullQueries($0, period: period) < $0.query }
      return isDense || !hasSparse ? [] : [cache.layers[index].picked].compactMap { $0 }
    case .blocks(let size, let keep):
      guard let means = cache.layers[index].blockMeans else { return [] }
      addToBlocks(means, size: size, layer: index)
      let id = note(
        name + ".block_means",
        .elementwise(Elementwise(rows: key.rows, columns: key.columns, function: .add)),
        [key, means], outputs: [means.tensor])
      cache.layers[index].blockMeans?.producer = id
      if isDense { return [] }
      let architecture = configuration.architecture
      let blocks = ((runs.map(\.kv).max() ?? 0) + size - 1) / size
      var updated = means
      updated.producer = id
      var scores = makeValue([query.rows, architecture.kvHeads, blocks], like: nil)
      scores.producer = note(
        name + ".block_gate",
        .gate(Gate(tokens: query.rows, hidden: query.columns, experts: blocks)),
        [query, updated], outputs: [scores.tensor])
      let kept = min(keep, blocks)
      var choice = makeValue([query.rows, architecture.kvHeads, kept], like: nil, dtype: .i32)
      choice.producer = note(
        name + ".block_top_k",
        .topK(TopK(rows: query.rows * architecture.kvHeads, columns: blocks, k: kept)), [scores],
        outputs: [choice.tensor])
      return [choice]
    }
  }

  /// The tensor of key weights that this attention writes, when something picks keys by them.
  mutating func makeKeyWeights(layer index: Int) -> KeyWeights? {
    let longest = runs.map(\.kv).max() ?? 0
    switch cache.layers[index].choice {
    case .selects(let keys):
      if switches.kvPolicy.isPrefillDense && phase == .prefill { return nil }
      return KeyWeights(
        value: makeValue([runs.tokenCount, longest], like: nil), columns: longest,
        kept: min(keys, longest))
    case .recycled(let keys, let period):
      let full = runs.reduce(0) { $0 + $1.count * KeyChoice.fullQueries($1, period: period) }
      if full == 0 { return nil }
      return KeyWeights(
        value: makeValue([full * configuration.architecture.kvHeads, longest], like: nil),
        columns: longest, kept: min(keys, longest))
    case .follows, .blocks, nil: return nil
    }
  }

  /// Notes the choice of keys by their weights; rows are padded to the longest request.
  mutating func pickKeys(_ weights: KeyWeights, layer index: Int, name: String) {
    guard let picked = cache.layers[index].picked else { return }
    var weights = weights
    weights.value.producer = keyWeightsProducer
    let id = note(
      name + ".top_k",
      .topK(
        TopK(rows: weights.value.rows, columns: weights.columns, k: weights.kept)),
      [weights.value], outputs: [picked.tensor])
    cache.layers[index].picked?.producer = id
    if case .selects = cache.layers[index].choice { selection = cache.layers[index].picked }
  }

  /// Adds the new keys to the sums of their blocks.
  private func addToBlocks(_ means: Value, size: Int, layer index: Int) {
    guard let keys = cache.layers[index].key?.pointer, let sums = means.storage?.pointer else {
      return
    }
    let width = configuration.architecture.kvHeads * configuration.architecture.headDim
    let blocks = means.tensor.shape[1]
    forEachToken { _, slot, position in
      let key = keys + (slot * cache.capacity + position) * width
      let sum = sums + (slot * blocks + position / size) * width
      if position % size == 0 {
        sum.update(from: key, count: width)
      } else {
        PointwiseFunctions.add(width, sum, key)
      }
    }
  }

  /// The arithmetic of attention to chosen keys: each query by itself, over the keys that it picked.
  ///
  /// A query that picks every key takes the same sums in the same order as plain attention.
  mutating func attendChosen(
    _ query: Value, _ choice: LayerKVPolicy.Choice, isDense: Bool, into out: Value, scale: Float,
    layer index: Int, probe: Probe?
  ) {
    guard let q = query.storage?.pointer, let target = out.storage?.pointer else { return }
    let architecture = configuration.architecture
    let (kvHeads, dim) = (architecture.kvHeads, architecture.headDim)
    let group = architecture.heads / kvHeads
    let wanted = probe?.isWanted("layer.\(index).attention.probabilities") ?? false ? probe : nil
    if case .selects = choice, !isDense {
      selected = Array(repeating: nil, count: query.rows)
    }
    for request in placedRequests {
      var captured = [Float](
        repeating: 0,
        count: wanted == nil ? 0 : architecture.heads * request.query * request.kv)
      for token in 0..<request.query {
        let (row, position) = (request.row + token, request.kv - request.query + token)
        var sums = [Float](repeating: 0, count: position + 1)
        for kvHead in 0..<kvHeads {
          let place = (row * architecture.heads + kvHead * group) * dim
          let keys =
            isDense
            ? nil
            : keysPicked(
              choice, row: row, slot: request.slot, position: position, kvHead: kvHead,
              query: q + place, layer: index)
          let weights = attendRow(
            q + place, layer: index, slot: request.slot, position: position, kvHead: kvHead,
            keys: keys, scale: scale, into: target + place)
          let width = keys?.count ?? position + 1
          for head in 0..<group {
            for entry in 0..<width {
              let weight = weights[head * width + entry]
              let key = keys?[entry] ?? entry
              sums[key] += weight
              if wanted != nil {
                captured[
                  ((kvHead * group + head) * request.query + token) * request.kv + key] = weight
              }
            }
          }
          if case .recycled(let count, let period) = choice, position % period == 0 {
            cache.layers[index].recycled[
              request.slot, default: Array(repeating: [], count: kvHeads)][
                kvHead] = KeyChoice.greatest(count, of: sums)
            sums = [Float](repeating: 0, count: position + 1)
          }
        }
        if case .selects(let count) = choice, !isDense, count <= position {
          // The newest key is always among them.
          selected[row] = KeyChoice.greatest(count - 1, of: Array(sums.dropLast())) + [position]
        }
      }
      wanted?.take(
        "layer.\(index).attention.probabilities",
        NDArray(
          shape: [architecture.heads, request.query, request.kv], elements: captured))
    }
  }

  /// The keys that one query sees in one key-value head; nil for all.
  private func keysPicked(
    _ choice: LayerKVPolicy.Choice, row: Int, slot: Int, position: Int, kvHead: Int,
    query: UnsafePointer<Float>, layer index: Int
  ) -> [Int]? {
    switch choice {
    case .selects: return nil
    case .follows: return selected.isEmpty ? nil : selected[row]
    case .recycled(_, let period):
      let full = position - position % period
      guard full < position, let picked = cache.layers[index].recycled[slot]?[kvHead],
        picked.count <= full
      else { return nil }
      return picked + Array(full + 1...position)
    case .blocks(let size, let keep):
      let own = position / size
      guard own >= keep, let means = cache.layers[index].blockMeans,
        let sums = means.storage?.pointer
      else { return nil }
      let architecture = configuration.architecture
      let (dim, width) = (architecture.headDim, architecture.kvHeads * architecture.headDim)
      let scores = (0..<own).map { block in
        let sum = sums + (slot * means.tensor.shape[1] + block) * width + kvHead * dim
        return Float(
          (0..<architecture.heads / architecture.kvHeads).reduce(0.0) { total, head in
            total + KeyChoice.product(dim, query + head * dim, sum)
          })
      }
      return KeyChoice.greatest(keep - 1, of: scores).flatMap { $0 * size..<($0 + 1) * size }
        + Array(own * size...position)
    }
  }

  /// One token's query heads over the keys of one head; returns the weights of each query head.
  private func attendRow(
    _ q: UnsafePointer<Float>, layer index: Int, slot: Int, position: Int, kvHead: Int,
    keys: [Int]?, scale: Float, into out: UnsafeMutablePointer<Float>
  ) -> [Float] {
    let architecture = configuration.architecture
    let (kvHeads, dim) = (architecture.kvHeads, architecture.headDim)
    let group = architecture.heads / kvHeads
    let layer = cache.layers[index]
    guard let allK = layer.key?.pointer, let allV = layer.value?.pointer else { return [] }
    let stride = kvHeads * dim
    let start = slot * cache.capacity * stride + kvHead * dim
    let count = keys?.count ?? position + 1
    var weights = [Float](repeating: 0, count: group * count)
    func attend(_ k: UnsafePointer<Float>, _ v: UnsafePointer<Float>, stride: Int) {
      weights.withUnsafeMutableBufferPointer { weights in
        ScaledDotProductAttention.attend(
          queries: group, keys: count, headDim: dim, valueDim: dim, scale: scale,
          mask: KeyVisibility(isCausal: false), firstPosition: position, rowsPerPosition: group,
          q: q, queryStride: dim, k: k, keyStride: stride, v: v, valueStride: stride, into: out,
          outStride: dim, probabilities: weights.baseAddress)
      }
    }
    guard let keys else {
      attend(allK + start, allV + start, stride: stride)
      return weights
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count * dim) { gathered in
      guard let k = gathered.baseAddress else { return }
      let v = k + count * dim
      for (entry, key) in keys.enumerated() {
        (k + entry * dim).update(from: allK + start + key * stride, count: dim)
        (v + entry * dim).update(from: allV + start + key * stride, count: dim)
      }
      attend(k, v, stride: dim)
    }
    return weights
  }
}
