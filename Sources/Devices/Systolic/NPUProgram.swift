internal import Units

/// The instructions of one operator on the NPU: loads in order, computations in order, stores as they finish.
///
/// A computation starts when its loads have arrived and the ones before it were issued. Loads and stores are pieces of
/// operands; where those lie is the memory map's business.
public struct NPUProgram: Sendable {
  /// One computation.
  public struct Step: Sendable {
    /// The loads that must have arrived: two indices, equal when there is one.
    public var first: Int32
    public var second: Int32
    /// Clocks that the unit is taken (arrays: rows that stream; vector units: the whole row).
    public var clocks: Int32
    /// What runs it.
    public var unit: Unit
    /// Bytes stored when it is done.
    public var stored: Int32 = 0
    /// Whether it needs the result of the step before.
    public var waits = false
  }

  /// Where a part of the program starts.
  public struct Section: Sendable {
    public var firstLoad: Int
    public var firstStep: Int
  }

  /// What runs a computation.
  public enum Unit: UInt8, Sendable {
    /// Arrays, with a new stationary tile.
    case preload
    /// Arrays, with the stationary tile of the step before.
    case stream
    case vector
  }

  /// The loads, in the order in which they are asked for.
  public var loads: [NPUPiece] = []
  public var steps: [Step] = []
  /// What the steps store that store something, in order.
  public var stores: [NPUPiece] = []
  /// Parts that fill half the scratchpad each: the loads of one are asked for when the one before the last is done.
  public var sections: [Section] = []
  /// Multiply-accumulates that the operator needs.
  public var work = 0

  public init() {}

  /// Bytes loaded and stored.
  public var loadedBytes: Int { loads.reduce(0) { $0 + $1.size } }
  public var storedBytes: Int { steps.reduce(0) { $0 + Int($1.stored) } }

  mutating func load(_ piece: NPUPiece) -> Int32 {
    loads.append(piece)
    return Int32(loads.count - 1)
  }

  /// Adds a step; `piece` is what it stores.
  mutating func add(_ step: Step, storing piece: NPUPiece? = nil) {
    steps.append(step)
    guard let piece, piece.size > 0 else { return }
    steps[steps.count - 1].stored = Int32(piece.size)
    stores.append(piece)
  }
}
