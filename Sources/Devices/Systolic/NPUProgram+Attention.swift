extension NPUProgram {
  /// Attention of each request's queries over its keys, head by head: scores, softmax, context.
  ///
  /// Keys stream past the stationary queries, then values past the stationary probabilities, a tile of rows at a
  /// time; each step needs the one before, so heads follow each other on the one pipeline. The `queriesPerHead`
  /// queries that share a KV head are stationary together.
  public static func attention(
    lengths: [(query: Int, kv: Int)], heads: Int, queriesPerHead: Int = 1, headDimension: Int,
    elementBytes: Int, spec: SystolicSpec
  ) -> NPUProgram {
    var program = NPUProgram()
    let width = queriesPerHead * headDimension * elementBytes
    var row = 0
    for (request, length) in lengths.enumerated() {
      for head in 0..<heads {
        program.addHead(
          request: request, head: head, row: row, width: width, length: length,
          queriesPerHead: queriesPerHead, headDimension: headDimension, elementBytes: elementBytes,
          spec: spec)
      }
      row += length.query
    }
    return program
  }

  private mutating func addHead(
    request: Int, head: Int, row: Int, width: Int, length: (query: Int, kv: Int),
    queriesPerHead: Int, headDimension: Int, elementBytes: Int, spec: SystolicSpec
  ) {
    let queries = length.query * queriesPerHead
    work += 2 * queries * length.kv * headDimension
    let bytes = length.kv * headDimension * elementBytes
    let query = load(
      NPUPiece(.input, row: row, column: head * width, bytes: width, rows: length.query))
    let keys = load(NPUPiece(.keys, row: request, column: head, bytes: bytes))
    let values = load(NPUPiece(.values, row: request, column: head, bytes: bytes))
    for start in stride(from: 0, to: queries, by: spec.columns) {
      let tokens = min(spec.columns, queries - start)
      add(
        Step(
          first: query, second: keys,
          clocks: spec.clocks(
            rows: length.kv, bytes: bytes + tokens * headDimension * elementBytes),
          unit: .preload))
      add(
        Step(
          first: query, second: keys,
          clocks: Int32(
            tokens * spec.vector.clocks(.softmax, count: length.kv)
              / min(tokens, spec.vector.units)),
          unit: .vector, waits: true))
      let tiles = (length.kv + spec.rows - 1) / spec.rows
      for tile in 0..<tiles {
        let keys = min(spec.rows, length.kv - tile * spec.rows)
        add(
          Step(
            first: query, second: values,
            clocks: spec.clocks(
              rows: headDimension, bytes: keys * (headDimension + tokens) * elementBytes),
            unit: .preload, waits: tile == 0),
          storing: tile == tiles - 1
            ? NPUPiece(
              .output, row: row + start / queriesPerHead, column: head * width,
              bytes: tokens * headDimension * elementBytes / max(tokens / queriesPerHead, 1),
              rows: max(tokens / queriesPerHead, 1)) : nil)
      }
    }
  }

  /// The newest keys and values of each request, read where they were computed and written where they are kept.
  public static func append(tokens: [Int], elementBytes: Int, elements: Int) -> NPUProgram {
    var program = NPUProgram()
    var row = 0
    let bytes = 2 * elements * elementBytes
    for (request, count) in tokens.enumerated() {
      let last = program.load(NPUPiece(.newest, row: row, bytes: bytes, rows: count))
      program.add(
        Step(first: last, second: last, clocks: 0, unit: .vector),
        storing: NPUPiece(.kept, row: request, bytes: bytes, rows: count))
      row += count
    }
    return program
  }
}
