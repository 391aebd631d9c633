/// Which of a channel's two lines accesses of the host stand in before they reach its queues.
///
/// The lines take turns, a row of bursts each, so that what something waits for need not wait for long loads.
public enum HostLine: Sendable {
  /// Loads that are asked for long before they are needed.
  case bulk
  /// Stores, and reads that something waits for at once.
  case demand
}

/// Host bursts that a channel has been given and that have not reached its queues: extents in order.
struct HostStream {
  /// Bursts in the channel's own order (columns, then banks, then rows): runs of `run` bursts, `stride` apart.
  struct Extent {
    var first: Int
    var count: Int
    var isWrite: Bool
    var batch: Int32
    var run = Int.max
    var stride = 0
  }

  private let columns: Int
  private let banks: Int
  private var extents: [Extent] = []
  private var next = 0
  /// Where the present run of the front extent starts, how many of its bursts are left, and the runs' pace.
  private var runStart = 0
  private var runLeft = 0
  private var run = Int.max
  private var stride = 0
  /// Bursts left in the front extent, and those of its run in the row of the first.
  private var left = 0
  private(set) var countInRow = 0
  /// Where the first burst goes.
  private(set) var bank = 0
  private(set) var row = 0
  private(set) var isWrite = false
  private(set) var batch: Int32 = 0

  init(columns: Int, banks: Int) {
    self.columns = columns
    self.banks = banks
  }

  @inline(__always)
  var isEmpty: Bool { left == 0 }

  /// Adds an extent of at least one burst.
  mutating func append(_ extent: Extent) {
    if left > 0 {
      extents.append(extent)
    } else {
      begin(extent)
    }
  }

  private mutating func begin(_ extent: Extent) {
    left = extent.count
    run = extent.run
    stride = extent.stride
    isWrite = extent.isWrite
    batch = extent.batch
    beginRun(at: extent.first)
  }

  private mutating func beginRun(at first: Int) {
    runStart = first
    runLeft = min(run, left)
    let place = first / columns
    bank = place % banks
    row = place / banks
    countInRow = min(runLeft, columns - first % columns)
  }

  /// The first `count` bursts of the front row.
  @inline(__always)
  func front(_ count: Int) -> (run: TransactionQueue.Run, isWrite: Bool) {
    (
      TransactionQueue.Run(
        bank: Int32(truncatingIfNeeded: bank), row: Int32(truncatingIfNeeded: row), batch: batch,
        count: Int32(truncatingIfNeeded: count)), isWrite
    )
  }

  /// Takes bursts of the front row.
  @inline(__always)
  mutating func drop(_ count: Int) {
    left &-= count
    runLeft &-= count
    countInRow &-= count
    if countInRow == 0 { moveOn() }
  }

  private mutating func moveOn() {
    if left > 0 {
      if runLeft == 0 {
        beginRun(at: runStart + stride)
        return
      }
      bank += 1
      if bank == banks {
        bank = 0
        row += 1
      }
      countInRow = min(runLeft, columns)
      return
    }
    if next < extents.count {
      begin(extents[next])
      next += 1
    }
    if next == extents.count {
      extents.removeAll(keepingCapacity: true)
      next = 0
    }
  }
}
