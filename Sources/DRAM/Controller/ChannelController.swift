/// One channel: queues, scheduler, refresh and the timing of its banks.
///
/// Tick t is processed after the requests of clock values below t were accepted, so a request accepted at clock c
/// can get its first command at tick c + 1. Reads complete when their last datum has arrived. All state is flat;
/// nothing is allocated per command unless a log is kept.
struct ChannelController: ~Copyable {
  /// A candidate for a command slot.
  struct Pick {
    enum Kind { case none, active, refresh, column, row }
    var kind = Kind.none
    var time = Int.max
    var order = Int.max
    var bank = 0
  }

  /// A refresh that waits: its command goes to the scope that starts at `bank`.
  struct RefreshJob {
    var bank: Int
    var banks: Int
    var command: Int
  }

  let compiled: CompiledStandard
  let configuration: ControllerConfiguration
  let channel: Int
  let radix: ChannelRadix
  let roles: CompiledStandard.Roles
  var timing: TimingEngine
  var queues: RequestQueues
  var statistics: ChannelStatistics
  /// Sources in memory of their own, so that the next burst is made in place.
  private(set) var sources: UnsafeMutablePointer<RequestSource>
  private(set) var sourceCount = 0
  private var sourceCapacity = 4
  let places: UnsafeMutablePointer<ChannelRadix.Digit>
  var nextSource = 0
  /// Queues of the `bank-queues` scheduler, nil with any other.
  private(set) var bankQueues: BankQueues?
  /// The first tick after `now` at which a source that waits for its time offers something.
  private(set) var nextArrival = Int.max

  // Constants of the inner loop, out of the large structs.
  let readCommand: Int
  let writeCommand: Int
  let activateCommand: Int
  let prechargeCommand: Int
  let readLatency: Int
  let writeLatency: Int
  let burstTicks: Int
  let bankCount: Int
  let hasColumnBus: Bool
  let hasDataClock: Bool
  let dataClockPost: Int
  let isSplit: Bool
  let readCapacity: Int
  let writeCapacity: Int
  let refreshStopsAll: Bool
  let isCoalescing: Bool

  /// Last tick processed.
  var now = 0
  var sequence = 0
  var activations = 0
  var writeMode = false
  let highMark: Int
  let lowMark: Int
  let isLiteral: Bool
  let isFCFS: Bool
  /// Whether candidates are cached by bank: not in `tick`, nor in strict order.
  let usesMasks: Bool
  let closedPage: Bool

  // Cached picks; `queues.stale` says which may have changed.
  var cachedActive = Pick()
  var cachedArrival = 0
  var cachedColumn = Pick(kind: .column)
  var cachedActivation = Pick()
  var cachedPrecharge = Pick()
  var columnQueue = 0
  var rowQueue = 0
  /// Kinds of picks that a command moves in other banks, and (the upper four bits) in its own.
  let moves: UnsafeMutablePointer<UInt8>

  // Refresh.
  var jobs: [RefreshJob] = []
  var refreshDue = Int.max
  var refreshCount = 0
  /// Refreshes owed in per-bank mode, or postponed.
  var refreshDebt = 0
  /// Refreshes owed by each part, where they may be postponed.
  var postponed: [Int] = []
  let refreshParts: Int
  let refreshTicks: Int
  /// Banks refreshed in the present round (per-bank mode).
  let refreshed: UnsafeMutablePointer<Bool>
  var refreshedCount = 0
  let lastUse: UnsafeMutablePointer<Int>
  let blocked: UnsafeMutablePointer<UInt64>
  var isBlocked = false

  // Split activation and data clock (LPDDR5).
  let splitBanks: UnsafeMutablePointer<Int>
  let splitMask: UnsafeMutablePointer<UInt64>
  let splitDeadline: Int
  var splitCount = 0
  var clockExpiry = 0
  var clockStarted: Pick?

  // Cause accounting.
  var lastColumn = 0
  var lastColumnWrite = false
  var lastRefresh = -1
  let openedAt: UnsafeMutablePointer<Int>
  let openedByWindow: UnsafeMutablePointer<Bool>

