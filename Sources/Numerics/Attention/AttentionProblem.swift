/// Which keys a query sees.
public enum AttentionPattern: Hashable, Sendable {
  /// All keys.
  case none
  /// Keys up to the query's own position.
  case causal
  /// The `window` latest keys up to the query's own position.
  case slidingWindow(Int)
}

/// The shape of scaled dot-product attention.
///
/// Batches are folded into the heads: head h reads KV head h / (heads / kvHeads).
public struct AttentionShape: Hashable, Sendable {
  public var heads: Int
  public var kvHeads: Int
  /// Query rows R and keys M of each head, and the head dimension d.
  public var rows: Int
  public var keys: Int
  public var dimension: Int
  public var mask: AttentionPattern
  /// The position of the first query among the keys.
  public var queryOffset: Int
  /// Factor on the scores; 1 / sqrt(d) unless said otherwise.
  public var scale: Double

  /// - Parameter queryOffset: absent, the last query has the position of the last key.
  public init(
    heads: Int = 1, kvHeads: Int? = nil, rows: Int, keys: Int, dimension: Int,
    mask: AttentionPattern = .none, queryOffset: Int? = nil, scale: Double? = nil
  ) {
    self.heads = heads
    self.kvHeads = kvHeads ?? heads
    self.rows = rows
    self.keys = keys
    self.dimension = dimension
    self.mask = mask
    self.queryOffset = queryOffset ?? max(0, keys - rows)
    self.scale = scale ?? 1 / Double(dimension).squareRoot()
  }

  /// What is wrong with the shape, if anything.
  public var fault: String? {
    for (name, value) in [
      ("heads", heads), ("kv_heads", kvHeads), ("rows", rows), ("keys", keys),
      ("dim", dimension),
    ] where value < 1 { return "\(name) is \(value), must be at least 1" }
    if heads % kvHeads != 0 { return "kv_heads \(kvHeads) does not divide heads \(heads)" }
    if case .slidingWindow(let window) = mask, window < 1 {
      return "window is \(window), must be at least 1"
    }
    for row in 0..<rows where visibleKeys(row).isEmpty {
      return "query row \(row) at position \(row + queryOffset) sees none of the \(keys) keys"
    }
    return nil
  }

  /// The KV head that `head` reads.
  @inlinable
  public func kvHead(of head: Int) -> Int { head / (heads / kvHeads) }

  /// The keys that query `row` sees.
  @inlinable
  public func visibleKeys(_ row: Int) -> Range<Int> {
    let position = row + queryOffset
    switch mask {
    case .none: return 0..<keys
    case .causal: return 0..<max(0, min(keys, position + 1))
    case .slidingWindow(let window):
      let end = max(0, min(keys, position + 1))
      return min(end, max(0, position - window + 1))..<end
    }
  }

  /// The number of visible (query, key) pairs of one head.
  public var pairs: Int { (0..<rows).reduce(0) { $0 + visibleKeys($1).count } }
}

/// An attention problem: its shape and its inputs, already rounded to the storage format.
public struct AttentionProblem: Sendable {
  public let shape: AttentionShape
  /// [heads, rows, dimension].
  public let q: [Double]
  /// [kvHeads, keys, dimension].
  public let k: [Double]
  /// [kvHeads, keys, dimension].
  public let v: [Double]

  /// - Precondition: the sizes fit the shape.
  public init(shape: AttentionShape, q: [Double], k: [Double], v: [Double]) {
    precondition(q.count == shape.heads * shape.rows * shape.dimension)
    precondition(k.count == shape.kvHeads * shape.keys * shape.dimension)
    precondition(v.count == k.count)
    self.shape = shape
    self.q = q
    self.k = k
    self.v = v
  }

  /// The problem with its inputs rounded to `format`.
  public func rounded(to format: AttentionPrecision.Format) -> AttentionProblem {
    AttentionProblem(
      shape: shape, q: q.map(format.round), k: k.map(format.round), v: v.map(format.round))
  }
}
