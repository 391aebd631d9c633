internal import Configuration
internal import Units

/// A condition over the axes of a sweep: `batch * context <= 65536 and bandwidth > 1 TB/s`.
///
/// Numbers carry their dimensions, so that a comparison of a bandwidth with a size is an error.
/// Operators, weakest first: `or`, `and`, `not`, comparisons, `+ -`, `* /`, unary minus.
struct SweepCondition: Sendable {
  /// The condition as written.
  let text: String
  let origin: String
  private let root: Expression

  /// A value with the exponents of byte, second, operation and joule.
  enum Value: Hashable, Sendable {
    case number(Double, SIMD4<Int>)
    case text(String)
    case truth(Bool)
  }

  private indirect enum Expression: Sendable {
    case constant(Value)
    case name(String)
    case unary(String, Expression)
    case binary(String, Expression, Expression)
  }

  /// Reads a condition.
  ///
  /// - Parameter names: the names that it may use.
  /// - Throws: `ConfigurationError` for wrong syntax or an unknown name.
  init(_ text: String, origin: String, names: [String]) throws(ConfigurationError) {
    self.text = text
    self.origin = origin
    var parser = Parser(
      tokens: try Self.tokens(of: text, origin: origin), text: text, origin: origin)
    root = try parser.expression(0)
    try parser.expectEnd()
    for name in parser.names where !names.contains(name) {
      let near = nearestName(to: name, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw ConfigurationError(
        "\(origin): condition '\(text)': no axis '\(name)' (known: "
          + "\(names.joined(separator: ", ")))\(near)")
    }
  }

  /// Whether the condition holds for these values.
  ///
  /// - Throws: `ConfigurationError` when dimensions or types do not fit together.
  func holds(_ values: [String: AxisValue]) throws(ConfigurationError) -> Bool {
    guard case .truth(let result) = try evaluate(root, values) else {
      throw failure("it is a value, not a comparison")
    }
    return result
  }

  private func failure(_ what: String) -> ConfigurationError {
    ConfigurationError("\(origin): condition '\(text)': \(what)")
  }

  private func evaluate(
    _ expression: Expression, _ values: [String: AxisValue]
  ) throws(ConfigurationError) -> Value {
    switch expression {
    case .constant(let value): return value
    case .name(let name):
      guard let value = values[name] else { throw failure("'\(name)' has no value here") }
      return Self.value(of: value)
    case .unary(let symbol, let operand):
      switch (symbol, try evaluate(operand, values)) {
      case ("not", .truth(let truth)): return .truth(!truth)
      case ("-", .number(let number, let dimension)): return .number(-number, dimension)
      case (_, let value): throw failure("'\(symbol)' does not apply to \(describe(value))")
      }
    case .binary(let symbol, let left, let right):
      return try combine(symbol, try evaluate(left, values), try evaluate(right, values))
    }
  }

  private func combine(
    _ symbol: String, _ left: Value, _ right: Value
  ) throws(ConfigurationError) -> Value {
    switch (symbol, left, right) {
    case ("and", .truth(let left), .truth(let right)): return .truth(left && right)
    case ("or", .truth(let left), .truth(let right)): return .truth(left || right)
    case ("==", .text(let left), .text(let right)): return .truth(left == right)
    case ("!=", .text(let left), .text(let right)): return .truth(left != right)
    case ("*", .number(let a, let p), .number(let b, let q)): return .number(a * b, p &+ q)
    case ("/", .number(let a, let p), .number(let b, let q)): return .number(a / b, p &- q)
    case (_, .number(let a, let p), .number(let b, let q)):
      guard p == q else {
        throw failure(
          "unit mismatch: '\(symbol)' between \(describe(left)) and \(describe(right))")
      }
      switch symbol {
      case "+": return .number(a + b, p)
      case "-": return .number(a - b, p)
      case "<": return .truth(a < b)
      case "<=": return .truth(a <= b)
      case ">": return .truth(a > b)
      case ">=": return .truth(a >= b)
      case "==": return .truth(a == b)
      case "!=": return .truth(a != b)
      default: throw failure("'\(symbol)' does not apply to numbers")
      }
    default:
      throw failure("'\(symbol)' does not apply to \(describe(left)) and \(describe(right))")
    }
  }

  private func describe(_ value: Value) -> String {
    switch value {
    case .text(let text): return "the text '\(text)'"
    case .truth(let truth): return "\(truth)"
    case .number(_, let dimension):
      if dimension == SIMD4(repeating: 0) { return "a pure number" }
      let known = QuantityDimension.allCases.first { $0.exponents == dimension }
      return known.map { "a \($0.kind.name)" } ?? "a product of units"
    }
  }

  private static func value(of axis: AxisValue) -> Value {
    switch axis {
    case .integer(let value): .number(Double(value), SIMD4(repeating: 0))
    case .real(let value): .number(value, SIMD4(repeating: 0))
    case .quantity(let value, let dimension):
      .number(Double(value) / dimension.scale, dimension.exponents)
    case .text: .text(axis.label)
    }
  }
}

extension QuantityDimension {
  /// The exponents of byte, second, operation and joule.
  fileprivate var exponents: SIMD4<Int> {
    switch self {
    case .frequency: [0, -1, 0, 0]
    case .time: [0, 1, 0, 0]
    case .bytes: [1, 0, 0, 0]
    case .bandwidth: [1, -1, 0, 0]
    case .computeRate: [0, -1, 1, 0]
    case .energy: [0, 0, 0, 1]
    }
  }
}

extension SweepCondition {
  private enum Token: Hashable {
    case value(Value)
    case name(String)
    case symbol(String)
  }

