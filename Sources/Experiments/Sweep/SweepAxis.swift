internal import Configuration
internal import Units

/// One thing that a sweep varies: a key path of the sweep's system or trace, and its values.
struct SweepAxis: Sendable {
  /// What an axis offers.
  enum Domain: Sendable {
    /// These values.
    case values([AxisValue])
    /// Everything between two values, for sampling only.
    case interval(from: AxisValue, to: AxisValue, isLogarithmic: Bool)
  }

  /// The name in tables and conditions.
  var name: String
  /// The key paths that take the value: `system`, `system.memory.bandwidth`, `trace.batch`.
  var targets: [String]
  /// What it offers.
  var domain: Domain
  /// Where it stands in the file.
  var origin: String

  /// Reads one axis.
  ///
  /// - Throws: `ConfigurationError` for unknown keys, an empty list or range, values of different
  ///   kinds.
  init(name: String, node: ConfigurationNode) throws(ConfigurationError) {
    let form = try node.decode(AxisForm.self)
    self.name = name
    origin = node.origin
    targets = form.vary ?? [name]
    func fail(_ what: String) -> ConfigurationError {
      ConfigurationError("\(node.origin): axis '\(name)': \(what)")
    }
    guard !targets.isEmpty else { throw fail("'vary' names no key path") }
    let forms = [form.hasValues, form.range != nil, form.logRange != nil].filter { $0 }
    guard forms.count == 1 else {
      throw fail("needs exactly one of 'values', 'range' and 'log_range'")
    }
    if let range = form.range {
      domain = try range.domain(isLogarithmic: false, fail: fail)
    } else if let range = form.logRange {
      domain = try range.domain(isLogarithmic: true, fail: fail)
    } else {
      guard case .list(let nodes) = node["values"]?.value else {
        throw fail("'values' must be a list, such as [1, 2, 4]")
      }
      guard !nodes.isEmpty else { throw fail("'values' is empty") }
      var values: [AxisValue] = []
      for node in nodes { values.append(try AxisValue(node)) }
      for value in values where value.kindName != values[0].kindName {
        throw fail(
          "unit mismatch: '\(value.yaml)' is \(value.kindName) and '\(values[0].yaml)' is "
            + "\(values[0].kindName)")
      }
      domain = .values(values)
    }
  }

  /// The value at `position` in [0, 1) of the axis, for sampling.
  func value(at position: Double) -> AxisValue {
    switch domain {
    case .values(let values):
      return values[min(values.count - 1, Int(position * Double(values.count)))]
    case .interval(let from, let to, let isLogarithmic):
      let isWhole = from.isWhole && to.isWhole
      let low = from.raw
      // Whole numbers are drawn from [from, to + 1), so that both ends are as likely as the rest.
      let high = isWhole && !isLogarithmic ? to.raw + 1 : to.raw
      let drawn =
        isLogarithmic
        ? low * power(high / low, position) : low + (high - low) * position
      return from.replacing(
        raw: isWhole ? min(to.raw, isLogarithmic ? drawn.rounded() : drawn.rounded(.down)) : drawn,
        isWhole: isWhole)
    }
  }
}

/// The keys of an axis.
private struct AxisForm: Decodable {
  var vary: [String]?
  var hasValues: Bool
  var range: RangeForm?
  var logRange: RangeForm?

  enum CodingKeys: String, CodingKey {
    case vary, values, range
    case logRange = "log_range"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if container.contains(.vary) {
      if let one = try? container.decode(String.self, forKey: .vary) {
        vary = [one]
      } else {
        vary = try container.decode([String].self, forKey: .vary)
      }
    }
    hasValues = container.contains(.values)
    range = try container.decodeIfPresent(RangeForm.self, forKey: .range)
    logRange = try container.decodeIfPresent(RangeForm.self, forKey: .logRange)
  }
}