  // Outcomes.
  var log: [CommandRecord] = []
  var isLogging = false
  /// Accept and completion ticks by tag of single requests; empty when not recorded.
  private(set) var recordsRequests = false
  var accepted: [Int] = []
  var completed: [Int] = []
  /// Bursts left and last completion by tag of a task.
  private(set) var taskRemaining: UnsafeMutablePointer<Int>
  private(set) var taskCompletion: UnsafeMutablePointer<Int>
  private(set) var taskCount = 0
  private var taskCapacity = 16
  var finishedTasks: [Int] = []
  var lastCompletion = 0
  // Repeated blocks (`coalesce`).
  var memo: SharedBlockMemo?
  var observation: BlockObservation?
  var blockMark = -1
  var blockUses: [Int] = []
  var usedBlocks: [Int] = []
  /// Blocks that were walked instead of simulated.
  var repeatedBlocks = 0
  /// Blocks that may be learned before the next pause, and blocks until it ends.
  var blockPatience = 512
  var blocksToSkip = 0
  /// Whether a known block may lead beyond the limit of ``advance(to:untilDrained:untilFinished:)``, and the bursts beyond.
  var crossesLimit = false
  var burstsPastLimit = 0
  /// Figures at the start of the observed block: five of each source, then the counts.
  let observed: UnsafeMutablePointer<Int>
  /// Bursts and rows walked by each source.
  let walked: UnsafeMutablePointer<Int>
  let spans: UnsafeMutablePointer<RowSpan>
  var vector: UnsafeMutablePointer<Int>
  var vectorCapacity = 0
  /// Slots of the timing state that change, and which of them hold up refreshes only.
  let liveSlots: [(index: Int, isRefreshOnly: Bool)]
  /// Position of the only row digit, or -1 if rows are split; bursts until a higher digit moves.
  let rowDigit: Int
  let rowSpan: Int
  /// Bursts in one step of the row digit, and its radix.
  let rowStride: Int
  let rowRadix: Int
  let rowWeight: Int
  let columnCount: Int

