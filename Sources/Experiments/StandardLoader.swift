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
    let standard = try node.decode(MemoryStandard.self)
    try standard.validate()
    return standard
  }
}
