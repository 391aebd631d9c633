/// The read and the write queue of a controller, with one list per bank in order of age.
///
/// Each bank and queue keeps its oldest row hit and its oldest other request; the bit masks say which banks have a
/// column command (a hit) and which a row command (an activation, or a precharge that protects no older hit) to offer.
/// ``stale`` collects which of the controller's cached picks a change may have moved.
struct RequestQueues: ~Copyable {
  /// A queued request.
  struct Entry {
    var row: Int32
    var column: Int32
    var bank: Int32
    var source: Int32
    var next: Int32
    var previous: Int32
    /// Neighbours by age in the whole queue.
    var younger: Int32
    var older: Int32
    var isWrite: Bool
    /// A command was already sent for it, so its row outcome is counted.
    var counted: Bool
    var tag: Int
    var arrival: Int
    var sequence: Int
  }

  /// One bank's list in one queue.
  struct Lane {
    var head: Int32 = -1
    var tail: Int32 = -1
    var hit: Int32 = -1
    var miss: Int32 = -1
    var count: Int32 = 0
    /// The sequence number of `miss`; with it a lane has 32 bytes and is found by a shift.
    var missSequence = 0
  }

  /// Kinds of picks that may have to be looked for again.
  enum Stale {
    static let activation: UInt8 = 1
    static let precharge: UInt8 = 2
    static let active: UInt8 = 4
    static let column: UInt8 = 8
    /// The row candidates of some banks, see ``changedRows``.
    static let row: UInt8 = 16
    /// One bank became active, see ``newlyActive``.
    static let oneActive: UInt8 = 32
    static let anyRow = activation | precharge | row
    static let anyActive = active | oneActive
    static let all: UInt8 = 15
  }

  let entries: UnsafeMutablePointer<Entry>
  let capacity: Int
  private let freeList: UnsafeMutablePointer<Int32>
  private var freeCount: Int
  let bankCount: Int
  let words: Int
  /// lanes[queue * bankCount + bank]
  let lanes: UnsafeMutablePointer<Lane>
  /// Row open in each bank, -1 if closed, -2 between the two halves of an activation.
  let openRow: UnsafeMutablePointer<Int32>
  /// Entry whose activation was sent and whose column command is due, or -1.
  let active: UnsafeMutablePointer<Int32>
  let activeOrder: UnsafeMutablePointer<Int>
  /// Masks of `words` each: column commands of reads, of writes, row commands of reads, of writes, active banks.
  let columnMask: UnsafeMutablePointer<UInt64>
  let rowMask: UnsafeMutablePointer<UInt64>
  let activeMask: UnsafeMutablePointer<UInt64>
  /// Banks without an open row.
  let closedMask: UnsafeMutablePointer<UInt64>
  /// Oldest and youngest entry of each queue, -1 if it is empty.
  let oldest: UnsafeMutablePointer<Int32>
  let youngest: UnsafeMutablePointer<Int32>
  var stale = Stale.all
  /// Banks whose row candidate came, went or changed since the controller last looked.
  let changedRows: UnsafeMutablePointer<UInt64>
  var newlyActive = 0
  var readCount = 0
  var writeCount = 0
  var activeCount = 0

  init(banks: Int, reads: Int, writes: Int) {
    bankCount = banks
    words = (banks + 63) / 64
    capacity = reads + writes + banks
    entries = .allocate(capacity: capacity)
    entries.initialize(
      repeating: Entry(
        row: 0, column: 0, bank: -1, source: 0, next: -1, previous: -1, younger: -1, older: -1,
        isWrite: false, counted: false, tag: 0, arrival: 0, sequence: 0), count: capacity)
    freeList = .allocate(capacity: capacity)
    for index in 0..<capacity { (freeList + index).initialize(to: Int32(capacity - 1 - index)) }
    freeCount = capacity
    lanes = .allocate(capacity: 2 * banks)
    lanes.initialize(repeating: Lane(), count: 2 * banks)
    openRow = .allocate(capacity: banks)
    openRow.initialize(repeating: -1, count: banks)
    active = .allocate(capacity: banks)
    active.initialize(repeating: -1, count: banks)
    activeOrder = .allocate(capacity: banks)
    activeOrder.initialize(repeating: 0, count: banks)
    columnMask = .allocate(capacity: 2 * words)
    columnMask.initialize(repeating: 0, count: 2 * words)
    rowMask = .allocate(capacity: 2 * words)
    rowMask.initialize(repeating: 0, count: 2 * words)
    activeMask = .allocate(capacity: words)
    activeMask.initialize(repeating: 0, count: words)
    closedMask = .allocate(capacity: words)
    closedMask.initialize(repeating: ~0, count: words)
    changedRows = .allocate(capacity: words)
    changedRows.initialize(repeating: 0, count: words)
    oldest = .allocate(capacity: 2)
    oldest.initialize(repeating: -1, count: 2)
    youngest = .allocate(capacity: 2)
    youngest.initialize(repeating: -1, count: 2)
  }

