internal import Units
internal import Workload

extension LayerTable {
  /// The rows as operators: each reads its input and weight and writes its output, takes the
  /// measured time, and depends on the row before. Operations are not in such a trace.
  ///
  /// - Parameter devices: how many devices a collective has.
  func operators(
    model: String, dtype: DataType, devices: Int
  ) throws(ImportError) -> ImportedTrace {
    var tensors = ImportedTensors()
    var operators: [Operator] = []
    let phase: Phase =
      stage == "PREFILL" ? .prefill : stage == "DECODE" ? .decode : .mixed
    for row in rows {
      let last = operators.last.map { [$0.id] } ?? []
      var op = Operator(
        id: operators.count, name: row.name,
        operation: .memoryMove(MemoryMove(function: .copy)), layer: Operation.layer(of: row.name),
        phase: phase, dataDependences: last)
      op.inputs = try tensors.bytes(row.input.bytes, .u8)
      op.inputs += try tensors.bytes(row.weight.bytes, .u8, role: .weight)
      op.outputs = try tensors.bytes(row.output.bytes, .u8)
      if row.time > 0 {
        guard row.time < 1 << 50 else {
          throw ImportError("'\(row.name)': a comp_time of \(row.time) ns is out of range")
        }
        op.measured = MeasuredDuration(
          Duration(picoseconds: row.time * 1000), source: .llmServingSim)
      }
      operators.append(op)
      guard row.communication != "NONE", row.communicated > 0 else { continue }
      operators.append(
        Operator(
          id: operators.count, name: row.name + ".communication",
          operation: .collective(
            Collective(
              function: try Self.function(row.communication), group: Array(0..<devices),
              bytes: row.communicated)),
          layer: op.layer, phase: phase, dataDependences: [op.id]))
    }
    let header = TraceHeader(
      model: model, layers: (operators.compactMap(\.layer).max() ?? -1) + 1, dtype: dtype.rawValue,
      generator: "LLMServingSim")
    var trace = ImportedTrace(header: header, operators: operators)
    trace.notes.append(
      "operations are unknown: rows are copies of their bytes with measured times; "
        + "'orrery simulate --durations measured' takes those")
    return trace
  }

  private static func function(_ text: String) throws(ImportError) -> CollectiveFunction {
    switch text.prefix(while: { $0 != ":" }) {
    case "ALLREDUCE": return .allReduce
    case "ALLTOALL": return .allToAll
    case "ALLGATHER": return .allGather
    case "REDUCESCATTER": return .reduceScatter
    default:
      throw ImportError("comm_type '\(text)' is not NONE, ALLREDUCE or ALLTOALL")
    }
  }

  /// The rows of a trace: sizes are what each operator reads and writes; times are the measured
  /// ones, else zero. A collective joins the row before it.
  init(_ trace: ImportedTrace) {
    let phases = Set(trace.operators.map(\.phase))
    stage = phases == [.prefill] ? "PREFILL" : phases == [.decode] ? "DECODE" : "COLOCATED"
    for op in trace.operators {
      if case .collective(let collective) = op.operation {
        let name: String? =
          switch collective.function {
          case .allReduce: "ALLREDUCE"
          case .allToAll: "ALLTOALL"
          case .allGather: "ALLGATHER"
          case .reduceScatter: "REDUCESCATTER"
          case .broadcast, .send, .receive: nil
          }
        guard let name else { continue }
        if rows.last.map({ $0.communication != "NONE" }) ?? true {
          rows.append(Row(name: Self.cell(op.name, op.kind)))
        }
        rows[rows.count - 1].communication = name
        rows[rows.count - 1].communicated = collective.bytes
        continue
      }
      var row = Row(name: Self.cell(op.name, op.kind))
      row.time = (op.measured?.duration.picoseconds ?? 0) / 1000
      for access in op.accesses {
        if access.isWrite {
          row.output.bytes += access.bytes.count
        } else if access.tensor.role == .weight {
          row.weight.bytes += access.bytes.count
        } else {
          row.input.bytes += access.bytes.count
        }
      }
      rows.append(row)
    }
    // The first input and the last output must be remote.
    if !rows.isEmpty {
      rows[0].input.location = "REMOTE:0"
      rows[rows.count - 1].output.location = "REMOTE:0"
    }
  }

  /// A name without spaces, which separate fields.
  private static func cell(_ name: String, _ kind: OperatorKind) -> String {
    let text = name.isEmpty ? kind.rawValue : name
    return String(text.map { $0.isWhitespace ? "_" : $0 })
  }
}
