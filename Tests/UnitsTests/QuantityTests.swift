import Testing
import Units

@Suite struct QuantityTests {
  @Test func quantitiesParseExactly() throws {
    #expect(try Frequency(parsing: "3.2 GHz").hertz == 3_200_000_000)
    #expect(try Frequency(parsing: "1300MHz").hertz == 1_300_000_000)
    #expect(try ByteCount(parsing: "16 GiB").count == 16 << 30)
    #expect(try Bandwidth(parsing: "3.352 TB/s").bytesPerSecond == 3_352_000_000_000)
    #expect(try ComputeRate(parsing: "989.4 TFLOPS").flopsPerSecond == 989_400_000_000_000)
    #expect(try Duration(parsing: "0.8 us").picoseconds == 800_000)
    #expect(try Energy(parsing: "3.48 pJ").picojoules == 3.48)
  }

  @Test(arguments: [
    "3.2", "GHz", "3.2 GB", "", "-1 GHz", "1e9 Hz", "0.5 Hz", "99999999999999999999 Hz",
  ])
  func wrongFrequenciesAreRefused(text: String) {
    #expect(throws: QuantityError.self) { try Frequency(parsing: text) }
  }

  @Test func messagesNameTheRightForm() throws {
    let error = #expect(throws: QuantityError.self) { try Frequency(parsing: "3.2 GB") }
    let text = error?.description ?? ""
    #expect(text.contains("'GB' is not one of its units"))
    #expect(text.contains("1.3 GHz"))
  }

  @Test func textRoundTrips() throws {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<500 {
      let value = ByteCount(generator.next(below: 1 << 45))
      #expect(try ByteCount(parsing: value.text) == value)
    }
    #expect(ByteCount(80 << 30).text == "80 GiB")
    #expect(Bandwidth(bytesPerSecond: 3_352_000_000_000).text == "3.352 TB/s")
  }

  @Test func timesRoundUpToWholePicoseconds() {
    let bandwidth = Bandwidth(bytesPerSecond: 3_000_000_000_000)
    #expect(bandwidth.duration(moving: ByteCount(3)) == Duration(picoseconds: 1))
    #expect(bandwidth.duration(moving: ByteCount(4)) == Duration(picoseconds: 2))
    #expect(ComputeRate(flopsPerSecond: 2).duration(computing: 1).seconds == 0.5)
  }
}
