internal import Numerics
internal import Units

/// The rows of a comparison as a table and as JSON.
public struct CompareReport: Sendable {
  public let rows: [CompareRow]

  public init(_ rows: [CompareRow]) {
    self.rows = rows
  }

  /// Whether every kernel passes.
  public var passes: Bool { rows.allSatisfy(\.passes) }

  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.compare/1")
      json.field("kernels") { json in
        json.array { json in for row in rows { write(row, into: &json) } }
      }
      json.field("pass", passes)
    }
    return json.utf8
  }

  private func write(_ row: CompareRow, into json: inout JSONWriter) {
    func known(_ key: String, _ value: Int?, _ json: inout JSONWriter) {
      if let value { json.field(key, value) } else { json.field(key) { $0.null() } }
    }
    json.object { json in
      json.field("name", row.kernel)
      json.field("input", row.input)
      if let device = row.device {
        json.field("device", device)
      } else {
        json.field("device") { $0.null() }
      }
      known("cycles", row.cycles, &json)
      known("time_ps", row.time?.picoseconds, &json)
      json.finite("bandwidth_bytes_per_second", row.bandwidth)
      known("intermediate_bytes", row.intermediateBytes, &json)
      known("flops", row.flops, &json)
      known("bytes", row.bytes, &json)
      json.field("error") { json in
        json.object { json in
          json.finite("max_abs", row.error.maximumAbsolute)
          json.finite("relative_l2", row.error.relativeL2)
          json.finite("cosine", row.error.cosine)
          json.field("non_finite", row.error.nonFiniteCount)
        }
      }
      json.field("tolerance") { row.tolerance.write(into: &$0) }
      json.field("pass", row.passes)
    }
  }

  /// One aligned table.
  public var text: String {
    let header = [
      "kernel", "input", "device", "cycles", "time ns", "GB/s", "intermediate B", "max abs",
      "rel L2", "cosine", "non-finite", "",
    ]
    let cells: [[String]] = rows.map(cells)
    let widths: [Int] = header.indices.map { column in
      cells.reduce(header[column].count) { max($0, $1[column].count) }
    }
    func aligned(_ line: [String]) -> String {
      var text = ""
      for (cell, width) in zip(line, widths) {
        text += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      return text.trimmedTail
    }
    let lines: [String] = [aligned(header)] + cells.map(aligned)
    let failed = rows.count { !$0.passes }
    let summary =
      failed == 0 ? "\(rows.count) of \(rows.count) pass" : "\(failed) of \(rows.count) fail"
    return lines.joined(separator: "\n") + "\n" + summary + "\n"
  }

  private func cells(_ row: CompareRow) -> [String] {
    func known(_ value: Double?) -> String { value.map(rounded) ?? "-" }
    func known(_ value: Int?) -> String { value.map { String($0) } ?? "-" }
    let nanoseconds = row.time.map { Double($0.picoseconds) / 1000 }
    let bandwidth = row.bandwidth.map { $0 / 1e9 }
    let cosine = row.error.cosine.map { String(($0 * 1e9).rounded() / 1e9) }
    var line: [String] = [row.kernel, row.input, row.device ?? "-", known(row.cycles)]
    line += [known(nanoseconds), known(bandwidth), known(row.intermediateBytes)]
    line += [rounded(row.error.maximumAbsolute), known(row.error.relativeL2), cosine ?? "-"]
    line += [String(row.error.nonFiniteCount), row.passes ? "pass" : "FAIL"]
    return line
  }

  /// Three significant digits.
  private func rounded(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "\(value)" }
    var scale = 1.0
    while value.magnitude * scale < 100 && scale < 1e300 { scale *= 10 }
    while value.magnitude * scale >= 1000 && scale > 1e-300 { scale /= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}

extension String {
  fileprivate var trimmedTail: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
