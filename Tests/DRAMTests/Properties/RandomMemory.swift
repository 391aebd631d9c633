import Units

@testable import DRAM

/// A random memory system and what is asked of it: extents, arrival times, policies, timings and sizes.
struct RandomMemory: CustomStringConvertible {
  /// How time is moved while the tasks are served.
  enum Drive: CaseIterable {
    /// Everything is queued at the start.
    case run
    /// Time moves in pieces of odd lengths, and tasks come in between.
    case pieces
    /// Tasks come when others complete.
    case completions
  }

  struct Task {
    var source: Int
    var isWrite: Bool
    var extents: [Extent]
    /// Ticks after the moment at which it is queued.
    var delay: Int
  }

  /// Everything that one run leaves behind.
  struct Outcome: Equatable, CustomStringConvertible {
    var completions: [MemorySystem.Completion]
    var commands: [CommandRecord]
    var counts: [Int]
    var latencies: [Int]
    var latencyMaximum: Int
    var ticks: Int
    var series: BandwidthSeries

    var description: String { "\(commands.count) commands, \(ticks) ticks, counts \(counts)" }
  }

  var seed: UInt64
  var standard: MemoryStandard
  var configuration: ControllerConfiguration
  var mapping: String
  var channels: Int
  var drive: Drive
  var tasks: [Task]
  /// Ticks of a piece.
  var piece: Int

  var description: String {
    "seed \(seed): \(standard.name) \(standard.organization.levels.map(\.count)) x \(standard.organization.columns), \(mapping), \(channels) channels, \(drive), \(configuration.scheduler) \(configuration.page) \(configuration.refresh), queues \(configuration.readQueue) \(configuration.writeQueue), postponed \(configuration.refreshPostponement), hot \(configuration.hotRefresh), \(tasks.count) tasks of \(bursts) bursts"
  }

  /// Bursts of all tasks.
  var bursts: Int {
    let burst = standard.burst.bytes.count
    return tasks.reduce(0) {
      $0
        + $1.extents.reduce(0) {
          $0 + ($1.offset + $1.length - 1) / burst - $1.offset / burst + 1
        }
    }
  }

  /// A random case over a standard. `channels` at most so many; `evens` favours extents that treat channels alike.
  init(_ original: MemoryStandard, seed: UInt64, channels most: Int = 2, evens: Bool = false) throws
  {
    var generator = SeededGenerator(seed: seed)
    self.seed = seed
    standard =
      generator.next(below: 6) == 0 ? original : try Self.shaken(original, &generator)
    // With the timings of a standard a burst may take hundreds of ticks.
    let isLong = standard.name != original.name && generator.next(below: 2) == 0
    configuration = Self.configuration(standard, repeats: isLong, &generator)
    mapping = Self.mapping(standard, repeats: isLong, &generator)
    channels = most > 2 ? 1 + generator.next(below: most) : 1 + generator.next(below: 4) / 3
    let all = Drive.allCases
    drive = all[generator.next(below: all.count)]
    piece = 1 + generator.next(below: 900)
    tasks = []
    let organization = standard.organization
    let rowBytes = organization.columns * standard.burst.bytes.count
    let banks = organization.levels.reduce(1) { $0 * $1.count }
    let capacity = rowBytes * organization.rows * banks * channels
    let sources = 1 + generator.next(below: 3)
    let writes = [0, 0, 25, 60, 100][generator.next(below: 5)]
    let count = isLong ? 1 + generator.next(below: 2) : 1 + generator.next(below: 5)
    let unit = standard.burst.bytes.count * (evens || isLong ? channels : 1)
    for _ in 0..<count {
      let most = [6, 20, 60][generator.next(below: 3)]
      let length = min(
        (isLong ? 160 + generator.next(below: 160) : 1 + generator.next(below: most)) * unit,
        capacity)
      let pieces = isLong ? 1 : [1, 1, 2, 7][generator.next(below: 4)]
      let stride = length / pieces * (1 + generator.next(below: 4))
      var extents: [Extent] = []
      var offset = generator.next(below: capacity)
      if evens || generator.next(below: 2) == 0 { offset = offset / unit * unit }
      for _ in 0..<pieces {
        var each = max(length / pieces, 1)
        if evens { each = max(each / unit, 1) * unit }
        if offset + each > capacity { offset = 0 }
        extents.append(Extent(offset: offset, length: each))
        offset += evens ? stride / unit * unit : stride
      }
      tasks.append(
        Task(
          source: generator.next(below: sources), isWrite: generator.next(below: 100) < writes,
          extents: extents, delay: [0, 0, 30, 700][generator.next(below: 4)]))
    }
    for index in tasks.indices where tasks[index].delay > 0 {
      tasks[index].delay = generator.next(below: tasks[index].delay)
    }
  }

  /// The system at rest.
  func makeSystem(_ stepping: Stepping, mode: ChannelMode = .all) throws -> MemorySystem {
    var configuration = configuration
    configuration.stepping = stepping
    return try MemorySystem(
      standard, configuration: configuration, mapping: mapping, channels: channels, mode: mode,
      keepsCommands: true)
  }

