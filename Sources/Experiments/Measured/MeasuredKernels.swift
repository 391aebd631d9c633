public import Configuration
internal import Units

/// Kernels timed on a real device, as `configs/measured/*.yaml` holds them.
public struct MeasuredKernels: Decodable, Hashable, Sendable {
  public let name: String
  /// What was measured on.
  public let device: String
  /// When, with what and how.
  public let source: String
  /// The element type of all operands.
  public let dtype: String
  public let kernels: [MeasuredKernel]

  /// Loads a file or a preset.
  ///
  /// - Throws: `ConfigurationError` with file, line and what is wrong.
  public static func load(_ reference: String) throws(ConfigurationError) -> MeasuredKernels {
    try MeasuredKernels(try PresetLibrary.load(reference, kind: .measured))
  }

  /// Decodes and checks a configuration.
  ///
  /// - Throws: `ConfigurationError` with file, line and what is wrong.
  public init(_ node: ConfigurationNode) throws(ConfigurationError) {
    let result = try node.decode(MeasuredKernels.self)
    guard DataType(rawValue: result.dtype) != nil else {
      let known = DataType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError("\(node.origin): dtype '\(result.dtype)' is none of \(known)")
    }
    guard !result.kernels.isEmpty else {
      throw ConfigurationError("\(node.origin): kernels: give at least one")
    }
    for (index, kernel) in result.kernels.enumerated() {
      if let problem = kernel.problem {
        throw node.located("kernels[\(index)]: \(problem)")
      }
    }
    self = result
  }
}

/// One kernel and its time.
///
/// `gemm` has `m`, `k`, `n` and may have a `count` of such products side by side; attention has
/// `batch`, `heads`, `kv_heads`, `context`, `head_dim`; kernels over matrices have `rows` and
/// `columns`, a gather also the `table_rows` that its rows are picked from; a decode layer has `model`, `batch` and `context`.
public struct MeasuredKernel: Decodable, Hashable, Sendable {
  public enum Kind: String, CaseIterable, Hashable, Sendable, Decodable {
    case gemm
    case decodeAttention = "decode_attention"
    case prefillAttention = "prefill_attention"
    case rmsNorm = "rms_norm"
    case gatedSilu = "gated_silu"
    case softmax, add, copy, gather
    case decodeLayer = "decode_layer"
  }

  public let kind: Kind
  /// The median, and the fastest and slowest repetition.
  public let microseconds: Double
  public let minimum: Double?
  public let maximum: Double?

  public let m: Int?
  public let k: Int?
  public let n: Int?
  public let count: Int?
  public let batch: Int?
  public let heads: Int?
  public let kvHeads: Int?
  public let headDim: Int?
  public let context: Int?
  public let rows: Int?
  public let columns: Int?
  public let tableRows: Int?
  public let model: String?

  private enum CodingKeys: String, CodingKey {
    case kind, microseconds, minimum, maximum, m, k, n, count, batch, heads, context, rows, columns
    case model
    case kvHeads = "kv_heads"
    case headDim = "head_dim"
    case tableRows = "table_rows"
  }

  /// The sizes that the kind needs, in the order of its label.
  var sizes: [(name: String, value: Int?)] {
    switch kind {
    case .gemm: [("m", m), ("k", k), ("n", n)]
    case .decodeAttention, .prefillAttention:
      [
        ("batch", batch), ("heads", heads), ("kv_heads", kvHeads), ("context", context),
        ("head_dim", headDim),
      ]
    case .rmsNorm, .gatedSilu, .softmax, .add, .copy: [("rows", rows), ("columns", columns)]
    case .gather: [("rows", rows), ("columns", columns), ("table_rows", tableRows)]
    case .decodeLayer: [("batch", batch), ("context", context)]
    }
  }

  /// What is wrong with it, or nil.
  var problem: String? {
    guard microseconds > 0, microseconds.isFinite else {
      return "microseconds must be positive and finite"
    }
    guard (minimum ?? microseconds) <= microseconds, (maximum ?? microseconds) >= microseconds
    else {
      return "microseconds must lie between minimum and maximum"
    }
    for (name, value) in sizes {
      guard let value else { return "\(kind.rawValue) needs '\(name)'" }
      guard (1...1 << 28).contains(value) else { return "\(name) must lie between 1 and 2^28" }
    }
    let sizes = sizes.map { Double($0.value ?? 1) } + [Double(count ?? 1)]
    // A layer's tensors are those of its model; those of the others have no more elements than this.
    guard kind == .decodeLayer || sizes.reduce(1, *) < 0x1p60 else {
      return "the product of its sizes must lie below 2^60"
    }
    if let count, !(1...1 << 16).contains(count) { return "count must lie between 1 and 65536" }
    if kind == .decodeLayer, model == nil { return "decode_layer needs 'model'" }
    if let heads, let kvHeads, heads % kvHeads != 0 {
      return "heads must be a multiple of kv_heads"
    }
    return nil
  }

  /// The sizes in words.
  var label: String {
    let values = sizes.map { $0.value ?? 0 }
    return switch kind {
    case .gemm: (count.map { "\($0) of " } ?? "") + values.map(String.init).joined(separator: "x")
    case .decodeAttention, .prefillAttention:
      "batch \(values[0]), \(values[1])/\(values[2]) heads of \(values[4]), \(values[3]) tokens"
    case .rmsNorm, .gatedSilu, .softmax, .add, .copy: "\(values[0])x\(values[1])"
    case .gather: "\(values[0]) of \(values[2]) rows of \(values[1])"
    case .decodeLayer: "\(model ?? ""), batch \(values[0]), \(values[1]) tokens"
    }
  }
}