  init(
    _ compiled: CompiledStandard, _ configuration: ControllerConfiguration, channel: Int,
    radix: ChannelRadix
  ) {
    self.compiled = compiled
    self.configuration = configuration
    self.channel = channel
    self.radix = radix
    roles = compiled.roles
    var unused: Set<Int> = []
    if configuration.page == .open {
      unused.formUnion([compiled.roles.readAuto, compiled.roles.writeAuto].compactMap { $0 })
    }
    if configuration.refresh != .perBank, let command = compiled.roles.refreshBank {
      unused.insert(command)
    }
    if configuration.refresh == .none || configuration.refresh == .perBank {
      unused.formUnion([compiled.roles.refreshAll, compiled.roles.prechargeAll].compactMap { $0 })
    }
    timing = TimingEngine(compiled, unused: unused)
    moves = Self.movedPicks(compiled, unused)
    let banks = compiled.bankCount
    queues = RequestQueues(
      banks: banks, reads: configuration.readQueue, writes: configuration.writeQueue)
    statistics = ChannelStatistics(commandCount: compiled.commandTicks.count)
    highMark = configuration.highWatermark * configuration.writeQueue
    // An empty write queue always gives way to reads.
    lowMark = max(1, configuration.lowWatermark * configuration.writeQueue)
    isLiteral = configuration.stepping == .tick
    let rowDigits = radix.digits.indices.filter { radix.digits[$0].row > 0 }
    rowDigit = rowDigits.count == 1 ? rowDigits[0] : -1
    rowSpan = radix.digits.prefix(rowDigit + 1).reduce(1) { $0 * $1.radix }
    rowRadix = rowDigit < 0 ? 1 : radix.digits[rowDigit].radix
    rowWeight = rowDigit < 0 ? 1 : radix.digits[rowDigit].row
    rowStride = rowSpan / rowRadix
    columnCount = compiled.standard.organization.columns
    observed = .allocate(capacity: 5 * Self.sourceLimit + statistics.countSize)
    walked = .allocate(capacity: 2 * Self.sourceLimit)
    spans = .allocate(capacity: Self.sourceLimit)
    sources = .allocate(capacity: sourceCapacity)
    taskRemaining = .allocate(capacity: taskCapacity)
    taskCompletion = .allocate(capacity: taskCapacity)
    vector = .allocate(capacity: 1)
    let rare = [roles.refreshAll, roles.refreshBank, roles.prechargeAll].compactMap { $0 }
    let commands = compiled.standard.commands
    liveSlots = timing.written.map { slot in
      let command = slot % commands.count
      return (slot, rare.contains(command) || commands[command].effect == .none)
    }
    places = .allocate(capacity: max(radix.digits.count, 1))
    for (index, digit) in radix.digits.enumerated() { (places + index).initialize(to: digit) }
    readCommand = roles.read
    writeCommand = roles.write
    activateCommand = roles.activateFirst ?? roles.activate
    prechargeCommand = roles.precharge
    readLatency = compiled.readLatency
    writeLatency = compiled.writeLatency
    burstTicks = compiled.burstTicks
    bankCount = banks
    hasColumnBus = compiled.hasColumnBus
    hasDataClock = roles.startRead != nil
    dataClockPost = compiled.dataClockPost
    isSplit = roles.activateFirst != nil
    readCapacity = configuration.readQueue
    writeCapacity = configuration.writeQueue
    refreshStopsAll = configuration.refresh == .allBank
    bankQueues = configuration.scheduler == .bankQueues ? BankQueues(banks: banks) : nil
    isCoalescing =
      configuration.stepping == .coalesce && bankQueues == nil
      && configuration.refreshPostponement == 0
    isFCFS = configuration.scheduler == .fcfs
    usesMasks = !isLiteral && !isFCFS
    closedPage = configuration.page == .closed
    refreshed = .allocate(capacity: banks)
    refreshed.initialize(repeating: false, count: banks)
    lastUse = .allocate(capacity: banks)
    lastUse.initialize(repeating: -1, count: banks)
    blocked = .allocate(capacity: queues.words)
    blocked.initialize(repeating: 0, count: queues.words)
    splitBanks = .allocate(capacity: banks)
    splitBanks.initialize(repeating: -1, count: banks)
    splitMask = .allocate(capacity: queues.words)
    splitMask.initialize(repeating: 0, count: queues.words)
    splitDeadline = compiled.splitDeadline
    openedAt = .allocate(capacity: banks)
    openedAt.initialize(repeating: -1, count: banks)
    openedByWindow = .allocate(capacity: banks)
    openedByWindow.initialize(repeating: false, count: banks)
    switch configuration.refresh {
    case .none, .allBank: refreshParts = 1
    case .rankStaggered: refreshParts = banks / compiled.refreshScopeBanks
    case .perBank: refreshParts = banks
    }
    if configuration.refreshPostponement > 0 {
      postponed = [Int](repeating: 0, count: refreshParts)
    }
    refreshTicks = max(1, compiled.refreshInterval / (configuration.hotRefresh ? 2 : 1))
    if configuration.refresh != .none { refreshDue = refreshTicks / refreshParts }
  }

  deinit {
    for index in 0..<sourceCount { sources[index].digits.deallocate() }
    sources.deinitialize(count: sourceCount)
    sources.deallocate()
    places.deallocate()
    moves.deallocate()
    observed.deallocate()
    walked.deallocate()
    spans.deallocate()
    vector.deallocate()
    taskRemaining.deallocate()
    taskCompletion.deallocate()
    refreshed.deallocate()
    lastUse.deallocate()
    blocked.deallocate()
    splitBanks.deallocate()
    splitMask.deallocate()
    openedAt.deallocate()
    openedByWindow.deallocate()
  }

  /// Whether nothing is queued, offered or half done.
  var isDrained: Bool {
    if queues.readCount + queues.writeCount + queues.activeCount + splitCount > 0 { return false }
    if let bankQueues, !bankQueues.isEmpty { return false }
    for index in 0..<sourceCount where sources[index].available { return false }
    return true
  }

