public import Configuration
public import ReferenceTransformer

/// Reads architecture switches from files and options.
public enum SwitchReader {
  private struct Setting {
    let key: String
    let text: String
    let origin: String
  }

  /// The switches of a YAML file, then those of `KEY=VALUE` texts, which replace them key by key.
  ///
  /// - Throws: `ConfigurationError` with file and line, or the option, and what is wrong.
  public static func read(
    file: String?, assignments: [String]
  ) throws(ConfigurationError) -> ArchitectureSwitches {
    var settings: [Setting] = []
    if let file {
      guard PresetLibrary.isFile(file) else {
        throw ConfigurationError("--switches \(file): write a file with its ending .yaml")
      }
      settings = try self.settings(try PresetLibrary.load(file, kind: .models))
    }
    for assignment in assignments {
      guard let equals = assignment.firstIndex(of: "=") else {
        throw ConfigurationError("--switch \(assignment): write it as KEY=VALUE")
      }
      let key = String(assignment[..<equals])
      settings.removeAll { $0.key == key }
      settings.append(
        Setting(
          key: key, text: String(assignment[assignment.index(after: equals)...]),
          origin: "--switch"))
    }
    return try switches(settings)
  }

  /// The switches of a mapping; a list stands for its values joined by `+`.
  ///
  /// - Throws: `ConfigurationError`.
  public static func read(
    _ node: ConfigurationNode
  ) throws(ConfigurationError) -> ArchitectureSwitches {
    try switches(try settings(node))
  }

  private static func settings(_ node: ConfigurationNode) throws(ConfigurationError) -> [Setting] {
    guard case .mapping(let entries) = node.value else {
      throw ConfigurationError("\(node.origin): switches are a mapping of keys and texts")
    }
    var settings: [Setting] = []
    for entry in entries {
      let origin = entry.value.origin
      let text: String
      switch entry.value.value {
      case .scalar(let scalar, _): text = scalar
      case .list(let nodes):
        let texts = nodes.compactMap(\.text)
        guard texts.count == nodes.count else {
          throw ConfigurationError("\(origin): \(entry.key): write a list of single values")
        }
        text = texts.joined(separator: "+")
      case .mapping:
        throw ConfigurationError("\(origin): \(entry.key): write a text, not a mapping")
      }
      settings.append(Setting(key: entry.key, text: text, origin: origin))
    }
    return settings
  }

  private static func switches(
    _ settings: [Setting]
  ) throws(ConfigurationError) -> ArchitectureSwitches {
    var switches = ArchitectureSwitches()
    for setting in settings {
      do {
        try switches.set(setting.key, setting.text)
      } catch {
        throw ConfigurationError("\(setting.origin): \(error)")
      }
    }
    return switches
  }
}
