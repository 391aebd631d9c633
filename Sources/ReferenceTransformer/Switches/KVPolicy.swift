internal import Workload

/// Which keys each query sees.
///
/// Policies hold for every query, those of prompts too, so that prefilling at once, in chunks or token by
/// token gives equal results. Layers with a window of their own keep it.
public struct KVPolicy: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Every key.
    case full
    /// The last `last` keys, the query's own included, and the first `sinks` (StreamingLLM).
    case window(last: Int, sinks: Int)
    /// A budget of keys for each layer, the first `sinks` among them: sinks and the last keys.
    case budgets([Int], sinks: Int)
    /// Budgets that fall with depth in equal steps, from 2 mean - mean/beta to mean/beta (PyramidKV);
    /// their sum is mean times layers exactly, and a beta of 1 is a uniform budget.
    case pyramid(mean: Int, beta: Double, sinks: Int)
    /// Retrieval heads see every key, the others a window and sinks (RazorAttention).
    case retrieval(RetrievalHeads, window: Int, sinks: Int)
    /// Layers of `select` see every key and pick the `keys` of greatest weight over all heads; layers
    /// behind them read those (TidalDecode). Nil: layer 2 and the middle one.
    case persistent(keys: Int, select: [Int]?)
    /// The query's own block and the `keep - 1` earlier blocks whose mean key scores best (MoBA).
    case blocks(size: Int, keep: Int)
    /// Every `period`-th position sees every key; the others see the `keys` that it weighted most, and
    /// those that came since (recycled attention).
    case recycled(keys: Int, period: Int)
  }

  /// Which key-value heads see every key.
  public enum RetrievalHeads: Hashable, Sendable {
    /// A share of all key-value heads, spread evenly over the layers, the first ones of each.
    case share(Double)
    /// Heads by layer.
    case list([HeadPlace])
  }

  /// A key-value head of a layer.
  public struct HeadPlace: Hashable, Sendable {
    public var layer: Int
    public var head: Int

    public init(layer: Int, head: Int) {
      self.layer = layer
      self.head = head
    }
  }

  public var kind: Kind
  /// Whether steps of phase prefill see every key under the policies that pick keys; the published
  /// forms of persistent and recycled attention do.
  public var isPrefillDense: Bool

  public init(_ kind: Kind, isPrefillDense: Bool = false) {
    self.kind = kind
    self.isPrefillDense = isPrefillDense
  }

  public static let full = KVPolicy(.full)

  /// A window for all layers.
  public static func window(_ last: Int, sinks: Int = 0) -> KVPolicy {
    KVPolicy(.window(last: last, sinks: sinks))
  }
}

/// What a policy means for one layer.
struct LayerKVPolicy: Hashable {
  /// Key-value heads that are cached and read alike.
  struct Group: Hashable {
    var heads: [Int]
    var window: Int?
    var sinks: Int
    /// Whether tokens outside the window are given up, so that the cache may be shorter.
    var isBounded: Bool
  }

  /// How keys are picked by their scores.
  enum Choice: Hashable {
    case selects(keys: Int)
    case follows(keys: Int)
    case blocks(size: Int, keep: Int)
    case recycled(keys: Int, period: Int)
  }

  var groups: [Group]
  var choice: Choice?
}

extension KVPolicy {
  /// The policy of one layer, whose own window, if it has one, stays.
  func layer(
    _ index: Int, _ architecture: TransformerArchitecture, ownWindow: Int?
  ) -> LayerKVPolicy {
    let all = Array(0..<architecture.kvHeads)
    func windowed(_ window: Int, _ sinks: Int) -> LayerKVPolicy {
      LayerKVPolicy(
        groups: [.init(heads: all, window: window, sinks: sinks, isBounded: true)])
    }
    var plain = LayerKVPolicy(
      groups: [.init(heads: all, window: ownWindow, sinks: 0, isBounded: false)])
    switch kind {
    case .full: return plain
    case .window(let last, let sinks): return windowed(min(last, ownWindow ?? last), sinks)
    case .budgets(let budgets, let sinks):
      let window = budgets[index] - sinks
      return windowed(min(window, ownWindow ?? window), sinks)
    case .pyramid(let mean, let beta, let sinks):
      let window = Self.pyramid(mean: mean, beta: beta, layers: architecture.layers)[index] - sinks
      return windowed(min(window, ownWindow ?? window), sinks)
    case .retrieval(let heads, let window, let sinks):
      let full = heads.heads(layer: index, architecture)
      let streaming = all.filter { !full.contains($0) }
      guard ownWindow == nil, !streaming.isEmpty else { return plain }
      let stream = LayerKVPolicy.Group(
        heads: streaming, window: window, sinks: sinks, isBounded: true)
      if full.isEmpty { return LayerKVPolicy(groups: [stream]) }
      return LayerKVPolicy(
        groups: [.init(heads: full, window: nil, sinks: 0, isBounded: false), stream])
    case .persistent(let keys, let select):
      guard ownWindow == nil else { return plain }
      let selecting = select ?? Self.defaultSelection(architecture.layers)
      if selecting.contains(index) {
        plain.choice = .selects(keys: keys)
      } else if let first = selecting.min(), index > first {
        plain.choice = .follows(keys: keys)
      }
      return plain
    case .blocks(let size, let keep):
      if ownWindow == nil { plain.choice = .blocks(size: size, keep: keep) }
      return plain
    case .recycled(let keys, let period):
      if ownWindow == nil { plain.choice = .recycled(keys: keys, period: period) }
      return plain
    }
  }

