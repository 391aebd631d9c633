internal import Workload

/// The keys under `attributes`, over all kinds; raw values are the names on disk.
enum AttributeKey: String, CaseIterable {
  case m, k, n, batch
  case heads
  case kvHeads = "kv_heads"
  case headDim = "head_dim"
  case valueDim = "value_dim"
  case causal, window, sinks, selected, function, part
  case rows, columns, gated
  case tokens, hidden, experts, state, intermediate, matrices
  case tokensPerExpert = "tokens_per_expert"
  case vocabulary, group, bytes
  case block, period
  case activeHeads = "active_heads"
  case kvHeadsRead = "kv_heads_read"
}

/// A set of attribute keys.
struct AttributeKeys: OptionSet {
  let rawValue: UInt32

  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  init(_ keys: AttributeKey...) {
    rawValue = AttributeKey.allCases.enumerated().reduce(0) { mask, entry in
      keys.contains(entry.element) ? mask | 1 << UInt32(entry.offset) : mask
    }
  }

  /// The keys in the order of the list.
  var names: [String] {
    AttributeKey.allCases.enumerated().compactMap { index, key in
      rawValue >> UInt32(index) & 1 != 0 ? key.rawValue : nil
    }
  }
}

/// Which attribute keys a kind must and may have.
struct AttributeSchema {
  let required: AttributeKeys
  let optional: AttributeKeys

  static let attention = AttributeSchema(
    required: AttributeKeys(.heads, .kvHeads, .headDim, .causal),
    optional: AttributeKeys(.valueDim, .window, .sinks, .selected, .function, .part)
      .union(AttributeKeys(.block, .period, .activeHeads, .kvHeadsRead)))

  private static let none = AttributeKeys([])

  /// The schema of a kind; a softmax without rows and columns is one of `attention`.
  init(of kind: OperatorKind) {
    let required: AttributeKeys
    var optional = AttributeSchema.none
    switch kind {
    case .gemm:
      required = AttributeKeys(.m, .k, .n)
      optional = AttributeKeys(.batch)
    case .gemv:
      required = AttributeKeys(.k, .n)
      optional = AttributeKeys(.m, .batch)
    case .attention:
      self = .attention
      return
    case .softmax: required = AttributeKeys(.rows, .columns)
    case .norm: required = AttributeKeys(.rows, .columns, .function)
    case .rope: required = AttributeKeys(.tokens, .heads, .headDim)
    case .activation:
      required = AttributeKeys(.rows, .columns, .function)
      optional = AttributeKeys(.gated)
    case .elementwise: required = AttributeKeys(.rows, .columns, .function)
    case .gate: required = AttributeKeys(.tokens, .hidden, .experts)
    case .topK: required = AttributeKeys(.rows, .columns, .k)
    case .gather: required = AttributeKeys(.rows, .columns)
    case .scan: required = AttributeKeys(.rows, .columns, .state)
    case .expertFFN:
      required = AttributeKeys(.hidden, .intermediate, .matrices, .function, .tokensPerExpert)
    case .embedding, .head: required = AttributeKeys(.tokens, .hidden, .vocabulary)
    case .collective: required = AttributeKeys(.function, .group, .bytes)
    case .memoryMove:
      required = AttributeKeys(.function)
      optional = AttributeKeys(.sinks)
    }
    self.init(required: required, optional: optional)
  }

  private init(required: AttributeKeys, optional: AttributeKeys) {
    self.required = required
    self.optional = optional
  }
}
