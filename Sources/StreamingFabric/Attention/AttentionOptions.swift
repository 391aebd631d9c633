public import Numerics

/// A mapping of attention onto nodes and FIFOs.
public enum AttentionVariant: String, CaseIterable, Hashable, Sendable {
  /// exp without maximum; every weight waits for the row sum in a long FIFO.
  case naive
  /// Safe softmax: scores wait for the row maximum and weights for the row sum.
  case scaled
  /// Weights are summed undivided and the sum divides the output: no long FIFO, no maximum.
  case reordered
  /// Running maximum and running sums: no long FIFO, safe.
  case memoryFree = "memory-free"
  /// Weights 1 / (1 + exp(-s)), not normalised.
  case sigmoid
  /// Weights max(0, s) / visible keys.
  ///
  /// Source: Wortsman et al., "Replacing softmax with ReLU in Vision Transformers", 2023.
  case relu
  /// S <- lambda S + k^T v, o = q S: a state instead of keys, causal by nature.
  case linear

  /// The compute nodes that have a latency and an interval, in the order of the data.
  public var nodeNames: [String] {
    switch self {
    case .naive: ["qk", "sum", "div", "pv"]
    case .scaled: ["qk", "max", "exp", "sum", "div", "pv"]
    case .reordered: ["qk", "sum", "pv", "ew"]
    case .memoryFree: ["qk", "scan", "sum", "pv", "ew"]
    case .sigmoid, .relu: ["qk", "pv"]
    case .linear: ["scan", "pv"]
    }
  }

  /// Nodes that work on vectors of d elements, and are slowed by fewer than d lanes.
  static let vectorNodes: Set<String> = ["qk", "pv", "ew"]

  /// The number of FIFOs that hold a row.
  public var longFIFOs: Int {
    switch self {
    case .naive: 1
    case .scaled: 2
    default: 0
    }
  }
}

/// How several heads use the fabric.
public enum HeadMapping: String, CaseIterable, Hashable, Sendable {
  /// One after the other on one set of nodes.
  case time
  /// Each on nodes of its own; heads that share a KV head share its stream.
  case space
}

/// How masked pairs are treated.
public enum MaskMode: String, CaseIterable, Hashable, Sendable {
  /// The sources leave them out: rows differ in length.
  case skip
  /// They take part with a score of minus infinity.
  case infinity
}

/// Depths of the FIFOs of an attention graph.
public struct AttentionDepths: Hashable, Sendable {
  /// Every FIFO other than the long ones.
  public var short: FIFODepth
  /// The score bypass of naive, the first of scaled.
  public var long1: FIFODepth
  /// The second bypass of scaled.
  public var long2: FIFODepth

  public init(short: FIFODepth, long1: FIFODepth, long2: FIFODepth) {
    self.short = short
    self.long1 = long1
    self.long2 = long2
  }

  public init(short: FIFODepth, long: FIFODepth) {
    self.init(short: short, long1: long, long2: long)
  }

  public static let unbounded = AttentionDepths(short: .unbounded, long: .unbounded)
}

/// Everything that decides an attention graph.
public struct AttentionOptions: Hashable, Sendable {
  public var variant: AttentionVariant
  public var shape: AttentionShape
  /// Latencies and intervals by node name, where they differ from the default.
  public var latencies: [String: Int]
  public var intervals: [String: Int]
  public var depths: AttentionDepths
  public var fork: ForkMode
  /// Multipliers of the vector nodes; absent, one per element of the head dimension.
  public var lanes: Int?
  public var headMapping: HeadMapping
  public var maskMode: MaskMode
  /// Query rows that take each key in turn, so that one pass over K and V serves them all.
  public var queryBlock: Int
  /// Bytes that buffer K and V on their way from the memory; absent, they are on the chip.
  public var kvBuffer: Int?
  /// The decay lambda of linear attention.
  public var decay = 1.0