  /// The layers that TidalDecode selects in: the third and the middle one; the first of small models.
  static func defaultSelection(_ layers: Int) -> [Int] {
    layers <= 4 ? [0] : [2, layers / 2].reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Budgets that fall in equal steps and sum to `mean * layers`.
  static func pyramid(mean: Int, beta: Double, layers: Int) -> [Int] {
    let last = Double(mean) / beta
    let first = 2 * Double(mean) - last
    let step = layers > 1 ? (first - last) / Double(layers - 1) : 0
    func sum(_ count: Int) -> Int {
      if count == layers { return mean * layers }
      let n = Double(count)
      return Int((n * first - step * n * (n - 1) / 2).rounded())
    }
    return (0..<layers).map { sum($0 + 1) - sum($0) }
  }

  /// What is wrong with the policy for a model, in words.
  func problem(_ architecture: TransformerArchitecture) -> String? {
    let layers = architecture.layers
    switch kind {
    case .full: return nil
    case .window(let last, let sinks):
      return last > 0 && sinks >= 0 ? nil : "a window must be positive, and sinks not negative"
    case .budgets(let budgets, let sinks):
      guard budgets.count == layers else {
        return "\(budgets.count) budgets for \(layers) layers; give one a layer"
      }
      return Self.problem(budgets: budgets, sinks: sinks)
    case .pyramid(let mean, let beta, let sinks):
      guard mean > 0, mean <= 1 << 28, beta >= 1, beta <= 1e6 else {
        return "the mean budget must be positive and beta at least 1"
      }
      return Self.problem(
        budgets: Self.pyramid(mean: mean, beta: beta, layers: layers), sinks: sinks)
    case .retrieval(let heads, let window, let sinks):
      guard window > 0, sinks >= 0 else { return "a window must be positive, sinks not negative" }
      switch heads {
      case .share(let share):
        return (0...1).contains(share) ? nil : "a share of \(share); it must lie between 0 and 1"
      case .list(let places):
        for place in places
        where !(0..<layers).contains(place.layer)
          || !(0..<architecture.kvHeads).contains(place.head)
        {
          return "head \(place.layer)/\(place.head) is not among \(layers) layers of "
            + "\(architecture.kvHeads) key-value heads"
        }
        return nil
      }
    case .persistent(let keys, let select):
      guard keys > 0 else { return "the number of keys must be positive" }
      for layer in select ?? [] where !(0..<layers).contains(layer) {
        return "layer \(layer) cannot select; the model has \(layers)"
      }
      return nil
    case .blocks(let size, let keep):
      return size > 0 && keep > 0 && size <= 1 << 20 && keep <= 1 << 20
        ? nil : "the block size and k must lie between 1 and 2^20"
    case .recycled(let keys, let period):
      return keys > 0 && period > 0 && period <= 1 << 28
        ? nil : "the number of keys and the period must be positive"
    }
  }

  private static func problem(budgets: [Int], sinks: Int) -> String? {
    guard sinks >= 0 else { return "sinks must not be negative" }
    guard let least = budgets.min(), least > sinks else {
      return
        "a budget of \(budgets.min() ?? 0) keys with \(sinks) sinks leaves no key for the query"
    }
    return nil
  }
}

extension KVPolicy.RetrievalHeads {
  /// The key-value heads of a layer that see every key, ascending.
  func heads(layer: Int, _ architecture: TransformerArchitecture) -> [Int] {
    switch self {
    case .list(let places):
      return Set(places.filter { $0.layer == layer }.map(\.head)).sorted()
    case .share(let share):
      let total = (share * Double(architecture.layers * architecture.kvHeads)).rounded()
      func before(_ layer: Int) -> Int {
        Int(total) * layer / architecture.layers
      }
      return Array(0..<(before(layer + 1) - before(layer)))
    }
  }
}
