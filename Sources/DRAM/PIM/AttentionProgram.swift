/// Which products and moves a channel does, in which order: the schedule of AttAcc.
///
/// Heads go in pairs, so that the softmax of one runs beside the products of the other. Within a
/// stage (up to a barrier) products and moves go side by side; a stage starts when everything
/// before its barrier has been sent. Scores: `rows_per_barrier` rows of tokens a stage, their scores
/// move in the next one. Context: one stage for each set of dimensions that the banks hold at once,
/// its sums move in the next one.
struct AttentionProgram: Sendable {
  /// Products of one stage: column steps `first..<first + count` of a head's keys or values.
  struct Products: Hashable, Sendable {
    /// The first row of the matrix in every bank.
    var baseRow: Int
    var first: Int
    var count: Int
  }

  /// What moves, in order.
  enum Move: Hashable, Sendable {
    /// The query of a head; `burst` counts over the dimension partitions.
    case query(burst: Int)
    case scores(node: Int)
    case softmax
    case probabilities(node: Int)
    case context(node: Int)
  }

  /// The commands between two barriers.
  struct Stage: Hashable, Sendable {
    var products: [Products] = []
    var moves: [Move] = []
  }

  private(set) var stages: [Stage] = []
  /// Sizes that follow from design and memory.
  private let layout: AttentionPlacement
  private var pending = Stage()

  /// The program of a channel with `heads` heads.
  init(heads: Int, layout: AttentionPlacement) {
    self.layout = layout
    // One product before the first barrier opens the row of the first keys.
    pending.products.append(Products(baseRow: 0, first: 0, count: 1))
    var head = 0
    while head < heads {
      addPair(head, second: head + 1 < heads ? head + 1 : nil)
      head += 2
    }
    close()
  }

  private mutating func close() {
    stages.append(pending)
    pending = Stage()
  }

  /// One head, or two whose softmax and products overlap.
  private mutating func addPair(_ first: Int, second: Int?) {
    let placed = layout
    pending.moves += placed.queryMoves
    close()
    addScores(of: first)
    // The scores of the first head's last rows move beside what follows.
    if let second {
      pending.moves += placed.queryMoves
      pending.moves.append(.softmax)
      pending.moves += placed.probabilityMoves
      // The query of the second head must be there before its products: it moves beside the last
      // scores of the first, whose stage ends at a barrier.
      hoistQuery()
      addScores(of: second)
      addContext(of: first, beside: [.softmax] + placed.probabilityMoves)
      addContext(of: second, beside: [])
    } else {
      pending.moves.append(.softmax)
      pending.moves += placed.probabilityMoves
      close()
      addContext(of: first, beside: [])
    }
  }

  /// Moves the query that waits into the stage that was closed last.
  private mutating func hoistQuery() {
    let query = layout.queryMoves
    guard let index = pending.moves.firstIndex(of: .query(burst: 0)) else { return }
    pending.moves.removeSubrange(index..<index + query.count)
    stages[stages.count - 1].moves += query
  }

  /// Scores of a head; those of the last stage are left to move in the next one.
  private mutating func addScores(of head: Int) {
    let steps = layout.scoreSteps
    let each = layout.rowsPerBarrier * layout.keyColumns
    var first = 0
    while first < steps {
      let count = min(each, steps - first)
      pending.products.append(
        Products(baseRow: layout.keyRow(head), first: first, count: count))
      close()
      let bursts = (count / layout.keyColumns + layout.lanes - 1) / layout.lanes
      for _ in 0..<bursts { pending.moves += layout.scoreMoves }
      first += count
    }
  }

  private mutating func addContext(of head: Int, beside moves: [Move]) {
    for part in 0..<layout.contextParts {
      pending.products.append(
        Products(
          baseRow: layout.valueRow(head), first: part * layout.contextSteps,
          count: layout.contextSteps))
      if part == 0 { pending.moves += moves }
      close()
      pending.moves += layout.contextMoves
    }
  }
}

/// How a head lies in the banks of a channel.
struct AttentionPlacement: Sendable {
  let lanes: Int
  let rowsPerBarrier: Int
  /// Columns that one row of tokens takes in a bank.
  let keyColumns: Int
  /// Column steps of all scores of a head.
  let scoreSteps: Int
  /// Column steps of a set of dimensions of the context, and how many sets there are.
  let contextSteps: Int
  let contextParts: Int
  private let headRows: Int
  private let keyRows: Int
  let queryMoves: [AttentionProgram.Move]
  let scoreMoves: [AttentionProgram.Move]
  let probabilityMoves: [AttentionProgram.Move]
  let contextMoves: [AttentionProgram.Move]

  /// - Throws: `MemoryError` when the heads of a channel do not fit its banks.
  init(_ design: AttentionDesign, _ standard: MemoryStandard, _ shape: StackAttentionShape) throws {
    let levels = standard.organization.levels
    func count(_ names: [String]) -> Int {
      levels.reduce(1) { names.contains($1.name) ? $0 * $1.count : $0 }
    }
    let tokens = count(design.tokenLevels)
    let dimensions = count(design.dimensionLevels)
    func up(_ value: Int, _ by: Int) -> Int { (value + by - 1) / by }
    lanes = design.lanes
    rowsPerBarrier = design.rowsPerBarrier
    keyColumns = up(shape.headDimension, dimensions * lanes)
    scoreSteps = up(shape.length, tokens) * keyColumns
    contextSteps = up(shape.length, tokens)
    contextParts = keyColumns
    let columns = standard.organization.columns
    keyRows = up(scoreSteps, columns)
    headRows = keyRows + up(contextSteps * contextParts, columns)
    queryMoves = (0..<dimensions * keyColumns).map { .query(burst: $0) }
    // A move covers the nodes of `move_covers`; the others take turns.
    let nodes = tokens / count(design.tokenLevels.filter(design.buffers.moveCovers.contains))
    scoreMoves = (0..<nodes).map { .scores(node: $0) }
    let bursts = up(contextSteps, lanes)
    probabilityMoves = (0..<bursts).flatMap { _ in
      (0..<nodes).map { .probabilities(node: $0) }
    }
    let summed = count(design.tokenLevels.filter(design.buffers.summedLevels.contains))
    let left = max(1, nodes / summed)
    contextMoves = (0..<dimensions).flatMap { _ in
      (0..<left).map { .context(node: $0 * (nodes / left)) }
    }
    let channels = standard.organization.channels
    let most = up(shape.heads, channels)
    guard most * headRows <= standard.organization.rows else {
      throw MemoryError(
        "\(most) heads of \(shape.length) tokens take \(most * headRows) rows of each bank, and "
          + "\(standard.name) has \(standard.organization.rows); use fewer heads or tokens")
    }
  }

  /// The first row of a head's keys, counted within the channel.
  func keyRow(_ head: Int) -> Int { head * headRows }
  /// The first row of a head's values.
  func valueRow(_ head: Int) -> Int { head * headRows + keyRows }
}
