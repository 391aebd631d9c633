internal import Experiments

/// Writes a timeline as Chrome trace JSON, which most viewers open.
///
/// Times are microseconds with six decimals, so each picosecond is there.
public struct ChromeTimeline {
  private let model: TimelineModel

  public init(_ model: TimelineModel) {
    self.model = model
  }

  /// The file.
  public var bytes: [UInt8] {
    var lines: [String] = []
    lines.append(metadata("process_name", thread: nil, "name", quoted(model.system)))
    for (index, track) in model.tracks.enumerated() {
      lines.append(metadata("thread_name", thread: index + 1, "name", quoted(track)))
      lines.append(metadata("thread_sort_index", thread: index + 1, "sort_index", "\(index)"))
    }
    for slice in model.slices {
      let arguments = slice.arguments.map { "\(quoted($0.name)):\($0.value)" }
      lines.append(
        "{\"ph\":\"X\",\"pid\":1,\"tid\":\(slice.track + 1),\"name\":\(quoted(slice.name)),"
          + "\"cat\":\(quoted(slice.category)),\"ts\":\(microseconds(slice.start)),"
          + "\"dur\":\(microseconds(slice.end - slice.start)),"
          + "\"args\":{\(arguments.joined(separator: ","))}}")
    }
    for counter in model.counters {
      for sample in counter.samples {
        lines.append(
          "{\"ph\":\"C\",\"pid\":1,\"name\":\(quoted("\(counter.name) (\(counter.unit))")),"
            + "\"ts\":\(microseconds(sample.time)),\"args\":{\"value\":\(sample.value)}}")
      }
    }
    let head =
      "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"system\":\(quoted(model.system)),"
      + "\"trace\":\(quoted(model.trace)),\"operators_left_out\":\"\(model.leftOut)\"},"
      + "\"traceEvents\":[\n"
    return Array((head + lines.joined(separator: ",\n") + "\n]}\n").utf8)
  }

  private func metadata(_ name: String, thread: Int?, _ key: String, _ value: String) -> String {
    "{\"ph\":\"M\",\"pid\":1,\(thread.map { "\"tid\":\($0)," } ?? "")\"name\":\"\(name)\","
      + "\"args\":{\"\(key)\":\(value)}}"
  }

  /// Picoseconds as microseconds, exactly.
  private func microseconds(_ picoseconds: Int) -> String {
    let fraction = String(picoseconds % 1_000_000 + 1_000_000).dropFirst()
    return "\(picoseconds / 1_000_000).\(fraction)"
  }

  private func quoted(_ text: String) -> String {
    var json = JSONWriter(isPretty: false)
    json.value(text)
    return String(json.text.dropLast())
  }
}
