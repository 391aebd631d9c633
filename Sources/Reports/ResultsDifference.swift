internal import Experiments
internal import ResultsStore

/// Two results side by side: configuration first, then metrics, then causes.
public struct ResultsDifference {
  private let left: ResultDocument
  private let right: ResultDocument

  public init(_ left: ResultDocument, _ right: ResultDocument) {
    self.left = left
    self.right = right
  }

  /// Keys whose values differ, or that only one has.
  var configuration: [(path: String, left: String?, right: String?)] {
    let first = Dictionary(left.inputs, uniquingKeysWith: { $1 })
    let second = Dictionary(right.inputs, uniquingKeysWith: { $1 })
    return Set(first.keys).union(second.keys).sorted().compactMap { path in
      first[path] == second[path] ? nil : (path, first[path], second[path])
    }
  }

  /// Metrics that differ, causes left out.
  var metrics: [(name: String, left: Metric?, right: Metric?)] {
    pairs.filter { !$0.name.hasPrefix("causes.") && $0.left?.value != $0.right?.value }
  }

  /// All causes of either.
  var causes: [(name: String, left: Metric?, right: Metric?)] {
    pairs.filter { $0.name.hasPrefix("causes.") }
  }

  private var pairs: [(name: String, left: Metric?, right: Metric?)] {
    let first = Dictionary(left.metrics.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    let second = Dictionary(right.metrics.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    return Set(first.keys).union(second.keys).sorted().map { ($0, first[$0], second[$0]) }
  }

  /// The comparison as text.
  public var text: String {
    var lines = ["A  \(left.label)", "B  \(right.label)", "", "Configuration"]
    var table = TextTable([.left, .left, .left])
    table.add(["", "A", "B"])
    for entry in configuration {
      table.add([entry.path, short(entry.left), short(entry.right)])
    }
    lines += configuration.isEmpty ? ["  the same"] : table.lines()
    lines += ["", "Metrics"]
    var numbers = TextTable([.left, .right, .right, .right, .left])
    numbers.add(["", "A", "B", "B/A", "unit"])
    for entry in metrics { numbers.add(row(entry, name: entry.name)) }
    lines += metrics.isEmpty ? ["  the same"] : numbers.lines()
    lines += ["", "Causes"]
    var causes = TextTable([.left, .right, .right, .right, .left])
    causes.add(["", "A", "B", "B/A", "unit"])
    for entry in self.causes {
      causes.add(row(entry, name: String(entry.name.dropFirst("causes.".count))))
    }
    lines += self.causes.isEmpty ? ["  none"] : causes.lines()
    return lines.joined(separator: "\n") + "\n"
  }

  /// Long texts, such as sources, are cut for people; JSON has them whole.
  private func short(_ text: String?) -> String {
    guard let text else { return "-" }
    return text.count <= 48 ? text : text.prefix(45) + "..."
  }

  private func ratio(_ left: Metric?, _ right: Metric?) -> Double? {
    guard let left, let right, left.value.double != 0 else { return nil }
    return right.value.double / left.value.double
  }

  private func row(
    _ entry: (name: String, left: Metric?, right: Metric?), name: String
  ) -> [String] {
    [
      name, entry.left.map { ResultsListing.text($0.value) } ?? "-",
      entry.right.map { ResultsListing.text($0.value) } ?? "-",
      ratio(entry.left, entry.right).map { NumberText.decimal($0, digits: 4) } ?? "",
      entry.left?.unit ?? entry.right?.unit ?? "",
    ]
  }

  /// The comparison as JSON, schema `orrery.difference/1`.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.difference/1")
      json.field("a", left.label)
      json.field("b", right.label)
      json.records("configuration", configuration) { json, entry in
        json.field("path", entry.path)
        if let value = entry.left { json.field("a", value) }
        if let value = entry.right { json.field("b", value) }
      }
      json.field("metrics") { write(metrics, to: &$0) }
      json.field("causes") { write(causes, to: &$0) }
    }
    return json.text
  }

  private func write(
    _ entries: [(name: String, left: Metric?, right: Metric?)], to json: inout JSONWriter
  ) {
    json.array { json in
      for entry in entries {
        json.compact { json in
          json.object { json in
            json.field("name", entry.name)
            json.field("unit", entry.left?.unit ?? entry.right?.unit ?? "")
            if let value = entry.left { json.field("a", value.value.double) }
            if let value = entry.right { json.field("b", value.value.double) }
            if let ratio = ratio(entry.left, entry.right) { json.field("ratio", ratio) }
          }
        }
      }
    }
  }
}
