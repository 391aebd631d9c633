/// Where the bytes of a load or store lie within an operand: some bytes of some consecutive rows.
///
/// Rows of inputs and outputs are tokens. Weights have one row: they are packed in the order in which the arrays take
/// them, tile after tile, so that a tile is one piece.
public struct NPUPiece: Hashable, Sendable {
  /// An operand of an operator.
  public enum Operand: UInt8, Hashable, Sendable {
    case input
    /// The second input of a sum, the second half of a gated activation.
    case second
    case weights
    /// Biases and parameters of norms; one row each.
    case parameters
    /// Rows of a table, by the number of the token that picks one.
    case table
    case output
    /// Keys or values of a request: the row is the request, the column the head.
    case keys, values
    /// The newest keys and values of a request, as attention's producer left them, and where they are kept.
    case newest, kept
  }

  public var operand: Operand
  public var row: Int
  /// Bytes from the start of the row on (the head for keys and values).
  public var column: Int
  /// Bytes of each row.
  public var bytes: Int
  public var rows: Int

  public init(_ operand: Operand, row: Int = 0, column: Int = 0, bytes: Int, rows: Int = 1) {
    self.operand = operand
    self.row = row
    self.column = column
    self.bytes = bytes
    self.rows = rows
  }

  /// Whether it does not depend on what other operators compute.
  public var isWeight: Bool { operand == .weights || operand == .parameters }

  /// Whether parts of its rows are pieces too.
  public var isDivisible: Bool {
    switch operand {
    case .input, .second, .weights, .parameters, .output: true
    case .table, .keys, .values, .newest, .kept: false
    }
  }

  /// Bytes of all rows.
  public var size: Int { bytes * rows }
}
