internal import Units
internal import Workload

/// A trace of LLMServingSim: one layer a row, with a measured time and sizes.
///
/// Line 1 is the stage (`COLOCATED`, `PREFILL`, `DECODE`, in older artifacts `ORCA`) and
/// `model_parallel_NPU_group: N`, line 2 the number of rows, line 3 column titles, then 11 fields a
/// row. Source: LLMServingSim, arXiv 2408.05499.
struct LayerTable: Hashable, Sendable {
  /// Where a tensor lies, such as `LOCAL` or `REMOTE:0`, and its bytes.
  struct Place: Hashable, Sendable {
    var location = "LOCAL"
    var bytes = 0
  }

  struct Row: Hashable, Sendable {
    var name = ""
    /// Nanoseconds; zero when the time is not known.
    var time = 0
    var input = Place()
    var weight = Place()
    var output = Place()
    /// `NONE`, or a pattern with its dimensions, such as `ALLREDUCE:1,0`.
    var communication = "NONE"
    var communicated = 0
    var miscellaneous = "NONE"
  }

  static let stages = ["COLOCATED", "PREFILL", "DECODE", "ORCA"]
  static let titles = [
    "Layername", "comp_time", "input_loc", "input_size", "weight_loc", "weight_size", "output_loc",
    "output_size", "comm_type", "comm_size", "misc",
  ]

  var stage = "COLOCATED"
  /// What stands behind `model_parallel_NPU_group:`.
  var group = "1"
  var rows: [Row] = []
}

extension LayerTable {
  /// Reads the text of a trace.
  ///
  /// - Throws: `TraceError` with the line.
  init(text: String, name: String) throws(TraceError) {
    func fail(_ line: Int, _ what: String) -> TraceError {
      TraceError(
        file: name, line: line, what: what,
        remedy: "export the trace again with LLMServingSim, or see docs/formats.md")
    }
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
    guard lines.count >= 3 else { throw fail(max(lines.count, 1), "three head lines are needed") }
    let head = lines[0].split(whereSeparator: \.isWhitespace).map(String.init)
    guard let stage = head.first, Self.stages.contains(stage),
      let key = head.firstIndex(of: "model_parallel_NPU_group:"), key + 1 < head.count
    else { throw fail(1, "is no head line 'COLOCATED model_parallel_NPU_group: N'") }
    self.stage = stage
    group = head[(key + 1)...].joined(separator: " ")
    guard let count = Int(lines[1].filter { !$0.isWhitespace }), count >= 0 else {
      throw fail(2, "is not the number of rows")
    }
    guard lines.count - 3 == count else {
      throw fail(2, "\(count) rows are announced and \(lines.count - 3) are there")
    }
    for (index, line) in lines[3...].enumerated() {
      let fields = line.split(whereSeparator: \.isWhitespace).map(String.init)
      guard fields.count == 11 else {
        throw fail(index + 4, "\(fields.count) fields, a row has 11")
      }
      func number(_ field: Int) throws(TraceError) -> Int {
        guard let value = Int(fields[field]), value >= 0, value < 1 << 53 else {
          throw fail(index + 4, "\(Self.titles[field]) is '\(fields[field])', no whole number")
        }
        return value
      }
      rows.append(
        Row(
          name: fields[0], time: try number(1),
          input: Place(location: fields[2], bytes: try number(3)),
          weight: Place(location: fields[4], bytes: try number(5)),
          output: Place(location: fields[6], bytes: try number(7)),
          communication: fields[8], communicated: try number(9), miscellaneous: fields[10]))
    }
  }

  /// The text of the trace: the first column 30 wide, the others 15, and a space between.
  var text: String {
    func cells(_ fields: [String]) -> String {
      fields.enumerated().map { index, field in
        let width = index == 0 ? 30 : 15
        return field + String(repeating: " ", count: max(width - field.count, 0))
      }.joined(separator: " ") + "\n"
    }
    var text =
      "\(stage)\t\tmodel_parallel_NPU_group: \(group)\n\(rows.count)\n" + cells(Self.titles)
    for row in rows {
      text += cells([
        row.name, "\(row.time)", row.input.location, "\(row.input.bytes)", row.weight.location,
        "\(row.weight.bytes)", row.output.location, "\(row.output.bytes)", row.communication,
        "\(row.communicated)", row.miscellaneous,
      ])
    }
    return text
  }
}
