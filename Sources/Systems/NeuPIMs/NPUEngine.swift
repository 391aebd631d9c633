internal import DRAM
internal import Devices
internal import Units

/// Runs one NPU program at a time beside the channels, in turns of a fixed number of clocks.
///
/// Loads are asked for at the start, those of a program that is cut for the scratchpad two parts ahead; with prefetch the
/// weights of the next programs follow, as many as half the scratchpad holds, also while no program runs. Computations
/// go in order, one issued a clock, as their loads arrive; the arrays are one pipeline of `rows + columns - 2` clocks;
/// stores go out in order. What happens within a turn is timed to the clock; what it adds to the memory enters at the end
/// of the turn.
struct NPUEngine {
  /// A program with where its operands lie and the numbers of its loads, -1 for those not asked for.
  private struct Prepared {
    var program: NPUProgram
    var places: OperandPlaces?
    var loads: [Int]
    /// Loads before this one were asked for in time, or were looked at for prefetching.
    var asked = 0
    var looked = 0
    /// Bytes that were asked for before the program began.
    var early = 0
  }

  private let spec: SystolicSpec
  private var queue: LoadQueue
  private var current = Prepared(program: NPUProgram(), loads: [])
  private var prepared: [Prepared] = []
  /// Bytes of prepared programs that were asked for, and those of them that are on the way.
  private var preparedBytes = 0
  private var flying: [(load: Int, bytes: Int)] = []
  /// Bytes that prefetching may have on the way, so that little waits in front of what is needed now.
  private let window: Int
  private var section = 0
  private var arrivals: [Int] = []
  private var arrived = 0
  private var next = 0
  private var lastIssue = 0
  private var lastStart = 0
  private var lastClocks = 0
  private var lastFinish = 0
  private var lastEnd = 0
  private var computeEnd = 0
  /// The arrival that the last issue, the last step, the arrays' last step, each vector unit's and the last to end
  /// waited for, themselves or by those before them; the start where there was none.
  private var issueArrival = 0
  private var lastArrival = 0
  private var arrayArrival = 0
  private var vectorArrival: [Int]
  private var computeArrival = 0
  private var vectorFree: [Int]
  private var stores: [(clock: Int, piece: NPUPiece)] = []
  private var nextStore = 0
  private var storeHead = 0
  private var storeBatches: [Int] = []
  private var storesAccepted = 0
  private var clock = 0
  private(set) var isActive = false
  /// Clocks of the program that ran last in which its end waited for the memory: up to the arrival that the last
  /// computation waited for, and after it for the stores.
  private var memoryClocks = 0
  private(set) var start = 0
  /// Clocks in which the arrays or the vector units worked.
  private(set) var arrayBusy = 0
  private(set) var vectorBusy = 0

  /// An NPU over a memory that moves `bytesPerClock`.
  init(spec: SystolicSpec, bytesPerClock: Int) {
    self.spec = spec
    window = 128 * bytesPerClock
    queue = LoadQueue(dma: spec.dma)
    vectorFree = [Int](repeating: 0, count: spec.vector.units)
    vectorArrival = vectorFree
  }

  /// How many programs have been prepared and not begun.
  var preparedCount: Int { prepared.count }

  /// Whether another program's weights may be asked for already.
  var mayPrepare: Bool {
    guard spec.prefetch == true, preparedBytes < spec.scratchpad.count / 2 else {
      return false
    }
    return prepared.allSatisfy { $0.looked == $0.program.loads.count }
  }

  /// Whether a DMA has requests that wait for its limits: then every clock counts.
  var isSending: Bool { !queue.isIdle }

  /// Takes a program that comes later: its weights are asked for while others run.
  mutating func prepare(_ program: NPUProgram, places: OperandPlaces?) {
    prepared.append(
      Prepared(
        program: program, places: places, loads: [Int](repeating: -1, count: program.loads.count)))
  }

  /// Asks for weights of prepared programs, as many as half the scratchpad holds.
  private mutating func prefetch(_ memory: PIMMemory, _ port: inout TrafficPort) {
    guard !prepared.isEmpty else { return }
    flying.removeAll { queue.arrival($0.load, memory) != nil }
    var left = window - flying.reduce(0) { $0 + $1.bytes }
    for number in prepared.indices {
      let program = prepared[number].program
      let end = program.sections.count > 1 ? program.sections[1].firstLoad : program.loads.count
      while prepared[number].looked < end {
        let index = prepared[number].looked
        if program.loads[index].isWeight {
          let bytes = program.loads[index].size
          guard left > 0, preparedBytes + bytes <= spec.scratchpad.count / 2 else { return }
          left -= bytes
          preparedBytes += bytes
          let load = queue.add(program.loads[index], prepared[number].places, memory, &port)
          prepared[number].loads[index] = load
          flying.append((load, bytes))
        }
        prepared[number].looked += 1
      }
      prepared[number].looked = program.loads.count
    }
  }

  /// Starts the program that was prepared first, at `clock`, which the memory has reached.
  mutating func beginPrepared(at clock: Int, memory: PIMMemory, port: inout TrafficPort) {
    var first = prepared.removeFirst()
    for index in first.loads.indices where first.loads[index] >= 0 {
      first.early += first.program.loads[index].size
    }
    preparedBytes -= first.early
    let used = (first.loads + prepared.flatMap(\.loads)).filter { $0 >= 0 }.min()
    queue.forget(before: used)
    begin(first, at: clock, memory, &port)
  }

