internal import Units
internal import Workload

/// Reads a Kineto profile (Chrome JSON) for shapes and measured durations.
///
/// The outermost operations that stand for work are kept, in the order in which they started, each
/// after the one before on its thread. With GPU kernels, an operation's duration is that of the kernels that it
/// or what it called launched (linked by `External id`); else its own.
enum KinetoImport {
  private struct Event {
    var name: String
    var thread: [Int]
    /// Nanoseconds, the resolution of such a profile.
    var start: Int
    var duration: Int
    var arguments: JSONValue
    var end: Int { start + duration }
  }

  static func convert(_ document: JSONValue, name: String) throws(ImportError) -> ImportedTrace {
    if let version = document["schemaVersion"]?.intValue, version != 1 {
      throw ImportError("schemaVersion \(version) is not 1, which this build reads")
    }
    guard let list = document["traceEvents"]?.arrayValue else {
      throw ImportError("'traceEvents' is no list")
    }
    var calls: [Event] = []
    var ranges: [Event] = []
    var kernels: [Int: Int] = [:]
    for json in list where json["ph"]?.stringValue == "X" {
      switch json["cat"]?.stringValue {
      case "cpu_op": calls.append(try event(json))
      case "user_annotation": ranges.append(try event(json))
      case "kernel", "gpu_memcpy", "gpu_memset":
        let kernel = try event(json)
        if let id = kernel.arguments["External id"]?.intValue {
          kernels[id, default: 0] += kernel.duration
        }
      default: break
      }
    }
    calls.sort { ($0.start, -$0.duration) < ($1.start, -$1.duration) }
    ranges.sort { ($0.start, -$0.duration) < ($1.start, -$1.duration) }
    var builder = TorchTraceBuilder()
    var last: [[Int]: Int] = [:]
    var busyUntil: [[Int]: Int] = [:]
    for (index, call) in calls.enumerated() where TorchCall.known(call.name) != nil {
      if call.start < busyUntil[call.thread] ?? Int.min { continue }
      busyUntil[call.thread] = call.end
      let range = ranges.first {
        $0.thread == call.thread && $0.start <= call.start && call.start < $0.end
      }
      builder.enter(range: range?.name)
      var duration = call.duration
      if !kernels.isEmpty {
        duration = 0
        for inner in calls[index...] {
          if inner.start >= call.end { break }
          guard inner.thread == call.thread, let id = inner.arguments["External id"]?.intValue
          else { continue }
          duration += kernels[id] ?? 0
        }
      }
      let measured = MeasuredDuration(
        Duration(picoseconds: duration * 1000), source: .kineto)
      if let id = try builder.add(
        torchCall(call), measured: measured, after: last[call.thread])
      {
        last[call.thread] = id
      }
    }
    guard !builder.operators.isEmpty else {
      throw ImportError(
        "it holds no operation with shapes", remedy: "profile with record_shapes=True")
    }
    return builder.finish(model: name, generator: "Kineto profile")
  }

  private static func event(_ json: JSONValue) throws(ImportError) -> Event {
    guard let name = json["name"]?.stringValue, let start = json["ts"]?.doubleValue,
      let duration = json["dur"]?.doubleValue, duration >= 0, start.magnitude < 1e15,
      duration < 1e12
    else { throw ImportError("an event has no name, or no valid ts and dur") }
    return Event(
      name: name, thread: [json["pid"]?.intValue ?? 0, json["tid"]?.intValue ?? 0],
      start: Int((start * 1000).rounded()), duration: Int((duration * 1000).rounded()),
      arguments: json["args"] ?? .null)
  }

  private static func torchCall(_ event: Event) -> TorchCall {
    let shapes = event.arguments["Input Dims"]?.arrayValue ?? []
    let types = event.arguments["Input type"]?.arrayValue ?? []
    var call = TorchCall(name: event.name, inputs: [])
    for (shape, type) in zip(shapes, types) {
      guard let type = type.stringValue, let elements = shape.arrayValue else { continue }
      if type == "TensorList" {
        for inner in elements {
          // The types of a list's tensors are not in a profile; they are those of the result.
          if let extents = inner.arrayValue?.compactMap(\.intValue) {
            call.inputs.append(TorchCall.Argument(shape: extents, dtype: .f32))
          }
        }
      } else if let dtype = TorchType.parse(type) {
        let extents = elements.map(\.intValue)
        if !extents.contains(where: { $0 ?? -1 < 0 }) {
          call.inputs.append(
            TorchCall.Argument(shape: extents.compactMap { $0 }, dtype: dtype))
        }
      }
    }
    if event.name.contains("scaled_dot_product") {
      let concrete = event.arguments["Concrete Inputs"]?.arrayValue ?? []
      call.isCausal = concrete.dropFirst(4).contains { $0.stringValue == "True" }
    }
    return call
  }
}
