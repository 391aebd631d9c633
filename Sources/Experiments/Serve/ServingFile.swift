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
    var spec = try node.decode(ServingSpec.self)
    if let trace = spec.trace {
      let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      let file = trace.hasPrefix("/") ? trace : directory + trace
      do { spec.traced = try RequestTraceFile.load(file) } catch {
        throw ConfigurationError("\(node["trace"]?.origin ?? node.origin): \(error)")
      }
    }
    do throws(ServingError) { try spec.validate() } catch {
      throw node.located("\(error)")
    }
    return spec
  }
}
