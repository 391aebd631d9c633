import DRAM
import Units

/// Seeded request lists that reach the corners of a controller.
enum Workload {
  /// A mix of streams: sequential or random rows and banks, bursts of arrivals and pauses, some writes.
  static func random(_ compiled: CompiledStandard, count: Int, seed: UInt64) -> [MemoryRequest] {
    var generator = SeededGenerator(seed: seed)
    let organization = compiled.standard.organization
    let writes = [0, 0, 20, 50, 100][generator.next(below: 5)]
    let banks = [1, 2, compiled.bankCount][generator.next(below: 3)]
    let rows = [1, 2, 4, 1000][generator.next(below: 4)]
    let pause = [0, 0, 3, 40, 700][generator.next(below: 5)]
    let isSequential = generator.next(below: 3) == 0
    let offset = generator.next(below: compiled.bankCount)
    var tick = 0
    return (0..<count).map { index in
      if pause > 0 && generator.next(below: 4) == 0 { tick += generator.next(below: pause) }
      let column =
        isSequential
        ? index / banks % organization.columns : generator.next(below: organization.columns)
      let row =
        isSequential
        ? index / banks / organization.columns : generator.next(below: min(rows, organization.rows))
      let bank = isSequential ? index % banks : generator.next(below: banks)
      return MemoryRequest(
        tick: tick, isWrite: generator.next(below: 100) < writes,
        bank: (bank + offset) % compiled.bankCount, row: row % organization.rows, column: column)
    }
  }

  /// A configuration that fits the standard.
  static func configuration(
    _ compiled: CompiledStandard, seed: UInt64, stepping: Stepping
  ) -> ControllerConfiguration {
    var generator = SeededGenerator(seed: seed &+ 99)
    var configuration = ControllerConfiguration()
    configuration.stepping = stepping
    var modes = RefreshMode.allCases
    if compiled.standard.refresh.perBank == nil { modes.removeAll { $0 == .perBank } }
    configuration.refresh = modes[generator.next(below: modes.count)]
    configuration.hotRefresh = generator.next(below: 4) == 0
    configuration.page = generator.next(below: 4) == 0 ? .closed : .open
    configuration.scheduler = generator.next(below: 6) == 0 ? .fcfs : .frfcfsRowHit
    configuration.readQueue = [4, 32, 32, 64][generator.next(below: 4)]
    configuration.writeQueue = [8, 32][generator.next(below: 2)]
    return configuration
  }
}
