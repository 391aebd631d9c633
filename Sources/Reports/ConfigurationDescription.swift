public import Configuration
internal import Experiments

/// A resolved configuration with the origin of each value, as text or JSON.
public struct ConfigurationDescription {
  private let node: ConfigurationNode

  public init(_ node: ConfigurationNode) {
    self.node = node
  }

  /// One line a value: key path, value, origin.
  public var text: String {
    var table = TextTable([.left, .left, .left])
    for leaf in node.leaves {
      table.add([leaf.path, shortened(leaf.text), "# \(leaf.origin)"])
    }
    return table.lines(indent: 0).joined(separator: "\n") + "\n"
  }

  /// `{"schema":"orrery.configuration/1","values":[{"path","value","origin"},…]}`.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.configuration/1")
      json.records("values", node.leaves) { json, leaf in
        json.field("path", leaf.path)
        json.field("value", leaf.text)
        json.field("origin", leaf.origin)
      }
    }
    return json.text
  }

  /// Long texts, such as sources, are cut for people; JSON has them whole.
  private func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count <= 60 ? line : line.prefix(57) + "..."
  }
}
