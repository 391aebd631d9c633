public import Configuration
public import Systems

/// A system of any type, ready to run traces.
public enum LoadedSystem: Sendable {
  /// One device at analytic fidelity.
  case roofline(RooflineSystem)

  /// The name in results.
  public var name: String {
    switch self {
    case .roofline(let system): system.spec.name
    }
  }
}

/// Turns system configurations into systems.
public enum SystemLoader {
  /// The resolved configuration of a system: preset or file, its base, and the overrides.
  ///
  /// - Throws: `ConfigurationError`.
  public static func configuration(
    _ reference: String, overrides: [String]
  ) throws(ConfigurationError) -> ConfigurationNode {
    var node = try PresetLibrary.load(reference, kind: .systems)
    for text in overrides { try node.apply(override: text) }
    return node
  }

  /// Builds the system that a resolved configuration describes.
  ///
  /// - Throws: `ConfigurationError` when a key or value is wrong; `SystemError` or `DeviceError` when
  ///   values do not fit together.
  public static func load(_ node: ConfigurationNode) throws -> LoadedSystem {
    guard let typeNode = node["type"] else {
      let known = SystemType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError("\(node.origin): the key 'type' is missing; known types: \(known)")
    }
    let type = try typeNode.decode(SystemType.self)
    switch type {
    case .roofline:
      return .roofline(try RooflineSystem(spec: node.decode(RooflineSystemSpec.self)))
    }
  }
}