  /// Which cached picks each command may delay.
  private static func movedPicks(
    _ compiled: CompiledStandard, _ unused: Set<Int>
  ) -> UnsafeMutablePointer<UInt8> {
    let roles = compiled.roles
    let kinds: [(commands: [Int], bits: UInt8)] = [
      ([roles.activateFirst ?? roles.activate], RequestQueues.Stale.activation),
      ([roles.precharge], RequestQueues.Stale.precharge),
      (
        [roles.read, roles.write], RequestQueues.Stale.active | RequestQueues.Stale.column
      ),
    ]
    let bankLevel = compiled.nodeCounts.count - 1
    let count = compiled.commandTicks.count
    let moves = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    for command in 0..<count {
      let isWide = compiled.commandLevel[command] < bankLevel
      var bits: UInt8 = 0
      for (followers, kind) in kinds {
        for row in compiled.activeRows
        where row.preceding == command && followers.contains(row.following)
          && !unused.contains(row.following)
        {
          bits |= row.level < bankLevel || row.sibling || isWide ? kind : kind << 4
        }
        // A bus that is busy for one tick holds nothing up after that tick.
        if compiled.commandTicks[command] > 1
          && followers.contains(where: { compiled.columnBus[$0] == compiled.columnBus[command] })
        {
          bits |= kind
        }
      }
      (moves + command).initialize(to: bits)
    }
    return moves
  }

  // MARK: Accepting requests

  /// Records the accept and completion ticks of single requests.
  mutating func recordRequests(_ count: Int) {
    accepted = [Int](repeating: -1, count: count)
    completed = accepted
    recordsRequests = count > 0
  }

  /// Makes sources 0 to `index` exist.
  mutating func addSources(through index: Int) {
    while sourceCount <= index {
      if sourceCount == sourceCapacity {
        let larger = UnsafeMutablePointer<RequestSource>.allocate(capacity: sourceCapacity * 2)
        larger.moveInitialize(from: sources, count: sourceCount)
        sources.deallocate()
        sources = larger
        sourceCapacity *= 2
      }
      let digits = UnsafeMutablePointer<Int>.allocate(capacity: max(radix.digits.count, 1))
      digits.initialize(repeating: 0, count: max(radix.digits.count, 1))
      (sources + sourceCount).initialize(to: RequestSource(digits: digits))
      sourceCount += 1
    }
  }

  /// Makes tasks 0 to `task` exist.
  mutating func addTasks(through task: Int) {
    if task >= taskCapacity {
      let capacity = max(task + 1, taskCapacity * 2)
      let remaining = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
      let completion = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
      remaining.update(from: taskRemaining, count: taskCount)
      completion.update(from: taskCompletion, count: taskCount)
      taskRemaining.deallocate()
      taskCompletion.deallocate()
      taskRemaining = remaining
      taskCompletion = completion
      taskCapacity = capacity
    }
    while taskCount <= task {
      (taskRemaining + taskCount).initialize(to: 0)
      (taskCompletion + taskCount).initialize(to: 0)
      taskCount += 1
    }
  }

  /// Takes over the tasks of an equal channel.
  mutating func copyTasks(_ other: borrowing ChannelController) {
    if other.taskCount > 0 { addTasks(through: other.taskCount - 1) }
    for task in 0..<other.taskCount {
      taskRemaining[task] = other.taskRemaining[task]
      taskCompletion[task] = other.taskCompletion[task]
    }
  }

  /// Takes over the sources of an equal channel.
  mutating func copySources(_ other: borrowing ChannelController) {
    if other.sourceCount > 0 { addSources(through: other.sourceCount - 1) }
    for index in 0..<other.sourceCount {
      let digits = sources[index].digits
      digits.update(from: other.sources[index].digits, count: max(radix.digits.count, 1))
      var copy = RequestSource(digits: digits)
      copy.take(other.sources[index])
      sources[index] = copy
    }
  }

  /// Lets the sources offer requests at clock value `now`, round robin, burst by burst; notes when the next that
  /// waits for its time offers something.
  @inline(never)
  mutating func refill() {
    nextArrival = Int.max
    if sourceCount == 1 {
      let source = sources
      while source.pointee.available {
        if source.pointee.tick > now {
          nextArrival = source.pointee.tick
          return
        }
        if !accept(0) { return }
      }
      return
    }
    refillRoundRobin()
  }

