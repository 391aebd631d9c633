/// Host accesses that wait to enter the banks' queues, in order: runs of equal accesses.
struct TransactionQueue: ~Copyable {
  /// Consecutive accesses to one row of one batch.
  struct Run {
    var bank: Int32
    var row: Int32
    var batch: Int32
    var count: Int32
  }

  let capacity: Int
  private let runs: UnsafeMutablePointer<Run>
  private(set) var runCount = 0
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    runs = .allocate(capacity: capacity)
    runs.initialize(repeating: Run(bank: 0, row: 0, batch: 0, count: 0), count: capacity)
  }

  deinit { runs.deallocate() }

  @inline(__always)
  var isEmpty: Bool { count == 0 }

  @inline(__always)
  var isFull: Bool { count == capacity }

  @inline(__always)
  subscript(index: Int) -> Run { runs[index] }

  /// Adds accesses of one row; there is room for them.
  @inline(__always)
  mutating func append(_ run: Run) {
    count &+= Int(run.count)
    if runCount > 0 {
      let last = runs + (runCount &- 1)
      if last.pointee.bank == run.bank, last.pointee.row == run.row,
        last.pointee.batch == run.batch
      {
        last.pointee.count &+= run.count
        return
      }
    }
    runs[runCount] = run
    runCount &+= 1
  }

  /// Removes the first access of a run; those behind it keep their order.
  @inline(__always)
  mutating func take(_ index: Int) {
    count &-= 1
    runs[index].count &-= 1
    if runs[index].count > 0 { return }
    runCount &-= 1
    var at = index
    while at < runCount {
      runs[at] = runs[at &+ 1]
      at &+= 1
    }
  }
}
