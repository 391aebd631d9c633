/// Host accesses that wait at the banks of one channel: per bank a queue of runs of equal accesses.
///
/// Accesses of one kind to one row stand together as a run, because the controller treats them alike: a sequential
/// stream costs one entry per row instead of one per burst.
struct HostQueues: ~Copyable {
  /// Consecutive accesses of one kind to one row.
  struct Run {
    var row: Int32
    var count: Int32
    var isWrite: Bool
    var batch: Int32
  }

  /// One bank's ring of runs.
  private struct Queue {
    var runs: UnsafeMutablePointer<Run>
    var head = 0
    /// Where the last run is: each access that comes in asks for it.
    var tail = 0
    var length = 0
    /// Accesses of all runs.
    var total = 0
    /// Runs of writes.
    var writeRuns = 0
  }

  let banks: Int
  let capacity: Int
  private let runs: UnsafeMutablePointer<Run>
  private let queues: UnsafeMutablePointer<Queue>
  /// Banks with accesses, one bit each.
  private(set) var occupied: UInt64 = 0
  /// Banks without room for another, one bit each.
  private(set) var full: UInt64 = 0

  /// Queues for at most 64 banks of `capacity` accesses each.
  init(banks: Int, capacity: Int) {
    precondition(banks <= 64, "at most 64 banks behind a PIM channel")
    self.banks = banks
    self.capacity = capacity
    runs = .allocate(capacity: banks * capacity)
    runs.initialize(
      repeating: Run(row: 0, count: 0, isWrite: false, batch: 0), count: banks * capacity)
    queues = .allocate(capacity: banks)
    for bank in 0..<banks { (queues + bank).initialize(to: Queue(runs: runs + bank * capacity)) }
  }

  deinit {
    runs.deallocate()
    queues.deallocate()
  }

  var isEmpty: Bool { occupied == 0 }

  @inline(__always)
  func hasRoom(_ bank: Int) -> Bool { full &>> UInt64(bank) & 1 == 0 }

  @inline(__always)
  func runCount(_ bank: Int) -> Int { queues[bank].length }

  /// Whether all accesses of a bank are of one kind.
  @inline(__always)
  func isOfOneKind(_ bank: Int) -> Bool {
    let queue = queues + bank
    return queue.pointee.writeRuns == 0 || queue.pointee.writeRuns == queue.pointee.length
  }

  @inline(__always)
  private func slot(_ bank: Int, _ index: Int) -> UnsafeMutablePointer<Run> {
    let queue = queues + bank
    var place = queue.pointee.head &+ index
    if place >= capacity { place &-= capacity }
    return queue.pointee.runs + place
  }

  @inline(__always)
  func run(_ bank: Int, _ index: Int) -> Run { slot(bank, index).pointee }

  /// Adds one access; tells whether it began a run.
  @inline(__always)
  mutating func push(_ bank: Int, row: Int32, isWrite: Bool, batch: Int32) -> Bool {
    let queue = queues + bank
    queue.pointee.total &+= 1
    if queue.pointee.total == capacity { full |= 1 &<< UInt64(bank) }
    let count = queue.pointee.length
    if count > 0 {
      let last = queue.pointee.runs + queue.pointee.tail
      if last.pointee.row == row, last.pointee.isWrite == isWrite, last.pointee.batch == batch {
        last.pointee.count &+= 1
        return false
      }
    }
    let place = slot(bank, count)
    place.pointee = Run(row: row, count: 1, isWrite: isWrite, batch: batch)
    queue.pointee.tail = place - queue.pointee.runs
    if isWrite { queue.pointee.writeRuns &+= 1 }
    queue.pointee.length = count &+ 1
    occupied |= 1 &<< UInt64(bank)
    return true
  }

  /// Removes the first access of a run, and returns the run as it was.
  @inline(__always)
  mutating func take(_ bank: Int, _ index: Int) -> Run {
    let queue = queues + bank
    queue.pointee.total &-= 1
    full &= ~(1 &<< UInt64(bank))
    let place = slot(bank, index)
    let run = place.pointee
    place.pointee.count = run.count &- 1
    if run.count == 1 { end(bank, index, run) }
    return run
  }

  /// Takes an empty run out of its queue.
  @inline(never)
  private mutating func end(_ bank: Int, _ index: Int, _ run: Run) {
    let queue = queues + bank
    if run.isWrite { queue.pointee.writeRuns &-= 1 }
    if index == 0 {
      queue.pointee.head = queue.pointee.head &+ 1 == capacity ? 0 : queue.pointee.head &+ 1
    } else {
      var at = index
      while at &+ 1 < queue.pointee.length {
        slot(bank, at).pointee = slot(bank, at &+ 1).pointee
        at &+= 1
      }
      queue.pointee.tail = slot(bank, at &- 1) - queue.pointee.runs
    }
    queue.pointee.length &-= 1
    if queue.pointee.length == 0 {
      // Queues that empty begin anew at their first place, and so stay in the cache.
      queue.pointee.head = 0
      occupied &= ~(1 &<< UInt64(bank))
    }
  }
}