  private static let symbols = [
    "<=", ">=", "==", "!=", "&&", "||", "<", ">", "+", "-", "*", "/",
    "(", ")", "!",
  ]

  private static func tokens(
    of text: String, origin: String
  ) throws(ConfigurationError) -> [Token] {
    var tokens: [Token] = []
    var rest = text[...]
    func isLetter(_ character: Character) -> Bool { character.isLetter || character == "_" }
    while let first = rest.first {
      if first == " " {
        rest = rest.dropFirst()
      } else if first.isNumber || first == "." {
        var number = String(rest.prefix { $0.isNumber || $0 == "." || $0 == "_" })
        rest = rest.dropFirst(number.count)
        let exponent = rest.prefix { $0 == "e" || $0 == "E" }
        if !exponent.isEmpty {
          let digits = rest.dropFirst().prefix { $0.isNumber || $0 == "-" || $0 == "+" }
          number += exponent + digits
          rest = rest.dropFirst(1 + digits.count)
        }
        let afterSpace = rest.drop { $0 == " " }
        var unit = String(afterSpace.prefix(while: isLetter))
        if afterSpace.dropFirst(unit.count).hasPrefix("/s") { unit += "/s" }
        let isUnit = QuantityDimension(unit: unit) != nil
        if isUnit { rest = afterSpace.dropFirst(unit.count) }
        let value = AxisValue(parsing: isUnit ? "\(number) \(unit)" : number)
        if case .text(let text) = value {
          throw ConfigurationError("\(origin): condition '\(text)': '\(text)' is not a number")
        }
        tokens.append(.value(Self.value(of: value)))
      } else if isLetter(first) {
        var name = String(rest.prefix { isLetter($0) || $0.isNumber || $0 == "." })
        rest = rest.dropFirst(name.count)
        while name.last == "." { name.removeLast() }
        switch name {
        case "and", "or", "not": tokens.append(.symbol(name))
        case "true": tokens.append(.value(.truth(true)))
        case "false": tokens.append(.value(.truth(false)))
        default: tokens.append(.name(name))
        }
      } else if first == "'" || first == "\"" {
        let body = rest.dropFirst().prefix { $0 != first }
        guard rest.count >= body.count + 2 else {
          throw ConfigurationError("\(origin): condition '\(text)': a quotation mark is not closed")
        }
        rest = rest.dropFirst(body.count + 2)
        tokens.append(.value(.text(String(body))))
      } else if let symbol = symbols.first(where: { rest.hasPrefix($0) }) {
        rest = rest.dropFirst(symbol.count)
        let names = ["&&": "and", "||": "or", "!": "not"]
        tokens.append(.symbol(names[symbol] ?? symbol))
      } else {
        throw ConfigurationError("\(origin): condition '\(text)': '\(first)' is not understood")
      }
    }
    return tokens
  }

  /// Precedence climbing over the tokens.
  private struct Parser {
    var tokens: [Token]
    let text: String
    let origin: String
    var position = 0
    var names: [String] = []

    static let levels: [String: Int] = [
      "or": 1, "and": 2, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "+": 5, "-": 5,
      "*": 6, "/": 6,
    ]

    init(tokens: [Token], text: String, origin: String) {
      self.tokens = tokens
      self.text = text
      self.origin = origin
    }

    func failure(_ what: String) -> ConfigurationError {
      ConfigurationError("\(origin): condition '\(text)': \(what)")
    }

    mutating func expectEnd() throws(ConfigurationError) {
      guard position == tokens.count else { throw failure("there is something after its end") }
    }

    mutating func expression(_ level: Int) throws(ConfigurationError) -> Expression {
      var left = try operand()
      while position < tokens.count, case .symbol(let symbol) = tokens[position],
        let own = Parser.levels[symbol], own > level
      {
        position += 1
        left = .binary(symbol, left, try expression(own))
      }
      return left
    }

    mutating func operand() throws(ConfigurationError) -> Expression {
      guard position < tokens.count else { throw failure("it ends where a value is due") }
      let token = tokens[position]
      position += 1
      switch token {
      case .value(let value): return .constant(value)
      case .name(let name):
        names.append(name)
        return .name(name)
      case .symbol("("):
        let inner = try expression(0)
        guard position < tokens.count, tokens[position] == .symbol(")") else {
          throw failure("a parenthesis is not closed")
        }
        position += 1
        return inner
      case .symbol("not"): return .unary("not", try expression(3))
      case .symbol("-"): return .unary("-", try expression(6))
      case .symbol(let symbol): throw failure("'\(symbol)' stands where a value is due")
      }
    }
  }
}
