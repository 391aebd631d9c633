import Testing

@testable import DRAM

/// A memory that could do nothing but refresh is refused: a run on it would not end.
@Suite struct RefreshTimeTests {
  private static func memory(_ name: String, interval: Int) throws -> MemoryStandard {
    var standard = try Repository.standard(name)
    standard.timing["nREFI"]?.value = interval
    standard.timing["nREFI"]?.duration = nil
    return standard
  }

  /// A refresh of HBM2 takes 350 clocks and a row 48: 399 is the first interval that leaves any time.
  @Test func theIntervalExceedsARefreshAndARow() throws {
    for interval in [1, 350, 398] {
      let error = #expect(throws: MemoryError.self) {
        try Self.memory("hbm2-2000", interval: interval).validate()
      }
      #expect(error?.description.contains("REFab and a row between two of them take 398") == true)
    }
    let least = try Self.memory("hbm2-2000", interval: 399)
    let statistics = try runStream(
      .sequential, count: 200, on: least, configuration: ControllerConfiguration())
    #expect(statistics.reads == 200)
  }

  /// Refreshes of single banks have 160 clocks each, and those of two banks are 8 apart.
  @Test func banksByThemselvesAndHotMemoriesHaveTheirOwnBounds() throws {
    var configuration = ControllerConfiguration()
    configuration.refresh = .perBank
    let short = try Self.memory("hbm2-2000", interval: 208)
    #expect(throws: MemoryError.self) { try configuration.validate(for: short) }
    try configuration.validate(for: try Self.memory("hbm2-2000", interval: 209))
    configuration.refresh = .allBank
    configuration.hotRefresh = true
    let hot = try Self.memory("hbm2-2000", interval: 797)
    #expect(throws: MemoryError.self) { try configuration.validate(for: hot) }
    try configuration.validate(for: try Self.memory("hbm2-2000", interval: 798))
  }

  /// Products wait until a row of them fits before the next rank's refresh.
  @Test(arguments: ["dual", "single"])
  func aRowOfProductsFitsBetweenTwoRefreshes(buffer: String) throws {
    let short = try Self.memory("hbm2-neupims-\(buffer)", interval: 750)
    let error = #expect(throws: MemoryError.self) { try short.validate() }
    #expect(error?.description.contains("a row of products") == true)
    try Self.memory("hbm2-neupims-\(buffer)", interval: 1000).validate()
  }
}
