/// What blocks of sequential streams do to a channel, shared by the equal channels of a memory.
///
/// A channel's future is a function of its state alone. States are compared in a canonical form: times relative to now and
/// clipped where they can no longer bind, rows relative to the row of the first stream. If a state was seen before,
/// the block of bursts that follows it is known: its length, its commands, its counts and the next state. So stretches
/// that repeat, in whatever order, are walked at a few instructions a burst, and the result is exact, not estimated.
final class SharedBlockMemo {
  /// The bursts after which a block ends, a power of two.
  static let blockShift = 5
  /// States kept at most; beyond, channels go on without the memo.
  static let stateLimit = 1 << 15

  /// What one block does.
  struct Transition {
    var duration = 0
    var next = 0
    /// Bursts accepted, bursts served, rows moved and last completion (from the block's start), by source.
    var accepted: [Int] = []
    var served: [Int] = []
    var rows: [Int] = []
    var completion: [Int] = []
    var counts: [Int] = []
    var latencies: [(latency: Int, reads: UInt32)] = []
    var latencyMaximum = 0
    var sequence = 0
    var activations = 0
    var refreshes = 0
    var log: [CommandRecord] = []
  }

  struct State {
    var vector: [Int]
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
  private var index: [UInt64: [Int]] = [:]

  /// Number of a state, new or known; nil when the memo is full.
  func number(of vector: UnsafeBufferPointer<Int>) -> Int? {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in vector {
      hash = (hash ^ UInt64(bitPattern: Int64(value))) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash &>> 29
    }
    for candidate in index[hash, default: []]
    where states[candidate].vector.count == vector.count
      && vector.elementsEqual(states[candidate].vector)
    {
      return candidate
    }
    if states.count >= Self.stateLimit { return nil }
    states.append(State(vector: Array(vector)))
    index[hash, default: []].append(states.count - 1)
    return states.count - 1
  }
}

/// A block whose effect is being observed.
struct BlockObservation {
  var state: Int
  var now: Int
  var refreshDistance: Int
  var isFar: Bool
  var refreshHeldUntil: Int
  var refreshPhase: Int
  var refreshCount: Int
  var baseRow: Int
  var positions: [Int]
  var rows: [Int]
  var remaining: [Int]
  var tags: [Int]
  var taskRemaining: [Int]
  var counts: [Int]
  var latencies: [(latency: Int, reads: UInt32)] = []
  var sequence: Int
  var activations: Int
  var logCount: Int
}
