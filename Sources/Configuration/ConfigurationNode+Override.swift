extension ConfigurationNode {
  /// Applies an override of the form `key.path=value`, as `--set` takes it.
  ///
  /// The value is read as YAML, so `--set device.links=[1, 2]` works. A list element is named by
  /// its index: `stages[2].batch=4`. Keys that no specification knows fail later, when decoded.
  ///
  /// - Throws: `ConfigurationError` when there is no `=`, when the path is empty or leads through
  ///   a single value, or when an index is out of range.
  public mutating func apply(override text: String) throws(ConfigurationError) {
    guard let equals = text.firstIndex(of: "=") else {
      throw ConfigurationError("--set \(text): write it as key.path=value")
    }
    let path = String(text[..<equals])
    let valueText = String(text[text.index(after: equals)...])
    let steps = try ConfigurationNode.steps(of: path, in: text)
    var value: ConfigurationNode
    if valueText.isEmpty {
      value = ConfigurationNode(value: .scalar(text: "", isQuoted: true), origin: "")
    } else if isPlainScalar(valueText) {
      value = ConfigurationNode(value: .scalar(text: valueText, isQuoted: false), origin: "")
    } else {
      value = try ConfigurationNode(yaml: valueText, name: "--set \(path)")
    }
    value.setOrigin("--set \(path)")
    try set(value, at: steps[...], override: text)
  }

  private enum Step {
    case key(String)
    case index(Int)
  }

  private static func steps(of path: String, in text: String) throws(ConfigurationError) -> [Step] {
    var steps: [Step] = []
    for part in path.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let key = pieces.first, !key.isEmpty else {
        throw ConfigurationError("--set \(text): the key path has an empty part")
      }
      steps.append(.key(String(key)))
      for piece in pieces.dropFirst() {
        guard piece.hasSuffix("]"), let index = Int(piece.dropLast()), index >= 0 else {
          throw ConfigurationError("--set \(text): '[\(piece)' is not an index; write it as [0]")
        }
        steps.append(.index(index))
      }
    }
    return steps
  }

  private mutating func setOrigin(_ origin: String) {
    self.origin = origin
    switch value {
    case .scalar: break
    case .list(var nodes):
      for index in nodes.indices { nodes[index].setOrigin(origin) }
      value = .list(nodes)
    case .mapping(var entries):
      for index in entries.indices { entries[index].value.setOrigin(origin) }
      value = .mapping(entries)
    }
  }

  private mutating func set(
    _ new: ConfigurationNode, at steps: ArraySlice<Step>, override text: String
  ) throws(ConfigurationError) {
    guard let step = steps.first else {
      self = new
      return
    }
    let rest = steps.dropFirst()
    switch (step, value) {
    case (.key(let key), .mapping(var entries)):
      if let index = entries.firstIndex(where: { $0.key == key }) {
        try entries[index].value.set(new, at: rest, override: text)
      } else {
        var child = ConfigurationNode(value: .mapping([]), origin: new.origin)
        try child.set(new, at: rest, override: text)
        entries.append(Entry(key: key, value: child))
      }
      value = .mapping(entries)
    case (.index(let index), .list(var nodes)):
      guard nodes.indices.contains(index) else {
        throw ConfigurationError("--set \(text): [\(index)] is outside a list of \(nodes.count)")
      }
      try nodes[index].set(new, at: rest, override: text)
      value = .list(nodes)
    case (.key(let key), _):
      throw ConfigurationError("--set \(text): '\(key)' would stand inside \(kindName) (\(origin))")
    case (.index, _):
      throw ConfigurationError("--set \(text): an index needs a list, here is \(kindName)")
    }
  }
}

/// Whether YAML reads `text` as a plain scalar that stands as it is: most values do, and need no parser.
private func isPlainScalar(_ text: String) -> Bool {
  var previous = UInt8(ascii: " ")
  for (index, byte) in text.utf8.enumerated() {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      break
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "+"),
      UInt8(ascii: " "), UInt8(ascii: "-"):
      guard index > 0, byte != UInt8(ascii: " ") || previous != UInt8(ascii: " ") else {
        return false
      }
    default: return false
    }
    previous = byte
  }
  return !text.isEmpty && previous != UInt8(ascii: " ")
}
