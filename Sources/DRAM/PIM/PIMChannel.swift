/// One channel with PIM units: host accesses and products share its banks, its command bus and its refreshes.
///
/// The controller is the one of the NeuPIMs authors' memory library: transaction queues for reads, writes and
/// products, a command queue for each bank and one for products, products first whenever they are ready, round robin
/// over the banks, an open page with at most `row_hits` hits in front of a conflict, ranks refreshed in turn, and
/// products that wait when they would not fit before the next refresh. Distances come from the standard's table
/// through ``TimingEngine``. At most one command goes in a clock.
///
/// Simulated time advances from event to event; stepping every clock gives the same command log.
/// Left out: forwarding of written data to later reads, ordering of reads and writes of one address, self refresh.
struct PIMChannel: ~Copyable {
  let rules: PIMRules
  let configuration: PIMConfiguration
  let channel: Int
  var timing: TimingEngine
  /// Everything before this clock has happened.
  var clock = 0
  /// Nothing happens before this one.
  var due = 0

  // Rows.
  let openRow: UnsafeMutablePointer<Int32>
  let rowHits: UnsafeMutablePointer<Int>
  /// Banks whose row is open in the buffer of the multipliers (dual), one bit each.
  var pimOpen: UInt64 = 0
  /// The row that all of them hold.
  var pimRow: Int32 = -1
  /// Banks with an open host row, and those of them whose row is one for products.
  var hostOpen: UInt64 = 0
  var hostOnPIMRow: UInt64 = 0
  /// No product has used a lower row.
  var lowestProductRow: Int32
  let allBanks: UInt64

  // Products.
  var cursor: PIMCursor
  var pimTransactions = BoundedRing<PIMInstruction>(capacity: 1)
  var pimQueue = BoundedRing<PIMInstruction>(capacity: 1)
  var isLoading = false
  var loadDone: [Int] = []
  var firstLoadDone = Int.max
  var skipsPIM = false
  var isPIMMode = false
  var reservedRow: Int32 = -1
  var slack = 0
  /// Products may not start before this clock: the units are busy.
  var unitsFree = 0
  /// Rows of the multipliers may not close before this clock (row-held).
  var rowHeldUntil = 0
  /// Results may not be read before this clock (pipeline fill of single products).
  var resultReady = 0
  var isGroupOpen = false
  /// The head of the products' queue needs nothing before this clock: a header, or a step and what it waits for.
  var headerWake = 0
  var stepWake = 0
  var stepUse = PIMTimeUse.commands

  // Host.
  var stream: HostStream
  var demand: HostStream
  /// Whether the line of demand comes next.
  var isDemandNext = true
  var batches = HostBatches()
  var reads: TransactionQueue
  var writes: TransactionQueue
  var draining = 0
  var queues: HostQueues
  /// Banks by the command that their queue asks for next, and those whose queue or row has changed since.
  var toRead: BankSet
  var toWrite: BankSet
  var toActivate: BankSet
  var toPrecharge: BankSet
  var stale: UInt64 = 0
  /// By bank: the first runs of reads and writes of the open row, and the row to open.
  let readRun: UnsafeMutablePointer<Int>
  let writeRun: UnsafeMutablePointer<Int>
  let firstRow: UnsafeMutablePointer<Int32>
  var turn = 0
  /// The run from which the chosen access is taken.
  var takenRun = 0
  /// While the host is alone: no command of its goes before this clock, unless a bank's queue or row changes.
  var hostWake = 0
  /// Reads that went since a write has wanted to.
  var readsPassed = 0

  // Refresh.
  /// When the next one falls due.
  var refreshDue: Int
  var pendingRanks: [Int] = []
  /// By rank, refreshes that are postponed; and when the next one falls due that may not be.
  var owed: [Int]
  var forcedDue: Int
  var nextRank = 0
  var isRefreshing = false
  var refreshingBanks: UInt64 = 0

  // What time goes on.
  /// What the head of the products does or waits for in the present clock; nil without one.
  var productUse: PIMTimeUse?
  /// When the data bus of the host is free, and its last column command.
  var busFree = 0
  var lastColumn = 0
  var lastIsWrite = false
  /// Since when there has been work of the host.
  var hostSince = 0
  /// Commands of products since the host's last column.
  var productCommands = 0
  /// Banks whose row opened as soon as the activation window let it.
  var openedByWindow: UInt64 = 0
  /// By rank: the last opening of rows for products, and the last refresh.
  var activated: [Int]
  var refreshed: [Int]
  /// Since when the present or last refresh has held banks up.
  var refreshFrom = 0

  // Outcome.
  /// All counts but those of commands, which stand by themselves.
  var tally: PIMCommandCounts
  let sent: UnsafeMutablePointer<Int>
  /// Ranks with an open row in the host's row buffers, and in those of the multipliers.
  var hostRanks = 0
  var pimRanks = 0
  var isLogging = false
  var log: [CommandRecord] = []
  /// Results of each block that are still to come.
  var resultsLeft: [Int] = []
  /// When the last result (or load) of each block arrived.
  var blockDone: [Int] = []

