internal import Units
internal import Workload

/// An operation of PyTorch with its arguments, from either kind of trace.
struct TorchCall {
  /// A tensor argument.
  struct Argument: Hashable {
    var shape: [Int]
    var dtype: DataType
    /// Storage and offset, which say what is the same memory; nil when the trace has none.
    var storage: Int?
    var offset = 0
  }

  /// The name, such as `aten::mm`.
  var name: String
  var inputs: [Argument]
  /// Empty when the trace has none; then they follow from the inputs.
  var outputs: [Argument] = []
  /// Whether attention was asked to be causal.
  var isCausal = false

  /// Names that stand for a whole operation; what they call is theirs.
  static let known: Set<String> = [
    "mm", "bmm", "addmm", "baddbmm", "_softmax", "softmax", "_log_softmax", "native_layer_norm",
    "_fused_rms_norm", "rms_norm",
    "embedding", "index_select", "gather", "index", "silu", "silu_", "gelu", "relu", "relu_",
    "sigmoid",
    "tanh", "add", "add_", "sub", "mul", "mul_", "div", "div_", "neg", "pow", "rsqrt", "mean",
    "exp", "cos", "sin", "cat", "copy_", "topk", "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_efficient_attention",
    "scaled_dot_product_attention", "where", "masked_fill", "masked_fill_", "cumsum", "argmax",
  ]

  /// The name without its namespace, when it is one of the known ones.
  static func known(_ name: String) -> String? {
    guard name.hasPrefix("aten::") else { return nil }
    let short = String(name.dropFirst(6))
    return known.contains(short) ? short : nil
  }

