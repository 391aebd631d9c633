internal import Units
internal import Workload

/// Gives the tensors of an imported trace their ids and places.
///
/// Imported formats know sizes but seldom addresses: tensors lie one behind the other, at multiples
/// of 256 bytes as in emitted traces.
struct ImportedTensors {
  private var nextID = 0
  private var nextAddress = 0

  /// A tensor of its own.
  mutating func make(
    _ shape: [Int], _ dtype: DataType, role: TensorRole = .activation, name: String = ""
  ) throws(ImportError) -> Tensor {
    var extents = shape
    // Ranks above four: the outermost extents become one.
    while extents.count > TensorShape.maximumRank {
      extents[1] = try ImportError.product(extents[0], extents[1])
      extents.removeFirst()
    }
    let elements = try ImportError.product(of: extents)
    let bytes = try ImportError.product(elements, dtype.bits) / 8
    let address = nextAddress
    nextAddress += (bytes + 255) / 256 * 256
    guard nextAddress < 1 << 62 else { throw ImportError("the tensors overflow 2^62 bytes") }
    nextID += 1
    return Tensor(
      id: nextID - 1, name: name, shape: TensorShape(extents), dtype: dtype, role: role,
      address: address)
  }

  /// Tensors of exactly `count` bytes: whole elements of `dtype`, then single bytes.
  mutating func bytes(
    _ count: Int, _ dtype: DataType, role: TensorRole = .activation
  ) throws(ImportError) -> [Tensor] {
    let width = max(dtype.bits / 8, 1)
    var tensors: [Tensor] = []
    if count >= width { tensors.append(try make([count / width], dtype, role: role)) }
    if count % width > 0 { tensors.append(try make([count % width], .u8, role: role)) }
    return tensors
  }
}

/// Why a part of an imported trace has no counterpart here: what and, where it helps, how to mend it.
struct ImportError: Error {
  var what: String
  var remedy: String

  init(_ what: String, remedy: String = "correct the file, or export it again") {
    self.what = what
    self.remedy = remedy
  }

  /// The product of two sizes, which must be possible.
  static func product(_ left: Int, _ right: Int) throws(ImportError) -> Int {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    guard left >= 0, right >= 0, !overflow, product < 1 << 62 else {
      throw ImportError("a size is negative or overflows 2^62")
    }
    return product
  }

  /// The product of sizes, which must be possible.
  static func product(of sizes: some Sequence<Int>) throws(ImportError) -> Int {
    var result = 1
    for size in sizes { result = try product(result, size) }
    return result
  }

  func located(_ file: String, line: Int? = nil) -> TraceError {
    TraceError(file: file, line: line, what: what, remedy: remedy)
  }
}

/// A trace in memory, between two formats.
struct ImportedTrace {
  var header: TraceHeader
  var operators: [Operator]
  /// What was left out or assumed, for the user.
  var notes: [String] = []
}

extension Operation {
  /// An operation of exactly `flops` operations for something of which no more is known.
  ///
  /// A matrix product of flops / 2 multiply-accumulates, or a pointwise function when it is one by
  /// its name or the count is odd.
  static func equivalent(flops: Int, name: String) -> Operation {
    let isPointwise = pointwiseNames.contains { name.lowercased().contains($0) }
    if flops % 2 != 0 || isPointwise {
      return .elementwise(Elementwise(rows: 1, columns: flops, function: .scale))
    }
    return .gemm(MatrixProduct(m: flops / 2, k: 1, n: 1))
  }

  /// Parts of names that say that no matrix unit is involved.
  private static let pointwiseNames = [
    "norm", "softmax", "gelu", "relu", "silu", "swiglu", "sigmoid", "tanh", "add", "residual",
    "mul",
    "rope", "rotary", "embed", "scale", "mask", "dropout", "copy",
  ]

  /// The layer that a name such as `model.layers.3.mlp` or `layer_3_mlp` tells.
  static func layer(of name: String) -> Int? {
    guard let range = name.range(ofASCII: "layer") else { return nil }
    var rest = name.utf8[range...].drop { $0 == UInt8(ascii: "s") }
    rest = rest.drop {
      $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
    let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard let text = String(digits), let layer = Int(text), layer < 1 << 20 else { return nil }
    return layer
  }
}

extension String {
  /// The index behind the first occurrence of an ASCII text.
  fileprivate func range(ofASCII text: StaticString) -> String.Index? {
    let wanted = Array("\(text)".utf8)
    let bytes = utf8
    var start = bytes.startIndex
    while start != bytes.endIndex {
      if bytes[start...].starts(with: wanted) { return bytes.index(start, offsetBy: wanted.count) }
      start = bytes.index(after: start)
    }
    return nil
  }
}