  /// As ``refill()``, but sees at once when the only source waits for room in its queue.
  @inline(__always)
  mutating func refillIfThereIsRoom() {
    if sourceCount == 1 && queues.writeCount == 0 && queues.readCount >= readCapacity {
      let source = sources
      if source.pointee.available && !source.pointee.isWrite && source.pointee.tick <= now {
        nextArrival = Int.max
        return
      }
    }
    refill()
  }

  @inline(never)
  private mutating func refillRoundRobin() {
    var idle = 0
    while idle < sourceCount {
      let index = nextSource
      nextSource = nextSource + 1 == sourceCount ? 0 : nextSource + 1
      idle += 1
      let source = sources + index
      if !source.pointee.available { continue }
      if source.pointee.tick > now {
        nextArrival = min(nextArrival, source.pointee.tick)
      } else if accept(index) {
        idle = 0
        nextArrival = Int.max
      }
    }
  }

  /// Takes the source's next request unless its queue is full.
  @inline(__always)
  private mutating func accept(_ index: Int) -> Bool {
    let source = sources + index
    let isWrite = source.pointee.isWrite
    let bank = source.pointee.bank
    if queues.writeCount > 0 && queues.lane(1, bank).pointee.count > 0
      && mergesWithQueuedWrite(index)
    {
      return true
    }
    if isWrite {
      if queues.writeCount >= writeCapacity { return false }
    } else if queues.readCount >= readCapacity {
      return false
    }
    let tag = source.pointee.tag
    if recordsRequests { noteAcceptance(tag) }
    sequence &+= 1
    queues.append(
      bank: bank, row: source.pointee.row, column: source.pointee.column, isWrite: isWrite,
      source: index, tag: tag, arrival: now, sequence: sequence)
    source.pointee.advance(places) { radix }
    return true
  }

  @inline(never)
  mutating func noteAcceptance(_ tag: Int) { accepted[tag] = now }

  /// A read of a queued write's address is served from the queue, a write to it replaces it.
  private mutating func mergesWithQueuedWrite(_ index: Int) -> Bool {
    let source = (
      row: sources[index].row, column: sources[index].column, bank: sources[index].bank,
      isWrite: sources[index].isWrite, tag: sources[index].tag
    )
    var cursor = queues.lane(1, source.bank).pointee.head
    while cursor >= 0 {
      let entry = queues.entries[Int(cursor)]
      if entry.row == Int32(source.row) && entry.column == Int32(source.column) {
        if recordsRequests { accepted[source.tag] = now }
        if source.isWrite {
          statistics.counts[ChannelStatistics.coalesced] += 1
          complete(tag: source.tag, at: now)
        } else {
          statistics.counts[ChannelStatistics.forwarded] += 1
          statistics.countRead(latency: 1)
          complete(tag: source.tag, at: now + 1)
        }
        sources[index].advance(places) { radix }
        return true
      }
      cursor = entry.next
    }
    return false
  }

  @inline(__always)
  mutating func complete(tag: Int, at tick: Int) {
    if tick > lastCompletion { lastCompletion = tick }
    if tag < taskCount {
      if tick > taskCompletion[tag] { taskCompletion[tag] = tick }
      let left = taskRemaining[tag] &- 1
      taskRemaining[tag] = left
      if left == 0 { finish(tag) }
    } else if recordsRequests {
      noteCompletion(tag, at: tick)
    }
  }

  @inline(never)
  private mutating func finish(_ tag: Int) { finishedTasks.append(tag) }

  @inline(never)
  private mutating func noteCompletion(_ tag: Int, at tick: Int) { completed[tag] = tick }

  /// Applies the watermarks; a second call with the same fill changes nothing.
  @inline(__always)
  mutating func updateWriteMode() {
    writeMode = nextWriteMode()
  }

  @inline(__always)
  func nextWriteMode() -> Bool {
    let writes = queues.writeCount &* 100
    return writeMode
      ? !(writes < lowMark && queues.readCount != 0) : writes > highMark || queues.readCount == 0
  }

  /// Whether waiting refreshes keep every queued request from starting.
  @inline(__always)
  var refreshBlocksAll: Bool { refreshStopsAll && !jobs.isEmpty }
}
