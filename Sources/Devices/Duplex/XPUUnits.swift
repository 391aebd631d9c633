public import Units

/// One matrix product on a device, for tiles and for what its cache keeps.
public struct ProductShape: Hashable, Sendable {
  public var m: Int
  public var k: Int
  public var n: Int
  /// Bytes of the m×k operand.
  public var rowBytes: Int
  /// Bytes of the k×n operand.
  public var columnBytes: Int

  public init(m: Int, k: Int, n: Int, rowBytes: Int, columnBytes: Int) {
    self.m = m
    self.k = k
    self.n = n
    self.rowBytes = rowBytes
    self.columnBytes = columnBytes
  }
}

/// The compute units and the cache of an xPU, for cycle fidelity: tiles, waves, passes over operands.
///
/// A product is cut into tiles of its result; a tile goes through the inner dimension in steps. Units
/// take whole tiles, or equal numbers of steps where tiles may be split (stream-K). The fastest of the
/// tile sizes is taken, as libraries do. Left out: the units' own buffers, and traffic of partial sums.
public struct XPUUnitsSpec: Hashable, Sendable, Codable {
  /// Where the numbers come from.
  public var source: String
  /// Units that work on tiles side by side; each has an equal part of the matrix rate.
  public var multiprocessors: Int
  /// Sizes of tiles of the result.
  public var tiles: [Tile]
  /// Elements of the inner dimension in one step.
  public var depth: Int
  /// Whether the steps of a tile may be divided over units.
  public var splitsTiles: Bool
  /// The part of the matrix rate that a unit reaches within a tile; 1 when left out.
  public var efficiency: Double?
  /// The cache that all units share; operands are read once when it is left out.
  public var cache: ByteCount?

  /// A tile of the result.
  public struct Tile: Hashable, Sendable, Codable {
    public var rows: Int
    public var columns: Int

    public init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }
  }

  public init(
    source: String, multiprocessors: Int, tiles: [Tile], depth: Int, splitsTiles: Bool,
    efficiency: Double? = nil, cache: ByteCount? = nil
  ) {
    self.source = source
    self.multiprocessors = multiprocessors
    self.tiles = tiles
    self.depth = depth
    self.splitsTiles = splitsTiles
    self.efficiency = efficiency
    self.cache = cache
  }

  enum CodingKeys: String, CodingKey {
    case source, multiprocessors, tiles, depth, efficiency, cache
    case splitsTiles = "splits_tiles"
  }

  /// Checks the sizes.
  ///
  /// - Throws: `DeviceError` with the key that is wrong.
  func validate() throws(DeviceError) {
    let sizes = tiles.flatMap { [$0.rows, $0.columns] } + [multiprocessors, depth]
    guard !tiles.isEmpty, sizes.allSatisfy({ (1...1 << 16).contains($0) }) else {
      throw DeviceError(
        "device.units: multiprocessors, depth and the rows and columns of at least one tile must be "
          + "1 to 65536")
    }
    if let efficiency, !(efficiency > 0 && efficiency <= 1) {
      throw DeviceError("device.units.efficiency must lie above 0 and at most at 1")
    }
    if let cache, cache.count <= 0 { throw DeviceError("device.units.cache must be positive") }
  }

  /// The time of a product when all units together have the given rate.
  public func duration(of shape: ProductShape, rate: ComputeRate) -> Duration {
    var best = Duration(picoseconds: Int.max)
    for tile in tiles {
      let count = up(shape.m, tile.rows) * up(shape.n, tile.columns)
      let steps = up(shape.k, depth)
      // Steps of the unit that has most of them.
      let most =
        splitsTiles
        ? up(count * steps, multiprocessors) : up(count, multiprocessors) * steps
      let operations = 2 * most * tile.rows * tile.columns * depth * multiprocessors
      let time = rate.duration(computing: operations)
      if time < best { best = time }
    }
    guard let efficiency else { return best }
    return Duration(picoseconds: Int((Double(best.picoseconds) / efficiency).rounded(.up)))
  }

  /// Bytes that are read again because neither operand fits half of the cache: the larger one goes by
  /// once for each part of the smaller one.
  public func rereads(of shape: ProductShape) -> Int {
    guard let cache else { return 0 }
    let small = min(shape.rowBytes, shape.columnBytes)
    let passes = up(small, max(1, cache.count / 2))
    return max(0, passes - 1) * max(shape.rowBytes, shape.columnBytes)
  }

  private func up(_ value: Int, _ divisor: Int) -> Int { (value + divisor - 1) / divisor }
}