  public init(
    _ variant: AttentionVariant, shape: AttentionShape, latencies: [String: Int] = [:],
    intervals: [String: Int] = [:], depths: AttentionDepths? = nil, fork: ForkMode = .atomic,
    lanes: Int? = nil, headMapping: HeadMapping = .time, maskMode: MaskMode = .skip,
    queryBlock: Int = 1, kvBuffer: Int? = nil
  ) {
    self.kvBuffer = kvBuffer
    self.variant = variant
    self.shape = shape
    self.latencies = latencies
    self.intervals = intervals
    self.depths = .unbounded
    self.fork = fork
    self.lanes = lanes
    self.headMapping = headMapping
    self.maskMode = maskMode
    self.queryBlock = queryBlock
    self.depths = depths ?? fullThroughputDepths
  }

  /// Latency and interval of a node.
  ///
  /// A dot product of d elements takes 1 + floor(log2 d) cycles, as the vector form of the
  /// authors' code; a vector node with W lanes starts every ceil(d / W) cycles.
  public func timing(_ node: String) -> Timing {
    var timing = Timing()
    if node == "qk" { timing.latency = 1 + floorLog2(shape.dimension) }
    if variant == .linear {
      // Both nodes work on d x d elements at once; the product adds up d of them.
      if node == "pv" { timing.latency = 1 + floorLog2(shape.dimension) }
      if let lanes, lanes > 0 {
        timing.interval = (shape.dimension * shape.dimension + lanes - 1) / lanes
      }
    } else if let lanes, lanes > 0, AttentionVariant.vectorNodes.contains(node) {
      timing.interval = (shape.dimension + lanes - 1) / lanes
    }
    timing.latency = latencies[node] ?? timing.latency
    timing.interval = intervals[node] ?? timing.interval
    return timing
  }

  /// Depths that cost no cycle by the closed forms for an interval of 1.
  ///
  /// Short = largest latency + 1, the response latency; long = pairs of a row (keys times query
  /// block) + latency of the writer + latency of the reduction beside it.
  public var fullThroughputDepths: AttentionDepths {
    func latency(_ node: String) -> Int { timing(node).latency }
    let short = (variant.nodeNames.map(latency).max() ?? 1) + 1
    let pairs = shape.keys * max(1, queryBlock)
    let first = pairs + latency("qk") + latency(variant == .scaled ? "max" : "sum")
    let second = pairs + latency("exp") + latency("sum")
    return AttentionDepths(
      short: .bounded(short), long1: .bounded(first), long2: .bounded(second))
  }

  /// What is wrong with the options, if anything.
  public var fault: String? {
    if let fault = shape.fault { return fault }
    if let fault = linearFault { return fault }
    if queryBlock < 1 { return "query block is \(queryBlock), must be at least 1" }
    if let lanes, lanes < 1 { return "lanes is \(lanes), must be at least 1" }
    for (what, values) in [("latency", latencies), ("interval", intervals)] {
      for (node, value) in values.sorted(by: { $0.key < $1.key }) {
        guard variant.nodeNames.contains(node) else {
          return "\(what): the \(variant.rawValue) graph has no node '\(node)'; it has "
            + variant.nodeNames.joined(separator: ", ")
        }
        if value < 1 { return "\(what) of '\(node)' is \(value), must be at least 1" }
      }
    }
    for depth in [depths.short, depths.long1, depths.long2] {
      if case .bounded(let slots) = depth, slots < 1 {
        return "depth \(slots), must be at least 1 or 'unbounded'"
      }
    }
    return nil
  }
}

extension AttentionOptions {
  /// What linear attention cannot do.
  private var linearFault: String? {
    guard variant == .linear else {
      return decay == 1 ? nil : "a decay belongs to the linear variant"
    }
    if shape.rows != shape.keys { return "linear attention has as many query rows as keys" }
    if case .slidingWindow = shape.mask { return "linear attention has no window: give a decay" }
    if kvBuffer != nil || queryBlock != 1 {
      return "linear attention passes over K and V once: it takes neither memory nor query block"
    }
    return decay > 0 && decay <= 1 ? nil : "decay is \(decay), must lie in (0, 1]"
  }
}

/// The exponent of the largest power of two that is not above `value`.
func floorLog2(_ value: Int) -> Int { Int.bitWidth - 1 - value.leadingZeroBitCount }
