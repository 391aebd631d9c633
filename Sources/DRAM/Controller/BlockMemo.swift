/// What blocks of sequential streams do to a channel, shared by the equal channels of a memory.
///
/// A channel's future is a function of its state alone. States are compared in a canonical form: times relative to now and
/// clipped where they can no longer bind, rows relative to the row of their stream. If a state was seen before, the
/// block of bursts that follows it is known: its length, its commands, its counts and the next state. So stretches
/// that repeat, in whatever order, are walked at a few instructions a burst, and the result is exact, not estimated.
final class SharedBlockMemo {
  /// A block ends whenever the sources' positions together pass a multiple of this power of two.
  static let blockShift = 5
  /// Words of canonical states kept at most; beyond, channels go on with what is known.
  static let wordLimit = 1 << 21
  /// Figures of each source in ``Transition/sources``: bursts accepted, bursts served, rows moved, last completion.
  static let figures = 4

  /// What one block does.
  struct Transition {
    var duration = 0
    var next = 0
    /// The next state if a refresh is near by then, for a block that was seen to end far from one; or -1.
    var nextNear = -1
    /// How often the present walk takes it, and the block that it took first before that.
    var uses = 0
    var usedBefore = -1
    /// Offset of the sources' figures in ``SharedBlockMemo/figures``.
    var sources = 0
    /// The counts that it raises in ``SharedBlockMemo/counts``.
    var counts = 0..<0
    /// Latencies of its reads in ``SharedBlockMemo/latencies``.
    var latencies = 0..<0
    /// Its column commands in ``SharedBlockMemo/columns``.
    var columns = 0..<0
    var latencyMaximum = 0
    var activations = 0
    var refreshes = 0
    /// Commands with ticks relative to the block's start and rows relative to the source that `channel` names.
    var log: [CommandRecord] = []
  }

  struct State {
    var words: UnsafeMutablePointer<Int>
    var count: Int
    /// The next state with the same hash, or -1.
    var chain: Int
    /// The blocks within which no refresh falls due: one that ends far from the next, one that ends near it.
    var quietFar = -1
    var quietNear = -1
    /// Blocks with refreshes, by the distance of the next one and its phase.
    var refreshing: [RefreshKey: Int] = [:]
  }

  struct RefreshKey: Hashable {
    var distance: Int
    var phase: Int
  }

  var states = Pool<State>()
  var transitions = Pool<Transition>()
  var figures = Pool<Int>()
  /// Which count goes up by how much.
  var counts = Pool<(index: Int, step: Int)>()
  var latencies = Pool<(latency: Int32, reads: UInt32)>()
  /// Ticks of column commands from the start of their block.
  var columns = Pool<Int32>()
  private var wordCount = 0
  private var index: [UInt64: Int] = [:]

  deinit {
    for state in 0..<states.count { states.base[state].words.deallocate() }
  }

  /// Number of a state, new or known; nil when the memo is full.
  func number(of vector: UnsafePointer<Int>, count: Int) -> Int? {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for place in 0..<count {
      hash = (hash ^ UInt64(bitPattern: Int64(vector[place]))) &* 0x9E37_79B9_7F4A_7C15
      hash = hash &<< 31 | hash &>> 33
    }
    let first = index[hash, default: -1]
    var candidate = first
    while candidate >= 0 {
      let state = states.base + candidate
      if state.pointee.count == count && isEqual(state.pointee.words, vector, count) {
        return candidate
      }
      candidate = state.pointee.chain
    }
    if wordCount + count > Self.wordLimit { return nil }
    wordCount += count
    let words = UnsafeMutablePointer<Int>.allocate(capacity: max(count, 1))
    words.initialize(from: vector, count: count)
    states.append(State(words: words, count: count, chain: first))
    index[hash] = states.count - 1
    return states.count - 1
  }

  private func isEqual(
    _ words: UnsafeMutablePointer<Int>, _ vector: UnsafePointer<Int>, _ count: Int
  ) -> Bool {
    var difference = 0
    for place in 0..<count { difference |= words[place] ^ vector[place] }
    return difference == 0
  }

  /// Copies a state's canonical form.
  func copy(_ state: Int, to vector: UnsafeMutablePointer<Int>) {
    vector.update(from: states.base[state].words, count: states.base[state].count)
  }
}

/// A list that only grows and is read without checks.
struct Pool<Element>: ~Copyable {
  private(set) var base = UnsafeMutablePointer<Element>.allocate(capacity: 64)
  private(set) var count = 0
  private var capacity = 64

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  @inline(__always)
  mutating func append(_ element: consuming Element) {
    if count == capacity { grow() }
    (base + count).initialize(to: element)
    count &+= 1
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: 2 * capacity)
    larger.moveInitialize(from: base, count: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }
}

/// A block whose effect is being observed; figures of the sources and counts are in ``ChannelController/observed``.
struct BlockObservation {
  var state: Int
  var now: Int
  var refreshDistance: Int
  var isFar: Bool
  var refreshPhase: Int
  var refreshCount: Int
  var sourceCount: Int
  var activations: Int
  var logCount: Int
}
