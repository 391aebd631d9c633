internal import Units
internal import Workload

/// The rules of one operator's parameters, and bounds of its work and traffic.
struct OperatorBounds {
  private let tokens: Double
  private let keys: Double
  private let pairs: Double

  init(tokens: Double, keys: Double, pairs: Double) {
    self.tokens = tokens
    self.keys = keys
    self.pairs = pairs
  }

  /// Checks the parameters; returns bytes that may be touched beyond the tensors' own sizes.
  func check(_ subject: Operator) throws -> Double {
    switch subject.operation {
    case .gemm(let product):
      try checkProduct(product)
      return 0
    case .gemv(let product):
      if product.m != 1 { throw invalid("m", "a gemv has m = 1", "use gemm, or leave m out") }
      try checkProduct(product)
      return 0
    case .attention(let attention): return try checkAttention(attention, of: subject)
    case .softmax(.attention(let attention)): return try checkAttention(attention, of: subject)
    case .softmax(.plain(let rows, let columns)):
      return try bounded(size("rows", rows) * size("columns", columns))
    case .norm(let norm):
      return try bounded(size("rows", norm.rows) * size("columns", norm.columns))
    case .rope(let rope):
      return try bounded(
        size("tokens", rope.tokens) * size("heads", rope.heads) * size("head_dim", rope.headDim))
    case .activation(let activation):
      return try bounded(size("rows", activation.rows) * size("columns", activation.columns))
    case .elementwise(let elementwise):
      return try bounded(size("rows", elementwise.rows) * size("columns", elementwise.columns))
    case .gate(let gate):
      return try bounded(
        size("tokens", gate.tokens) * size("hidden", gate.hidden) * size("experts", gate.experts))
    case .topK(let topK):
      if topK.k > topK.columns {
        throw invalid("k", "\(topK.k) of \(topK.columns) columns", "choose at most all columns")
      }
      return try bounded(
        size("rows", topK.rows) * size("columns", topK.columns) + size("k", topK.k))
    case .gather(let gather):
      let elements = try size("rows", gather.rows) * size("columns", gather.columns)
      _ = try bounded(elements)
      return try bytes(elements)
    case .scan(let scan):
      return try bounded(
        size("rows", scan.rows) * size("columns", scan.columns)
          + size("rows", scan.rows) * size("state", scan.state))
    case .expertFFN(let ffn): return try checkExperts(ffn)
    case .embedding(let embedding):
      try checkEmbedding(embedding)
      var rows = 0.0
      for tensor in subject.inputs where tensor.role == .weight {
        rows += tensor.shape.dropFirst().reduce(1.0) { $0 * Double(max($1, 1)) }
      }
      return try bytes(rows * Double(embedding.tokens))
    case .head(let head):
      try checkEmbedding(head)
      return 0
    case .collective(let collective): return try checkCollective(collective)
    case .memoryMove(let move):
      _ = try size("sinks", move.sinks)
      var appended = 0.0
      for tensor in subject.outputs where tensor.role == .kv {
        appended += tensor.shape.dropFirst(2).reduce(tokens) { $0 * Double(max($1, 1)) }
      }
      return try bytes(appended)
    }
  }

  private func checkProduct(_ product: MatrixProduct) throws {
    _ = try bounded(
      size("m", product.m) * size("k", product.k) * size("n", product.n)
        * size("batch", product.batch))
  }

  private func checkAttention(
    _ attention: Attention, of subject: Operator
  ) throws -> Double {
    let heads = try size("heads", attention.heads)
    let groups = try size("kv_heads", attention.kvHeads)
    if attention.heads == 0 || attention.kvHeads == 0 || attention.heads % attention.kvHeads != 0 {
      throw invalid(
        "heads", "\(attention.heads) query heads on \(attention.kvHeads) kv heads",
        "heads is a positive multiple of kv_heads")
    }
    if let window = attention.window, try size("window", window) == 0 {
      throw invalid("window", "no key is visible", "leave it out for no window")
    }
    var picked = 0.0
    if let selected = attention.selected {
      if selected == 0 { throw invalid("selected", "no key is visible", "leave it out for all") }
      picked = try size("selected", selected) * tokens
    }
    try checkChoice(attention, subject.requests)
    if subject.requests.isEmpty {
      throw LineError(
        "attention has no requests", field: "requests",
        remedy: "add the lengths: [[first, count, query, kv]]")
    }
    let dimension = try size("head_dim", attention.headDim) + size("value_dim", attention.valueDim)
    _ = try size("sinks", attention.sinks)
    // The triangle of causal pairs is formed before it is halved: at most twice the rectangle.
    _ = try bounded(2 * heads * pairs * (dimension + 1))
    var widest = 1.0
    for tensor in subject.inputs where tensor.role == .kv {
      widest = max(widest, Double(tensor.shape.last ?? 1))
    }
    return try bytes(2 * (keys + picked) * groups * widest)
  }

