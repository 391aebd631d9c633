/// One end of the max-plus rule of a node: entry `firing + offset` of a timeline, plus `delay`.
struct Constraint: Hashable {
  var timeline: Int
  var offset: Int
  var delay: Int
}

/// A FIFO in the timing engine: its tokens are entries of the timelines at its ends.
struct FIFOState {
  /// The timeline of enqueue issues and that of dequeues.
  var push: Int
  var pop: Int
  /// Slots; `Int.max / 4` stands for more than the run can fill.
  var depth: Int
  /// Cycles from issue to arrival and from dequeue to the freed slot.
  var arrival: Int
  var response: Int
  var initialTokens: Int
  var producer: Int
  var consumer: Int
  /// Whether producer and consumer act on it in every firing.
  var pushesEvery: Bool
  var popsEvery: Bool
  var totalTokens: Int
  var occupancy: Int

  static let endless = Int.max / 4
}

/// FIFOs that share issues and dequeues, and therefore occupancy.
struct OccupancyGroup {
  var push: Int
  var pop: Int
  var initialTokens: Int
  var response: Int
  /// No more tokens than this fit.
  var limit: Int
  /// The largest occupancy among the first `checked` enqueues.
  var peak = 0
  var checked = 0
}

/// A node in the timing engine.
struct NodeState {
  var time = 0
  var interval = 1
  /// Complete firings, and how many of them belong to the current epoch and those before.
  var fired = 0
  var goal = 0
  /// Position in the rows; kept only where a port acts once per row.
  var row = 0
  var column = 0
  var rowLength = 1
  var hasFirst = false
  var hasLast = false
  var isMerge = false
  /// Inputs of the current firing are taken, its outputs not all written.
  var isPending = false
  /// The next FIFO to write of a pending sequential fork.
  var nextOutput = 0
  var isSequential = false
  /// Timelines, or -1.
  var popEvery = -1
  var popFirst = -1
  var pushEvery = -1
  var pushLast = -1
  var kernel = BlockKernel.general
  /// Firings after which a memory node looks at its transfers; none for other nodes.
  var fence = Int.max
  var memoryPort = -1
}

/// The shapes of the inner loop: numbers of distinct input and output constraints.
enum BlockKernel: Int {
  case general
  case in0out0, in0out1, in0out2
  case in1, in1out0, in1out1, in1out2
  case in2, in2out0, in2out1, in2out2
}
