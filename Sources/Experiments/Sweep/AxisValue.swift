internal import Configuration
internal import ResultsStore
internal import Units

/// A value of a sweep axis.
public enum AxisValue: Hashable, Sendable {
  /// A whole number.
  case integer(Int)
  /// A number.
  case real(Double)
  /// A quantity with a unit, in base units of its kind.
  case quantity(Int, QuantityDimension)
  /// Anything else, as YAML writes it.
  case text(String)
}

/// The kinds of quantities that axes and conditions know.
public enum QuantityDimension: String, CaseIterable, Hashable, Sendable {
  case frequency, time, bytes, bandwidth, computeRate, energy

  /// How texts of this kind are read and written.
  var kind: QuantityKind {
    switch self {
    case .frequency: .frequency
    case .time: .time
    case .bytes: .bytes
    case .bandwidth: .bandwidth
    case .computeRate: .computeRate
    case .energy: .energy
    }
  }

  /// The unit of `scaled` values, as tables and charts show it.
  var baseUnit: String {
    switch self {
    case .frequency: "Hz"
    case .time: "s"
    case .bytes: "B"
    case .bandwidth: "B/s"
    case .computeRate: "FLOP/s"
    case .energy: "J"
    }
  }

  /// `baseUnit` in base units of `kind`: picoseconds a second, attojoules a joule.
  var scale: Double {
    switch self {
    case .time: 1e12
    case .energy: 1e18
    case .frequency, .bytes, .bandwidth, .computeRate: 1
    }
  }

  /// The kind that has a unit of this name, if any.
  init?(unit: String) {
    guard
      let found = QuantityDimension.allCases.first(where: { dimension in
        dimension.kind.units.contains { $0.symbol == unit }
      })
    else { return nil }
    self = found
  }
}

extension AxisValue {
  /// Reads a value as the configuration has it; a list becomes its flow form.
  init(_ node: ConfigurationNode) throws(ConfigurationError) {
    switch node.value {
    case .scalar(let text, true): self = .text(quoted(text))
    case .scalar(let text, false): self = AxisValue(parsing: text)
    case .list, .mapping: self = .text(flowText(node))
    }
  }

  /// Reads a plain text: a whole number, a number, a quantity, or a text.
  init(parsing text: String) {
    let digits = text.filter { $0 != "_" }
    if let value = Int(digits) {
      self = .integer(value)
    } else if let value = Double(digits), value.isFinite {
      self = .real(value)
    } else if let dimension = QuantityDimension(unit: unitSuffix(of: text)),
      let value = try? dimension.kind.parse(text)
    {
      self = .quantity(value, dimension)
    } else {
      self = .text(text)
    }
  }

  /// The value as YAML, exactly.
  public var yaml: String {
    switch self {
    case .integer(let value): String(value)
    case .real(let value): "\(value)"
    case .quantity(let value, let dimension): dimension.kind.format(value)
    case .text(let text): text
    }
  }

  /// The value as people read it: without quotation marks.
  public var label: String {
    guard case .text(let text) = self, text.first == "\"", text.last == "\"", text.count >= 2
    else { return yaml }
    return String(text.dropFirst().dropLast())
  }

  /// The number, in the base unit that `unit` names; nil for texts.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .quantity(let value, let dimension): Double(value) / dimension.scale
    case .text: nil
    }
  }

  /// The unit of `number`: empty for pure numbers and texts.
  public var unit: String {
    if case .quantity(_, let dimension) = self { dimension.baseUnit } else { "" }
  }

  /// What kind of value this is, for messages.
  var kindName: String {
    switch self {
    case .integer, .real: "a number"
    case .quantity(_, let dimension): "a \(dimension.kind.name)"
    case .text: "a text"
    }
  }

  /// The coordinate of a point on the axis `name`.
  func coordinate(on axis: String) -> Coordinate {
    Coordinate(axis: axis, text: label, number: number, unit: unit)
  }
}

/// The letters at the end of `text`, with `/s`: what may be a unit.
private func unitSuffix(of text: String) -> String {
  let suffix = text.reversed().prefix { !$0.isNumber && $0 != " " && $0 != "." }
  return String(suffix.reversed())
}

private func quoted(_ text: String) -> String {
  "\""
    + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    + "\""
}

/// A configuration as YAML in flow form; texts are quoted where they might be read otherwise.
func flowYAML(_ node: ConfigurationNode) -> String {
  switch node.value {
  case .scalar(let text, let isQuoted):
    if case .text = AxisValue(parsing: text), !["true", "false", "null", "~", ""].contains(text) {
      return quoted(text)
    }
    return isQuoted ? quoted(text) : text
  case .list(let nodes): return "[" + nodes.map(flowYAML).joined(separator: ", ") + "]"
  case .mapping(let entries):
    let members = entries.map { "\($0.key): \(flowYAML($0.value))" }
    return "{" + members.joined(separator: ", ") + "}"
  }
}

private func flowText(_ node: ConfigurationNode) -> String {
  switch node.value {
  case .scalar(let text, let isQuoted): isQuoted ? quoted(text) : text
  case .list(let nodes): "[" + nodes.map(flowText).joined(separator: ", ") + "]"
  case .mapping(let entries):
    "{" + entries.map { "\($0.key): \(flowText($0.value))" }.joined(separator: ", ") + "}"
  }
}