  deinit {
    entries.deallocate()
    freeList.deallocate()
    lanes.deallocate()
    openRow.deallocate()
    active.deallocate()
    activeOrder.deallocate()
    columnMask.deallocate()
    rowMask.deallocate()
    activeMask.deallocate()
    closedMask.deallocate()
    changedRows.deallocate()
    oldest.deallocate()
    youngest.deallocate()
  }

  mutating func copyFreeList(_ other: borrowing RequestQueues) {
    freeList.update(from: other.freeList, count: capacity)
    freeCount = other.freeCount
  }

  /// Frees every entry; rows stay open.
  mutating func removeAll() {
    for index in 0..<capacity {
      freeList[index] = Int32(capacity - 1 - index)
      entries[index].bank = -1
    }
    freeCount = capacity
    lanes.update(repeating: Lane(), count: 2 * bankCount)
    active.update(repeating: -1, count: bankCount)
    columnMask.update(repeating: 0, count: 2 * words)
    rowMask.update(repeating: 0, count: 2 * words)
    activeMask.update(repeating: 0, count: words)
    oldest.update(repeating: -1, count: 2)
    youngest.update(repeating: -1, count: 2)
    stale = Stale.all
    readCount = 0
    writeCount = 0
    activeCount = 0
  }

  /// Queue index: 0 reads, 1 writes.
  @inline(__always)
  func lane(_ queue: Int, _ bank: Int) -> UnsafeMutablePointer<Lane> {
    lanes + (queue &* bankCount &+ bank)
  }

  /// Whether some bank offers a column command; a true that is wrong is possible with more than 64 banks only.
  @inline(__always)
  func hasHits(_ queue: Int) -> Bool { words > 1 || columnMask[queue] != 0 }

  /// Appends a request to its bank's list.
  @inline(__always)
  mutating func append(
    bank: Int, row: Int, column: Int, isWrite: Bool, source: Int, tag: Int, arrival: Int,
    sequence: Int
  ) {
    freeCount &-= 1
    place(
      in: freeList[freeCount], bank: bank, row: row, column: column, isWrite: isWrite,
      source: source, tag: tag, arrival: arrival, sequence: sequence)
  }

  /// Appends a request in a free entry.
  @inline(__always)
  mutating func place(
    in slot: Int32, bank: Int, row: Int, column: Int, isWrite: Bool, source: Int, tag: Int,
    arrival: Int, sequence: Int
  ) {
    let entries = self.entries
    let queue = isWrite ? 1 : 0
    let lane = lane(queue, bank)
    let tail = lane.pointee.tail
    let elder = youngest[queue]
    let entry = entries + Int(slot)
    entry.pointee.row = Int32(truncatingIfNeeded: row)
    entry.pointee.column = Int32(truncatingIfNeeded: column)
    entry.pointee.bank = Int32(truncatingIfNeeded: bank)
    entry.pointee.source = Int32(truncatingIfNeeded: source)
    entry.pointee.next = -1
    entry.pointee.previous = tail
    entry.pointee.younger = -1
    entry.pointee.older = elder
    entry.pointee.isWrite = isWrite
    entry.pointee.counted = false
    entry.pointee.tag = tag
    entry.pointee.arrival = arrival
    entry.pointee.sequence = sequence
    youngest[queue] = slot
    if elder < 0 { oldest[queue] = slot } else { entries[Int(elder)].younger = slot }
    if tail < 0 { lane.pointee.head = slot } else { entries[Int(tail)].next = slot }
    lane.pointee.tail = slot
    lane.pointee.count &+= 1
    if isWrite { writeCount &+= 1 } else { readCount &+= 1 }
    if openRow[bank] == Int32(truncatingIfNeeded: row) {
      if lane.pointee.hit >= 0 { return }
      lane.pointee.hit = slot
    } else {
      if lane.pointee.miss >= 0 { return }
      lane.pointee.miss = slot
      lane.pointee.missSequence = sequence
    }
    updateMasks(queue, bank)
  }