  /// The operation, the shapes of outputs that the trace does not give, and the requests of
  /// attention; nil when the arguments make no sense for it.
  func operation() throws(ImportError) -> (Operation, [Argument], [RequestRun])? {
    guard let short = Self.known(name), let first = inputs.first else { return nil }
    for argument in inputs + outputs
    where argument.shape.contains(where: { $0 < 0 || $0 > 1 << 40 }) {
      throw ImportError("\(name): the shape \(argument.shape) is out of range")
    }
    func rows(_ argument: Argument) throws(ImportError) -> (rows: Int, columns: Int) {
      let columns = argument.shape.last ?? 1
      let all = try ImportError.product(of: argument.shape)
      return (columns == 0 ? 0 : all / columns, columns)
    }
    let result = outputs.first ?? Self.broadcast(inputs)
    switch short {
    case "mm", "bmm", "addmm", "baddbmm":
      let operands = short.hasPrefix("add") || short.hasPrefix("badd") ? 1 : 0
      guard inputs.count >= operands + 2 else { return nil }
      let (left, right) = (inputs[operands], inputs[operands + 1])
      guard left.shape.count >= 2, right.shape.count >= 2 else { return nil }
      let output = left.shape.dropLast() + [right.shape[right.shape.count - 1]]
      guard let product = MatrixProduct(left.shape, right.shape, output: Array(output)) else {
        throw ImportError("\(name): \(left.shape) by \(right.shape) is no matrix product")
      }
      return (.gemm(product), [Argument(shape: Array(output), dtype: left.dtype)], [])
    case let attention where attention.hasPrefix("_scaled") || attention.hasPrefix("scaled"):
      guard inputs.count >= 3, inputs.prefix(3).allSatisfy({ $0.shape.count == 4 }) else {
        return nil
      }
      let (q, k, v) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
      guard k[2] >= q[2], k[1] > 0, q[1] % k[1] == 0 else {
        throw ImportError("\(name): queries \(q) and keys \(k) do not fit")
      }
      let operation = Attention(
        heads: q[1], kvHeads: k[1], headDim: q[3], valueDim: v[3], causal: isCausal)
      return (
        .attention(operation), [Argument(shape: [q[0], q[1], q[2], v[3]], dtype: inputs[0].dtype)],
        [RequestRun(first: 0, count: q[0], query: q[2], kv: k[2])]
      )
    case "_softmax", "softmax", "_log_softmax":
      let (rows, columns) = try rows(first)
      return (.softmax(.plain(rows: rows, columns: columns)), [first.bare], [])
    case "native_layer_norm", "_fused_rms_norm", "rms_norm":
      let (rows, columns) = try rows(first)
      let function: NormFunction = short == "native_layer_norm" ? .layer : .rms
      return (.norm(Norm(rows: rows, columns: columns, function: function)), [first.bare], [])
    case "embedding", "index_select", "gather", "index":
      let (picked, columns) = try rows(result)
      let rows = outputs.isEmpty ? inputs.dropFirst().first.map { Int($0.size) } ?? picked : picked
      let width = Int(Argument(shape: Array(first.shape.dropFirst()), dtype: first.dtype).size)
      let output = Argument(shape: [rows, outputs.isEmpty ? width : columns], dtype: first.dtype)
      return (.gather(Gather(rows: rows, columns: output.shape[1])), [output], [])
    case "topk":
      let (rows, columns) = try rows(first)
      let k = min(outputs.first?.shape.last ?? 1, columns)
      return (.topK(TopK(rows: rows, columns: columns, k: k)), [first.bare], [])
    case "cat":
      let rest = inputs.dropFirst().reduce(into: first.shape) { shape, input in
        let axis = zip(shape, input.shape).enumerated().first { $1.0 != $1.1 }?.offset
        if shape.count == input.shape.count, let last = axis ?? shape.indices.last {
          shape[last] = min(shape[last] &+ input.shape[last], 1 << 53)
        }
      }
      let output = Argument(shape: rest, dtype: first.dtype)
      return (.memoryMove(MemoryMove(function: .copy)), [output], [])
    case "copy_": return (.memoryMove(MemoryMove(function: .copy)), [first.bare], [])
    default:
      // A reduction reads more than it writes.
      let worked = result.size < first.size ? first : result
      let (rows, columns) = try rows(worked)
      if let function = Self.activations[short] {
        return (
          .activation(Activation(rows: rows, columns: columns, function: function)),
          [result.bare], []
        )
      }
      let function = Self.pointwise[short] ?? .scale
      return (
        .elementwise(Elementwise(rows: rows, columns: columns, function: function)),
        [result.bare], []
      )
    }
  }

  /// The shape that arguments make together, in the type of the first floating-point one.
  private static func broadcast(_ inputs: [Argument]) -> Argument {
    var shape: [Int] = []
    for input in inputs {
      let missing = max(input.shape.count - shape.count, 0)
      shape = [Int](repeating: 1, count: missing) + shape
      for (offset, extent) in input.shape.reversed().enumerated() {
        let place = shape.count - 1 - offset
        if shape[place] == 1 { shape[place] = extent }
      }
    }
    let typed = inputs.first { $0.dtype.isFloatingPoint && !$0.shape.isEmpty } ?? inputs[0]
    return Argument(shape: shape, dtype: typed.dtype)
  }

  private static let activations: [String: ActivationFunction] = [
    "silu": .silu, "silu_": .silu, "gelu": .gelu, "relu": .relu, "relu_": .relu,
    "sigmoid": .sigmoid, "tanh": .tanh,
  ]
  private static let pointwise: [String: ElementwiseFunction] = [
    "add": .add, "add_": .add, "sub": .add, "mean": .add, "cumsum": .add, "mul": .multiply,
    "mul_": .multiply, "div": .multiply, "div_": .multiply,
  ]
}

extension TorchCall.Argument {
  /// The number of elements, at most 2^53.
  fileprivate var size: Double {
    shape.reduce(1.0) { min($0 * Double(max($1, 0)), 0x1p53) }
  }

  /// The same shape and type without a place in memory.
  fileprivate var bare: TorchCall.Argument { TorchCall.Argument(shape: shape, dtype: dtype) }
}
