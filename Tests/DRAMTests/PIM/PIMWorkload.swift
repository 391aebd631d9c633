import Units

@testable import DRAM

/// Host accesses and products that reach one PIM channel at random clocks.
struct PIMWorkload: CustomStringConvertible {
  enum Work {
    case host(first: Int, count: Int, isWrite: Bool, line: HostLine)
    case products([PIMBlock], dispatch: Int?)
  }

  var number: Int
  var memory: Int
  var configuration: PIMConfiguration
  /// In order of clocks.
  var arrivals: [(clock: Int, work: Work)] = []

  var description: String {
    "workload \(number) on memory \(memory), \(configuration), \(arrivals)"
  }

  /// What a run shows to the outside.
  struct Outcome: Equatable {
    var isDone: Bool
    var writesLeft: Int
    var log: [CommandRecord]
    var counts: PIMCommandCounts
    var batches: [HostBatches.Batch]
    var blockDone: [Int]
  }

  var reads: Int { bursts(isWrite: false) }
  var writes: Int { bursts(isWrite: true) }

  private func bursts(isWrite wanted: Bool) -> Int {
    var sum = 0
    for case .host(_, let count, wanted, _) in arrivals.map(\.work) { sum += count }
    return sum
  }

  /// Products of the programs, each with one result.
  var results: Int {
    var sum = 0
    for case .products(let blocks, _) in arrivals.map(\.work) {
      sum += blocks.reduce(0) { $0 + $1.rows * $1.products }
    }
    return sum
  }

  static func random(
    _ number: Int, memories: [CompiledStandard], using generator: inout SeededGenerator
  ) -> PIMWorkload {
    let memory = Int.random(in: memories.indices, using: &generator)
    var workload = PIMWorkload(
      number: number, memory: memory,
      configuration: PIMConfiguration(
        rowHold: Bool.random(using: &generator) ? .held : .released,
        refreshes: Int.random(in: 0..<4, using: &generator) > 0,
        postpones: Int.random(in: 0..<3, using: &generator) == 0))
    let standard = memories[memory].standard
    var clock = 0
    // Few distinct rows, so that accesses hit, conflict, and meet the rows of the products.
    let rows = [0, 1, 2, standard.organization.rows / 2, standard.organization.rows / 2 + 1]
    for _ in 0..<Int.random(in: 1...7, using: &generator) {
      clock +=
        Int.random(in: 0...3, using: &generator) == 0
        ? 0
        : Int.random(in: 0...160, using: &generator)
      if Int.random(in: 0..<3, using: &generator) == 0 {
        let block = PIMBlock(
          loadsOperand: Bool.random(using: &generator),
          rows: Int.random(in: 1...3, using: &generator),
          products: Int.random(in: 1...4, using: &generator),
          columns: Int.random(in: 1...32, using: &generator))
        let isDispatched = Int.random(in: 0..<4, using: &generator) == 0
        workload.arrivals.append(
          (
            clock,
            .products(
              [block],
              dispatch: isDispatched ? clock + Int.random(in: 0...90, using: &generator) : nil)
          ))
        continue
      }
      let isWrite = Int.random(in: 0..<5, using: &generator) < 2
      let columns = standard.organization.columns
      let banks = memories[memory].bankCount
      // A long stream, or many accesses to a few banks.
      let isStream = Bool.random(using: &generator)
      let line = Bool.random(using: &generator) ? HostLine.bulk : .demand
      for _ in 0..<(isStream ? 1 : Int.random(in: 1...12, using: &generator)) {
        let row = rows.randomElement(using: &generator) ?? 0
        let bank = Int.random(in: 0..<(isStream ? banks : 4), using: &generator)
        let first = (row * banks + bank) * columns + Int.random(in: 0..<columns, using: &generator)
        let count = Int.random(in: 1...(isStream ? 90 : 5), using: &generator)
        workload.arrivals.append(
          (clock, .host(first: first, count: count, isWrite: isWrite, line: line)))
      }
    }
    return workload
  }

  /// Runs the workload to its end; `turn` cuts the run into pieces of that many clocks.
  func run(on memories: [CompiledStandard], ticks: Bool, turn: Int? = nil) throws -> Outcome {
    let memory = memories[memory]
    var configuration = configuration
    configuration.ticksEveryClock = ticks
    var channel = try PIMChannel(
      memory, configuration, firstPIMRow: memory.standard.organization.rows / 2)
    channel.isLogging = true
    for (clock, work) in arrivals {
      if let turn {
        while channel.clock < clock { channel.run(until: min(channel.clock + turn, clock)) }
      }
      channel.run(until: clock)
      switch work {
      case .host(let first, let count, let isWrite, let line):
        _ = channel.addHost(first: first, count: count, isWrite: isWrite, line: line)
      case .products(let blocks, let dispatch):
        _ = channel.addProducts(blocks, dispatch: dispatch.map { [$0] })
      }
    }
    // A few writes stay in their queue until others come: `write_low` of the design.
    func isDone() -> Bool {
      channel.isPIMDrained && channel.stream.isEmpty && channel.demand.isEmpty
        && channel.reads.isEmpty
        && channel.queues.isEmpty && channel.writes.count <= channel.rules.queues.writeLow
    }
    while !isDone(), channel.clock < 20_000 { channel.run(until: channel.clock + 250) }
    return Outcome(
      isDone: isDone(), writesLeft: channel.writes.count, log: channel.log, counts: channel.counts,
      batches: (0..<channel.batches.count).map { channel.batches[$0] },
      blockDone: channel.blockDone)
  }
}
