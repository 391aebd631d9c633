/// The closed vocabulary of operator kinds; raw values are the names on disk.
public enum OperatorKind: String, CaseIterable, Hashable, Sendable, Codable {
  case gemm, gemv, attention, softmax, norm, rope, activation, elementwise, gate
  case topK = "top_k"
  case gather, scan
  case expertFFN = "expert_ffn"
  case embedding, head, collective
  case memoryMove = "memory_move"
}

/// What an operator computes, with the parameters that its work is derived from.
///
/// On disk the parameters stand under `"attributes"` with snake_case keys.
public enum Operation: Hashable, Sendable {
  /// `batch` products of an m×k by a k×n matrix.
  case gemm(MatrixProduct)
  /// `batch` products of a 1×k vector by a k×n matrix; `m` is 1.
  case gemv(MatrixProduct)
  /// Attention of each request's queries over its own keys and values.
  case attention(Attention)
  /// Softmax over the last axis; over each request's own keys when it is a part of attention.
  case softmax(Softmax)
  /// Layer or root-mean-square normalisation of each row.
  case norm(Norm)
  /// Rotary position embedding of queries and keys.
  case rope(Rope)
  /// A pointwise non-linearity, with a gate factor when it is gated.
  case activation(Activation)
  /// A pointwise sum, product, scaling or conversion.
  case elementwise(Elementwise)
  /// The router of a mixture: rows by columns logits from `hidden` features.
  case gate(Gate)
  /// Selection of the k largest of each row.
  case topK(TopK)
  /// Rows picked from a larger tensor.
  case gather(Gather)
  /// A running recurrence over rows.
  case scan(Scan)
  /// The feed-forward networks of a mixture of experts.
  case expertFFN(ExpertFFN)
  /// Rows of the embedding table.
  case embedding(Embedding)
  /// The language-model head: logits of the vocabulary.
  case head(Embedding)
  /// Communication among devices; only in imported traces and inside systems.
  case collective(Collective)
  /// A copy: KV append, load, eviction, or a plain move.
  case memoryMove(MemoryMove)

  /// The kind, without the parameters.
  public var kind: OperatorKind {
    switch self {
    case .gemm: .gemm
    case .gemv: .gemv
    case .attention: .attention
    case .softmax: .softmax
    case .norm: .norm
    case .rope: .rope
    case .activation: .activation
    case .elementwise: .elementwise
    case .gate: .gate
    case .topK: .topK
    case .gather: .gather
    case .scan: .scan
    case .expertFFN: .expertFFN
    case .embedding: .embedding
    case .head: .head
    case .collective: .collective
    case .memoryMove: .memoryMove
    }
  }
}

/// Keys `m`, `k`, `n`, and `batch` (1 when left out).
public struct MatrixProduct: Hashable, Sendable {
  public var m: Int
  public var k: Int
  public var n: Int
  public var batch: Int

  public init(m: Int, k: Int, n: Int, batch: Int = 1) {
    self.m = m
    self.k = k
    self.n = n
    self.batch = batch
  }
}

/// How scores become weights.
public enum AttentionFunction: String, CaseIterable, Hashable, Sendable, Codable {
  case softmax, sigmoid, relu
}

/// Which part of attention an operator does: all of it, or one of the two matrix products.
public enum AttentionPart: String, CaseIterable, Hashable, Sendable, Codable {
  case whole, scores, context
}

