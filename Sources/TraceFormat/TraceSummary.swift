internal import Units
public import Workload

/// What a trace holds, counted in one pass and bounded memory.
public struct TraceSummary: OperatorSink, Sendable {
  /// Tensors of one role that the trace names, each id once.
  public struct DistinctTensors: Hashable, Sendable {
    /// How many there are.
    public fileprivate(set) var count = 0
    /// The sum of their elements.
    public fileprivate(set) var elements: UInt128 = 0
    /// The sum of their sizes in bytes.
    public fileprivate(set) var bytes: UInt128 = 0
  }

  /// More distinct tensors of a role than this are not counted: one million ids take some 40 MB.
  public static let largestDistinctCount = 1 << 20

  /// The number of operators.
  public private(set) var operators = 0
  /// The number of distinct steps of each phase.
  public private(set) var steps: [Phase: Int] = [:]
  /// The number of operators of each kind that occurs.
  public private(set) var kinds: [OperatorKind: Int] = [:]
  /// Tokens that pass through the model: over the steps, the sum of the largest number of new
  /// tokens of an operator's requests.
  public private(set) var tokensProcessed: UInt128 = 0
  /// Tokens that the model yields: over the heads, the sum of their requests.
  public private(set) var tokensGenerated: UInt128 = 0
  /// Operations of matrix products; a multiply-accumulate counts as two.
  public private(set) var matrixFLOPs: UInt128 = 0
  /// Operations of pointwise and row-wise functions.
  public private(set) var vectorFLOPs: UInt128 = 0
  /// Bytes read when each operator reads each input byte once.
  public private(set) var bytesRead: UInt128 = 0
  /// Bytes written.
  public private(set) var bytesWritten: UInt128 = 0

  private var seen: [TensorRole: Set<Int>] = [:]
  private var distinct: [TensorRole: DistinctTensors] = [:]
  private var lastStep = -1
  private var tokensOfStep = 0

  public init() {}

  /// Reads a trace to its end.
  ///
  /// - Throws: `TraceError`.
  public init(reading reader: inout TraceReader) throws {
    while let next = try reader.next() { emit(next) }
  }

  /// Counts an operator.
  public mutating func emit(_ operator: Operator) {
    operators += 1
    kinds[`operator`.kind, default: 0] += 1
    if `operator`.step != lastStep {
      lastStep = `operator`.step
      tokensOfStep = 0
      steps[`operator`.phase, default: 0] += 1
    }
    let tokens = `operator`.requests.tokenCount
    if tokens > tokensOfStep {
      tokensProcessed += UInt128(tokens - tokensOfStep)
      tokensOfStep = tokens
    }
    if `operator`.kind == .head {
      tokensGenerated += UInt128(`operator`.requests.requestCount)
    }
    let work = `operator`.work
    matrixFLOPs += UInt128(work.matrix)
    vectorFLOPs += UInt128(work.vector)
    let traffic = `operator`.traffic
    bytesRead += UInt128(traffic.read.count)
    bytesWritten += UInt128(traffic.written.count)
    for tensor in `operator`.inputs { note(tensor) }
    for tensor in `operator`.outputs { note(tensor) }
  }

  /// The distinct tensors of a role that lives longer than a step: weight, kv or state.
  ///
  /// - Returns: nil for activations, which are not counted, and when there are too many to count.
  public func distinctTensors(_ role: TensorRole) -> DistinctTensors? {
    if role == .activation { return nil }
    if seen[role]?.count ?? 0 > TraceSummary.largestDistinctCount { return nil }
    return distinct[role] ?? DistinctTensors()
  }

  private mutating func note(_ tensor: Tensor) {
    if tensor.role == .activation { return }
    if seen[tensor.role]?.count ?? 0 > TraceSummary.largestDistinctCount { return }
    if !seen[tensor.role, default: []].insert(tensor.id).inserted { return }
    distinct[tensor.role, default: DistinctTensors()].count += 1
    distinct[tensor.role, default: DistinctTensors()].elements += UInt128(tensor.shape.elements)
    distinct[tensor.role, default: DistinctTensors()].bytes += UInt128(tensor.bytes.count)
  }
}
