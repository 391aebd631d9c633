/// The arithmetic of an operator, split by the unit that does it.
///
/// A multiply-accumulate counts as two operations.
public struct OperatorWork: Hashable, Sendable {
  /// Operations of matrix products.
  public var matrix: Int
  /// Operations of pointwise and row-wise functions.
  public var vector: Int

  public init(matrix: Int = 0, vector: Int = 0) {
    self.matrix = matrix
    self.vector = vector
  }

  /// All operations.
  public var flops: Int { matrix + vector }
}

/// Operations that one element of a row-wise or pointwise function counts for.
///
/// Norm and softmax follow the public simulator of the Duplex authors (4 an element, 7 a score);
/// the others are assumptions: one for each add, multiply, compare, division or exponential of the
/// plain formula.
public enum VectorCost {
  /// Square or centre, accumulate, scale, multiply (the Duplex authors' simulator).
  public static let norm = 4
  /// Max, subtract, exponential, sum, divide, scale, mask (the Duplex authors' simulator).
  public static let softmax = 7
  /// Two products and a sum an element (assumption: the plain formula).
  public static let rope = 3
  /// Decay and update of an element of state, and its part in the row's output (assumption: a
  /// multiply-add each).
  public static let scan = 4
  /// Sigmoid attention: negate, exponential, add, divide (assumption: the plain formula).
  public static let sigmoid = 4

  /// Operations an element of an activation function (assumption: the plain formula).
  public static func activation(_ function: ActivationFunction) -> Int {
    switch function {
    case .relu: 1
    case .sigmoid, .tanh: 4
    case .silu: 5
    case .gelu: 5
    case .geluTanh: 8
    }
  }

  /// Operations a score of an attention function.
  public static func score(_ function: AttentionFunction) -> Int {
    switch function {
    case .softmax: softmax
    case .sigmoid: sigmoid
    case .relu: 1
    }
  }
}

extension Operator {
  /// The arithmetic of this operator, from its parameters and request lengths.
  ///
  /// Complexity: linear in the number of runs or experts.
  public var work: OperatorWork {
    switch operation {
    case .gemm(let product), .gemv(let product):
      return OperatorWork(matrix: 2 * product.batch * product.m * product.k * product.n)
    case .attention(let attention):
      let scores = attention.queryHeads * attention.pairs(of: requests)
      switch attention.part {
      case .whole:
        return OperatorWork(
          matrix: 2 * scores * (attention.headDim + attention.valueDim),
          vector: VectorCost.score(attention.function) * scores)
      case .scores: return OperatorWork(matrix: 2 * scores * attention.headDim)
      case .context: return OperatorWork(matrix: 2 * scores * attention.valueDim)
      }
    case .softmax(.plain(let rows, let columns)):
      return OperatorWork(vector: VectorCost.softmax * rows * columns)
    case .softmax(.attention(let attention)):
      let scores = attention.queryHeads * attention.pairs(of: requests)
      return OperatorWork(vector: VectorCost.score(attention.function) * scores)
    case .norm(let norm):
      return OperatorWork(vector: VectorCost.norm * norm.rows * norm.columns)
    case .rope(let rope):
      return OperatorWork(vector: VectorCost.rope * rope.tokens * rope.heads * rope.headDim)
    case .activation(let activation):
      let each = VectorCost.activation(activation.function) + (activation.gated ? 1 : 0)
      return OperatorWork(vector: each * activation.rows * activation.columns)
    case .elementwise(let elementwise):
      return OperatorWork(vector: elementwise.rows * elementwise.columns)
    case .gate(let gate):
      return OperatorWork(matrix: 2 * gate.tokens * gate.hidden * gate.experts)
    case .topK(let topK):
      return OperatorWork(vector: topK.rows * topK.columns)
    case .scan(let scan):
      return OperatorWork(vector: VectorCost.scan * scan.rows * scan.state)
    case .expertFFN(let ffn):
      let tokens = ffn.tokensPerExpert.reduce(0, +)
      let gated = ffn.matrices == 3 ? 1 : 0
      return OperatorWork(
        matrix: 2 * tokens * ffn.hidden * ffn.intermediate * ffn.matrices,
        vector: (VectorCost.activation(ffn.function) + gated) * tokens * ffn.intermediate)
    case .head(let head):
      return OperatorWork(matrix: 2 * head.tokens * head.hidden * head.vocabulary)
    case .embedding, .gather, .collective, .memoryMove:
      return OperatorWork()
    }
  }
}
