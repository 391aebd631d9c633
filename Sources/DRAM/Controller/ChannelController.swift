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
  var sources: [RequestSource] = []
  var nextSource = 0

  /// Last tick processed.
  var now = 0
  var sequence = 0
  var activations = 0
  var writeMode = false
  let highMark: Int
  let lowMark: Int
  let isLiteral: Bool
  let isFCFS: Bool
  let closedPage: Bool

  // Refresh.
  var jobs: [RefreshJob] = []
  var refreshDue = Int.max
  var refreshCount = 0
  /// Refreshes owed in per-bank mode.
  var refreshDebt = 0
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
  var accepted: [Int] = []
  var completed: [Int] = []
  /// Bursts left and last completion by tag of a task.
  var taskRemaining: [Int] = []
  var taskCompletion: [Int] = []
  var finishedTasks: [Int] = []
  var lastCompletion = 0
  var memo = BlockMemo()

  init(
    _ compiled: CompiledStandard, _ configuration: ControllerConfiguration, channel: Int,
    radix: ChannelRadix
  ) {
    self.compiled = compiled
    self.configuration = configuration
    self.channel = channel
    self.radix = radix
    roles = compiled.roles
    timing = TimingEngine(compiled)
    let banks = compiled.bankCount
    queues = RequestQueues(
      banks: banks, reads: configuration.readQueue, writes: configuration.writeQueue)
    statistics = ChannelStatistics(commandCount: compiled.commandTicks.count)
    highMark = configuration.highWatermark * configuration.writeQueue
    lowMark = configuration.lowWatermark * configuration.writeQueue
    isLiteral = configuration.stepping == .tick
    isFCFS = configuration.scheduler == .fcfs
    closedPage = configuration.page == .closed
    refreshed = .allocate(capacity: banks)
    refreshed.initialize(repeating: false, count: banks)
    lastUse = .allocate(capacity: banks)
    lastUse.initialize(repeating: -1, count: banks)
    blocked = .allocate(capacity: queues.words)
    blocked.initialize(repeating: 0, count: queues.words)
    splitBanks = .allocate(capacity: banks)
    splitBanks.initialize(repeating: -1, count: banks)
    openedAt = .allocate(capacity: banks)
    openedAt.initialize(repeating: -1, count: banks)
    openedByWindow = .allocate(capacity: banks)
    openedByWindow.initialize(repeating: false, count: banks)
    switch configuration.refresh {
    case .none, .allBank: refreshParts = 1
    case .rankStaggered: refreshParts = banks / compiled.refreshScopeBanks
    case .perBank: refreshParts = banks
    }
    refreshTicks = max(1, compiled.refreshInterval / (configuration.hotRefresh ? 2 : 1))
    if configuration.refresh != .none { refreshDue = refreshTicks / refreshParts }
  }

  deinit {
    refreshed.deallocate()
    lastUse.deallocate()
    blocked.deallocate()
    splitBanks.deallocate()
    openedAt.deallocate()
    openedByWindow.deallocate()
  }

  /// Whether nothing is queued, offered or half done.
  var isDrained: Bool {
    if queues.readCount + queues.writeCount + queues.activeCount + splitCount > 0 { return false }
    for source in sources where source.available { return false }
    return true
  }

  // MARK: Accepting requests

  /// Lets the sources offer requests at clock value `now`, round robin, burst by burst.
  mutating func refill() {
    if sources.count == 1 {
      while sources[0].available && sources[0].tick <= now && accept(0) {}
      return
    }
    var idle = 0
    while idle < sources.count {
      let index = nextSource
      nextSource = nextSource + 1 == sources.count ? 0 : nextSource + 1
      if sources[index].available && sources[index].tick <= now && accept(index) {
        idle = 0
      } else {
        idle += 1
      }
    }
  }

  /// Takes the source's next request unless its queue is full.
  @inline(__always)
  private mutating func accept(_ index: Int) -> Bool {
    let isWrite = sources[index].isWrite
    let bank = sources[index].bank
    if queues.lane(1, bank).pointee.count > 0 && mergesWithQueuedWrite(index) { return true }
    if isWrite {
      if queues.writeCount >= configuration.writeQueue { return false }
    } else if queues.readCount >= configuration.readQueue {
      return false
    }
    let tag = sources[index].tag
    if !accepted.isEmpty { accepted[tag] = now }
    sequence &+= 1
    queues.append(
      bank: bank, row: sources[index].row, column: sources[index].column, isWrite: isWrite,
      source: index, tag: tag, arrival: now, sequence: sequence)
    sources[index].advance(radix)
    return true
  }

  /// A read of a queued write's address is served from the queue, a write to it replaces it.
  private mutating func mergesWithQueuedWrite(_ index: Int) -> Bool {
    let source = sources[index]
    var cursor = queues.lane(1, source.bank).pointee.head
    while cursor >= 0 {
      let entry = queues.entries[Int(cursor)]
      if entry.row == Int32(source.row) && entry.column == Int32(source.column) {
        if !accepted.isEmpty { accepted[source.tag] = now }
        if source.isWrite {
          statistics.counts[ChannelStatistics.coalesced] += 1
          complete(tag: source.tag, at: now)
        } else {
          statistics.counts[ChannelStatistics.forwarded] += 1
          statistics.countRead(latency: 1)
          complete(tag: source.tag, at: now + 1)
        }
        sources[index].advance(radix)
        return true
      }
      cursor = entry.next
    }
    return false
  }

  @inline(__always)
  mutating func complete(tag: Int, at tick: Int) {
    if tick > lastCompletion { lastCompletion = tick }
    if !completed.isEmpty {
      completed[tag] = tick
    } else if tag < taskRemaining.count {
      taskRemaining[tag] &-= 1
      if tick > taskCompletion[tag] { taskCompletion[tag] = tick }
      if taskRemaining[tag] == 0 { finishedTasks.append(tag) }
    }
  }

  /// The first clock value after `now` at which a source that waits for its time offers something.
  func nextArrival() -> Int {
    var first = Int.max
    for index in 0..<sources.count where sources[index].available && sources[index].tick > now {
      first = min(first, sources[index].tick)
    }
    return first
  }

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
  var refreshBlocksAll: Bool { !jobs.isEmpty && configuration.refresh == .allBank }
}
