internal import Units
internal import Workload

/// The matrix products of a trace as a topology of SCALE-Sim: `Layer,M,N,K,`.
///
/// Products only: attention gives its two products a request run and key head group, experts one
/// product a matrix and expert.
enum ScaleSimExport {
  static func text(_ operators: [Operator]) -> String {
    var text = "Layer,M,N,K,\n"
    for op in operators {
      for (suffix, product) in products(op) where product.m * product.n * product.k > 0 {
        let name = String(op.name.map { $0 == "," || $0.isNewline ? "_" : $0 }) + suffix
        for _ in 0..<product.batch {
          text += "\(name),\(product.m),\(product.n),\(product.k),\n"
        }
      }
    }
    return text
  }

  private static func products(_ op: Operator) -> [(String, MatrixProduct)] {
    switch op.operation {
    case .gemm(let product), .gemv(let product): return [("", product)]
    case .gate(let gate):
      return [("", MatrixProduct(m: gate.tokens, k: gate.hidden, n: gate.experts))]
    case .head(let head):
      return [("", MatrixProduct(m: head.tokens, k: head.hidden, n: head.vocabulary))]
    case .attention(let attention):
      return op.requests.flatMap { run -> [(String, MatrixProduct)] in
        let rows = run.query * attention.heads / attention.kvHeads
        let keys = attention.keysRead(of: run)
        let batch = run.count * attention.kvHeads
        return [
          (".scores", MatrixProduct(m: rows, k: attention.headDim, n: keys, batch: batch)),
          (".context", MatrixProduct(m: rows, k: keys, n: attention.valueDim, batch: batch)),
        ].filter { pair in
          attention.part == .whole || pair.0 == "." + attention.part.rawValue
        }
      }
    case .expertFFN(let ffn):
      return ffn.tokensPerExpert.enumerated().flatMap { expert, tokens in
        [
          (
            ".\(expert).up",
            MatrixProduct(
              m: tokens, k: ffn.hidden, n: ffn.intermediate, batch: ffn.matrices - 1)
          ),
          (".\(expert).down", MatrixProduct(m: tokens, k: ffn.intermediate, n: ffn.hidden)),
        ]
      }
    default: return []
    }
  }
}
