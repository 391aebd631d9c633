internal import Workload

extension TextBuffer {
  /// Appends the `attributes` object of an operation; defaults are left out.
  mutating func append(_ operation: Operation) {
    switch operation {
    case .gemm(let product), .gemv(let product):
      append("{\"m\":")
      append(product.m)
      append(",\"k\":")
      append(product.k)
      append(",\"n\":")
      append(product.n)
      if product.batch != 1 {
        append(",\"batch\":")
        append(product.batch)
      }
    case .attention(let attention), .softmax(.attention(let attention)): append(attention)
    case .softmax(.plain(let rows, let columns)): append(rows: rows, columns: columns)
    case .norm(let norm):
      append(rows: norm.rows, columns: norm.columns)
      append(function: norm.function.rawValue)
    case .rope(let rope):
      append("{\"tokens\":")
      append(rope.tokens)
      append(",\"heads\":")
      append(rope.heads)
      append(",\"head_dim\":")
      append(rope.headDim)
    case .activation(let activation):
      append(rows: activation.rows, columns: activation.columns)
      append(function: activation.function.rawValue)
      if activation.gated { append(",\"gated\":true") }
    case .elementwise(let elementwise):
      append(rows: elementwise.rows, columns: elementwise.columns)
      append(function: elementwise.function.rawValue)
    case .gate(let gate):
      append("{\"tokens\":")
      append(gate.tokens)
      append(",\"hidden\":")
      append(gate.hidden)
      append(",\"experts\":")
      append(gate.experts)
    case .topK(let topK):
      append(rows: topK.rows, columns: topK.columns)
      append(",\"k\":")
      append(topK.k)
    case .gather(let gather): append(rows: gather.rows, columns: gather.columns)
    case .scan(let scan):
      append(rows: scan.rows, columns: scan.columns)
      append(",\"state\":")
      append(scan.state)
    case .expertFFN(let ffn):
      append("{\"hidden\":")
      append(ffn.hidden)
      append(",\"intermediate\":")
      append(ffn.intermediate)
      append(",\"matrices\":")
      append(ffn.matrices)
      append(function: ffn.function.rawValue)
      append(",\"tokens_per_expert\":")
      append(ffn.tokensPerExpert)
    case .embedding(let table), .head(let table):
      append("{\"tokens\":")
      append(table.tokens)
      append(",\"hidden\":")
      append(table.hidden)
      append(",\"vocabulary\":")
      append(table.vocabulary)
    case .collective(let collective):
      append("{\"function\":\"")
      appendPlain(collective.function.rawValue)
      append("\",\"group\":")
      append(collective.group)
      append(",\"bytes\":")
      append(collective.bytes)
    case .memoryMove(let move):
      append("{\"function\":\"")
      appendPlain(move.function.rawValue)
      append("\"")
      if move.sinks != 0 {
        append(",\"sinks\":")
        append(move.sinks)
      }
    }
    append("}")
  }

  private mutating func append(_ attention: Attention) {
    append("{\"heads\":")
    append(attention.heads)
    append(",\"kv_heads\":")
    append(attention.kvHeads)
    append(",\"head_dim\":")
    append(attention.headDim)
    if attention.valueDim != attention.headDim {
      append(",\"value_dim\":")
      append(attention.valueDim)
    }
    append(attention.causal ? ",\"causal\":true" : ",\"causal\":false")
    if let window = attention.window {
      append(",\"window\":")
      append(window)
    }
    if attention.sinks != 0 {
      append(",\"sinks\":")
      append(attention.sinks)
    }
    if let selected = attention.selected {
      append(",\"selected\":")
      append(selected)
    }
    if let block = attention.block {
      append(",\"block\":")
      append(block)
    }
    if let period = attention.period {
      append(",\"period\":")
      append(period)
    }
    if let active = attention.activeHeads {
      append(",\"active_heads\":")
      append(active)
    }
    if let read = attention.kvHeadsRead {
      append(",\"kv_heads_read\":")
      append(read)
    }
    if attention.function != .softmax { append(function: attention.function.rawValue) }
    if attention.part != .whole {
      append(",\"part\":\"")
      appendPlain(attention.part.rawValue)
      append("\"")
    }
  }

  private mutating func append(rows: Int, columns: Int) {
    append("{\"rows\":")
    append(rows)
    append(",\"columns\":")
    append(columns)
  }

  private mutating func append(function: String) {
    append(",\"function\":\"")
    appendPlain(function)
    append("\"")
  }
}