  /// Takes an entry out of its list; the caller frees it or makes it active.
  @inline(__always)
  mutating func unlink(_ slot: Int32) {
    let entries = self.entries
    let entry = entries + Int(slot)
    let queue = entry.pointee.isWrite ? 1 : 0
    let bank = Int(entry.pointee.bank)
    let lane = lane(queue, bank)
    takeOut(slot, queue)
    if lane.pointee.hit == slot {
      replaceHit(queue, bank, after: entry.pointee.next)
    } else if lane.pointee.miss == slot {
      let open = openRow[bank]
      var cursor = entry.pointee.next
      while cursor >= 0 && entries[Int(cursor)].row == open { cursor = entries[Int(cursor)].next }
      lane.pointee.miss = cursor
      if cursor >= 0 { lane.pointee.missSequence = entries[Int(cursor)].sequence }
      updateMasks(queue, bank)
    }
  }

  /// Makes the first request of the open row from `next` on the bank's oldest hit.
  @inline(__always)
  mutating func replaceHit(_ queue: Int, _ bank: Int, after next: Int32) {
    let entries = self.entries
    let lane = lane(queue, bank)
    var cursor = next
    if cursor >= 0 {
      let open = openRow[bank]
      while entries[Int(cursor)].row != open {
        cursor = entries[Int(cursor)].next
        if cursor < 0 { break }
      }
    }
    lane.pointee.hit = cursor
    stale |= Stale.column
    if cursor < 0 || lane.pointee.miss >= 0 { updateMasks(queue, bank) }
  }

  /// Takes an entry out of the lists of its bank and its queue, not out of the bank's candidates.
  @inline(__always)
  mutating func takeOut(_ slot: Int32, _ queue: Int) {
    let entries = self.entries
    let entry = entries + Int(slot)
    let lane = lane(queue, Int(entry.pointee.bank))
    let next = entry.pointee.next
    let previous = entry.pointee.previous
    if previous < 0 { lane.pointee.head = next } else { entries[Int(previous)].next = next }
    if next < 0 { lane.pointee.tail = previous } else { entries[Int(next)].previous = previous }
    lane.pointee.count &-= 1
    let younger = entry.pointee.younger
    let older = entry.pointee.older
    if older < 0 { oldest[queue] = younger } else { entries[Int(older)].younger = younger }
    if younger < 0 { youngest[queue] = older } else { entries[Int(younger)].older = older }
    if queue == 1 { writeCount &-= 1 } else { readCount &-= 1 }
  }

  @inline(__always)
  mutating func free(_ slot: Int32) {
    entries[Int(slot)].bank = -1
    freeList[freeCount] = slot
    freeCount &+= 1
  }

  /// Sets the open row without looking for candidates.
  @inline(__always)
  mutating func assignOpenRow(_ bank: Int, _ row: Int32) {
    openRow[bank] = row
    let bit: UInt64 = 1 &<< UInt64(bank & 63)
    if row == -1 { closedMask[bank &>> 6] |= bit } else { closedMask[bank &>> 6] &= ~bit }
  }

  /// Sets the open row (-1 closes) and finds the bank's oldest hit and oldest other request again.
  @inline(never)
  mutating func setOpenRow(_ bank: Int, _ row: Int32) {
    assignOpenRow(bank, row)
    stale |= Stale.column
    findCandidates(0, bank)
    findCandidates(1, bank)
  }