  /// The attributes of sparse policies and of routed heads.
  private func checkChoice(_ attention: Attention, _ requests: [RequestRun]) throws {
    for (field, value) in [("block", attention.block), ("period", attention.period)] {
      guard let value else { continue }
      guard let selected = attention.selected, attention.causal, attention.window == nil else {
        throw invalid(
          field, "needs 'selected' and causal attention without a window",
          "leave it out, or say how many keys are selected")
      }
      if value < 1 || value > JSONScanner.largestInteger {
        throw invalid(field, "is \(value)", "write a positive number of tokens")
      }
      if field == "block" && (selected % value != 0 || attention.period != nil) {
        throw invalid(
          field, "\(selected) selected keys are not whole blocks of \(value), or there is a period",
          "make selected a multiple of block and leave period out")
      }
      // Sums over all earlier positions are formed on the way.
      for run in requests { _ = try bounded(Double(run.kv) * Double(run.kv)) }
    }
    if let active = attention.activeHeads, active < 1 || active > attention.heads {
      throw invalid(
        "active_heads", "\(active) of \(attention.heads) heads", "write at least 1, at most all")
    }
    guard let read = attention.kvHeadsRead else { return }
    if read.count != requests.count {
      throw invalid(
        "kv_heads_read", "\(read.count) numbers for \(requests.count) runs",
        "write one number a run")
    }
    for (heads, run) in zip(read, requests) where heads > run.count * attention.kvHeads {
      throw invalid(
        "kv_heads_read", "\(heads) of \(run.count) requests with \(attention.kvHeads) heads",
        "write at most requests times kv_heads")
    }
  }

  private func checkExperts(_ ffn: ExpertFFN) throws -> Double {
    if ffn.tokensPerExpert.isEmpty {
      throw invalid("tokens_per_expert", "there is no expert", "write one count an expert")
    }
    if ffn.matrices != 2 && ffn.matrices != 3 {
      throw invalid("matrices", "\(ffn.matrices) matrices", "write 2, or 3 when gated")
    }
    var routed = 0.0
    for count in ffn.tokensPerExpert { routed += try size("tokens_per_expert", count) }
    return try bounded(
      routed * size("hidden", ffn.hidden) * size("intermediate", ffn.intermediate)
        * Double(ffn.matrices))
  }

  private func checkEmbedding(_ embedding: Embedding) throws {
    _ = try bounded(
      size("tokens", embedding.tokens) * size("hidden", embedding.hidden)
        * size("vocabulary", embedding.vocabulary))
  }

  private func checkCollective(_ collective: Collective) throws -> Double {
    if collective.group.isEmpty {
      throw invalid("group", "there is no device", "list the device indices")
    }
    for device in collective.group { _ = try size("group", device) }
    if Set(collective.group).count != collective.group.count {
      throw invalid("group", "a device is listed twice", "list each device once")
    }
    return try size("bytes", collective.bytes) * Double(collective.group.count)
  }

  /// A parameter as a factor.
  private func size(_ field: String, _ value: Int) throws -> Double {
    if value < 0 || value > JSONScanner.largestInteger {
      throw invalid(field, "\(value) is negative or above 2^53", "correct the size")
    }
    return Double(value)
  }

  /// Checks a number of elements or multiply-accumulates: 16 operations each stay below 2^62.
  private func bounded(_ elements: Double) throws -> Double {
    if elements * 16 >= OperatorCheck.limit {
      throw OperatorCheck.overflow("the work", "attributes")
    }
    return 0
  }

  /// The bytes of elements of at most 64 bits, which are counted in bits on the way.
  private func bytes(_ elements: Double) throws -> Double {
    if elements * 64 >= OperatorCheck.limit {
      throw OperatorCheck.overflow("the bytes moved", "attributes")
    }
    return elements * 8
  }

  private func invalid(_ field: String, _ what: String, _ remedy: String) -> LineError {
    LineError(what, field: "attributes.\(field)", remedy: remedy)
  }
}
