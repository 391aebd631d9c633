internal import Units

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
    var product = ProductTiler(
      m: m, k: k, n: n, elementBytes: elementBytes, spec: spec,
      dropsOutputs: !traffic.has(.outputs), hasBias: hasBias)
    product.program.work = m * k * n
    product.addAll()
    return product.program
  }
}

/// Cuts one product into the tiles of the scratchpad and of the arrays.
private struct ProductTiler {
  let m: Int
  let k: Int
  let n: Int
  let elementBytes: Int
  let spec: SystolicSpec
  /// Whether results are dropped as in the authors' simulator.
  let dropsOutputs: Bool
  let hasBias: Bool
  var program = NPUProgram()

  /// Consecutive indices of an axis.
  struct Span {
    var start: Int
    var count: Int
  }

  mutating func addAll() {
    let cut = cutToScratchpad()
    for columns in spans(Span(start: 0, count: n), cut.n) {
      for tokens in spans(Span(start: 0, count: m), cut.m) {
        for depth in spans(Span(start: 0, count: k), cut.k) {
          program.sections.append(
            NPUProgram.Section(
              firstLoad: program.loads.count, firstStep: program.steps.count))
          if hasBias && depth.start == 0 {
            _ = program.load(
              NPUPiece(
                .parameters, column: columns.start * elementBytes,
                bytes: (dropsOutputs ? tokens.count : columns.count) * elementBytes))
          }
          if spec.dataflow == .outputStationary {
            addStationaryOutputs(tokens, depth, columns)
          } else {
            addStationaryTokens(tokens, depth, columns)
          }
        }
      }
    }
  }

  /// The sizes of a scratchpad tile: the longest axis is halved until half the scratchpad holds one.
  private func cutToScratchpad() -> (m: Int, k: Int, n: Int) {
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
    return cut
  }

  /// One scratchpad tile: tokens stay in the arrays, weights stream past them.
  private mutating func addStationaryTokens(_ m: Span, _ k: Span, _ n: Span) {
    let tokens = spans(m, spec.columns)
    let inner = spans(k, spec.rows)
    let outer = spans(n, spec.columns)
    let isLast = k.start + k.count == self.k
    var weights: [Int32] = []
    for (tokenIndex, token) in tokens.enumerated() {
      for (innerIndex, depth) in inner.enumerated() {
        var stationary: Int32 = -1
        for (outerIndex, width) in outer.enumerated() {
          if tokenIndex == 0 {
            // Packed: for each span of k the tiles of n, each k×n.
            let before = depth.start * self.n + width.start * depth.count
            weights.append(
              program.load(
                NPUPiece(
                  .weights, column: before * elementBytes,
                  bytes: width.count * depth.count * elementBytes)))
          }
          if outerIndex == 0 {
            stationary = program.load(tokensPiece(token, depth))
          }
          var bytes = width.count * depth.count * elementBytes
          if outerIndex == 0 { bytes += depth.count * token.count * elementBytes }
          let rows = spec.fullTiles ? spec.columns : width.count
          program.add(
            NPUProgram.Step(
              first: stationary, second: weights[innerIndex * outer.count + outerIndex],
              clocks: spec.clocks(rows: rows, bytes: bytes),
              unit: outerIndex == 0 ? .preload : .stream),
            storing: isLast && innerIndex == inner.count - 1
              ? outputPiece(token, width, tokenIndex, outerIndex, m, n) : nil)
        }
      }
    }
  }

  /// Sums stay in the arrays: for each tile of the output both operands stream once along k, then the sums drain.
  private mutating func addStationaryOutputs(_ m: Span, _ k: Span, _ n: Span) {
    let isLast = k.start + k.count == self.k
    let outer = spans(n, spec.columns)
    var weights: [Int32] = []
    for (tokenIndex, token) in spans(m, spec.columns).enumerated() {
      let activations = program.load(tokensPiece(token, k))
      for (outerIndex, width) in outer.enumerated() {
        if tokenIndex == 0 {
          // Packed: for each tile of n all of k.
          let before = width.start * self.k + k.start * width.count
          weights.append(
            program.load(
              NPUPiece(
                .weights, column: before * elementBytes,
                bytes: width.count * k.count * elementBytes)))
        }
        let drain = spec.fullTiles ? spec.columns : width.count
        program.add(
          NPUProgram.Step(
            first: activations, second: weights[outerIndex],
            clocks: spec.clocks(
              rows: k.count + drain, bytes: (width.count + token.count) * k.count * elementBytes),
            unit: .stream),
          storing: isLast ? outputPiece(token, width, tokenIndex, outerIndex, m, n) : nil)
      }
    }
  }

  private func tokensPiece(_ token: Span, _ depth: Span) -> NPUPiece {
    NPUPiece(
      .input, row: token.start, column: depth.start * elementBytes,
      bytes: depth.count * elementBytes, rows: token.count)
  }

  /// What is written of an output tile.
  ///
  /// The authors' simulator exchanges row and column, so that an index above the other axis' length is dropped.
  private func outputPiece(
    _ token: Span, _ width: Span, _ tokenIndex: Int, _ outerIndex: Int, _ m: Span, _ n: Span
  ) -> NPUPiece {
    var (rows, columns) = (token.count, width.count)
    if dropsOutputs {
      rows = max(0, min(spec.columns, m.count - outerIndex * spec.columns))
      columns = max(0, min(spec.columns, n.count - tokenIndex * spec.columns))
    }
    return NPUPiece(
      .output, row: token.start, column: width.start * elementBytes, bytes: columns * elementBytes,
      rows: rows)
  }

  private func spans(_ whole: Span, _ step: Int) -> [Span] {
    stride(from: 0, to: whole.count, by: step).map {
      Span(start: whole.start + $0, count: min(step, whole.count - $0))
    }
  }
}
