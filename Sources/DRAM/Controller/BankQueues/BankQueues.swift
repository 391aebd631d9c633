/// The queues of the `bank-queues` scheduler, in the structure of DRAMsim3: requests wait in a read queue and a write
/// buffer, and one a tick moves on to the short command queue of its bank.
///
/// A class, so that a channel without it pays for one reference. Sizes: the reference data's description.
final class BankQueues {
  typealias Entry = RequestQueues.Entry

  /// Entries of a bank's command queue.
  static let depth = 8
  /// Row hits after which a precharge may pass the hits that still wait.
  static let streakLimit = 4
  /// Writes are drained when more than this many wait and the command queues are empty.
  static let idleDrain = 8

  /// Requests that wait for a place in the queue of their bank, in order of arrival.
  var reads: [Entry] = []
  var writes: [Entry] = []
  /// entries[bank * depth + place], oldest first.
  let entries: UnsafeMutablePointer<Entry>
  let counts: UnsafeMutablePointer<Int>
  /// Row hits served since the row was opened.
  let streaks: UnsafeMutablePointer<Int>
  let bankCount: Int
  /// Entries in all command queues.
  var queued = 0
  /// Writes that still move before reads do again.
  var draining = 0
  /// The bank that was served last; the next search starts behind it.
  var last = 0

  init(banks: Int) {
    bankCount = banks
    entries = .allocate(capacity: banks * Self.depth)
    entries.initialize(
      repeating: Self.entry(row: 0, column: 0, bank: -1), count: banks * Self.depth)
    counts = .allocate(capacity: banks)
    counts.initialize(repeating: 0, count: banks)
    streaks = .allocate(capacity: banks)
    streaks.initialize(repeating: 0, count: banks)
  }

  deinit {
    entries.deallocate()
    counts.deallocate()
    streaks.deallocate()
  }

  /// A request that is in no list.
  static func entry(row: Int32, column: Int32, bank: Int32) -> Entry {
    Entry(
      row: row, column: column, bank: bank, source: 0, next: -1, previous: -1, younger: -1,
      older: -1, isWrite: false, counted: false, tag: 0, arrival: 0, sequence: 0)
  }

  var isEmpty: Bool { queued == 0 && reads.isEmpty && writes.isEmpty }

  /// Requests that a bank still has to serve.
  func waiting(for bank: Int) -> Int {
    counts[bank] + reads.count { $0.bank == bank } + writes.count { $0.bank == bank }
  }

  func hasRoom(_ bank: Int32) -> Bool { counts[Int(bank)] < Self.depth }

  func entry(_ bank: Int, _ place: Int) -> UnsafeMutablePointer<Entry> {
    entries + (bank * Self.depth + place)
  }

  /// Whether a request of the given kind to an address waits anywhere.
  func holds(row: Int32, column: Int32, bank: Int32, isWrite: Bool) -> Bool {
    for place in 0..<counts[Int(bank)] {
      let other = entry(Int(bank), place)
      if other.pointee.isWrite == isWrite && other.pointee.row == row
        && other.pointee.column == column
      {
        return true
      }
    }
    return (isWrite ? writes : reads).contains {
      $0.bank == bank && $0.row == row && $0.column == column
    }
  }

  /// Starts to drain writes when the buffer is full, when several wait while nothing else does, or when no more
  /// work is to come.
  func updateDraining(capacity: Int, isLastWork: Bool) {
    if draining > 0 || writes.isEmpty { return }
    if writes.count >= capacity || (queued == 0 && writes.count > Self.idleDrain)
      || (isLastWork && queued == 0 && reads.isEmpty)
    {
      draining = writes.count
    }
  }

  /// Whether ``move()`` would change something.
  var canMove: Bool {
    let waiting = draining > 0 ? writes : reads
    return waiting.contains { hasRoom($0.bank) }
  }

  /// Moves the oldest request whose bank has room: a write while draining, else a read. A write behind a read of its
  /// address ends the draining, and reads go on.
  func move() {
    if draining > 0 {
      guard let index = writes.firstIndex(where: { hasRoom($0.bank) }) else { return }
      let write = writes[index]
      if !holds(row: write.row, column: write.column, bank: write.bank, isWrite: false) {
        append(writes.remove(at: index))
        draining -= 1
        return
      }
      draining = 0
    }
    if let index = reads.firstIndex(where: { hasRoom($0.bank) }) {
      append(reads.remove(at: index))
    }
  }

  private func append(_ request: Entry) {
    let bank = Int(request.bank)
    entry(bank, counts[bank]).pointee = request
    counts[bank] += 1
    queued += 1
  }

  /// Takes an entry out of its command queue.
  func remove(_ bank: Int, _ place: Int) {
    for index in place..<(counts[bank] - 1) {
      entry(bank, index).pointee = entry(bank, index + 1).pointee
    }
    counts[bank] -= 1
    queued -= 1
  }

  /// Whether an entry behind `place` is for the given row.
  func hasHit(_ bank: Int, row: Int32, after place: Int) -> Bool {
    var index = place + 1
    while index < counts[bank] {
      if entry(bank, index).pointee.row == row { return true }
      index += 1
    }
    return false
  }

  func copy(_ other: BankQueues) {
    reads = other.reads
    writes = other.writes
    entries.update(from: other.entries, count: bankCount * Self.depth)
    counts.update(from: other.counts, count: bankCount)
    streaks.update(from: other.streaks, count: bankCount)
    queued = other.queued
    draining = other.draining
    last = other.last
  }
}
