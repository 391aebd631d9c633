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
  /// - Throws: `ConfigurationError` when a key or value is wrong; `SystemError` or `DeviceError` when
  ///   values do not fit together.
  public static func load(_ node: ConfigurationNode) throws -> any TraceSystem {
    guard let typeNode = node["type"] else {
      let known = SystemType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError("\(node.origin): the key 'type' is missing; known types: \(known)")
    }
    let type = try typeNode.decode(SystemType.self)
    switch type {
    case .roofline:
      let spec = try node.decode(RooflineSystemSpec.self)
      return try RooflineSystem(
        spec: spec, standard: try spec.memory.dram.map { try StandardLoader.load($0.standard) })
    case .streamingDataflow:
      let spec = try node.decode(StreamingSystemSpec.self)
      return try StreamingSystem(
        spec: spec, standard: try spec.memory.dram.map { try StandardLoader.load($0.standard) })
    case .xpuPIM:
      let spec = try node.decode(XPUPIMSystemSpec.self)
      return try XPUPIMSystem(spec: spec, memory: commandLevelMemory(spec))
    case .npuPIM:
      let spec = try node.decode(NeuPIMsSpec.self)
      let memory = try PresetLibrary.load(spec.memory, kind: .memories)
      return try NeuPIMsSystem(spec: spec, memory: memory.decode(MemoryStandard.self))
    }
  }

  /// The command-level memory that a specification names, with the stacks of its device.
  private static func commandLevelMemory(
    _ spec: XPUPIMSystemSpec
  ) throws -> CommandLevelMemory? {
    guard let names = spec.commandLevel else { return nil }
    let standard = try PresetLibrary.load(names.memory, kind: .memories)
      .decode(MemoryStandard.self)
    let design = try names.pim.map {
      try PresetLibrary.load($0, kind: .devices).decode(BundleDesign.self)
    }
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
