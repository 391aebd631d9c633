/// The bfloat16 format: the upper half of a binary32, 8 exponent and 7 stored fraction bits.
///
/// Conversion from `Float` rounds to nearest, ties to even, and keeps infinities and quiet NaNs.
/// Arithmetic is left out: convert to `Float`, compute there, round once.
@frozen
public struct BFloat16: Hashable, Sendable, BitwiseCopyable {
  /// The 16 bits of the encoding: sign, exponent, fraction.
  public var bitPattern: UInt16

  @inlinable
  public init(bitPattern: UInt16) {
    self.bitPattern = bitPattern
  }

  /// Rounds a binary32 to the nearest bfloat16, ties to even; overflow gives infinity.
  @inlinable
  public init(_ value: Float) {
    let bits = value.bitPattern
    // A NaN whose payload lies in the lower half would round to infinity: set the quiet bit.
    let isNaN = bits & 0x7FFF_FFFF > 0x7F80_0000
    let rounded = bits &+ 0x7FFF &+ ((bits &>> 16) & 1)
    bitPattern = UInt16(
      truncatingIfNeeded: isNaN ? (bits &>> 16) | 0x40 : rounded &>> 16)
  }
}

extension Float {
  /// The exact binary32 value of a bfloat16.
  @inlinable
  public init(_ value: BFloat16) {
    self.init(bitPattern: UInt32(value.bitPattern) &<< 16)
  }
}
