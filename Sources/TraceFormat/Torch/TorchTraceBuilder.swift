internal import Units
internal import Workload

/// Collects the calls of a PyTorch trace as operators.
struct TorchTraceBuilder {
  /// A place in memory that a tensor may have.
  private struct Place: Hashable {
    var storage: Int
    var offset: Int
    var shape: [Int]
    var dtype: DataType
  }

  private(set) var operators: [Operator] = []
  private var tensors = ImportedTensors()
  private var placed: [Place: Tensor] = [:]
  /// The operator that wrote each storage last.
  private var writers: [Int: Int] = [:]
  private var step = 0
  private var phase = Phase.prefill
  private var range: String?
  private var leftOut: [String: Int] = [:]

  /// Begins a step when the named range of the user changes; `decode` in its name makes it one.
  mutating func enter(range name: String?) {
    guard name != range else { return }
    range = name
    if !operators.isEmpty { step += 1 }
    phase = name?.lowercased().contains("decode") == true ? .decode : .prefill
  }

  /// Notes a call that has no counterpart.
  mutating func leaveOut(_ name: String) { leftOut[name, default: 0] += 1 }

  /// Adds a call; `after` is an earlier operator that it depends on besides its tensors.
  ///
  /// - Returns: the id of the operator, or nil when the call is left out.
  mutating func add(
    _ call: TorchCall, measured: MeasuredDuration?, after: Int? = nil
  ) throws(ImportError) -> Int? {
    guard let (operation, results, requests) = try call.operation() else {
      leaveOut(call.name)
      return nil
    }
    let id = operators.count
    var dependences = Set(call.inputs.compactMap { $0.storage.flatMap { writers[$0] } })
    if let after { dependences.insert(after) }
    var op = Operator(
      id: id, name: call.name, operation: operation, step: step, phase: phase, requests: requests,
      dataDependences: dependences.sorted(), measured: measured)
    // A copy reads its second argument only, and writes the first.
    let read = call.name == "aten::copy_" ? Array(call.inputs.dropFirst()) : call.inputs
    for input in read { op.inputs.append(try tensor(input, isRead: true)) }
    for output in call.outputs.isEmpty ? results : call.outputs {
      op.outputs.append(try tensor(output, isRead: false))
      if let storage = output.storage { writers[storage] = id }
    }
    operators.append(op)
    return id
  }

  private mutating func tensor(
    _ argument: TorchCall.Argument, isRead: Bool
  ) throws(ImportError) -> Tensor {
    // Memory that nothing in the trace has written holds weights, or tokens.
    let isWeight =
      isRead && (argument.storage.map { writers[$0] == nil } ?? false)
      && argument.dtype.isFloatingPoint
      && argument.shape.count == 2
    let role: TensorRole = isWeight ? .weight : .activation
    guard let storage = argument.storage else {
      return try tensors.make(argument.shape, argument.dtype, role: role)
    }
    let place = Place(
      storage: storage, offset: argument.offset, shape: argument.shape, dtype: argument.dtype)
    if let known = placed[place] { return known }
    let tensor = try tensors.make(argument.shape, argument.dtype, role: role)
    placed[place] = tensor
    return tensor
  }

  /// The trace, with notes about what was left out.
  func finish(model: String, generator: String) -> ImportedTrace {
    let dtype = operators.lazy.compactMap { op -> DataType? in
      if case .gemm = op.operation { op.inputs.first?.dtype } else { nil }
    }.first
    var trace = ImportedTrace(
      header: TraceHeader(
        model: model, dtype: (dtype ?? .f32).rawValue, generator: generator),
      operators: operators)
    if !leftOut.isEmpty {
      let names = leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.key) \($0.value)" }
      trace.notes.append("left out: " + names.joined(separator: ", "))
    }
    return trace
  }
}
