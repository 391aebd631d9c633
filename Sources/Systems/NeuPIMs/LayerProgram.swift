internal import DRAM
internal import Devices
internal import Units
internal import Workload

/// The operators of one layer (or of what stands before or after all layers) as the devices run them.
struct LayerProgram {
  /// One operator, ready to be built for a number of tokens.
  struct Task {
    enum Work {
      /// m comes from the group of requests.
      case product(k: Int, n: Int, hasBias: Bool)
      case rows(VectorFunction, columns: Int, inputs: Int, parameters: Int)
      /// A row of each table for a token, and no time of the units.
      case gather(rowBytes: Int, tables: Int, vocabulary: Int)
    }

    var op: Operator
    var work: Work
    /// Bytes a token that all devices sum afterwards.
    var reducedBytes: Int
    /// Whether only the newest token of each request takes part.
    var isPerRequest: Bool
  }

  /// The layer, or nil for what stands before or after all.
  var number: Int?
  var before: [Task] = []
  var attention: Operator?
  var append: Operator?
  var after: [Task] = []
}

/// Collects operators into layers and cuts them over tensor-parallel devices.
///
/// A product after a norm is cut by columns, one after attention or an activation by rows, with a sum over the devices
/// after it, as Megatron does; norms, residuals and embeddings are on every device.
struct LayerBuilder {
  let tensor: Int
  private var isReduced = false

  init(tensor: Int) {
    self.tensor = tensor
  }

  /// A device's part of what is cut over all.
  ///
  /// - Throws: `SystemError` when the devices would have unequal parts.
  private func share(_ value: Int, _ what: String, of op: Operator) throws(SystemError) -> Int {
    guard value % tensor == 0 else {
      throw SystemError(
        "parallel.tensor (\(tensor)) does not divide the \(value) \(what) of operator \(op.id) ('\(op.name)'); use \(Self.divisors(of: value, around: tensor))"
      )
    }
    return value / tensor
  }

  /// The divisors of `value` next to `number`, as a text.
  private static func divisors(of value: Int, around number: Int) -> String {
    let below = (1...max(number, 1)).last { value % $0 == 0 }
    let above = number < value ? (number...value).first { value % $0 == 0 } : nil
    return [below, above].compactMap { $0.map(String.init) }.joined(separator: " or ")
  }

  /// Checks that the devices can divide the heads of an attention.
  private func checkHeads(_ attention: Attention, of op: Operator) throws(SystemError) {
    _ = try share(attention.heads, "attention heads", of: op)
    guard attention.kvHeads >= tensor || attention.heads == attention.kvHeads else {
      throw SystemError(
        "parallel.tensor (\(tensor)) exceeds the \(attention.kvHeads) key and value heads of operator \(op.id) ('\(op.name)'), and copies of a head on several devices are not modelled; use \(Self.divisors(of: attention.kvHeads, around: attention.kvHeads))"
      )
    }
    _ = try share(attention.kvHeads, "key and value heads", of: op)
  }

  /// Adds an operator to a layer.
  ///
  /// - Throws: `SystemError` for an operator that these systems cannot run.
  mutating func add(_ op: Operator, to layer: inout LayerProgram) throws {
    let work: LayerProgram.Task.Work
    var reduced = 0
    var isPerRequest = false
    let bytes = op.computeBytes
    switch op.operation {
    case .attention(let attention):
      guard attention.part == .whole, attention.isDense, layer.attention == nil else {
        throw SystemError(
          "operator \(op.id) ('\(op.name)') is a part of attention or sparse; these systems run whole, dense attention: emit the trace with --fuse attention"
        )
      }
      try checkHeads(attention, of: op)
      layer.attention = op
      isReduced = true
      return
    case .memoryMove(let move) where move.function == .kvAppend:
      layer.append = op
      return
    case .gemm(let product), .gemv(let product):
      let hasBias = op.inputs.contains { $0.role == .weight && $0.shape.rank == 1 }
      if isReduced {
        work = .product(k: try share(product.k, "rows", of: op), n: product.n, hasBias: hasBias)
        reduced = product.n * bytes
      } else {
        work = .product(k: product.k, n: try share(product.n, "columns", of: op), hasBias: hasBias)
      }
    case .head(let head):
      // Vocabularies are padded to a multiple of the devices.
      work = .product(
        k: head.hidden, n: (head.vocabulary + tensor - 1) / tensor, hasBias: false)
      isPerRequest = true
    case .norm(let norm):
      isReduced = false
      work = .rows(
        .norm, columns: norm.columns, inputs: 1, parameters: norm.function == .layer ? 2 : 1)
    case .activation(let activation):
      isReduced = true
      work = .rows(
        .pointwise, columns: try share(activation.columns, "columns", of: op),
        inputs: activation.gated ? 2 : 1, parameters: 0)
    case .elementwise(let pointwise):
      let isBinary = pointwise.function == .add || pointwise.function == .multiply
      work = .rows(
        .pointwise, columns: pointwise.columns, inputs: max(op.inputs.count, isBinary ? 2 : 1),
        parameters: 0)
    case .gather(let gather):
      // Rows picked from a tensor are copied as they are: a pass through the vector units.
      work = .rows(.pointwise, columns: gather.columns, inputs: 1, parameters: 0)
      isPerRequest = true
    case .rope(let rope):
      // Attention checks the heads.
      work = .rows(
        .pointwise, columns: (rope.heads * rope.headDim + tensor - 1) / tensor, inputs: 1,
        parameters: 0)
    case .embedding(let embedding):
      work = .gather(
        rowBytes: embedding.hidden * bytes,
        tables: max(op.inputs.count { $0.role == .weight }, 1), vocabulary: embedding.vocabulary)
    default:
      throw SystemError(
        "operator \(op.id) ('\(op.name)') is a \(op.kind.rawValue), which NPU and PIM systems do not run; use a dense decoder model"
      )
    }
    let task = LayerProgram.Task(
      op: op, work: work, reducedBytes: reduced, isPerRequest: isPerRequest)
    if layer.attention == nil { layer.before.append(task) } else { layer.after.append(task) }
  }
}

extension Operator {
  /// Bytes of one element of the type it computes in.
  var computeBytes: Int { max(computeType.bits / 8, 1) }
}

extension LayerProgram {
  /// Bytes of a token that the first operator reads: what a pipeline stage gets from the one before.
  var inputBytes: Int {
    guard let task = before.first else {
      guard let op = attention, case .attention(let attention) = op.operation else { return 0 }
      return (attention.heads + 2 * attention.kvHeads) * attention.headDim * op.computeBytes
    }
    switch task.work {
    case .product(let k, _, _): return k * task.op.computeBytes
    case .rows(_, let columns, let inputs, _): return inputs * columns * task.op.computeBytes
    case .gather(let rowBytes, _, _): return rowBytes
    }
  }
}

extension LayerProgram.Task {
  /// The NPU program for a number of tokens.
  func program(tokens: Int, spec: SystolicSpec, traffic: NPUTraffic) -> NPUProgram {
    let bytes = op.computeBytes
    switch work {
    case .product(let k, let n, let hasBias):
      return .product(
        m: tokens, k: k, n: n, elementBytes: bytes, spec: spec, traffic: traffic, hasBias: hasBias)
    case .rows(let function, let columns, let inputs, let parameters):
      return .rows(
        function, rows: tokens, columns: columns, inputs: inputs, parameters: parameters,
        elementBytes: bytes, spec: spec, traffic: traffic)
    case .gather(let rowBytes, let tables, _):
      return .gather(tokens: tokens, bytes: rowBytes, tables: tables)
    }
  }
}
