import Numerics
import Testing
import Units

@Suite struct HalfPrecisionTests {
  @Test func everyPatternWidensAsTheStandardLibraryDoes() {
    for pattern in UInt16.min...UInt16.max {
      let expected = Float(Float16(bitPattern: pattern))
      let actual = HalfPrecision.float(fromBits: pattern)
      if expected.isNaN {
        #expect(actual.isNaN && actual.sign == expected.sign)
      } else {
        #expect(actual.bitPattern == expected.bitPattern)
      }
    }
  }

  @Test func everyPatternSurvivesTheRoundTrip() {
    for pattern in UInt16.min...UInt16.max {
      let value = HalfPrecision.float(fromBits: pattern)
      let back = HalfPrecision.bits(of: value)
      if value.isNaN {
        #expect(back & 0x7FFF > 0x7C00)
      } else {
        #expect(back == pattern)
      }
    }
  }

  @Test func narrowingRoundsAsTheStandardLibraryDoes() {
    var generator = SeededGenerator(seed: 12)
    var values: [Float] = [0, -0, 65_504, 65_519.996, 65_520, 0x1p-24, 0x1p-25, 0x1.000002p-25]
    for _ in 0..<50_000 {
      // Exponents around the half-precision range, both ends and the subnormals included.
      let bits = UInt32(truncatingIfNeeded: generator.next())
      let exponent = UInt32(generator.next(below: 50)) + 98
      values.append(Float(bitPattern: bits & 0x807F_FFFF | exponent << 23))
      // Exactly halfway between neighbours.
      values.append(Float(bitPattern: (bits & 0x807F_E000 | exponent << 23) | 0x1000))
    }
    for value in values {
      #expect(HalfPrecision.bits(of: value) == Float16(value).bitPattern, "\(value)")
    }
  }
}
