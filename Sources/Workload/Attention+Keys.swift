extension Attention {
  /// The query heads that each token uses.
  public var queryHeads: Int { activeHeads ?? heads }

  /// Whether every query head sees every key before it.
  public var isDense: Bool {
    window == nil && selected == nil && activeHeads == nil && kvHeadsRead == nil
  }

  /// Tokens that lie together in memory among those that a sparse policy picks.
  public var granule: Int { block ?? 1 }

  /// The most keys that one query can see, or nil without a limit.
  public var keyLimit: Int? {
    let windowed = window.map { $0 + sinks }
    switch (windowed, selected) {
    case (nil, nil): return nil
    case (let limit?, nil), (nil, let limit?): return limit
    case (let left?, let right?): return min(left, right)
    }
  }

  /// The keys that the query at `position` sees, of `kv`.
  public func keysSeen(from position: Int, kv: Int) -> Int {
    let before = causal ? position + 1 : kv
    guard let selected else { return min(before, keyLimit ?? Int.max) }
    if let block {
      return min(position / block, selected / block - 1) * block + position % block + 1
    }
    if let period {
      let fresh = position % period
      return fresh == 0 ? before : min(before, selected + fresh)
    }
    return min(before, keyLimit ?? Int.max)
  }

  /// The (query, key) pairs of one request of `run`, for one head.
  ///
  /// Causal: the query at position p sees min(p+1, limit) keys, p from kv-query to kv-1. In blocks of
  /// B, k = selected / B of them: min(p / B, k-1) B + p mod B + 1. With a period S: p+1 where S
  /// divides p, else min(p+1, selected + p mod S).
  public func pairs(of run: RequestRun) -> Int {
    if selected != nil, block != nil || period != nil {
      if run.query == 1 { return keysSeen(from: run.kv - 1, kv: run.kv) }
      return pairsBefore(run.kv) - pairsBefore(run.kv - run.query)
    }
    let limit = keyLimit ?? Int.max
    guard causal else { return run.query * min(run.kv, limit) }
    let firstSeen = run.kv - run.query + 1
    if firstSeen >= limit { return run.query * limit }
    let rising = min(run.kv, limit)
    let ramp = (firstSeen + rising) * (rising - firstSeen + 1) / 2
    return ramp + (run.kv - rising) * limit
  }

  /// The sum of `keysSeen` over the positions below `end`, in blocks or with a period.
  private func pairsBefore(_ end: Int) -> Int {
    let selected = selected ?? 0
    if let block {
      let (whole, rest) = (end / block, end % block)
      let kept = selected / block
      // Earlier blocks seen by the queries of blocks 0, 1, 2 ...: 0, 1, ... kept-1, kept-1, ...
      let rising = min(whole, kept)
      let earlier = rising * (rising - 1) / 2 + (whole - rising) * (kept - 1)
      return earlier * block * block + whole * (block * (block + 1) / 2)
        + min(whole, kept - 1) * block * rest + rest * (rest + 1) / 2
    }
    guard let period else { return 0 }
    let (whole, rest) = (end / period, end % period)
    let fresh = period * (period - 1) / 2
    // Picked keys of the periods: min(j S + 1, selected).
    let rising = min(whole, (selected - 1) / period + 1)
    let picked = period * (rising * (rising - 1) / 2) + rising + (whole - rising) * selected
    let all = period * (whole * (whole - 1) / 2) + whole
    var pairs = all + (period - 1) * picked + whole * fresh
    if rest > 0 {
      let last = min(whole * period + 1, selected)
      pairs += whole * period + 1 + (rest - 1) * last + rest * (rest - 1) / 2
    }
    return pairs
  }

  /// The (query, key) pairs of all requests, for one head.
  public func pairs(of runs: [RequestRun]) -> Int {
    runs.reduce(0) { $0 + $1.count * pairs(of: $1) }
  }

  /// The keys of one request that at least one of its queries sees.
  ///
  /// With `selected` keys each query may pick others, so the bound query * selected is used, except
  /// that queries between two full ones of a period share their choice.
  public func keysRead(of run: RequestRun) -> Int {
    var keys = run.kv
    if let window { keys = min(keys, window + run.query - 1 + sinks) }
    guard let selected else { return keys }
    if run.query == 0 { return 0 }
    if run.query == 1 { return min(keys, keysSeen(from: run.kv - 1, kv: run.kv)) }
    if let period {
      let (first, last) = (run.kv - run.query, run.kv - 1)
      let hasFull = first % period == 0 || first / period != last / period
      return hasFull ? keys : min(keys, selected + last % period)
    }
    return min(keys, run.query * selected)
  }

  /// Rows of one head's keys that all requests read: keys times key-value heads.
  public func rowsRead(of runs: [RequestRun]) -> Int {
    guard let kvHeadsRead, kvHeadsRead.count == runs.count else {
      return runs.reduce(0) { $0 + $1.count * keysRead(of: $1) } * kvHeads
    }
    return zip(runs, kvHeadsRead).reduce(0) { $0 + keysRead(of: $1.0) * $1.1 }
  }
}
