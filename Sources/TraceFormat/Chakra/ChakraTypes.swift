internal import Units
internal import Workload

/// Names of element types as PyTorch and Chakra write them.
enum TorchType {
  private static let names: [(String, DataType)] = [
    ("float", .f32), ("c10::Half", .f16), ("c10::BFloat16", .bf16), ("double", .f64),
    ("c10::Float8_e4m3fn", .f8e4m3), ("c10::Float8_e5m2", .f8e5m2),
    ("long int", .i64), ("long", .i64), ("int", .i32), ("short int", .i16), ("short", .i16),
    ("signed char", .i8), ("unsigned char", .u8), ("bool", .bool),
  ]

  /// The type of `float` or `Tensor(float)`; nil for what is no tensor.
  static func parse(_ text: String) -> DataType? {
    var name = text
    if name.hasPrefix("Tensor("), name.hasSuffix(")") {
      name = String(name.dropFirst(7).dropLast())
    }
    return names.first { $0.0 == name }?.1
  }

  static func name(_ dtype: DataType) -> String {
    names.first { $0.1 == dtype }?.0 ?? dtype.rawValue
  }
}

extension ChakraTensors {
  /// The tensors that shapes and types describe, or nil when they are not plain lists.
  ///
  /// Lists are JSON or Python's spelling of them.
  var tensors: [(shape: [Int], dtype: DataType)]? {
    guard let shapes = Self.list(shapes), let types = Self.list(types), shapes.count == types.count
    else { return nil }
    var result: [(shape: [Int], dtype: DataType)] = []
    for (shape, type) in zip(shapes, types) {
      guard let type = type.stringValue, let dtype = TorchType.parse(type),
        let extents = shape.arrayValue?.map(\.intValue), !extents.contains(nil)
      else { return nil }
      result.append((extents.compactMap { $0 }, dtype))
    }
    return result
  }

  /// The first element type that is named, whether or not the lists are plain.
  var firstType: DataType? {
    (Self.list(types) ?? []).lazy.compactMap { $0.stringValue.flatMap(TorchType.parse) }.first
  }

  private static func list(_ text: String) -> [JSONValue]? {
    let bytes = text.utf8.map { $0 == UInt8(ascii: "'") ? UInt8(ascii: "\"") : $0 }
    return (try? JSONValue.parse(String(decoding: bytes, as: UTF8.self)))?.arrayValue
  }

  /// Shapes and types of tensors, with their ids as values.
  init(_ tensors: [Tensor]) {
    values = "[" + tensors.map { "\($0.id)" }.joined(separator: ", ") + "]"
    shapes =
      "["
      + tensors.map { "[" + $0.shape.map(String.init).joined(separator: ", ") + "]" }
      .joined(separator: ", ") + "]"
    types =
      "["
      + tensors.map { "\"Tensor(\(TorchType.name($0.dtype)))\"" }.joined(separator: ", ") + "]"
  }
}