  /// Makes an idle channel whose products use rows from `firstPIMRow` on.
  init(
    _ compiled: CompiledStandard, _ configuration: PIMConfiguration, channel: Int = 0,
    firstPIMRow: Int
  ) throws {
    let rules = try PIMRules(compiled, configuration)
    self.rules = rules
    self.configuration = configuration
    self.channel = channel
    lowestProductRow = Int32(firstPIMRow)
    allBanks = rules.banks == 64 ? ~0 : (1 << UInt64(rules.banks)) - 1
    timing = TimingEngine(compiled)
    openRow = .allocate(capacity: rules.banks)
    openRow.initialize(repeating: -1, count: rules.banks)
    rowHits = copied([Int](repeating: 0, count: rules.banks))
    toRead = BankSet(rules.read, timing)
    toWrite = BankSet(rules.write, timing)
    toActivate = BankSet(rules.activateHost, timing)
    toPrecharge = BankSet(rules.prechargeHost, timing)
    readRun = copied([Int](repeating: 0, count: rules.banks))
    writeRun = copied([Int](repeating: 0, count: rules.banks))
    firstRow = .allocate(capacity: rules.banks)
    firstRow.initialize(repeating: -1, count: rules.banks)
    stream = HostStream(columns: rules.columns, banks: rules.banks)
    demand = stream
    refreshDue = rules.refreshInterval ?? Int.max
    owed = [Int](repeating: 0, count: rules.ranks)
    forcedDue = refreshDue
    cursor = PIMCursor(
      isComposite: rules.isDual, firstRow: firstPIMRow,
      rows: compiled.standard.organization.rows - firstPIMRow)
    queues = HostQueues(banks: rules.banks, capacity: rules.queues.perBank)
    pimTransactions = BoundedRing(capacity: rules.queues.transactions)
    pimQueue = BoundedRing(capacity: rules.queues.commands)
    reads = TransactionQueue(capacity: rules.queues.transactions)
    writes = TransactionQueue(capacity: rules.queues.transactions)
    tally = PIMCommandCounts(commandCount: timing.commandCount)
    sent = copied([Int](repeating: 0, count: timing.commandCount))
    activated = [Int](repeating: TimingEngine.never, count: rules.ranks)
    refreshed = activated
    turn = rules.banks - 1
    setForcedDue()
  }

  deinit {
    openRow.deallocate()
    rowHits.deallocate()
    readRun.deallocate()
    writeRun.deallocate()
    firstRow.deallocate()
    sent.deallocate()
  }

  /// Commands sent so far, and how long row buffers stood open.
  var counts: PIMCommandCounts {
    var counts = tally
    for command in 0..<timing.commandCount { counts.commands[command] = sent[command] }
    return counts
  }

  /// Whether nothing is left to do.
  var isDrained: Bool { isHostDrained && isPIMDrained }

  var isHostDrained: Bool {
    stream.isEmpty && demand.isEmpty && reads.isEmpty && writes.isEmpty && queues.isEmpty
  }

  var isPIMDrained: Bool {
    cursor.isEmpty && pimTransactions.isEmpty && pimQueue.isEmpty && loadDone.isEmpty
  }

  /// Gives the channel `count` bursts from burst `first` on; returns the batch's number.
  mutating func addHost(
    first: Int, count: Int, isWrite: Bool, line: HostLine = .bulk, batch: Int? = nil,
    run: Int = .max, stride: Int = 0
  ) -> Int {
    due = min(due, clock)
    let number = batch ?? batches.append(at: clock)
    batches.entry(number).pointee.left += count
    batches.entry(number).pointee.waiting += count
    if count > 0 {
      // Writes may linger in their queue; they are no work that the host waits for.
      if stream.isEmpty && demand.isEmpty && reads.isEmpty && queues.isEmpty { hostSince = clock }
      let extent = HostStream.Extent(
        first: first, count: count, isWrite: isWrite, batch: Int32(number), run: run,
        stride: stride)
      switch line {
      case .bulk: stream.append(extent)
      case .demand: demand.append(extent)
      }
    }
    return number
  }

  /// Gives the channel products; returns the number of the first block.
  mutating func addProducts(_ blocks: [PIMBlock], dispatch: [Int]? = nil) -> Int {
    due = min(due, clock)
    let first = cursor.blockCount
    if let lowest = blocks.lazy.compactMap(\.lowestRow).min(), lowest < lowestProductRow {
      lowestProductRow = Int32(lowest)
      for bank in 0..<rules.banks where openRow[bank] >= lowestProductRow {
        hostOnPIMRow |= 1 << UInt64(bank)
      }
    }
    cursor.append(blocks, dispatch: dispatch)
    blockDone.append(contentsOf: repeatElement(-1, count: blocks.count))
    resultsLeft.append(contentsOf: blocks.map { $0.rows * $0.products })
    return first
  }
}

extension PIMChannel {
  /// Sends the writes that wait without waiting for more of them.
  mutating func drainWrites() {
    due = min(due, clock)
    draining = max(draining, writes.count)
  }
}

/// A fixed ring of values.
struct BoundedRing<Element> {
  private var items: [Element] = []
  private var head = 0
  private(set) var count = 0
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == capacity }

  @inline(__always)
  subscript(index: Int) -> Element {
    let place = head &+ index
    return items[place >= capacity ? place &- capacity : place]
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    var place = head &+ count
    if place >= capacity { place &-= capacity }
    if place == items.count { items.append(element) } else { items[place] = element }
    count &+= 1
  }

  @inline(__always)
  mutating func removeFirst() {
    head = head &+ 1 == capacity ? 0 : head &+ 1
    count &-= 1
  }

  /// Removes the element at `index`; those behind it keep their order.
  mutating func remove(at index: Int) {
    var at = index
    while at > 0 {
      var to = head &+ at
      if to >= capacity { to &-= capacity }
      var from = head &+ at &- 1
      if from >= capacity { from &-= capacity }
      items[to] = items[from]
      at &-= 1
    }
    removeFirst()
  }
}
