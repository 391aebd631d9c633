internal import Units
internal import Workload

/// Checks what everything behind a trace relies on, one operator after the other.
///
/// Reader and writer share it, so that whatever is written can be read. Sizes are bounded in
/// floating point, which cannot overflow: every product that `Operator.work` and `accesses` form
/// stays below 2^62 if its bound here does.
struct OperatorCheck {
  /// 2^62: a bound below it leaves room for rounding before 64-bit arithmetic overflows.
  static let limit = 0x1p62

  private var seen = IdentifierRuns()
  private var step = 0
  private var phase: Phase?
  private var requests: [RequestRun] = []
  private var sums = RequestSums()

  /// Sums over the requests of one operator.
  private struct RequestSums {
    var tokens = 0.0
    var keys = 0.0
    var pairs = 0.0
    var slots = 0
    var longestQuery = 0
  }

  /// Checks the next operator of the trace.
  mutating func check(_ candidate: Operator) throws {
    try checkOrder(candidate)
    if !hasSameRequests(candidate) { try checkRequests(candidate.requests) }
    var bytes = 0.0
    for index in candidate.inputs.indices {
      bytes += try checkTensor(candidate.inputs[index], in: "inputs", index)
    }
    for index in candidate.outputs.indices {
      bytes += try checkTensor(candidate.outputs[index], in: "outputs", index)
    }
    bytes += try OperatorBounds(tokens: sums.tokens, keys: sums.keys, pairs: sums.pairs)
      .check(candidate)
    if bytes >= OperatorCheck.limit { throw OperatorCheck.overflow("the bytes moved", nil) }
    switch candidate.operation {
    case .attention(let attention): try checkPlaces(candidate, attention)
    case .memoryMove(let move) where move.function == .kvAppend:
      try checkPlaces(candidate, nil)
      for (index, tensor) in candidate.outputs.enumerated()
      where tensor.role == .kv && move.sinks >= tensor.shape[1] && move.sinks > 0 {
        throw LineError(
          "\(move.sinks) sinks fill the capacity of \(tensor.shape[1])",
          field: "outputs[\(index)].shape", remedy: "make the kv tensor larger")
      }
    default: break
    }
    seen.append(candidate.id)
    step = candidate.step
    phase = candidate.phase
  }

  private func checkOrder(_ candidate: Operator) throws {
    let last = seen.last ?? -1
    if candidate.id <= last {
      throw LineError(
        candidate.id < 0
          ? "\(candidate.id) is negative"
          : "\(candidate.id) does not follow \(last): ids are strictly increasing", field: "id",
        remedy: "number the operators in execution order")
    }
    if candidate.id > last + 1 && seen.isFull {
      throw LineError(
        "the ids have more than \(IdentifierRuns.largestCount) gaps", field: "id",
        remedy: "number the operators without gaps")
    }
    if candidate.step < step {
      throw LineError(
        "\(candidate.step) comes after \(step): steps do not decrease", field: "step",
        remedy: "sort the operators by step")
    }
    if candidate.step == step, let phase, phase != candidate.phase {
      throw LineError(
        "step \(step) was \(phase.rawValue) before and is \(candidate.phase.rawValue) now",
        field: "phase", remedy: "use 'mixed', or another step")
    }
    if let layer = candidate.layer, layer < 0 {
      throw LineError("is negative", field: "layer", remedy: "leave it out outside the layers")
    }
    try checkDependences(candidate.dataDependences, of: candidate.id, "data_dependences")
    try checkDependences(candidate.controlDependences, of: candidate.id, "control_dependences")
  }

  private func checkDependences(
    _ dependences: [Int], of id: Int, _ field: StaticString
  ) throws {
    var previous = -1
    for dependence in dependences {
      if dependence <= previous {
        throw LineError(
          "\(dependence) does not follow \(previous): dependences are ascending",
          field: "\(field)", remedy: "sort them and remove repetitions")
      }
      if dependence >= id {
        throw LineError(
          "operator \(id) depends on \(dependence), which is not earlier", field: "\(field)",
          remedy: "depend on earlier operators only")
      }
      if !seen.contains(dependence) {
        throw LineError(
          "operator \(id) depends on \(dependence), which does not exist", field: "\(field)",
          remedy: "name an operator of this trace")
      }
      previous = dependence
    }
  }

