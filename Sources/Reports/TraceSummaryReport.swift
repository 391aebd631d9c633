internal import Experiments
public import TraceFormat
internal import Units
public import Workload

/// What a trace holds in all, as text or JSON.
public struct TraceSummaryReport {
  private let header: TraceHeader
  private let summary: TraceSummary

  public init(header: TraceHeader, summary: TraceSummary) {
    self.header = header
    self.summary = summary
  }

  /// A short table.
  public var text: String {
    var table = TextTable([.left, .left])
    table.add(["model", header.model])
    if !header.architecture.isEmpty {
      table.add(["architecture", "\(header.architecture), \(header.layers) layers"])
    }
    table.add(["made by", "\(header.generator), seed \(header.seed)"])
    if !header.switches.isEmpty { table.add(["switches", header.switchText]) }
    table.add(["operators", NumberText.grouped(summary.operators)])
    let steps = Phase.allCases.compactMap { phase in
      summary.steps[phase].map { "\($0) \(phase.rawValue)" }
    }
    if !steps.isEmpty { table.add(["steps", steps.joined(separator: ", ")]) }
    table.add(["tokens processed", "\(summary.tokensProcessed)"])
    table.add(["tokens generated", "\(summary.tokensGenerated)"])
    table.add(["matrix work", NumberText.count(Double(summary.matrixFLOPs)) + "FLOP"])
    table.add(["vector work", NumberText.count(Double(summary.vectorFLOPs)) + "FLOP"])
    table.add(["bytes read", NumberText.bytes(Double(summary.bytesRead))])
    table.add(["bytes written", NumberText.bytes(Double(summary.bytesWritten))])
    for role in TensorRole.allCases where role != .activation {
      guard let tensors = summary.distinctTensors(role), tensors.count > 0 else { continue }
      table.add([
        "\(role.rawValue) tensors",
        "\(tensors.count) with \(tensors.elements) elements, "
          + NumberText.binaryBytes(Double(tensors.bytes)),
      ])
    }
    for kind in OperatorKind.allCases {
      if let count = summary.kinds[kind] {
        table.add(["kind \(kind.rawValue)", NumberText.grouped(count)])
      }
    }
    return table.lines(indent: 0).joined(separator: "\n") + "\n"
  }

  /// `{"schema":"orrery.trace_summary/1",…}`; numbers above 2^63 are texts.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.trace_summary/1")
      json.field("model", header.model)
      if !header.switches.isEmpty { json.field("switches") { header.writeSwitches(to: &$0) } }
      json.field("operators", summary.operators)
      write("tokens_processed", summary.tokensProcessed, to: &json)
      write("tokens_generated", summary.tokensGenerated, to: &json)
      write("matrix_flops", summary.matrixFLOPs, to: &json)
      write("vector_flops", summary.vectorFLOPs, to: &json)
      write("bytes_read", summary.bytesRead, to: &json)
      write("bytes_written", summary.bytesWritten, to: &json)
      json.field("tensors") { json in
        json.object { json in
          for role in TensorRole.allCases {
            guard let tensors = summary.distinctTensors(role), tensors.count > 0 else { continue }
            json.field(role.rawValue) { json in
              json.object { json in
                json.field("count", tensors.count)
                write("elements", tensors.elements, to: &json)
                write("bytes", tensors.bytes, to: &json)
              }
            }
          }
        }
      }
      json.field("kinds") { json in
        json.object { json in
          for kind in OperatorKind.allCases {
            if let count = summary.kinds[kind] { json.field(kind.rawValue, count) }
          }
        }
      }
    }
    return json.text
  }

  private func write(_ key: String, _ value: UInt128, to json: inout JSONWriter) {
    if let small = Int(exactly: value) {
      json.field(key, small)
    } else {
      json.field(key, "\(value)")
    }
  }
}
