/// The element type of a tensor.
///
/// Raw values are the names used in traces and configurations.
@frozen
public enum DataType: String, CaseIterable, Hashable, Sendable, Codable {
  case f64, f32, f16, bf16
  case f8e4m3, f8e5m2
  case i64, i32, i16, i8, i4
  case u8, bool

  /// The width of one element in bits.
  @inlinable
  public var bits: Int {
    switch self {
    case .f64, .i64: 64
    case .f32, .i32: 32
    case .f16, .bf16, .i16: 16
    case .f8e4m3, .f8e5m2, .i8, .u8, .bool: 8
    case .i4: 4
    }
  }

  /// Whether the elements are floating-point numbers.
  @inlinable
  public var isFloatingPoint: Bool {
    switch self {
    case .f64, .f32, .f16, .bf16, .f8e4m3, .f8e5m2: true
    case .i64, .i32, .i16, .i8, .i4, .u8, .bool: false
    }
  }

  /// The bytes that `elements` packed elements take, rounded up to a whole byte.
  @inlinable
  public func bytes(_ elements: Int) -> Int {
    let product = elements.multipliedReportingOverflow(by: bits)
    precondition(!product.overflow, "a tensor of 2^60 bytes or more")
    return (product.partialValue + 7) / 8
  }
}
