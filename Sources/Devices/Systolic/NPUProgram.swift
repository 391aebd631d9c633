internal import Units

/// The instructions of one operator on the NPU: loads in order, computations in order, stores as they finish.
///
/// A computation starts when its loads have arrived and the ones before it were issued. Bytes are per operand tile;
/// where they lie is the memory map's business.
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
    public var stored: Int32
    /// Whether it needs the result of the step before.
    public var waits = false
  }

  /// What runs a computation.
  public enum Unit: UInt8, Sendable {
    /// Arrays, with a new stationary tile.
    case preload
    /// Arrays, with the stationary tile of the step before.
    case stream
    case vector
  }

  /// Bytes of each load, in the order in which they are asked for.
  public var loads: [Int] = []
  public var steps: [Step] = []
  /// Multiply-accumulates that the operator needs.
  public var work = 0

  public init() {}

  /// Bytes loaded and stored.
  public var loadedBytes: Int { loads.reduce(0, +) }
  public var storedBytes: Int { steps.reduce(0) { $0 + Int($1.stored) } }

  mutating func load(_ bytes: Int) -> Int32 {
    loads.append(bytes)
    return Int32(loads.count - 1)
  }
}

/// How much of an operator's traffic is moved.
public enum NPUTraffic: String, CaseIterable, Hashable, Sendable, Codable {
  /// Every operand and result.
  case complete
  /// As the authors' simulator: most results of matrix products are not written, vector rows cost no time, the
  /// newest key and value are not appended.
  case asReleased = "as-released"
}

extension NPUProgram {
  /// A product of m tokens by a k×n weight, each tile of tokens stationary in turn.
  ///
  /// The tile program is: for each tile of tokens, for each tile of k, one stationary tile and a pass for each tile
  /// of n. Weights are loaded with the first tile of tokens and kept; when they and the tokens do not fit half the
  /// scratchpad, the longest axis is cut in half until they do, and the cuts run one after the other.
  public static func product(
    m: Int, k: Int, n: Int, elementBytes: Int, spec: SystolicSpec, traffic: NPUTraffic,
    hasBias: Bool
  ) -> NPUProgram {
    var program = NPUProgram()
    program.work = m * k * n
    var cut = (m: m, k: k, n: n)
    func padded(_ value: Int, _ to: Int) -> Int { (value + to - 1) / to * to }
    func bytes() -> Int {
      let (a, b, c) = (
        padded(cut.m, spec.columns), padded(cut.k, spec.rows), padded(cut.n, spec.columns)
      )
      return (a * b + b * c + a * c) * elementBytes
    }
    while bytes() > spec.scratchpad.count / 2 {
      let longest = max(cut.m, cut.k, cut.n)
      guard longest > 1 else { break }
      if cut.m == longest {
        cut.m = (cut.m + 1) / 2
      } else if cut.k == longest {
        cut.k = (cut.k + 1) / 2
      } else {
        cut.n = (cut.n + 1) / 2
      }
    }
    var from = (m: 0, k: 0, n: 0)
    while from.n < n {
      from.m = 0
      while from.m < m {
        from.k = 0
        while from.k < k {
          let size = (
            m: min(cut.m, m - from.m), k: min(cut.k, k - from.k), n: min(cut.n, n - from.n)
          )
          program.addTile(
            m: size.m, k: size.k, n: size.n, isFirst: from.k == 0, isLast: from.k + size.k == k,
            elementBytes: elementBytes, spec: spec, traffic: traffic, hasBias: hasBias)
          from.k += cut.k
        }
        from.m += cut.m
      }
      from.n += cut.n
    }
    return program
  }

  /// One scratchpad tile of a product.
  private mutating func addTile(
    m: Int, k: Int, n: Int, isFirst: Bool, isLast: Bool, elementBytes: Int, spec: SystolicSpec,
    traffic: NPUTraffic, hasBias: Bool
  ) {
    let released = traffic == .asReleased
    if hasBias && isFirst { _ = load((released ? m : n) * elementBytes) }
    let tokens = Self.spans(m, spec.columns)
    let inner = Self.spans(k, spec.rows)
    let outer = Self.spans(n, spec.columns)
    if spec.dataflow == .outputStationary {
      addStationaryOutputs(
        tokens: tokens, k: k, outer: outer, isLast: isLast, elementBytes: elementBytes, spec: spec,
        released: released ? (m, n) : nil)
      return
    }
    var weights: [Int32] = []
    for (tokenIndex, token) in tokens.enumerated() {
      for (innerIndex, depth) in inner.enumerated() {
        var stationary: Int32 = -1
        for (outerIndex, width) in outer.enumerated() {
          if tokenIndex == 0 { weights.append(load(width * depth * elementBytes)) }
          if outerIndex == 0 { stationary = load(depth * token * elementBytes) }
          let isStored = isLast && innerIndex == inner.count - 1
          // The authors' loop exchanges the indices of what it stores: only what lies within both bounds goes.
          let stored =
            released
            ? releasedStore(tokenIndex, outerIndex, m: m, n: n, spec: spec) : width * token
          let rows = spec.fullTiles ? spec.columns : width
          steps.append(
            Step(
              first: stationary, second: weights[innerIndex * outer.count + outerIndex],
              clocks: Int32(max((rows + spec.arrays - 1) / spec.arrays, 4)),
              unit: outerIndex == 0 ? .preload : .stream,
              stored: isStored ? Int32(stored * elementBytes) : 0))
        }
      }
    }
  }

