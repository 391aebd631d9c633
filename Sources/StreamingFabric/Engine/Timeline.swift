/// The cycles at which one port acted, oldest first: a window that slides over an index that never
/// wraps, so that blocks of entries are contiguous.
struct Timeline {
  /// Entry `index` lies at `base[index - origin]`.
  var base: UnsafeMutablePointer<Int>
  var capacity: Int
  /// The index of the oldest entry kept; negative while entries before cycle 0 are kept.
  var origin: Int
  /// One past the index of the newest entry.
  var count: Int

  /// A cycle so early that it never delays anything.
  static let longAgo = Int.min / 4

  init(history: Int, capacity: Int) {
    self.capacity = history + capacity
    base = .allocate(capacity: self.capacity)
    base.initialize(repeating: Timeline.longAgo, count: self.capacity)
    origin = -history
    count = 0
  }

  @inline(__always)
  subscript(index: Int) -> Int { base[index &- origin] }

  @inline(__always)
  func pointer(to index: Int) -> UnsafeMutablePointer<Int> { base + (index &- origin) }

  @inline(__always)
  var room: Int { capacity &- (count &- origin) }

  @inline(__always)
  mutating func append(_ cycle: Int) {
    base[count &- origin] = cycle
    count &+= 1
  }

  /// Drops the entries before `oldest`, and grows when less than half would come free.
  mutating func compact(keeping oldest: Int, room wanted: Int) {
    let first = max(origin, min(oldest, count))
    let kept = count - first
    let needed = kept + wanted
    if needed > capacity / 2 {
      let larger = UnsafeMutablePointer<Int>.allocate(capacity: needed * 2)
      larger.initialize(repeating: Timeline.longAgo, count: needed * 2)
      larger.update(from: base + (first - origin), count: kept)
      base.deallocate()
      base = larger
      capacity = needed * 2
    } else {
      base.update(from: base + (first - origin), count: kept)
    }
    origin = first
  }

  /// Moves every entry `cycles` later and `entries` further, as a jump over whole periods does.
  mutating func shift(cycles: Int, entries: Int) {
    for index in 0..<(count - origin) { base[index] &+= cycles }
    origin += entries
    count += entries
  }
}
