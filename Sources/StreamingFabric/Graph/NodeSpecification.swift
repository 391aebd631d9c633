/// How often a port acts while its node fires.
///
/// The firings of a node are grouped in rows, for attention one row per query.
public enum PortRate: String, Hashable, Sendable {
  /// One token in every firing.
  case everyFiring = "every"
  /// One token in the first firing of each row, held for the rest of it (inputs only).
  case firstOfRow = "first"
  /// One token in the last firing of each row (outputs only).
  case lastOfRow = "last"
  /// One token from whichever input the node chooses (inputs of a merge only).
  case selected = "selected"
}

/// The rows of firings that a node makes in a run.
public enum RowShape: Hashable, Sendable {
  /// `rows` rows of `length` firings each.
  case uniform(rows: Int, length: Int)
  /// One length per row; causal and sliding-window masks skip keys this way.
  case ragged([Int])

  /// The number of rows.
  public var rows: Int {
    switch self {
    case .uniform(let rows, _): rows
    case .ragged(let lengths): lengths.count
    }
  }

  /// The number of firings in all rows.
  public var firings: Int {
    switch self {
    case .uniform(let rows, let length): rows * length
    case .ragged(let lengths): lengths.reduce(0, +)
    }
  }

  /// The number of firings in one row.
  public func length(ofRow row: Int) -> Int {
    switch self {
    case .uniform(_, let length): length
    case .ragged(let lengths): lengths[row]
    }
  }

  var shortestRow: Int {
    switch self {
    case .uniform(_, let length): length
    case .ragged(let lengths): lengths.min() ?? 0
    }
  }
}

/// How a node that writes the same firing to several FIFOs waits for space.
public enum ForkMode: String, CaseIterable, Hashable, Sendable {
  /// All FIFOs must have space; the tokens are issued in the same cycle.
  case atomic
  /// FIFOs are written in the order of their connection, each as soon as it has space.
  case sequential
}

/// What a node does with its tokens; it names the node in drawings and decides nothing else.
public enum NodeKind: String, CaseIterable, Hashable, Sendable {
  case source, sink, map, zip, reduce, scan, `repeat`, broadcast, accumulate, merge
  /// A source whose tokens come from the memory.
  case memoryReader = "memory reader"
  /// A sink whose tokens go to the memory.
  case memoryWriter = "memory writer"

  /// Whether tokens enter the graph here.
  public var isSource: Bool { self == .source || self == .memoryReader }
}

/// The elements that a token carries.
public struct TokenType: Hashable, Sendable, CustomStringConvertible {
  /// The number of elements in one token: 1 for a scalar, d for a vector.
  public let width: Int

  public init(width: Int) {
    self.width = width
  }

  /// One element.
  public static let scalar = TokenType(width: 1)

  /// A vector of `width` elements.
  public static func vector(_ width: Int) -> TokenType { TokenType(width: width) }

  public var description: String { width == 1 ? "scalar" : "vector(\(width))" }
}

/// An input or output of a node.
public struct PortSpecification: Hashable, Sendable {
  public let name: String
  public let rate: PortRate
  public let type: TokenType

  public init(_ name: String, _ rate: PortRate = .everyFiring, _ type: TokenType = .scalar) {
    self.name = name
    self.rate = rate
    self.type = type
  }
}

/// A node: a pipelined unit that fires at most once per initiation interval.
///
/// Leaves out: clock gating, start-up cycles of controllers, and variable latency other than that of
/// a memory.
public struct NodeSpecification: Sendable {
  public var name: String
  public var kind: NodeKind
  /// Cycles from one firing to the next, at least 1.
  public var interval: Int
  /// Cycles from a firing to the arrival of its outputs, at least 1.
  public var latency: Int
  public var rows: RowShape
  public var inputs: [PortSpecification]
  public var outputs: [PortSpecification]
  public var fork: ForkMode
  /// Elements of state that the node holds between firings, for the accounting of memory.
  public var stateElements: Int
  /// What the node computes; absent in a graph that carries no values.
  public var operation: (any ValueOperation)?
  /// What a memory node moves; absent for other nodes.
  public var transfers: MemoryTransfers?

  public init(
    _ name: String, _ kind: NodeKind, rows: RowShape, inputs: [PortSpecification] = [],
    outputs: [PortSpecification] = [], interval: Int = 1, latency: Int = 1,
    fork: ForkMode = .atomic, stateElements: Int = 0, operation: (any ValueOperation)? = nil,
    transfers: MemoryTransfers? = nil
  ) {
    self.transfers = transfers
    self.name = name
    self.kind = kind
    self.rows = rows
    self.inputs = inputs
    self.outputs = outputs
    self.interval = interval
    self.latency = latency
    self.fork = fork
    self.stateElements = stateElements
    self.operation = operation
  }
}

/// The number of slots of a FIFO.
public enum FIFODepth: Hashable, Sendable, CustomStringConvertible {
  case bounded(Int)
  case unbounded

  public var description: String {
    switch self {
    case .bounded(let depth): "\(depth)"
    case .unbounded: "unbounded"
    }
  }
}

/// A FIFO between an output and an input.
///
/// A slot is held from the issue of the enqueue until the dequeue plus the response latency, so
/// tokens inside the producer's pipeline count against the depth.
public struct FIFOSpecification: Sendable {
  public var name: String
  public var producer: OutputPort
  public var consumer: InputPort
  public var depth: FIFODepth
  /// The least cycles from issue to arrival, at least 1.
  public var sendLatency: Int
  /// Cycles from a dequeue until its slot can be used again, at least 1.
  public var responseLatency: Int
  /// Tokens of value zero present at cycle 0; a loop needs at least one.
  public var initialTokens: Int
}

/// An output of a node in a graph that is being built.
public struct OutputPort: Hashable, Sendable {
  public let node: Int
  public let port: Int

  public init(node: Int, port: Int) {
    self.node = node
    self.port = port
  }
}

/// An input of a node in a graph that is being built.
public struct InputPort: Hashable, Sendable {
  public let node: Int
  public let port: Int

  public init(node: Int, port: Int) {
    self.node = node
    self.port = port
  }
}