  /// Sums stay in the arrays: for each tile of the output both operands stream once along k, then the sums drain.
  private mutating func addStationaryOutputs(
    tokens: [Int], k: Int, outer: [Int], isLast: Bool, elementBytes: Int, spec: SystolicSpec,
    released: (m: Int, n: Int)?
  ) {
    var weights: [Int32] = []
    for (tokenIndex, token) in tokens.enumerated() {
      let activations = load(token * k * elementBytes)
      for (outerIndex, width) in outer.enumerated() {
        if tokenIndex == 0 { weights.append(load(width * k * elementBytes)) }
        let stored =
          released.map { releasedStore(tokenIndex, outerIndex, m: $0.m, n: $0.n, spec: spec) }
          ?? width * token
        let drain = spec.fullTiles ? spec.columns : width
        steps.append(
          Step(
            first: activations, second: weights[outerIndex],
            clocks: Int32(max((k + drain + spec.arrays - 1) / spec.arrays, 4)), unit: .stream,
            stored: isLast ? Int32(stored * elementBytes) : 0))
      }
    }
  }

  /// Elements of an output tile that the authors' simulator writes: row and column are exchanged, so an index
  /// above the other axis' length is dropped.
  private func releasedStore(
    _ tokenIndex: Int, _ outerIndex: Int, m: Int, n: Int, spec: SystolicSpec
  ) -> Int {
    let rows = max(0, min(spec.columns, m - outerIndex * spec.columns))
    let columns = max(0, min(spec.columns, n - tokenIndex * spec.columns))
    return rows * columns
  }

  private static func spans(_ length: Int, _ step: Int) -> [Int] {
    stride(from: 0, to: length, by: step).map { min(step, length - $0) }
  }

  /// A function over rows: `inputs` operands of a row each are loaded, one row is stored.
  public static func rows(
    _ function: VectorFunction, rows: Int, columns: Int, inputs: Int, parameters: Int,
    elementBytes: Int, spec: SystolicSpec, traffic: NPUTraffic
  ) -> NPUProgram {
    var program = NPUProgram()
    var shared: Int32 = -1
    for _ in 0..<parameters { shared = program.load(columns * elementBytes) }
    // The released code measures a row after it has given it away: no element is left.
    let clocks = spec.vector.clocks(function, count: traffic == .asReleased ? 0 : columns)
    for _ in 0..<rows {
      var last: Int32 = 0
      for _ in 0..<inputs { last = program.load(columns * elementBytes) }
      program.steps.append(
        Step(
          first: last, second: shared >= 0 ? shared : last, clocks: Int32(clocks), unit: .vector,
          stored: Int32(columns * elementBytes)))
    }
    return program
  }

  /// Attention of each request's queries over its keys, head by head: scores, softmax, context.
  ///
  /// Keys stream past the stationary queries, then values past the stationary probabilities, a tile of rows at a
  /// time; each step needs the one before, so heads follow each other on the one pipeline.
  public static func attention(
    lengths: [(query: Int, kv: Int)], heads: Int, headDimension: Int, elementBytes: Int,
    spec: SystolicSpec
  ) -> NPUProgram {
    var program = NPUProgram()
    for length in lengths {
      for _ in 0..<heads {
        program.work += 2 * length.query * length.kv * headDimension
        let query = program.load(length.query * headDimension * elementBytes)
        let keys = program.load(length.kv * headDimension * elementBytes)
        let values = program.load(length.kv * headDimension * elementBytes)
        for tokens in spans(length.query, spec.columns) {
          program.steps.append(
            Step(
              first: query, second: keys,
              clocks: Int32(max((length.kv + spec.arrays - 1) / spec.arrays, 4)), unit: .preload,
              stored: 0))
          program.steps.append(
            Step(
              first: query, second: keys,
              clocks: Int32(
                tokens * spec.vector.clocks(.softmax, count: length.kv)
                  / min(tokens, spec.vector.units)),
              unit: .vector, stored: 0, waits: true))
          let tiles = (length.kv + spec.rows - 1) / spec.rows
          for tile in 0..<tiles {
            program.steps.append(
              Step(
                first: query, second: values,
                clocks: Int32(max((headDimension + spec.arrays - 1) / spec.arrays, 4)),
                unit: .preload,
                stored: tile == tiles - 1 ? Int32(tokens * headDimension * elementBytes) : 0,
                waits: tile == 0))
          }
        }
      }
    }
    return program
  }

  /// Bytes through the memory without work of the units.
  public static func move(read: Int, written: Int) -> NPUProgram {
    var program = NPUProgram()
    let piece = 1 << 20
    var left = written
    var last = program.load(min(read, piece))
    var more = read - min(read, piece)
    while more > 0 {
      last = program.load(min(more, piece))
      more -= min(more, piece)
    }
    while left > 0 {
      program.steps.append(
        Step(
          first: last, second: last, clocks: 0, unit: .vector, stored: Int32(min(left, piece))))
      left -= min(left, piece)
    }
    return program
  }
}