  /// Opens a request's row, or keeps it open: the request leaves its list and is the bank's active one.
  @inline(never)
  mutating func activate(_ slot: Int32, order: Int) {
    let entry = entries + Int(slot)
    let bank = Int(entry.pointee.bank)
    takeOut(slot, entry.pointee.isWrite ? 1 : 0)
    openForActive(bank, slot, order: order)
  }

  /// Opens the row of a request that is in no list and makes it the bank's active one.
  @inline(__always)
  mutating func openForActive(_ bank: Int, _ slot: Int32, order: Int) {
    makeActive(bank, slot, order: order)
    setOpenRow(bank, entries[Int(slot)].row)
  }

  /// Finds the oldest hit and the oldest other request of a bank's list.
  @inline(__always)
  private mutating func findCandidates(_ queue: Int, _ bank: Int) {
    let entries = self.entries
    let lane = lane(queue, bank)
    if lane.pointee.count == 0 && lane.pointee.hit & lane.pointee.miss < 0 { return }
    let row = openRow[bank]
    var hit: Int32 = -1
    var miss: Int32 = -1
    var cursor = lane.pointee.head
    if row < 0 {
      miss = cursor
    } else {
      while cursor >= 0 && hit | miss < 0 {
        if entries[Int(cursor)].row == row {
          if hit < 0 { hit = cursor }
        } else if miss < 0 {
          miss = cursor
        }
        cursor = entries[Int(cursor)].next
      }
    }
    lane.pointee.hit = hit
    lane.pointee.miss = miss
    if miss >= 0 { lane.pointee.missSequence = entries[Int(miss)].sequence }
    updateMasks(queue, bank)
  }

  @inline(__always)
  private mutating func makeActive(_ bank: Int, _ slot: Int32, order: Int) {
    active[bank] = slot
    activeOrder[bank] = order
    activeCount &+= 1
    stale |= stale & Stale.oneActive != 0 ? Stale.active : Stale.oneActive
    newlyActive = bank
    activeMask[bank &>> 6] |= 1 &<< UInt64(bank & 63)
  }

  @inline(never)
  mutating func setActive(_ bank: Int, _ slot: Int32, order: Int) {
    makeActive(bank, slot, order: order)
    updateMasks(0, bank)
    updateMasks(1, bank)
  }

  @inline(never)
  mutating func clearActive(_ bank: Int) {
    active[bank] = -1
    activeCount &-= 1
    stale |= Stale.active | Stale.column
    activeMask[bank &>> 6] &= ~(1 &<< UInt64(bank & 63))
    // A bank without requests offers nothing before and after.
    if lane(0, bank).pointee.count > 0 { updateMasks(0, bank) }
    if lane(1, bank).pointee.count > 0 { updateMasks(1, bank) }
  }

  /// Recomputes the two mask bits of a bank in a queue.
  @inline(__always)
  mutating func updateMasks(_ queue: Int, _ bank: Int) {
    let lane = lane(queue, bank)
    let word = queue &* words &+ bank &>> 6
    let bit: UInt64 = 1 &<< UInt64(bank & 63)
    stale |= Stale.column
    if lane.pointee.hit >= 0 { columnMask[word] |= bit } else { columnMask[word] &= ~bit }
    if lane.pointee.miss >= 0 && mayActOnRow(lane, bank) {
      rowMask[word] |= bit
    } else if rowMask[word] & bit != 0 {
      rowMask[word] &= ~bit
    } else {
      return
    }
    changedRows[bank &>> 6] |= bit
    stale |= Stale.row
  }

  /// Whether the oldest non-hit may act: a closed bank, or a row that protects nobody.
  @inline(__always)
  private func mayActOnRow(_ lane: UnsafeMutablePointer<Lane>, _ bank: Int) -> Bool {
    if openRow[bank] < 0 { return openRow[bank] == -1 }
    if active[bank] >= 0 { return false }
    if lane.pointee.hit < 0 { return true }
    return entries[Int(lane.pointee.hit)].arrival > entries[Int(lane.pointee.miss)].arrival
  }
}
