import SimulationCore
import Testing
import Units

private func at(_ picoseconds: Int) -> Instant { Instant(picoseconds: picoseconds) }

@Suite struct StatisticsTests {
  @Test func countersKeepTheirUnit() {
    var counter = Counter("bytes_read", unit: .bytes)
    counter.add(64)
    counter.add()
    #expect(counter.value == 65)
    #expect(counter.unit == .bytes)
  }

  @Test func overlappingWorkIsBusyOnce() {
    var busy = BusyTime()
    busy.occupy(from: at(10), until: at(20))
    busy.occupy(from: at(15), until: at(18))
    busy.occupy(from: at(18), until: at(25))
    busy.occupy(from: at(40), until: at(50))
    #expect(busy.busy == Duration(picoseconds: 25))
    #expect(busy.utilisation(over: Duration(picoseconds: 50)) == 0.5)
    #expect(BusyTime().utilisation(over: .zero) == nil)
  }

  @Test(arguments: 0..<10)
  func busyTimeIsTheSizeOfTheUnion(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var covered = Set<Int>()
    var busy = BusyTime()
    var start = 0
    for _ in 0..<100 {
      start += generator.next(below: 6)
      let end = start + generator.next(below: 12)
      covered.formUnion(start..<end)
      busy.occupy(from: at(start), until: at(end))
    }
    #expect(busy.busy.picoseconds == covered.count)
  }

  @Test func histogramsAreExactBelow256() {
    var histogram = Histogram(unit: .cycles)
    #expect(histogram.mean == nil)
    #expect(histogram.percentile(50) == nil)
    for value in 1...200 { histogram.record(value) }
    #expect(histogram.percentile(50) == 100)
    #expect(histogram.percentile(99) == 198)
    #expect(histogram.percentile(100) == 200)
    #expect(histogram.percentile(0) == 1)
    #expect(histogram.mean == 100.5)
    #expect(histogram.greatest == 200)
    #expect(histogram.least == 1)
  }

  @Test(arguments: 0..<10)
  func percentilesAreNeverBelowTheNearestRankAndAtMostOneIn128Above(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var histogram = Histogram(unit: .picoseconds)
    var values: [Int] = []
    for _ in 0..<2_000 {
      let value = Int(generator.next() >> UInt64(1 + generator.next(below: 62)))
      values.append(value)
      histogram.record(value)
    }
    values.sort()
    for percent in [1.0, 25, 50, 90, 99, 99.9, 100] {
      let exact = values[max(1, Int((percent / 100 * 2_000).rounded(.up))) - 1]
      let estimate = histogram.percentile(percent) ?? -1
      #expect(estimate >= exact)
      #expect(estimate - exact <= exact / 128)
    }
    #expect(histogram.greatest == values.last)
    #expect(histogram.count == 2_000)
  }

  @Test func seriesSpreadAmountsEvenlyAndExactly() {
    var series = TimeSeries(unit: .bytes, window: Duration(picoseconds: 10), capacity: 8)
    series.add(10, from: at(5), until: at(35))
    // 5, 10, 10 and 5 of 30 ps: 1.67, 3.33, 3.33, 1.67 with the running total rounded down.
    #expect(series.amounts == [1, 4, 3, 2])
    series.add(7, at: at(79))
    #expect(series.amounts == [1, 4, 3, 2, 0, 0, 0, 7])
    series.add(1, at: at(80))
    #expect(series.window == Duration(picoseconds: 20))
    #expect(series.amounts == [5, 5, 0, 7, 1])
  }

  @Test(arguments: 0..<10)
  func seriesConserveTheirAmountInBoundedMemory(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var series = TimeSeries(unit: .bytes, window: Duration(picoseconds: 100), capacity: 16)
    var total = 0
    for _ in 0..<500 {
      let start = generator.next(below: 1_000_000)
      let amount = generator.next(below: 10_000)
      series.add(amount, from: at(start), until: at(start + generator.next(below: 5_000)))
      total += amount
      #expect(series.amounts.count <= 16)
      #expect(series.amounts.reduce(0, +) == total)
    }
    #expect(series.amounts.allSatisfy { $0 >= 0 })
  }
}
