/// A delay written over timing parameters, such as `nCWL + nBL + nWTRS` or `max(nBL, nCCDS)`.
///
/// Grammar: sums, differences and products of whole numbers, parameter names, parentheses, `max(a, b)`
/// and `min(a, b)`. Values are whole clocks.
public struct TimingExpression: Hashable, Sendable {
  indirect enum Node: Hashable, Sendable {
    case number(Int)
    case parameter(String)
    case sum(Node, Node)
    case difference(Node, Node)
    case product(Node, Node)
    case maximum(Node, Node)
    case minimum(Node, Node)
  }

  /// The text as written.
  public let text: String
  let root: Node

  /// Parses an expression. Throws a ``MemoryError`` that quotes the text and names the offending part.
  public init(_ text: String) throws {
    self.text = text
    var parser = ExpressionParser(text)
    root = try parser.parse()
  }

  /// Names of the parameters that the expression mentions.
  public var parameters: Set<String> {
    var found: Set<String> = []
    func visit(_ node: Node) {
      switch node {
      case .number: break
      case .parameter(let name): found.insert(name)
      case .sum(let a, let b), .difference(let a, let b), .product(let a, let b),
        .maximum(let a, let b), .minimum(let a, let b):
        visit(a)
        visit(b)
      }
    }
    visit(root)
    return found
  }

  /// The value in clocks. Throws when a parameter is unknown.
  public func value(_ parameters: [String: Int]) throws -> Int {
    func evaluate(_ node: Node) throws -> Int {
      switch node {
      case .number(let value): return value
      case .parameter(let name):
        guard let value = parameters[name] else {
          throw MemoryError(
            "'\(text)' uses the unknown timing parameter '\(name)'"
              + suggestion(for: name, among: parameters.keys))
        }
        return value
      case .sum(let a, let b): return try evaluate(a) + evaluate(b)
      case .difference(let a, let b): return try evaluate(a) - evaluate(b)
      case .product(let a, let b): return try evaluate(a) * evaluate(b)
      case .maximum(let a, let b): return Swift.max(try evaluate(a), try evaluate(b))
      case .minimum(let a, let b): return Swift.min(try evaluate(a), try evaluate(b))
      }
    }
    return try evaluate(root)
  }
}

/// Recursive descent over the few tokens of a timing expression.
private struct ExpressionParser {
  private var tokens: [String] = []
  private var position = 0
  private let text: String

  init(_ text: String) {
    self.text = text
    var word = ""
    for character in text {
      if character.isLetter || character.isNumber || character == "_" {
        word.append(character)
        continue
      }
      if !word.isEmpty { tokens.append(word) }
      word = ""
      if !character.isWhitespace { tokens.append(String(character)) }
    }
    if !word.isEmpty { tokens.append(word) }
  }

  private var next: String? { position < tokens.count ? tokens[position] : nil }

  private mutating func take(_ token: String) -> Bool {
    guard next == token else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ token: String) throws {
    if !take(token) {
      throw MemoryError(
        "'\(text)': expected '\(token)' before \(next.map { "'\($0)'" } ?? "the end")")
    }
  }

  mutating func parse() throws -> TimingExpression.Node {
    let node = try parseSum()
    if let rest = next { throw MemoryError("'\(text)': unexpected '\(rest)'") }
    return node
  }

  private mutating func parseSum() throws -> TimingExpression.Node {
    var left = try parseProduct()
    while true {
      if take("+") {
        left = .sum(left, try parseProduct())
      } else if take("-") {
        left = .difference(left, try parseProduct())
      } else {
        return left
      }
    }
  }

  private mutating func parseProduct() throws -> TimingExpression.Node {
    var left = try parseAtom()
    while take("*") { left = .product(left, try parseAtom()) }
    return left
  }

  private mutating func parseAtom() throws -> TimingExpression.Node {
    guard let token = next else { throw MemoryError("'\(text)': the expression ends too early") }
    position += 1
    if token == "(" {
      let inner = try parseSum()
      try expect(")")
      return inner
    }
    if let number = Int(token) { return .number(number) }
    guard let first = token.first, first.isLetter else {
      throw MemoryError("'\(text)': unexpected '\(token)'")
    }
    if (token == "max" || token == "min") && next == "(" {
      position += 1
      let left = try parseSum()
      try expect(",")
      let right = try parseSum()
      try expect(")")
      return token == "max" ? .maximum(left, right) : .minimum(left, right)
    }
    return .parameter(token)
  }
}
