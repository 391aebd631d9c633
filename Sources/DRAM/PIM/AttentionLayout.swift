internal import Units

/// How keys and values of decode requests lie in PIM rows, and the products that attention over them takes.
///
/// A key row holds, over all banks, one token a bank with as many heads side by side as a row has room for; a value
/// row holds one dimension of a head a bank with as many tokens as a row has room for. (NeuPIMs, section 5 of the
/// paper and the layout of its simulator.)
public struct AttentionLayout: Hashable, Sendable {
  /// Elements in a row of one bank.
  public var rowElements: Int
  /// Banks that compute in lock-step.
  public var banks: Int
  /// Elements that one column step covers.
  public var lanes: Int
  /// KV heads on this device.
  public var heads: Int
  /// Elements of a head.
  public var headDimension: Int

  /// Makes a layout.
  ///
  /// - Throws: `MemoryError` when a size is not positive or a head is longer than a row.
  public init(rowElements: Int, banks: Int, lanes: Int, heads: Int, headDimension: Int) throws {
    guard heads > 0, headDimension > 0 else {
      throw MemoryError(
        "heads and head dimension must be positive, not \(heads) and \(headDimension)")
    }
    guard headDimension <= rowElements else {
      throw MemoryError(
        "a head of \(headDimension) elements does not fit a row of \(rowElements); use smaller heads"
      )
    }
    self.rowElements = rowElements
    self.banks = banks
    self.lanes = lanes
    self.heads = heads
    self.headDimension = headDimension
  }

  /// Makes a layout of sizes that have been checked.
  ///
  /// - Precondition: all are positive and a head is no longer than a row.
  public init(
    uncheckedRowElements rowElements: Int, banks: Int, lanes: Int, heads: Int, headDimension: Int
  ) {
    precondition(
      banks > 0 && lanes > 0 && heads > 0 && (1...rowElements).contains(headDimension),
      "a layout of attention with impossible sizes")
    self.rowElements = rowElements
    self.banks = banks
    self.lanes = lanes
    self.heads = heads
    self.headDimension = headDimension
  }

  /// The layout in a memory with PIM units.
  public init(
    _ compiled: CompiledStandard, heads: Int, headDimension: Int
  ) throws {
    guard let pim = compiled.standard.pim else {
      throw MemoryError(
        "\(compiled.standard.name) has no section 'pim'; use a memory with PIM units")
    }
    let rowBytes = compiled.standard.organization.columns * compiled.standard.burst.bytes.count
    try self.init(
      rowElements: rowBytes * 8 / pim.element.bits, banks: compiled.bankCount, lanes: pim.lanes,
      heads: heads, headDimension: headDimension)
  }

  /// Heads whose keys share a row.
  var headsPerRow: Int { (rowElements + headDimension - 1) / headDimension }

  /// Parts into which the heads of a token are cut, one row each.
  public var keyParts: Int { (heads * headDimension + rowElements - 1) / rowElements }

  /// Rows (over all banks) that the keys of `tokens` tokens take.
  public func keyRows(tokens: Int) -> Int { keyParts * ((tokens + banks - 1) / banks) }

  /// Rows (over all banks) that the values of `tokens` tokens take.
  public func valueRows(tokens: Int) -> Int {
    heads * ((headDimension + banks - 1) / banks) * ((tokens + rowElements - 1) / rowElements)
  }

  /// Query times keys of one request: per part one load of the query and a row per `banks` tokens.
  public func keyBlocks(tokens: Int) -> [PIMBlock] {
    let columns = (headDimension + lanes - 1) / lanes
    return (0..<keyParts).map { part in
      let rest = heads * headDimension - part * rowElements
      let products =
        rest >= rowElements ? headsPerRow : (rest + headDimension - 1) / headDimension
      return PIMBlock(
        loadsOperand: true, rows: (tokens + banks - 1) / banks, products: products, columns: columns
      )
    }
  }

  /// Probabilities times values of one request: per head and row of tokens one load and a row per `banks` dimensions.
  public func valueBlocks(tokens: Int) -> [PIMBlock] {
    var blocks: [PIMBlock] = []
    let parts = (tokens + rowElements - 1) / rowElements
    for _ in 0..<heads {
      for part in 0..<parts {
        let left = min(rowElements, tokens - part * rowElements)
        let columns = (left + lanes - 1) / lanes
        blocks.append(
          PIMBlock(
            loadsOperand: true, rows: (headDimension + banks - 1) / banks, products: 1,
            columns: columns, announcedColumns: powerOfTwo(notBelow: columns)))
      }
    }
    return blocks
  }
}
