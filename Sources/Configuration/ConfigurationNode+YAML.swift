internal import Yams

extension ConfigurationNode {
  /// Reads one YAML document; anchors and merge keys work, duplicate keys are errors.
  ///
  /// - Parameter name: the file or preset name that origins and messages show.
  /// - Throws: `ConfigurationError` with line and column when the text is not YAML, when it is
  ///   empty, or when a mapping has a key twice or a key that is not a text.
  public init(yaml text: String, name: String) throws(ConfigurationError) {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw ConfigurationError(ConfigurationNode.describe(error, name: name))
    } catch {
      throw ConfigurationError("\(name): not readable as YAML: \(error)")
    }
    guard let node else { throw ConfigurationError("\(name): the file is empty") }
    try self.init(node, name: name)
  }

  private init(_ node: Node, name: String) throws(ConfigurationError) {
    let origin = node.mark.map { "\(name):\($0.line):\($0.column)" } ?? name
    switch node {
    case .scalar(let scalar):
      let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
      self.init(value: .scalar(text: scalar.string, isQuoted: isQuoted), origin: origin)
    case .sequence(let sequence):
      var nodes: [ConfigurationNode] = []
      for element in sequence { nodes.append(try ConfigurationNode(element, name: name)) }
      self.init(value: .list(nodes), origin: origin)
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        let keyOrigin = key.mark.map { "\(name):\($0.line):\($0.column)" } ?? name
        guard let text = key.scalar?.string else {
          throw ConfigurationError("\(keyOrigin): a key must be a plain text")
        }
        guard !entries.contains(where: { $0.key == text }) else {
          throw ConfigurationError("\(keyOrigin): the key '\(text)' stands here twice; remove one")
        }
        // A value's own mark may stand on the next line; the key's line is what a reader looks for.
        var child = try ConfigurationNode(value, name: name)
        child.origin = keyOrigin
        entries.append(Entry(key: text, value: child))
      }
      self.init(value: .mapping(entries), origin: origin)
    case .alias:
      throw ConfigurationError("\(origin): the alias names no anchor")
    }
  }

  private static func describe(_ error: YamlError, name: String) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return "\(name):\(mark.line):\(mark.column): not valid YAML: \(problem)"
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.map { "\($0)" }.joined(separator: ", ")
      return "\(name):\(context.mark.line):\(context.mark.column): keys stand here twice: \(keys)"
    default:
      let line = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
      return "\(name): not valid YAML: \(line)"
    }
  }
}