/// Keys `heads`, `kv_heads`, `head_dim`, `causal`, and where they differ from the default
/// `value_dim` (= head_dim), `window`, `sinks` (0), `selected`, `block`, `period`, `active_heads`
/// (= heads), `kv_heads_read`, `function` (softmax), `part` (whole).
///
/// The lengths come from the operator's `requests`. A query at position p (0-based, of kv) sees
/// the keys 0...p when causal and all kv keys otherwise, at most `window + sinks` of them when there
/// is a window (the last `window` and the first `sinks`), and at most `selected` of them when a
/// sparse policy picks keys.
public struct Attention: Hashable, Sendable {
  public var heads: Int
  public var kvHeads: Int
  public var headDim: Int
  public var valueDim: Int
  public var causal: Bool
  public var window: Int?
  public var sinks: Int
  public var selected: Int?
  /// Keys are picked in whole blocks of so many tokens, the query's own block among them; `selected`
  /// is a multiple of it.
  public var block: Int?
  /// Every `period`-th position sees all keys; the others see `selected` keys and those that came
  /// after the last such position.
  public var period: Int?
  /// The query heads that each token uses, when a router picks them.
  public var activeHeads: Int?
  /// Key-value heads that at least one query reads, one number a run, summed over its requests.
  public var kvHeadsRead: [Int]?
  public var function: AttentionFunction
  public var part: AttentionPart

  public init(
    heads: Int, kvHeads: Int, headDim: Int, valueDim: Int? = nil, causal: Bool = true,
    window: Int? = nil, sinks: Int = 0, selected: Int? = nil, block: Int? = nil,
    period: Int? = nil, activeHeads: Int? = nil, kvHeadsRead: [Int]? = nil,
    function: AttentionFunction = .softmax, part: AttentionPart = .whole
  ) {
    self.heads = heads
    self.kvHeads = kvHeads
    self.headDim = headDim
    self.valueDim = valueDim ?? headDim
    self.causal = causal
    self.window = window
    self.sinks = sinks
    self.selected = selected
    self.block = block
    self.period = period
    self.activeHeads = activeHeads
    self.kvHeadsRead = kvHeadsRead
    self.function = function
    self.part = part
  }
}

/// Keys `rows` and `columns` for a plain softmax, or the keys of `Attention` for the softmax
/// between the two products of an unfused attention.
public enum Softmax: Hashable, Sendable {
  case plain(rows: Int, columns: Int)
  case attention(Attention)
}

/// Which statistics a norm removes.
public enum NormFunction: String, CaseIterable, Hashable, Sendable, Codable {
  case layer, rms
}

/// Keys `rows`, `columns`, `function`.
public struct Norm: Hashable, Sendable {
  public var rows: Int
  public var columns: Int
  public var function: NormFunction

  public init(rows: Int, columns: Int, function: NormFunction) {
    self.rows = rows
    self.columns = columns
    self.function = function
  }
}

/// Keys `tokens`, `heads` (queries and keys together), `head_dim`.
public struct Rope: Hashable, Sendable {
  public var tokens: Int
  public var heads: Int
  public var headDim: Int

  public init(tokens: Int, heads: Int, headDim: Int) {
    self.tokens = tokens
    self.heads = heads
    self.headDim = headDim
  }
}

/// A pointwise non-linearity.
public enum ActivationFunction: String, CaseIterable, Hashable, Sendable, Codable {
  case relu, gelu
  case geluTanh = "gelu_tanh"
  case silu, sigmoid, tanh
}

/// Keys `rows`, `columns`, `function`, and `gated` (false when left out): a gated activation
/// multiplies the result by a second input of the same shape.
public struct Activation: Hashable, Sendable {
  public var rows: Int
  public var columns: Int
  public var function: ActivationFunction
  public var gated: Bool

  public init(rows: Int, columns: Int, function: ActivationFunction, gated: Bool = false) {
    self.rows = rows
    self.columns = columns
    self.function = function
    self.gated = gated
  }
}

/// A pointwise operation.
public enum ElementwiseFunction: String, CaseIterable, Hashable, Sendable, Codable {
  case add, multiply, scale, shift, cast, quantize, dequantize
}

/// Keys `rows`, `columns`, `function`.
public struct Elementwise: Hashable, Sendable {
  public var rows: Int
  public var columns: Int
  public var function: ElementwiseFunction

  public init(rows: Int, columns: Int, function: ElementwiseFunction) {
    self.rows = rows
    self.columns = columns
    self.function = function
  }
}

