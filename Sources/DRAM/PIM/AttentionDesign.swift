/// A PIM design that computes whole attention heads in a channel, after AttAcc (ASPLOS 2024).
///
/// A head stays on one channel: scores, softmax on the buffer die, context. The commands and their
/// distances are rows of the memory standard; this says which banks a product covers, how keys and
/// values lie over them, and what moves to and from the units. Bank, bank-group and buffer level
/// differ in these fields only.
public struct AttentionDesign: Codable, Hashable, Sendable {
  /// The name in results.
  public var name: String
  /// Where the numbers come from.
  public var source: String
  /// The memory that has the commands: a preset of `configs/memories` or a file.
  public var memory: String
  /// The commands of products and their rows.
  public var commands: Commands
  /// Of each level below the channel, how many nodes a command covers: one or all.
  public var covers: [String: Int]
  /// Levels whose banks take turns at every product, where a command does not cover them.
  public var interleaved: [String]?
  /// Levels over which tokens are divided.
  public var tokenLevels: [String]
  /// Levels over which the elements of a head are divided.
  public var dimensionLevels: [String]
  /// Elements of a bank that a product takes.
  public var lanes: Int
  /// Rows of scores (one token a token partition) between barriers.
  public var rowsPerBarrier: Int
  /// Products that the controller sees ahead, across barriers, to open their rows.
  public var queue: Int
  /// What moves between host, units and softmax.
  public var buffers: Buffers

  /// Names of commands.
  public struct Commands: Codable, Hashable, Sendable {
    public var activate: String
    public var product: String
    public var precharge: String
  }

  /// Commands of the buffers and what one of them covers.
  public struct Buffers: Codable, Hashable, Sendable {
    /// Host to the units' buffer.
    public var query: String
    /// Softmax to the units' buffer.
    public var toUnits: String
    /// Units to the softmax buffer.
    public var fromUnits: String
    /// Softmax of one head.
    public var softmax: String
    /// Levels whose nodes a move covers together.
    public var moveCovers: [String]
    /// Levels whose partial sums of the context are added before they move.
    public var summedLevels: [String]

    enum CodingKeys: String, CodingKey {
      case query, softmax
      case toUnits = "to_units"
      case fromUnits = "from_units"
      case moveCovers = "move_covers"
      case summedLevels = "summed_levels"
    }
  }

  enum CodingKeys: String, CodingKey {
    case name, source, memory, commands, covers, interleaved, lanes, queue, buffers
    case tokenLevels = "token_levels"
    case dimensionLevels = "dimension_levels"
    case rowsPerBarrier = "rows_per_barrier"
  }

  /// Checks the design against its memory.
  ///
  /// - Throws: `MemoryError` with the key that is wrong.
  func validate(in standard: MemoryStandard) throws {
    let place = "PIM design '\(name)'"
    let levels = standard.organization.levels
    let known = levels.map(\.name)
    let lists = [
      ("covers", covers.keys.sorted()), ("interleaved", interleaved ?? []),
      ("token_levels", tokenLevels), ("dimension_levels", dimensionLevels),
      ("buffers.move_covers", buffers.moveCovers), ("buffers.summed_levels", buffers.summedLevels),
    ]
    for (key, names) in lists {
      for level in names where !known.contains(level) {
        throw MemoryError(
          "\(place): \(key) names the unknown level '\(level)'"
            + suggestion(for: level, among: known))
      }
    }
    for level in levels {
      let count = covers[level.name] ?? 1
      guard count == 1 || count == level.count else {
        throw MemoryError(
          "\(place): covers.\(level.name) must be 1 or all \(level.count), not \(count)")
      }
    }
    guard Set(tokenLevels + dimensionLevels) == Set(known),
      tokenLevels.count + dimensionLevels.count == known.count
    else {
      throw MemoryError(
        "\(place): token_levels and dimension_levels must name each of "
          + "\(known.joined(separator: ", ")) once")
    }
    for (key, value) in [
      ("lanes", lanes), ("rows_per_barrier", rowsPerBarrier), ("queue", queue),
    ] where !(1...4096).contains(value) {
      throw MemoryError("\(place): \(key) must be 1 to 4096, not \(value)")
    }
  }
}

/// The sizes of an attention on one stack.
public struct StackAttentionShape: Hashable, Sendable {
  /// Heads of the stack, dealt to its channels.
  public var heads: Int
  /// Tokens whose keys and values lie in the stack.
  public var length: Int
  /// Elements of a head.
  public var headDimension: Int

  public init(heads: Int, length: Int, headDimension: Int = 128) {
    self.heads = heads
    self.length = length
    self.headDimension = headDimension
  }
}
