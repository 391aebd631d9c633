/// A value of a configuration with the place that it came from.
public struct ConfigurationNode: Hashable, Sendable {
  /// What the value is.
  public indirect enum Value: Hashable, Sendable {
    /// A text as written, without quotes; `isQuoted` tells `"8"` from `8`.
    case scalar(text: String, isQuoted: Bool)
    /// A list.
    case list([ConfigurationNode])
    /// Keys in the order of the file.
    case mapping([Entry])
  }

  /// A key and its value.
  public struct Entry: Hashable, Sendable {
    /// The key.
    public var key: String
    /// The value.
    public var value: ConfigurationNode
  }

  /// The value.
  public var value: Value
  /// Where it came from: `configs/systems/h100.yaml:12:3`, `--set`, or the preset's name and line.
  public var origin: String

  public init(value: Value, origin: String) {
    self.value = value
    self.origin = origin
  }

  /// Whether this is an explicit null: `~`, `null` or nothing at all.
  var isNull: Bool {
    guard case .scalar(let text, let isQuoted) = value else { return false }
    return !isQuoted && (text == "~" || text == "null" || text.isEmpty)
  }

  /// What kind of value this is, for messages.
  var kindName: String {
    switch value {
    case .scalar: "a single value"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }

  /// The value of `key`, if this is a mapping that has it.
  public subscript(key: String) -> ConfigurationNode? {
    guard case .mapping(let entries) = value else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// The place of the value at a key path such as `constraints[3].delay`, or of the deepest part of it that exists.
  public func origin(of path: String) -> String {
    var node = self
    for step in path.split(whereSeparator: { ".[]".contains($0) }) {
      var next = node[String(step)]
      if case .list(let nodes) = node.value, let index = Int(step), nodes.indices.contains(index) {
        next = nodes[index]
      }
      guard let next else { break }
      node = next
    }
    return node.origin
  }

  /// `message` behind the place of the key path that it begins with.
  public func located(_ message: String) -> ConfigurationError {
    let path = message.prefix { $0.isLetter || $0.isNumber || "_.[]".contains($0) }
    return ConfigurationError("\(origin(of: String(path))): \(message)")
  }

  /// The text of this value, if it is a scalar.
  public var text: String? {
    guard case .scalar(let text, _) = value else { return nil }
    return text
  }

  /// This configuration with the values of `upper` laid over it, mapping by mapping.
  ///
  /// Lists are replaced as a whole.
  public func overlaid(with upper: ConfigurationNode) -> ConfigurationNode {
    guard case .mapping(var entries) = value, case .mapping(let upperEntries) = upper.value else {
      return upper
    }
    for entry in upperEntries {
      if let index = entries.firstIndex(where: { $0.key == entry.key }) {
        entries[index].value = entries[index].value.overlaid(with: entry.value)
      } else {
        entries.append(entry)
      }
    }
    return ConfigurationNode(value: .mapping(entries), origin: origin)
  }

  /// Every scalar with its key path and origin, in the order of the file.
  public var leaves: [(path: String, text: String, origin: String)] {
    var result: [(path: String, text: String, origin: String)] = []
    collectLeaves(path: "", into: &result)
    return result
  }

  private func collectLeaves(
    path: String, into result: inout [(path: String, text: String, origin: String)]
  ) {
    switch value {
    case .scalar(let text, _):
      result.append((path: path, text: text, origin: origin))
    case .list(let nodes):
      for (index, node) in nodes.enumerated() {
        node.collectLeaves(path: "\(path)[\(index)]", into: &result)
      }
    case .mapping(let entries):
      for entry in entries {
        let child = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        entry.value.collectLeaves(path: child, into: &result)
      }
    }
  }
}