/// `{from, to, step}` or `{from, to, points}`; `{from, to, factor}` on a logarithmic scale.
private struct RangeForm: Decodable {
  var from: String
  var to: String
  var step: String?
  var factor: Double?
  var points: Int?

  private static let largestCount = 1_000_000

  func domain(
    isLogarithmic: Bool, fail: (String) -> ConfigurationError
  ) throws(ConfigurationError) -> SweepAxis.Domain {
    let low = AxisValue(parsing: from)
    let high = AxisValue(parsing: to)
    for (key, value) in [("from", low), ("to", high)] {
      if case .text(let text) = value { throw fail("'\(key)': '\(text)' is not a number") }
    }
    guard low.kindName == high.kindName else {
      throw fail("unit mismatch: from is \(low.kindName) and to is \(high.kindName)")
    }
    guard low.raw <= high.raw else {
      throw fail("the range is empty: from \(from) is larger than to \(to)")
    }
    if isLogarithmic {
      guard low.raw > 0 else { throw fail("a log_range must start above zero") }
      guard step == nil else { throw fail("a log_range takes 'points' or 'factor', not 'step'") }
    } else {
      guard factor == nil else { throw fail("'factor' belongs to log_range; use 'step'") }
    }
    guard [points != nil, step != nil, factor != nil].filter({ $0 }).count <= 1 else {
      throw fail("give either 'points' or '\(isLogarithmic ? "factor" : "step")'")
    }
    let isWhole = low.isWhole && high.isWhole
    var raws: [Double] = []
    var keepsWhole = isWhole
    if let points {
      guard points >= 1 && points <= RangeForm.largestCount else {
        throw fail("the range is empty: 'points' must lie between 1 and \(RangeForm.largestCount)")
      }
      for index in 0..<points {
        let share = points == 1 ? 0 : Double(index) / Double(points - 1)
        raws.append(
          index == points - 1 && points > 1
            ? high.raw
            : isLogarithmic
              ? low.raw * power(high.raw / low.raw, share)
              : low.raw + (high.raw - low.raw) * share)
      }
    } else if let step {
      let stride = AxisValue(parsing: step)
      guard stride.kindName == low.kindName else {
        throw fail("unit mismatch: step is \(stride.kindName) and from is \(low.kindName)")
      }
      guard stride.raw > 0 else { throw fail("the range is empty: 'step' must be positive") }
      let count = ((high.raw - low.raw) / stride.raw * (1 + 1e-12)).rounded(.down)
      guard count < Double(RangeForm.largestCount) else {
        throw fail("the range has too many points")
      }
      keepsWhole = isWhole && stride.isWhole
      for index in 0...Int(count) { raws.append(low.raw + stride.raw * Double(index)) }
    } else if let factor {
      guard factor > 1 else { throw fail("the range is empty: 'factor' must be larger than 1") }
      var raw = low.raw
      while raw <= high.raw * (1 + 1e-12) && raws.count <= RangeForm.largestCount {
        raws.append(raw)
        raw *= factor
      }
    } else {
      return .interval(from: low, to: high, isLogarithmic: isLogarithmic)
    }
    var values: [AxisValue] = []
    for raw in raws {
      let value = low.replacing(raw: keepsWhole ? raw.rounded() : raw, isWhole: keepsWhole)
      if values.last != value { values.append(value) }
    }
    return .values(values)
  }
}

extension AxisValue {
  /// The number in base units of its kind; zero for texts.
  fileprivate var raw: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .quantity(let value, _): Double(value)
    case .text: 0
    }
  }

  /// Whether only whole base units make sense.
  fileprivate var isWhole: Bool {
    switch self {
    case .integer, .quantity: true
    case .real, .text: false
    }
  }

  /// A value of the same kind.
  fileprivate func replacing(raw: Double, isWhole: Bool) -> AxisValue {
    switch self {
    case .quantity(_, let dimension): .quantity(Int(raw), dimension)
    case .integer where isWhole: .integer(Int(raw))
    case .integer, .real, .text: .real(raw)
    }
  }
}
