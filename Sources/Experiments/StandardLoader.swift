internal import Configuration
public import DRAM

/// Loads memory standards: presets of `configs/memories` or YAML files.
public enum StandardLoader {
  /// The standard that `reference` names, with overrides of its values.
  ///
  /// - Throws: `ConfigurationError` with file and line when a key or value is wrong; `MemoryError`
  ///   when the values do not fit together.
  public static func load(_ reference: String, overrides: [String] = []) throws -> MemoryStandard {
    var node = try PresetLibrary.load(reference, kind: .memories)
    for text in overrides { try node.apply(override: text) }
    return try standard(node)
  }

  /// The standard that a resolved description says, checked.
  ///
  /// - Throws: as ``load(_:overrides:)``.
  static func standard(_ node: ConfigurationNode) throws -> MemoryStandard {
    let standard = try node.decode(MemoryStandard.self)
    do { try standard.validate() } catch let error as MemoryError {
      throw MemoryError("\(node.origin(of: error.path ?? "")): \(error)", at: error.path)
    }
    return standard
  }
}