/// Keys `tokens`, `hidden`, `experts`.
public struct Gate: Hashable, Sendable {
  public var tokens: Int
  public var hidden: Int
  public var experts: Int

  public init(tokens: Int, hidden: Int, experts: Int) {
    self.tokens = tokens
    self.hidden = hidden
    self.experts = experts
  }
}

/// Keys `rows`, `columns`, `k`.
public struct TopK: Hashable, Sendable {
  public var rows: Int
  public var columns: Int
  public var k: Int

  public init(rows: Int, columns: Int, k: Int) {
    self.rows = rows
    self.columns = columns
    self.k = k
  }
}

/// Keys `rows` (how many are picked) and `columns` (elements of each). The first input is the
/// table, of which only the picked rows are read.
public struct Gather: Hashable, Sendable {
  public var rows: Int
  public var columns: Int

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

/// Keys `rows`, `columns`, `state` (elements of state that each row updates).
public struct Scan: Hashable, Sendable {
  public var rows: Int
  public var columns: Int
  public var state: Int

  public init(rows: Int, columns: Int, state: Int) {
    self.rows = rows
    self.columns = columns
    self.state = state
  }
}

/// Keys `hidden`, `intermediate`, `matrices` (3 when gated, else 2), `function`, and
/// `tokens_per_expert`, one count an expert.
///
/// The weight inputs are either one tensor a matrix with the experts outermost (rank 3), or one
/// tensor a matrix and expert, all matrices of expert 0 first. Experts without tokens are not read.
public struct ExpertFFN: Hashable, Sendable {
  public var hidden: Int
  public var intermediate: Int
  public var matrices: Int
  public var function: ActivationFunction
  public var tokensPerExpert: [Int]

  public init(
    hidden: Int, intermediate: Int, matrices: Int, function: ActivationFunction,
    tokensPerExpert: [Int]
  ) {
    self.hidden = hidden
    self.intermediate = intermediate
    self.matrices = matrices
    self.function = function
    self.tokensPerExpert = tokensPerExpert
  }
}

/// Keys `tokens`, `hidden`, `vocabulary`; of the embedding table and of the head.
///
/// An embedding reads one row of each weight input a token (token and position tables); a head
/// multiplies by the whole table. The `requests` of a head are those that yield a token.
public struct Embedding: Hashable, Sendable {
  public var tokens: Int
  public var hidden: Int
  public var vocabulary: Int

  public init(tokens: Int, hidden: Int, vocabulary: Int) {
    self.tokens = tokens
    self.hidden = hidden
    self.vocabulary = vocabulary
  }
}

/// A pattern of communication.
public enum CollectiveFunction: String, CaseIterable, Hashable, Sendable, Codable {
  case allReduce = "all_reduce"
  case allGather = "all_gather"
  case reduceScatter = "reduce_scatter"
  case allToAll = "all_to_all"
  case broadcast
  case send
  case receive
}

/// Keys `function`, `group` (device indices) and `bytes` (payload of one participant).
public struct Collective: Hashable, Sendable {
  public var function: CollectiveFunction
  public var group: [Int]
  public var bytes: Int

  public init(function: CollectiveFunction, group: [Int], bytes: Int) {
    self.function = function
    self.group = group
    self.bytes = bytes
  }
}

/// Why bytes move.
public enum MemoryMoveFunction: String, CaseIterable, Hashable, Sendable, Codable {
  /// The new keys or values of each request go behind its old ones.
  case kvAppend = "kv_append"
  /// Whole tensors are copied.
  case copy
}

/// Key `function`, and `sinks` (0) of a KV append. A KV append has activations as inputs and KV
/// tensors as outputs, of which it writes the rows of the new tokens.
public struct MemoryMove: Hashable, Sendable {
  public var function: MemoryMoveFunction
  /// Where a KV tensor is shorter than the context, the first tokens that keep their places; the
  /// others go round in the rest.
  public var sinks: Int

  public init(function: MemoryMoveFunction, sinks: Int = 0) {
    self.function = function
    self.sinks = sinks
  }
}
