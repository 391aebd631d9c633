public import Configuration
public import Workload

/// Loads architectures from presets and YAML files.
public enum ModelPresets {
  /// The architecture that a preset name or a `.yaml` file describes.
  ///
  /// - Throws: `ConfigurationError` with file and line when the description is wrong.
  public static func load(
    _ reference: String
  ) throws(ConfigurationError) -> TransformerArchitecture {
    let node = try PresetLibrary.load(reference, kind: .models)
    let architecture = try node.decode(TransformerArchitecture.self)
    do {
      try architecture.validate()
    } catch {
      throw node.located("\(error)")
    }
    return architecture
  }
}