  /// Serves all tasks.
  func run(_ memory: MemorySystem) throws -> Outcome {
    var completions: [MemorySystem.Completion] = []
    func queue(_ task: Task) throws {
      _ = try memory.enqueue(
        source: task.source, isWrite: task.isWrite, task.extents, at: memory.now + task.delay)
    }
    switch drive {
    case .run:
      for task in tasks { try queue(task) }
      memory.run()
      completions = memory.takeCompletions()
    case .pieces:
      for (index, task) in tasks.enumerated() {
        try queue(task)
        memory.advance(to: memory.now + 1 + piece * (index + 1) % 611)
        completions += memory.takeCompletions()
      }
      memory.run()
      completions += memory.takeCompletions()
    case .completions:
      let first = (tasks.count + 1) / 2
      for task in tasks[..<first] { try queue(task) }
      var next = first
      while let done = memory.nextCompletion() {
        completions.append(done)
        if next < tasks.count {
          try queue(tasks[next])
          next += 1
        }
      }
    }
    let statistics = memory.statistics
    return Outcome(
      completions: completions, commands: memory.commands, counts: statistics.counts,
      latencies: statistics.latencyHistogram.flatMap { [$0.latency, $0.reads] },
      latencyMaximum: statistics.latencyMaximum, ticks: statistics.ticks,
      series: statistics.series)
  }
}

// MARK: Random parts

extension RandomMemory {
  /// The standard with other sizes and small random timings, so that every constraint binds now and then.
  static func shaken(
    _ original: MemoryStandard, _ generator: inout SeededGenerator
  ) throws -> MemoryStandard {
    var standard = original
    standard.name = original.name + ", shaken"
    for index in standard.organization.levels.indices {
      let isBank = standard.organization.levels[index].name.hasPrefix("bank")
      standard.organization.levels[index].count = 1 + generator.next(below: isBank ? 4 : 2)
    }
    standard.organization.columns = [2, 4, 8, 12][generator.next(below: 4)]
    standard.organization.rows = [48, 64, 256][generator.next(below: 3)]
    func set(_ key: String, _ value: Int) {
      guard standard.timing[key] != nil else { return }
      standard.timing[key]?.value = value
      standard.timing[key]?.duration = nil
      standard.timing[key]?.byDensity = nil
    }
    let kept: Set<String> = ["nREFI", "nCAS"]
    for key in standard.timing.keys.sorted() where !kept.contains(key) {
      var most = 7
      if key.hasPrefix("nRFC") || key.hasPrefix("nRFM") { most = 20 }
      if key == "nFAW" { most = 16 }
      set(key, 1 + generator.next(below: most))
    }
    // What must hold between parameters: a burst fits the bus, data come after the command, the second
    // activation finds a slot.
    let burst = 1 + generator.next(below: 3)
    set("nBL", burst)
    set("nBL_min", burst)
    set("nBL_max", burst + generator.next(below: 3))
    set("nAAD", 8 + generator.next(below: 6))
    let clocks = try standard.timingInClocks()
    if let read = clocks["nCL"] { set("nCWL", 1 + generator.next(below: read)) }
    // Refreshes come often, yet every bank can have its own in time.
    let levels = standard.organization.levels
    let banks = levels.reduce(1) { $0 * $1.count }
    func clock(_ names: String...) -> Int { names.reduce(0) { $0 + (clocks[$1] ?? 0) } }
    let close = clock("nRC", "nRAS", "nRP", "nRPab", "nWR", "nCWL", "nRCD", "nRCDRD", "nPPD") + 24
    let whole = (close + clock("nRFC")) * (banks / (levels.last?.count ?? 1))
    let single =
      standard.refresh.perBank == nil
      ? 0 : banks * (close + clock("nRFCpb", "nRREFD", "nPBR2PBR", "nPBR2ACT"))
    set("nREFI", max(whole, single) * (2 + generator.next(below: 5)))
    return standard
  }

  /// Random policies; where blocks shall repeat, those under which they can.
  private static func configuration(
    _ standard: MemoryStandard, repeats: Bool, _ generator: inout SeededGenerator
  ) -> ControllerConfiguration {
    var configuration = ControllerConfiguration()
    var modes = RefreshMode.allCases
    if standard.refresh.perBank == nil || repeats { modes.removeAll { $0 == .perBank } }
    configuration.refresh = modes[generator.next(below: modes.count)]
    configuration.hotRefresh = generator.next(below: 4) == 0
    configuration.page = generator.next(below: 4) == 0 ? .closed : .open
    configuration.scheduler = generator.next(below: 6) == 0 ? .fcfs : .frfcfsRowHit
    if generator.next(below: 10) == 0 && standard.splitActivation == nil && !repeats {
      configuration.scheduler = .bankQueues
    }
    if generator.next(below: 8) == 0 && configuration.refresh != .perBank && !repeats {
      configuration.refreshPostponement =
        1 + generator.next(below: standard.refresh.postponementLimit)
    }
    // Short queues keep the oracle quick where workloads are long.
    configuration.readQueue = [1, 2, 5, 16, 32, 64][generator.next(below: repeats ? 4 : 6)]
    configuration.writeQueue = [1, 3, 8, 32][generator.next(below: repeats ? 3 : 4)]
    configuration.lowWatermark = generator.next(below: 50)
    configuration.highWatermark = 50 + 1 + generator.next(below: 50)
    return configuration
  }

  /// A mapping of every field in random order; many spread bursts over bank groups and keep rows on top.
  private static func mapping(
    _ standard: MemoryStandard, repeats: Bool, _ generator: inout SeededGenerator
  ) -> String {
    let levels = standard.organization.levels.map(\.name)
    if generator.next(below: repeats ? 4 : 2) > 0 {
      return (["row"] + levels.filter { $0 != "bank_group" } + ["column", "bank_group", "channel"])
        .filter { $0 != "bank_group" || levels.contains($0) }.joined(separator: "-")
    }
    var fields = levels + ["row", "channel"]
    fields += generator.next(below: 3) == 0 ? ["column", "column:2"] : ["column"]
    for index in fields.indices.dropLast() {
      fields.swapAt(index, index + generator.next(below: fields.count - index))
    }
    if generator.next(below: 2) == 0 {
      fields.removeAll { $0 == "channel" }
      fields.append("channel")
    }
    return fields.joined(separator: "-")
  }
}
