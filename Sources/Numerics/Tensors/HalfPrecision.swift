/// Conversions between IEEE 754 binary16 bits and binary32 in integer arithmetic.
///
/// They give the same bits with and without the processor's F16C instructions, and vectorise.
public enum HalfPrecision {
  /// The exact binary32 value of binary16 bits; subnormals, infinities and NaN payloads included.
  @inlinable
  public static func float(fromBits bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) &<< 16
    let magnitude = UInt32(bits & 0x7FFF)
    if magnitude >= 0x7C00 {
      // Infinity or NaN; a NaN becomes quiet, as the processor's instruction makes it.
      let quiet: UInt32 = magnitude > 0x7C00 ? 0x0040_0000 : 0
      return Float(bitPattern: sign | 0x7F80_0000 | quiet | ((magnitude & 0x3FF) &<< 13))
    }
    if magnitude < 0x0400 {
      // Zero or subnormal: the fraction counts units of 2^-24, exact in binary32.
      let value = Float(magnitude) * 0x1p-24
      return Float(bitPattern: value.bitPattern | sign)
    }
    // Rebias the exponent from 15 to 127.
    return Float(bitPattern: sign | ((magnitude &<< 13) &+ (112 &<< 23)))
  }

  /// The binary16 bits nearest to a binary32, ties to even; from 65520 up it is infinity.
  @inlinable
  public static func bits(of value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: (bits &>> 16) & 0x8000)
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 {
      return sign | 0x7E00 | UInt16(truncatingIfNeeded: (magnitude &>> 13) & 0x3FF)
    }
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude < 0x3880_0000 {
      // Below the least normal 2^-14. Adding 1/2 leaves round(|x| * 2^24) in the fraction,
      // rounded to nearest even by the addition itself.
      let shifted = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: shifted.bitPattern &- (0.5 as Float).bitPattern)
    }
    let odd = (magnitude &>> 13) & 1
    let rounded = magnitude &- (112 &<< 23) &+ 0xFFF &+ odd
    return sign | UInt16(truncatingIfNeeded: rounded &>> 13)
  }
}
