internal import Experiments
internal import Units
public import Workload

/// The operators of a trace as a table or JSON.
public struct TraceListing {
  private let header: TraceHeader
  private let operators: [Operator]
  private let total: Int

  /// - Parameter total: how many operators the trace has; more than are listed when it was cut.
  public init(header: TraceHeader, operators: [Operator], total: Int) {
    self.header = header
    self.operators = operators
    self.total = total
  }

  /// One line an operator.
  public var text: String {
    var table = TextTable([.right, .left, .left, .right, .left, .right, .right, .right])
    table.add(["id", "kind", "name", "step", "phase", "work", "bytes", "Op/B"])
    for op in operators {
      table.add([
        String(op.id), op.kind.rawValue, op.name, String(op.step), op.phase.rawValue,
        NumberText.count(Double(op.work.flops)),
        NumberText.bytes(Double(op.traffic.total.count)),
        op.operationsPerByte.isFinite ? NumberText.decimal(op.operationsPerByte, digits: 2) : "",
      ])
    }
    var lines = ["\(header.model), \(header.dtype), by \(header.generator), seed \(header.seed)"]
    if !header.switches.isEmpty { lines.append("switches: \(header.switchText)") }
    lines += table.lines(indent: 0)
    if total > operators.count { lines.append("... \(total - operators.count) more") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// `{"schema":"orrery.trace_listing/1","model":…,"total":…,"operators":[…]}`.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.trace_listing/1")
      json.field("model", header.model)
      if !header.switches.isEmpty { json.field("switches") { header.writeSwitches(to: &$0) } }
      json.field("total", total)
      json.field("operators") { json in
        json.array { json in
          for op in operators { write(op, to: &json) }
        }
      }
    }
    return json.text
  }

  private func write(_ op: Operator, to json: inout JSONWriter) {
    json.compact { json in
      json.object { json in
        json.field("id", op.id)
        json.field("kind", op.kind.rawValue)
        json.field("name", op.name)
        if let layer = op.layer { json.field("layer", layer) }
        json.field("step", op.step)
        json.field("phase", op.phase.rawValue)
        json.field("matrix_flops", op.work.matrix)
        json.field("vector_flops", op.work.vector)
        json.field("bytes_read", op.traffic.read.count)
        json.field("bytes_written", op.traffic.written.count)
      }
    }
  }
}

extension TraceHeader {
  /// The switches as `key=value` texts, sorted.
  var switchText: String {
    switches.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }

  func writeSwitches(to json: inout JSONWriter) {
    json.object { json in
      for (key, value) in switches.sorted(by: { $0.key < $1.key }) { json.field(key, value) }
    }
  }
}
