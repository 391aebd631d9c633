public import Configuration
public import Serving

/// Loads request files.
public enum ServingFile {
  /// The specification in a `.yaml` file.
  ///
  /// - Throws: `ConfigurationError` with file and line when a key or value is wrong.
  public static func load(
    _ path: String, overrides: [String] = []
  ) throws(ConfigurationError) -> ServingSpec {
    guard PresetLibrary.isFile(path) else {
      throw ConfigurationError("'\(path)' is not a request file; name a .yaml file")
    }
    var node = try PresetLibrary.load(path, kind: .systems)
    for text in overrides { try node.apply(override: text) }
    let spec = try node.decode(ServingSpec.self)
    do throws(ServingError) { try spec.validate() } catch {
      throw ConfigurationError("\(node.origin): \(error)")
    }
    return spec
  }
}