  /// Whether the operator shares its request list with the one before, as decode steps do.
  private func hasSameRequests(_ candidate: Operator) -> Bool {
    // The old list is alive, so equal addresses mean the same list.
    candidate.requests.count == requests.count
      && candidate.requests.withUnsafeBufferPointer { $0.baseAddress }
        == requests.withUnsafeBufferPointer { $0.baseAddress }
  }

  private mutating func checkRequests(_ runs: [RequestRun]) throws {
    var sums = RequestSums()
    for (index, run) in runs.enumerated() {
      func fail(_ what: String, _ remedy: String) -> LineError {
        LineError(what, field: "requests[\(index)]", remedy: remedy)
      }
      let largest = JSONScanner.largestInteger
      let isInRange = [run.first, run.count, run.query, run.kv, run.slot].allSatisfy {
        $0 >= 0 && $0 <= largest
      }
      if !isInRange { throw fail("a number is negative or above 2^53", "correct the lengths") }
      if run.count == 0 { throw fail("the count is zero", "leave empty runs out") }
      if run.kv < run.query {
        throw fail(
          "kv \(run.kv) is less than query \(run.query)",
          "kv counts the tokens after this step, the new ones included")
      }
      sums.tokens += Double(run.count) * Double(run.query)
      sums.keys += Double(run.count) * Double(run.kv)
      sums.pairs += Double(run.count) * Double(run.query) * Double(run.kv)
      sums.slots = max(sums.slots, run.slot + run.count)
      sums.longestQuery = max(sums.longestQuery, run.query)
    }
    self.sums = sums
    requests = runs
  }

  /// Checks one tensor and returns its size in bytes.
  @inline(__always)
  private func checkTensor(
    _ tensor: Tensor, in list: StaticString, _ index: Int
  ) throws -> Double {
    var elements = 1.0
    for axis in 0..<tensor.shape.rank { elements *= Double(max(tensor.shape[axis], 1)) }
    let bits = elements * Double(tensor.dtype.bits)
    if bits >= OperatorCheck.limit {
      throw OperatorCheck.overflow("the shape", "\(list)[\(index)].shape")
    }
    if tensor.id < 0 {
      throw LineError("is negative", field: "\(list)[\(index)].id", remedy: "number from zero")
    }
    if tensor.address < 0 || Double(tensor.address) + bits / 8 >= OperatorCheck.limit {
      throw OperatorCheck.overflow("the address range", "\(list)[\(index)].address")
    }
    if tensor.role == .kv && tensor.shape.rank != 4 {
      throw LineError(
        "a kv tensor has rank \(tensor.shape.rank)", field: "\(list)[\(index)].shape",
        remedy: "write [slots, capacity, kv_heads, head_dim]")
    }
    return bits / 8
  }

  /// Checks that the requests lie within the KV tensors that they use.
  private func checkPlaces(_ candidate: Operator, _ attention: Attention?) throws {
    let isRead = attention != nil
    let tensors = isRead ? candidate.inputs : candidate.outputs
    guard let index = tensors.firstIndex(where: { $0.role == .kv }) else { return }
    let field = "\(isRead ? "inputs" : "outputs")[\(index)].shape"
    let shape = tensors[index].shape
    if sums.slots > shape[0] {
      throw LineError(
        "the requests use slot \(sums.slots - 1) of \(shape[0])", field: field,
        remedy: "make the kv tensor larger or correct the slots")
    }
    let capacity = shape[1]
    var needed = sums.longestQuery
    if let attention {
      needed = candidate.requests.reduce(0) { max($0, attention.keysRead(of: $1)) }
    }
    if needed > capacity {
      throw LineError(
        "a request uses \(needed) tokens of a capacity of \(capacity)", field: field,
        remedy: "make the kv tensor larger or correct the lengths")
    }
  }

  static func overflow(_ what: String, _ field: String?) -> LineError {
    LineError("\(what) overflows 2^62", field: field, remedy: "correct the sizes")
  }
}
