public import Configuration
internal import DRAM
internal import Devices
public import Systems

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
  /// - Parameter definitions: the standards and designs that were read before.
  /// - Throws: `ConfigurationError` when a key or value is wrong; `SystemError` or `DeviceError` when
  ///   values do not fit together.
  public static func load(
    _ node: ConfigurationNode, definitions: HardwareDefinitions = HardwareDefinitions()
  ) throws -> any TraceSystem {
    guard let typeNode = node["type"] else {
      let known = SystemType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError("\(node.origin): the key 'type' is missing; known types: \(known)")
    }
    let type = try typeNode.decode(SystemType.self)
    switch type {
    case .roofline:
      let spec = try node.decode(RooflineSystemSpec.self)
      return try RooflineSystem(
        spec: spec, standard: try spec.memory.dram.map { try definitions.standard($0.standard) })
    case .streamingDataflow:
      let spec = try node.decode(StreamingSystemSpec.self)
      return try StreamingSystem(
        spec: spec, standard: try spec.memory.dram.map { try definitions.standard($0.standard) })
    case .xpuPIM:
      let spec = try node.decode(XPUPIMSystemSpec.self)
      return try XPUPIMSystem(spec: spec, memory: commandLevelMemory(spec, definitions))
    case .npuPIM:
      let spec = try node.decode(NeuPIMsSpec.self)
      return try NeuPIMsSystem(spec: spec, memory: definitions.standard(spec.memory))
    }
  }

  /// The command-level memory that a specification names, with the stacks of its device.
  private static func commandLevelMemory(
    _ spec: XPUPIMSystemSpec, _ definitions: HardwareDefinitions
  ) throws -> CommandLevelMemory? {
    guard let names = spec.commandLevel else { return nil }
    let standard = try definitions.standard(names.memory)
    let design = try names.pim.map { try definitions.design($0) }
    guard (design == nil) == (spec.device.pim == nil) else {
      throw SystemError(
        "command_level.pim and device.pim go together: give both or neither")
    }
    return try CommandLevelMemory(
      standard: standard.withStacks(spec.device.stacks), design: design,
      policies: MemoryPolicies(
        refresh: names.refresh ?? .allBank, pimRefresh: names.pimRefresh ?? .postponed,
        priority: names.priority ?? .oldest))
  }
}
