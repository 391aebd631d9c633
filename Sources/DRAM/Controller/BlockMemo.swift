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
    /// Offset of the sources' figures and of the counts in ``SharedBlockMemo/figures``.
    var sources = 0
    var counts = 0
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
    var offset: Int
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

  var states: [State] = []
  var transitions: [Transition] = []
  var figures: [Int] = []
  var latencies: [(latency: Int32, reads: UInt32)] = []
  /// Ticks of column commands from the start of their block.
  var columns: [Int32] = []
  private var words: [Int] = []
  private var index: [UInt64: Int] = [:]

  /// Number of a state, new or known; nil when the memo is full.
  func number(of vector: UnsafePointer<Int>, count: Int) -> Int? {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for place in 0..<count {
      hash = (hash ^ UInt64(bitPattern: Int64(vector[place]))) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash &>> 29
    }
    let first = index[hash, default: -1]
    var candidate = first
    while candidate >= 0 {
      if states[candidate].count == count && isEqual(states[candidate].offset, vector, count) {
        return candidate
      }
      candidate = states[candidate].chain
    }
    if words.count + count > Self.wordLimit { return nil }
    states.append(State(offset: words.count, count: count, chain: first))
    words.append(contentsOf: UnsafeBufferPointer(start: vector, count: count))
    index[hash] = states.count - 1
    return states.count - 1
  }

  private func isEqual(_ offset: Int, _ vector: UnsafePointer<Int>, _ count: Int) -> Bool {
    words.withUnsafeBufferPointer { words in
      var difference = 0
      for place in 0..<count { difference |= words[offset + place] ^ vector[place] }
      return difference == 0
    }
  }

  /// Copies a state's canonical form.
  func copy(_ state: Int, to vector: UnsafeMutablePointer<Int>) {
    let offset = states[state].offset
    for place in 0..<states[state].count { vector[place] = words[offset + place] }
  }
}

/// A block whose effect is being observed; figures of the sources and counts are in ``ChannelController/observed``.
struct BlockObservation {
  var state: Int
  var now: Int
  var refreshDistance: Int
  var isFar: Bool
  var refreshHeldUntil: Int
  var refreshPhase: Int
  var refreshCount: Int
  var sourceCount: Int
  var activations: Int
  var logCount: Int
}
