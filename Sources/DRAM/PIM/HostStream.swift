/// Host bursts that a channel has been given and that have not reached its queues: extents in order.
struct HostStream {
  /// A range of bursts in the channel's own order (columns, then banks, then rows).
  struct Extent {
    var first: Int
    var count: Int
    var isWrite: Bool
    var batch: Int32
  }

  private let columns: Int
  private let banks: Int
  private var extents: [Extent] = []
  private var next = 0
  /// Bursts left in the front extent, and those of them in the row of the first.
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
    let place = extent.first / columns
    bank = place % banks
    row = place / banks
    left = extent.count
    countInRow = min(left, columns - extent.first % columns)
    isWrite = extent.isWrite
    batch = extent.batch
  }

  /// Takes bursts of the front row.
  @inline(__always)
  mutating func drop(_ count: Int) {
    left &-= count
    countInRow &-= count
    if countInRow == 0 { moveOn() }
  }

  private mutating func moveOn() {
    if left > 0 {
      bank += 1
      if bank == banks {
        bank = 0
        row += 1
      }
      countInRow = min(left, columns)
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