  /// Starts a program at `clock`, which the memory has reached; its operands lie at `places`, or nowhere in particular.
  ///
  /// Programs that were prepared wait on.
  mutating func begin(
    _ program: NPUProgram, places: OperandPlaces?, at clock: Int, memory: PIMMemory,
    port: inout TrafficPort
  ) {
    if prepared.isEmpty {
      queue.reset()
      flying.removeAll()
    }
    begin(
      Prepared(
        program: program, places: places, loads: [Int](repeating: -1, count: program.loads.count)),
      at: clock, memory, &port)
  }

  private mutating func begin(
    _ program: Prepared, at clock: Int, _ memory: PIMMemory, _ port: inout TrafficPort
  ) {
    precondition(!isActive, "an NPU program starts while another runs")
    current = program
    isActive = true
    start = clock
    self.clock = clock
    arrivals = [Int](repeating: -1, count: program.program.loads.count)
    arrived = 0
    next = 0
    nextStore = 0
    section = 0
    lastIssue = clock
    lastFinish = clock
    computeEnd = clock
    issueArrival = clock
    lastArrival = clock
    arrayArrival = clock
    computeArrival = clock
    for unit in vectorArrival.indices { vectorArrival[unit] = clock }
    stores.removeAll(keepingCapacity: true)
    storeHead = 0
    storeBatches.removeAll(keepingCapacity: true)
    storesAccepted = 0
    askForSections(memory, &port)
  }

  /// Asks for the loads of the part that runs and of the one after it.
  private mutating func askForSections(_ memory: PIMMemory, _ port: inout TrafficPort) {
    let sections = current.program.sections
    let end =
      section + 2 < sections.count
      ? sections[section + 2].firstLoad : current.program.loads.count
    while current.asked < end {
      let index = current.asked
      current.asked += 1
      guard current.loads[index] < 0 else { continue }
      current.loads[index] = queue.add(
        current.program.loads[index], current.places, memory, &port)
    }
  }

  /// What the program that ran last needed and waited for.
  var summary: NPUSummary {
    var rest = 0
    for step in current.program.steps where step.unit == .vector { rest += Int(step.clocks) }
    rest /= spec.vector.units
    return NPUSummary(
      loadedBytes: current.program.loadedBytes - current.early, memoryClocks: memoryClocks,
      leastClocks: max(
        current.program.work / (spec.rows * spec.columns * spec.arrays), rest))
  }

  /// Works through a turn of `clocks` clocks without a program: what is prepared is loaded.
  mutating func wait(clocks: Int, _ memory: PIMMemory, port: inout TrafficPort) {
    guard !prepared.isEmpty else { return }
    prefetch(memory, &port)
    queue.turn(clocks: clocks, memory, &port)
  }

  /// Works through the turn that ends at the memory's clock; returns when the program ended, if it did.
  mutating func turn(_ memory: PIMMemory, port: inout TrafficPort) -> Int? {
    let limit = memory.clock
    prefetch(memory, &port)
    queue.turn(clocks: limit - clock, memory, &port)
    clock = limit
    let steps = current.program.steps.count
    while next < steps {
      let step = current.program.steps[next]
      guard let first = arrival(Int(step.first), memory),
        let second = arrival(Int(step.second), memory)
      else { break }
      let data = max(first, second)
      var issue = max(lastIssue + 1, data + 1)
      var waited = data >= lastIssue ? data : issueArrival
      if step.waits && lastEnd > issue {
        issue = lastEnd
        waited = lastArrival
      }
      if issue > limit { break }
      lastIssue = issue
      issueArrival = waited
      let end = execute(step, at: issue)
      if end > computeEnd {
        computeEnd = end
        computeArrival = lastArrival
      }
      lastEnd = end
      if step.stored > 0 {
        stores.append((clock: end, piece: current.program.stores[nextStore]))
        nextStore += 1
      }
      next += 1
    }
    let sections = current.program.sections
    while section + 2 < sections.count, next >= sections[section + 1].firstStep {
      section += 1
      askForSections(memory, &port)
    }
    while storeHead < stores.count, stores[storeHead].clock <= limit {
      storeBatches.append(
        port.access(stores[storeHead].piece, current.places, isWrite: true, .demand, memory))
      storeHead += 1
    }
    guard next == steps, storeHead == stores.count, computeEnd <= limit else { return nil }
    var end = computeEnd
    while arrived < current.loads.count {
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
    memoryClocks = max(computeArrival - start, 0) + max(end - computeEnd, 0)
    return max(end, start)
  }

  /// The clock at which a computation ends.
  private mutating func execute(_ step: NPUProgram.Step, at issue: Int) -> Int {
    let clocks = Int(step.clocks)
    if step.unit == .vector {
      var unit = 0
      for index in vectorFree.indices where vectorFree[index] < vectorFree[unit] { unit = index }
      let begin = max(vectorFree[unit], issue)
      if begin == issue { vectorArrival[unit] = issueArrival }
      lastArrival = vectorArrival[unit]
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
    if begin <= issue { arrayArrival = issueArrival }
    lastArrival = arrayArrival
    lastStart = begin
    lastClocks = clocks
    lastFinish = begin + depth + clocks
    arrayBusy += clocks
    return max(lastFinish, issue + 1)
  }

  private mutating func arrival(_ index: Int, _ memory: PIMMemory) -> Int? {
    if arrivals[index] >= 0 { return arrivals[index] }
    guard current.loads[index] >= 0, let clock = queue.arrival(current.loads[index], memory) else {
      return nil
    }
    // What was asked for before the program began is there when it begins.
    arrivals[index] = max(clock, start)
    return arrivals[index]
  }
}

/// What a program needs: bytes loaded, clocks in which its end waited for the memory, and those that its units take
/// at least at their peak.
struct NPUSummary {
  var loadedBytes: Int
  var memoryClocks: Int
  var leastClocks: Int
}
