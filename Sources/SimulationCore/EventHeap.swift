/// A 4-ary heap of events in the order (tick, priority, sequence).
///
/// It holds the events that lie beyond the window of an `EventWheel`. Insertion and removal take
/// O(log n) steps; the storage grows by doubling and is never given back before the end.
@frozen
@usableFromInline
struct EventHeap: ~Copyable {
  /// One waiting event; the key packs tick (64 bits), priority (8) and sequence (56).
  @frozen
  @usableFromInline
  struct Entry {
    @usableFromInline var key: UInt128
    @usableFromInline var event: Event

    @usableFromInline
    init(key: UInt128, event: Event) {
      self.key = key
      self.event = event
    }

    @inlinable var tick: Int { Int(truncatingIfNeeded: key &>> 64) }
    @inlinable var priority: UInt8 { UInt8(truncatingIfNeeded: key &>> 56) }
  }

  @usableFromInline var entries: UnsafeMutablePointer<Entry>
  @usableFromInline var capacity: Int
  @usableFromInline var count = 0
  @usableFromInline var sequence: UInt64 = 0

  @usableFromInline
  init() {
    capacity = 64
    entries = .allocate(capacity: capacity)
  }

  @inlinable
  deinit { entries.deallocate() }

  /// The tick of the least event, or `Int.max` when there is none.
  @inlinable var leastTick: Int { count > 0 ? entries[0].tick : Int.max }

  @usableFromInline
  mutating func push(_ event: Event, tick: Int, priority: UInt8) {
    if count == capacity { grow() }
    let low = UInt64(priority) &<< 56 | sequence
    sequence &+= 1
    let entry = Entry(key: UInt128(tick) &<< 64 | UInt128(low), event: event)
    var hole = count
    count += 1
    while hole > 0 {
      let parent = (hole &- 1) &>> 2
      if entries[parent].key < entry.key { break }
      entries[hole] = entries[parent]
      hole = parent
    }
    entries[hole] = entry
  }

  /// Removes the least event.
  ///
  /// - Precondition: the heap is not empty.
  @usableFromInline
  mutating func pop() -> Entry {
    precondition(count > 0)
    let least = entries[0]
    count -= 1
    let last = entries[count]
    var hole = 0
    while true {
      let first = hole &* 4 &+ 1
      if first >= count { break }
      var child = first
      var other = first &+ 1
      let end = first &+ 4 < count ? first &+ 4 : count
      while other < end {
        if entries[other].key < entries[child].key { child = other }
        other &+= 1
      }
      if last.key < entries[child].key { break }
      entries[hole] = entries[child]
      hole = child
    }
    if count > 0 { entries[hole] = last }
    return least
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: entries, count: count)
    entries.deallocate()
    entries = larger
    capacity *= 2
  }
}
