/// A way to compute attention, in the order of operations of a published kernel.
public enum AttentionKernel: Hashable, Sendable {
  /// exp without maximum, weights divided by the row sum; materialises all scores.
  case naive
  /// Softmax with the row maximum; materialises all scores.
  case safe
  /// exp without maximum, output divided at the end; one key at a time.
  case reordered
  /// Running maximum and sums, one key at a time (Milakov and Gimelshein, arXiv 1805.02867).
  case online
  /// Query and key chunks; the summaries of all key chunks are kept, then combined under their
  /// common maximum (Rabe and Staats, arXiv 2112.05682, the practical form).
  case rabeStaats(queryChunk: Int, keyChunk: Int)
  /// One query and one key at a time with constant state (same paper, the single-query form).
  case rabeStaatsConstant
  /// Query blocks that pass over key blocks with a running rescale (Dao, arXiv 2307.08691).
  case flashAttention2(queryBlock: Int, keyBlock: Int)
  /// Equal splits of the keys, normalised partial outputs with their log-sum-exp.
  case flashDecoding(splits: Int, keyBlock: Int)
  /// Stream-K ranges of key tiles with partials (o, m, l) (arXiv 2405.10480).
  case lean(multiprocessors: Int)
  /// Weights 1 / (1 + exp(-s)).
  case sigmoid
  /// Weights max(0, s) / visible keys.
  case relu

  /// The kernels with their usual parameters, for a shape.
  public static func standard(_ shape: AttentionShape) -> [(name: String, kernel: AttentionKernel)]
  {
    let root = max(1, Int(Double(shape.keys).squareRoot().rounded(.up)))
    return [
      ("naive", .naive), ("safe", .safe), ("reordered", .reordered), ("online", .online),
      ("rabe-staats", .rabeStaats(queryChunk: 1024, keyChunk: 4096)),
      ("rabe-staats-sqrt", .rabeStaats(queryChunk: 1, keyChunk: root)),
      ("rabe-staats-constant", .rabeStaatsConstant),
      ("flash-attention-2", .flashAttention2(queryBlock: 64, keyBlock: 64)),
      ("flash-decoding", .flashDecoding(splits: decodingSplits(shape, 108), keyBlock: 64)),
      ("lean", .lean(multiprocessors: 108)),
    ]
  }

  /// Splits that FlashDecoding's heuristic gives on `multiprocessors`.
  public static func decodingSplits(_ shape: AttentionShape, _ multiprocessors: Int) -> Int {
    FlashDecodingSplits.count(
      workItems: shape.heads * ((shape.rows + 63) / 64), multiprocessors: multiprocessors,
      keyBlocks: (shape.keys + 63) / 64)
  }

  /// The kernel called `name`, with its usual parameters.
  public static func named(_ name: String, _ shape: AttentionShape) -> AttentionKernel? {
    if name == "sigmoid" { return .sigmoid }
    if name == "relu" { return .relu }
    return standard(shape).first { $0.name == name }?.kernel
  }

  /// Whether the kernel computes softmax attention.
  public var isSoftmax: Bool { self != .sigmoid && self != .relu }
}

/// What a kernel computed and what it cost.
public struct AttentionKernelResult: Sendable {
  /// [heads, rows, dimension]; empty after a dry run.
  public var output: [Double] = []
  /// Additions, multiplications, divisions, maxima and exponentials, each counted as one.
  public var flops = 0
  /// Bytes of Q, K, V read, intermediates written and read, and output written.
  public var bytes = 0
  /// The largest number of bytes of intermediates alive at once: scores, sums, partials.
  public var peakIntermediateBytes = 0
}

/// Counts the bytes of intermediates that are alive.
struct LiveBytes {
  private(set) var live = 0
  private(set) var peak = 0

  mutating func allocate(_ bytes: Int) {
    live += bytes
    peak = max(peak, live)
  }

  mutating func release(_ bytes: Int) { live -= bytes }
}

extension AttentionKernel {
  /// Runs the kernel with every tensor and accumulator rounded as `precision` says.
  ///
  /// - Complexity: O(heads * pairs * dimension).
  public func run(
    _ problem: AttentionProblem, precision: AttentionPrecision
  ) -> AttentionKernelResult {
    let rounded = problem.rounded(to: precision.storage)
    var result = cost(problem.shape, precision: precision)
    result.output = precision.specialised(KernelRun(kernel: self, problem: rounded))
    return result
  }
}

struct KernelRun: PrecisionBody {
  let kernel: AttentionKernel
  let problem: AttentionProblem

  func run<S: Rounding, A: Rounding>(_: S.Type, _: A.Type) -> [Double] {
    var rows = AttentionRows<S, A>(problem)
    for head in 0..<problem.shape.heads {
      for row in 0..<problem.shape.rows {
        rows.select(head: head, row: row)
        let keys = problem.shape.visibleKeys(row)
        switch kernel {
        case .naive: rows.naive(keys)
        case .safe: rows.safe(keys)
        case .reordered: rows.reordered(keys)
        case .online, .rabeStaatsConstant: rows.write(rows.running(keys, block: 1))
        case .rabeStaats(_, let chunk): rows.summaries(keys, chunk: chunk)
        case .flashAttention2(_, let block): rows.write(rows.running(keys, block: block))
        case .flashDecoding(let splits, let block): rows.decoding(keys, splits, block)
        case .lean(let multiprocessors): rows.lean(keys, multiprocessors)
        case .sigmoid: rows.pointwise(keys, isSigmoid: true)
        case .relu: rows.pointwise(keys, isSigmoid: false)
        }
      }
    }
    return rows.output
  }
}
