internal import DRAM
internal import Devices

/// Runs one NPU program at a time beside the channels, in turns of a fixed number of clocks.
///
/// Loads are all asked for at the start; computations go in order, one issued a clock, as their loads arrive; the
/// arrays are one pipeline of `rows + columns - 2` clocks; stores go out in order. What happens within a turn is
/// timed to the clock; what it adds to the memory enters at the end of the turn.
struct NPUEngine {
  private let spec: SystolicSpec
  private var program = NPUProgram()
  private var loadBatches: [Int] = []
  private var arrivals: [Int] = []
  private var arrived = 0
  private var next = 0
  private var lastIssue = 0
  private var lastStart = 0
  private var lastClocks = 0
  private var lastFinish = 0
  private var lastEnd = 0
  private var computeEnd = 0
  private var vectorFree: [Int] = []
  private var stores: [(clock: Int, bytes: Int)] = []
  private var storeHead = 0
  private var storeBatches: [Int] = []
  private var storesAccepted = 0
  private(set) var isActive = false
  private(set) var start = 0
  /// Clocks in which the arrays or the vector units worked.
  private(set) var arrayBusy = 0
  private(set) var vectorBusy = 0
  /// Bytes asked for and sent.
  private(set) var loadedBytes = 0
  private(set) var storedBytes = 0

  init(spec: SystolicSpec) {
    self.spec = spec
    vectorFree = [Int](repeating: 0, count: spec.vector.units)
  }

  /// Starts a program at `clock`, which the memory has reached.
  mutating func begin(
    _ program: NPUProgram, at clock: Int, memory: PIMMemory, placer: inout BurstPlacer
  ) {
    precondition(!isActive, "an NPU program starts while another runs")
    self.program = program
    isActive = true
    start = clock
    loadBatches.removeAll(keepingCapacity: true)
    for bytes in program.loads {
      let bursts = placer.take(bytes)
      loadBatches.append(memory.add(first: bursts.first, count: bursts.count, isWrite: false))
      loadedBytes += bytes
    }
    arrivals = [Int](repeating: -1, count: program.loads.count)
    arrived = 0
    next = 0
    lastIssue = clock
    lastFinish = clock
    computeEnd = clock
    stores.removeAll(keepingCapacity: true)
    storeHead = 0
    storeBatches.removeAll(keepingCapacity: true)
    storesAccepted = 0
  }

  /// Bytes and unit clocks of the program that ran last.
  var summary: NPUSummary {
    var clocks = 0
    var rest = 0
    for step in program.steps {
      switch step.unit {
      case .preload: clocks += spec.rows
      case .stream: clocks += Int(step.clocks)
      case .vector: rest += Int(step.clocks)
      }
    }
    rest /= spec.vector.units
    return NPUSummary(
      loadedBytes: program.loadedBytes, unitClocks: clocks + rest,
      leastClocks: max(program.work / (spec.rows * spec.columns * spec.arrays), rest))
  }

  /// Works through the turn that ends at the memory's clock; returns when the program ended, if it did.
  mutating func turn(_ memory: PIMMemory, placer: inout BurstPlacer) -> Int? {
    let limit = memory.clock
    while next < program.steps.count {
      let step = program.steps[next]
      guard let first = arrival(Int(step.first), memory),
        let second = arrival(Int(step.second), memory)
      else { break }
      var issue = max(lastIssue + 1, max(first, second) + 1)
      if step.waits { issue = max(issue, lastEnd) }
      if issue > limit { break }
      lastIssue = issue
      let end = execute(step, at: issue)
      computeEnd = max(computeEnd, end)
      lastEnd = end
      if step.stored > 0 { stores.append((clock: end, bytes: Int(step.stored))) }
      next += 1
    }
    while storeHead < stores.count, stores[storeHead].clock <= limit {
      let bursts = placer.take(stores[storeHead].bytes)
      storeBatches.append(memory.add(first: bursts.first, count: bursts.count, isWrite: true))
      storedBytes += stores[storeHead].bytes
      storeHead += 1
    }
    guard next == program.steps.count, storeHead == stores.count, computeEnd <= limit else {
      return nil
    }
    var end = computeEnd
    while arrived < program.loads.count {
      guard let clock = arrival(arrived, memory) else { return nil }
      end = max(end, clock)
      arrived += 1
    }
    while storesAccepted < storeBatches.count {
      guard let clock = memory.accepted(storeBatches[storesAccepted]) else { return nil }
      end = max(end, clock)
      storesAccepted += 1
    }
    isActive = false
    return max(end, start)
  }

  /// The clock at which a computation ends.
  private mutating func execute(_ step: NPUProgram.Step, at issue: Int) -> Int {
    let clocks = Int(step.clocks)
    if step.unit == .vector {
      var unit = 0
      for index in vectorFree.indices where vectorFree[index] < vectorFree[unit] { unit = index }
      let begin = max(vectorFree[unit], issue)
      vectorFree[unit] = begin + clocks
      vectorBusy += clocks
      return begin + clocks
    }
    let depth = spec.rows + spec.columns - 2
    let isPreload = step.unit == .preload
    var begin = issue
    if lastFinish > issue {
      if step.waits {
        begin = max(issue, lastFinish)
      } else if isPreload {
        begin =
          spec.hidesPreload ? lastStart + spec.rows : lastStart + 2 * spec.rows + lastClocks - 1
      } else {
        begin = lastStart + lastClocks
      }
    } else if isPreload && !step.waits {
      begin = issue + 2 * spec.rows - 1
    }
    lastStart = begin
    lastClocks = clocks
    lastFinish = begin + depth + clocks
    arrayBusy += clocks
    return max(lastFinish, issue + 1)
  }

  private mutating func arrival(_ index: Int, _ memory: PIMMemory) -> Int? {
    if arrivals[index] >= 0 { return arrivals[index] }
    guard let clock = memory.done(loadBatches[index]) else { return nil }
    arrivals[index] = clock
    return clock
  }
}

/// What a program needs: bytes loaded, clocks of its units one after the other, and what those take at least at
/// their peak.
struct NPUSummary {
  var loadedBytes: Int
  var unitClocks: Int
  var leastClocks: Int
}

/// Gives out burst addresses one after the other, over all channels, from the start again when the end is reached.
struct BurstPlacer {
  private let burstBytes: Int
  private let count: Int
  private var next = 0

  /// `count` bursts are there.
  init(burstBytes: Int, count: Int) {
    self.burstBytes = burstBytes
    self.count = count
  }

  mutating func take(_ bytes: Int) -> (first: Int, count: Int) {
    let bursts = (bytes + burstBytes - 1) / burstBytes
    if next + bursts > count { next = 0 }
    defer { next += bursts }
    return (next, bursts)
  }
}
