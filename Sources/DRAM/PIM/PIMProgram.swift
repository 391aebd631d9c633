/// Rows of products that share one operand.
///
/// A block stands for: one operand load (unless the operand is still there), then `rows` times a header, the opening
/// of a new row in all banks, and `products` products of `columns` column steps each.
public struct PIMBlock: Hashable, Sendable {
  /// Whether the block starts with an operand load.
  public var loadsOperand: Bool
  public var rows: Int
  /// Products of one row, each with a result of its own.
  public var products: Int
  /// Column steps of one product.
  public var columns: Int
  /// Column steps that the header announces: a power of two, as its field holds only the exponent.
  public var announcedColumns: Int
  /// Results that the header announces.
  public var announcedResults: Int
  /// The first row, those after it `rowStride` apart; nil: rows of the channel in turn, a new one each time.
  public var firstRow: Int?
  public var rowStride = 1
  /// The lowest row of products, where the block names its rows.
  var lowestRow: Int? { firstRow.map { min($0, $0 + (rows - 1) * rowStride) } }
  /// The row of bank 0 that the operand is loaded from.
  public var operandRow = 0

  /// Makes a block.
  ///
  /// - Precondition: rows, products and columns are positive.
  public init(
    loadsOperand: Bool, rows: Int, products: Int, columns: Int, announcedColumns: Int? = nil
  ) {
    precondition(rows > 0 && products > 0 && columns > 0, "a block without work")
    self.loadsOperand = loadsOperand
    self.rows = rows
    self.products = products
    self.columns = columns
    self.announcedColumns = announcedColumns ?? powerOfTwo(notAbove: columns * products)
    announcedResults = powerOfTwo(notAbove: products)
  }
}

extension PIMBlock {
  /// Instructions of the block: the load, headers, and products, single or composite.
  public func instructionCount(isComposite: Bool) -> Int {
    (loadsOperand ? 1 : 0) + rows * (1 + products * (isComposite ? 1 : columns + 1))
  }
}

/// The largest power of two that is not above `value`.
func powerOfTwo(notAbove value: Int) -> Int {
  precondition(value > 0, "no power of two below 1")
  return 1 << (Int.bitWidth - 1 - value.leadingZeroBitCount)
}

/// The smallest power of two that is not below `value`.
func powerOfTwo(notBelow value: Int) -> Int {
  value <= 1 ? 1 : powerOfTwo(notAbove: value - 1) * 2
}

/// One command of a program, before the commands that it needs (openings, precharges) are known.
struct PIMInstruction {
  enum Kind: UInt8 { case load, header, composite, compute, result }

  var kind: Kind
  var row: Int32
  var columns: Int32
  var results: Int32
  /// Ends the row: nothing more is done on it.
  var endsRow: Bool
  var block: Int32
}

/// Walks over the instructions of a list of blocks without expanding them.
struct PIMCursor {
  private var blocks: [PIMBlock] = []
  /// When the first instruction of each block is dispatched; the others follow one a clock. Empty: all at once.
  private var starts: [Int] = []
  private var taken = 0
  private let isComposite: Bool
  private var block = 0
  private var row = 0
  private var product = 0
  private var column = 0
  private var stage = Stage.load
  private var nextRow: Int32
  private let firstRow: Int32
  private let rowCount: Int32

  private enum Stage { case load, header, product }

  /// `rows` rows from `firstRow` on are used in turn, a new one for each row of a block.
  init(isComposite: Bool, firstRow: Int, rows: Int) {
    self.isComposite = isComposite
    self.firstRow = Int32(firstRow)
    nextRow = Int32(firstRow)
    rowCount = Int32(rows)
  }

  /// Adds blocks; `dispatch` says when the first instruction of each arrives, one a clock from then on.
  mutating func append(_ more: [PIMBlock], dispatch: [Int]?) {
    if let dispatch {
      starts.append(contentsOf: repeatElement(.min, count: blocks.count - starts.count))
      starts.append(contentsOf: dispatch)
    }
    blocks.append(contentsOf: more)
  }

  /// The clock from which the next instruction is there.
  var available: Int {
    block < starts.count && starts[block] > .min ? starts[block] + taken : .min
  }

  /// Results of a block.
  func results(of index: Int) -> Int { blocks[index].rows * blocks[index].products }

  var isEmpty: Bool { block == blocks.count }

  /// How many blocks have been appended.
  var blockCount: Int { blocks.count }

  /// The next instruction that is there at `clock`; the cursor moves on.
  mutating func next(at clock: Int) -> PIMInstruction? {
    guard block < blocks.count, available <= clock else { return nil }
    taken += 1
    return advance()
  }

  private mutating func advance() -> PIMInstruction? {
    let current = blocks[block]
    let index = Int32(block)
    let place = current.firstRow.map { Int32($0 + row * current.rowStride) } ?? nextRow
    switch stage {
    case .load:
      stage = .header
      if !current.loadsOperand { return advance() }
      return PIMInstruction(
        kind: .load, row: Int32(current.operandRow), columns: 0, results: 0, endsRow: false,
        block: index)
    case .header:
      stage = .product
      return PIMInstruction(
        kind: .header, row: place, columns: Int32(current.announcedColumns),
        results: Int32(current.announcedResults), endsRow: false, block: index)
    case .product:
      let last = product == current.products - 1
      let instruction: PIMInstruction
      if isComposite {
        instruction = PIMInstruction(
          kind: .composite, row: place, columns: Int32(current.columns), results: 1,
          endsRow: last, block: index)
      } else if column < current.columns {
        column += 1
        return PIMInstruction(
          kind: .compute, row: place, columns: 1, results: 0, endsRow: false, block: index)
      } else {
        column = 0
        instruction = PIMInstruction(
          kind: .result, row: place, columns: 0, results: 1, endsRow: last, block: index)
      }
      product += 1
      if last { endRow(of: current) }
      return instruction
    }
  }

  private mutating func endRow(of current: PIMBlock) {
    product = 0
    row += 1
    if current.firstRow == nil {
      nextRow = nextRow + 1 == firstRow + rowCount ? firstRow : nextRow + 1
    }
    stage = .header
    if row == current.rows {
      row = 0
      block += 1
      taken = 0
      stage = .load
    }
  }
}
