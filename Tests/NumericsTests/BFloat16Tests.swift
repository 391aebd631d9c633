import Numerics
import Testing
import Units

@Suite struct BFloat16Tests {
  @Test func everyPatternSurvivesTheRoundTrip() {
    for pattern in UInt16.min...UInt16.max {
      let value = Float(BFloat16(bitPattern: pattern))
      let back = BFloat16(value).bitPattern
      if value.isNaN {
        #expect(back == pattern | 0x40)
      } else {
        #expect(back == pattern)
      }
    }
  }

  @Test(
    arguments: [
      (0x3F80_8000, 0x3F80),  // halfway, even below: down
      (0x3F81_8000, 0x3F82),  // halfway, odd below: up
      (0x3F80_8001, 0x3F81),  // above halfway: up
      (0x3F80_7FFF, 0x3F80),  // below halfway: down
      (0x7F7F_FFFF, 0x7F80),  // the greatest binary32 overflows to infinity
      (0x7F80_0001, 0x7FC0),  // a signalling NaN with a low payload stays a NaN
    ] as [(UInt32, UInt16)])
  func roundsToNearestTiesToEven(bits: UInt32, expected: UInt16) {
    #expect(BFloat16(Float(bitPattern: bits)).bitPattern == expected)
  }

  @Test func roundingIsNeverFurtherThanANeighbour() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<20_000 {
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
      guard value.isFinite else { continue }
      let rounded = BFloat16(value)
      guard Float(rounded).isFinite else { continue }
      let error = (Double(Float(rounded)) - Double(value)).magnitude
      for neighbour in [rounded.bitPattern &- 1, rounded.bitPattern &+ 1] {
        let other = Float(BFloat16(bitPattern: neighbour))
        guard other.isFinite else { continue }
        #expect(error <= (Double(other) - Double(value)).magnitude)
      }
    }
  }
}
