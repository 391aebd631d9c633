internal import Numerics
public import Units
public import Workload

/// Changes of an architecture for study; each changes numerics and trace alike.
///
/// Without a switch set, results are those of the unchanged model to the bit. `docs/executor.md` has
/// the texts of all switches.
public struct ArchitectureSwitches: Hashable, Sendable {
  /// Layers whose attention is left out: no norm, no projections, no KV cache traffic.
  ///
  /// A layer that stands in both sets is dropped whole. Source of the idea: ShortGPT (layers),
  /// "What Matters in Transformers?" (sublayers).
  public var droppedAttention: Set<Int> = []
  /// Layers whose feed-forward network is left out.
  public var droppedFeedForward: Set<Int> = []
  /// Where norms stand; nil keeps the model's placement.
  ///
  /// Norms that the model has no weights for scale by one (arXiv 2502.02732 compares the three).
  public var normPlacement: NormPlacement?
  /// The share of the previous token's key in each key, before the rotary embedding; 0 is off.
  ///
  /// KV shifting: key j becomes (1 - a) key j + a key j-1, values alike. One token's keys and values are
  /// kept as state a layer and request; before the first token they are zero. The published form
  /// learns the shares by head; here they are one number each.
  public var keyShift = 0.0
  /// The share of the previous token's value in each value; 0 is off.
  public var valueShift = 0.0
  /// Shift-FFN: how far the input of a feed-forward network moves towards the previous token's; 0 is
  /// off.
  ///
  /// x'_i = x_i + a g (x_(i-1) - x_i) with the gate g = sigmoid(x_i x_(i-1) / sqrt(hidden)); the first
  /// token stays. The published form learns its editor; this one has no parameters.
  public var feedForwardShift = 0.0
  /// Which keys each query sees.
  public var kvPolicy = KVPolicy.full
  /// The element type of the KV cache: keys and values are rounded to it when they are stored.
  ///
  /// f16 and bf16 round each element; i8 and i4 share one scale a token and head, the largest
  /// magnitude over 127 or 7, stored as f16.
  public var kvType: DataType?
  /// The element types of weights; nil keeps the model's.
  public var weightTypes: WeightTypes?
  /// The decay of linear attention, which takes the place of softmax attention; nil keeps softmax.
  ///
  /// Each head has a state S of head_dim x head_dim: S = decay S + k^T v and the output is scale q S, which
  /// equals (Q K^T scale * M) V with M_ij = decay^(i-j) for j <= i (Lightning Attention-2, without its
  /// norms and gates). There is no KV cache.
  public var linearDecay: Double?
  /// How many attention heads each token uses; nil for all, without a router.
  public var headRouting: HeadRouting?

  public init() {}

  /// Whether keys or values are mixed with those of the token before.
  var shiftsKV: Bool { keyShift != 0 || valueShift != 0 }

  /// - Throws: `ModelError` that names the switch.
  func validate(_ architecture: TransformerArchitecture) throws(ModelError) {
    func fail(_ message: String) -> ModelError { ModelError(architecture.name, message) }
    for layer in droppedAttention.union(droppedFeedForward).sorted()
    where layer < 0 || layer >= architecture.layers {
      throw fail("layer \(layer) cannot be dropped; the model has \(architecture.layers)")
    }
    guard (0...1).contains(keyShift), (0...1).contains(valueShift) else {
      throw fail("a KV shift must lie between 0 and 1")
    }
    guard (0...1).contains(feedForwardShift) else {
      throw fail("ffn_shift is \(feedForwardShift); it must lie between 0 and 1")
    }
    if let linearDecay {
      guard linearDecay > 0, linearDecay <= 1 else {
        throw fail("a decay of \(linearDecay); it must lie above 0 and at most at 1")
      }
      guard kvPolicy.kind == .full, kvType == nil, headRouting == nil else {
        throw fail(
          "linear attention has no KV cache: leave out kv_policy, kv_dtype and active_heads")
      }
    }
    if let kvType, ![.f32, .f16, .bf16, .i8, .i4].contains(kvType) {
      throw fail("a KV cache of \(kvType.rawValue); known: f32, f16, bf16, i8, i4")
    }
    if let what = kvPolicy.problem(architecture) { throw fail("kv_policy: \(what)") }
    if let what = weightTypes?.problem(architecture) { throw fail("weight_dtype: \(what)") }
    if let what = headRouting?.problem(architecture) { throw fail("active_heads: \(what)") }
    if case .retrieval = kvPolicy.kind, headRouting != nil {
      throw fail("active_heads cannot be combined with the kv_policy 'retrieval'")
    }
  }
}

/// A router of attention heads: each token uses the heads whose queries have the greatest norms.
///
/// Source of the idea: MoH (arXiv 2410.11842), whose continued training of a finished model has a router
/// without parameters as well. Heads that are not chosen add nothing; scores are not weighted, so
/// all heads give the unchanged model. Keys and values are written for all heads.
public struct HeadRouting: Hashable, Sendable {
  /// How many heads a token uses.
  public enum Kept: Hashable, Sendable {
    case count(Int)
    /// A share of all heads, rounded.
    case share(Double)
  }

  public var kept: Kept
  /// Whether heads are chosen in whole groups that share keys and values.
  public var isAligned: Bool

  public init(_ kept: Kept, isAligned: Bool = false) {
    self.kept = kept
    self.isAligned = isAligned
  }

  /// The heads that a token uses.
  func count(_ architecture: TransformerArchitecture) -> Int {
    let unit = isAligned ? architecture.heads / architecture.kvHeads : 1
    switch kept {
    case .count(let count): return count
    case .share(let share):
      return max(1, Int((share * Double(architecture.heads / unit)).rounded())) * unit
    }
  }

  func problem(_ architecture: TransformerArchitecture) -> String? {
    if case .share(let share) = kept, !(share > 0 && share <= 1) {
      return "a share of \(share); it must lie above 0 and at most at 1"
    }
    let count = count(architecture)
    guard count >= 1 && count <= architecture.heads else {
      return "\(count) heads; the model has \(architecture.heads)"
    }
    let group = architecture.heads / architecture.kvHeads
    if isAligned && count % group != 0 { return "\(count) heads are not whole groups of \(group)" }
    return nil
  }
}
