package import Units

/// Little-endian element bytes of a file as binary32.
package enum FloatDecoding {
  /// Decodes `count` elements; nil when the type is not f64, f32, f16 or bf16.
  ///
  /// - Precondition: `bytes` holds exactly `count` elements of the type.
  package static func floats(
    _ bytes: UnsafeRawBufferPointer, _ type: DataType, count: Int
  ) -> [Float]? {
    guard [.f64, .f32, .f16, .bf16].contains(type) else { return nil }
    precondition(bytes.count == type.bytes(count), "bytes do not match the element count")
    return [Float](unsafeUninitializedCapacity: count) { target, initialized in
      decode(bytes, type, into: target, count: count)
      initialized = count
    }
  }

  /// Decodes into memory that the caller owns.
  package static func decode(
    _ bytes: UnsafeRawBufferPointer, _ type: DataType,
    into target: UnsafeMutableBufferPointer<Float>,
    count: Int
  ) {
    switch type {
    case .f32:
      for i in 0..<count {
        target[i] = Float(
          bitPattern: UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: i &* 4, as: UInt32.self)))
      }
    case .bf16:
      for i in 0..<count {
        target[i] = Float(BFloat16(bitPattern: half(bytes, i)))
      }
    case .f16:
      for i in 0..<count {
        target[i] = HalfPrecision.float(fromBits: half(bytes, i))
      }
    case .f64:
      for i in 0..<count {
        target[i] = Float(
          Double(
            bitPattern: UInt64(
              littleEndian: bytes.loadUnaligned(fromByteOffset: i &* 8, as: UInt64.self))))
      }
    default:
      preconditionFailure("\(type) is not a floating-point file type")
    }
  }

  @inline(__always)
  private static func half(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt16 {
    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
  }
}
