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

  let banks: Int
  let capacity: Int
  private let runs: UnsafeMutablePointer<Run>
  private let head: UnsafeMutablePointer<Int>
  private let length: UnsafeMutablePointer<Int>
  private let total: UnsafeMutablePointer<Int>
  /// Runs of writes in each queue.
  private let writeRuns: UnsafeMutablePointer<Int>
  /// Banks with accesses, one bit each.
  private(set) var occupied: UInt64 = 0

  /// Queues for at most 64 banks of `capacity` accesses each.
  init(banks: Int, capacity: Int) {
    precondition(banks <= 64, "at most 64 banks behind a PIM channel")
    self.banks = banks
    self.capacity = capacity
    runs = .allocate(capacity: banks * capacity)
    runs.initialize(
      repeating: Run(row: 0, count: 0, isWrite: false, batch: 0), count: banks * capacity)
    head = copied([Int](repeating: 0, count: banks))
    length = copied([Int](repeating: 0, count: banks))
    total = copied([Int](repeating: 0, count: banks))
    writeRuns = copied([Int](repeating: 0, count: banks))
  }

  deinit {
    runs.deallocate()
    head.deallocate()
    length.deallocate()
    total.deallocate()
    writeRuns.deallocate()
  }

  var isEmpty: Bool { occupied == 0 }

  @inline(__always)
  func hasRoom(_ bank: Int) -> Bool { total[bank] < capacity }

  @inline(__always)
  func runCount(_ bank: Int) -> Int { length[bank] }

  /// Whether all accesses of a bank are of one kind.
  @inline(__always)
  func isOfOneKind(_ bank: Int) -> Bool {
    writeRuns[bank] == 0 || writeRuns[bank] == length[bank]
  }

  @inline(__always)
  private func slot(_ bank: Int, _ index: Int) -> UnsafeMutablePointer<Run> {
    var place = head[bank] &+ index
    if place >= capacity { place &-= capacity }
    return runs + (bank &* capacity &+ place)
  }

  @inline(__always)
  func run(_ bank: Int, _ index: Int) -> Run { slot(bank, index).pointee }

  /// Adds one access; tells whether it began a run.
  @inline(__always)
  mutating func push(_ bank: Int, row: Int32, isWrite: Bool, batch: Int32) -> Bool {
    total[bank] &+= 1
    let count = length[bank]
    if count > 0 {
      let last = slot(bank, count &- 1)
      if last.pointee.row == row, last.pointee.isWrite == isWrite, last.pointee.batch == batch {
        last.pointee.count &+= 1
        return false
      }
    }
    slot(bank, count).pointee = Run(row: row, count: 1, isWrite: isWrite, batch: batch)
    if isWrite { writeRuns[bank] &+= 1 }
    length[bank] = count &+ 1
    occupied |= 1 &<< UInt64(bank)
    return true
  }

  /// Removes the first access of a run.
  @inline(__always)
  mutating func take(_ bank: Int, _ index: Int) {
    total[bank] &-= 1
    let place = slot(bank, index)
    place.pointee.count &-= 1
    if place.pointee.count > 0 { return }
    if place.pointee.isWrite { writeRuns[bank] &-= 1 }
    if index == 0 {
      head[bank] = head[bank] &+ 1 == capacity ? 0 : head[bank] &+ 1
    } else {
      var at = index
      while at &+ 1 < length[bank] {
        slot(bank, at).pointee = slot(bank, at &+ 1).pointee
        at &+= 1
      }
    }
    length[bank] &-= 1
    if length[bank] == 0 { occupied &= ~(1 &<< UInt64(bank)) }
  }
}

/// Host bursts that a channel has been given and that have not reached its queues: extents in order.
struct HostStream {
  /// A range of bursts in the channel's own order (columns, then banks, then rows).
  struct Extent {
    var first: Int
    var count: Int
    var isWrite: Bool
    var batch: Int32
  }

  private var extents: [Extent] = []
  private var next = 0

  var isEmpty: Bool { next == extents.count }

  mutating func append(_ extent: Extent) {
    if next == extents.count {
      extents.removeAll(keepingCapacity: true)
      next = 0
    }
    extents.append(extent)
  }

  /// The burst at the front, without taking it.
  var front: (burst: Int, isWrite: Bool, batch: Int32) {
    (extents[next].first, extents[next].isWrite, extents[next].batch)
  }

  mutating func dropFront() {
    extents[next].first += 1
    extents[next].count -= 1
    if extents[next].count == 0 { next += 1 }
  }
}
