/// What a node computes: a description that makes fresh state for each run.
public protocol ValueOperation: Sendable {
  func makeKernel() -> ValueKernel
}

/// The computing state of one node in one run.
///
/// A kernel is called once per block of firings, never once per token.
open class ValueKernel {
  public init() {}

  /// Computes `block.count` firings of one row.
  open func fire(_ block: FiringBlock) {
    preconditionFailure("a kernel must override fire(_:)")
  }

  /// Called once when the run has ended.
  open func finish() {}
}

/// Consecutive firings within one row of a node.
public struct FiringBlock {
  /// The number of firings.
  public let count: Int
  /// The row, and the position in it of the first firing.
  public let row: Int
  public let column: Int
  /// Whether the block holds the first and the last firing of its row.
  public let isFirst: Bool
  public let isLast: Bool
  /// By input port: `count` tokens one after the other, or one token where the rate is per row.
  ///
  /// The token of a first-of-row input stays readable for the whole row.
  public let inputs: UnsafePointer<UnsafePointer<Double>>
  /// By output port: room for `count` tokens, or for one where the rate is per row.
  public let outputs: UnsafePointer<UnsafeMutablePointer<Double>>
}
