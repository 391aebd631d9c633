/// How far each batch of host accesses of a channel has come.
struct HostBatches: ~Copyable {
  struct Batch: Equatable {
    /// Accesses that have not been sent, and when the last one was done.
    var left = 0
    var done: Int
    /// Accesses that have not entered a transaction queue, and when the last one did.
    var waiting = 0
    var accepted: Int
  }

  private var base: UnsafeMutablePointer<Batch>
  private var capacity = 64
  private(set) var count = 0

  init() { base = .allocate(capacity: capacity) }

  deinit { base.deallocate() }

  /// Adds a batch without accesses, which is done at `clock`; returns its number.
  mutating func append(at clock: Int) -> Int {
    if count == capacity {
      let larger = UnsafeMutablePointer<Batch>.allocate(capacity: 2 * capacity)
      larger.moveInitialize(from: base, count: count)
      base.deallocate()
      base = larger
      capacity *= 2
    }
    (base + count).initialize(to: Batch(done: clock, accepted: clock))
    count += 1
    return count - 1
  }

  @inline(__always)
  func entry(_ index: Int) -> UnsafeMutablePointer<Batch> { base + index }

  @inline(__always)
  subscript(index: Int) -> Batch { base[index] }
}
