internal import Synchronization
internal import Units

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folders of presets.
public enum PresetKind: String, CaseIterable, Sendable {
  case models, memories, devices, systems, sweeps, kernels, measured
}

/// The configurations that ship with the program.
///
/// They are embedded in the binary, so that a moved binary works; a test keeps the embedded texts
/// equal to the files below `configs/`.
public enum PresetLibrary {
  /// The names of the presets of a kind, sorted.
  public static func names(of kind: PresetKind) -> [String] {
    (embeddedPresets[kind.rawValue] ?? [:]).keys.sorted()
  }

  /// The YAML text of a preset.
  public static func text(of kind: PresetKind, name: String) -> String? {
    embeddedPresets[kind.rawValue]?[name]
  }

  /// Loads the configuration that `reference` names: a file when it ends in `.yaml` or `.yml` or
  /// contains a slash, else a preset.
  ///
  /// A configuration with the key `base` is laid over the one that `base` names, which is looked
  /// for beside the file first when it is written as a file.
  ///
  /// - Throws: `ConfigurationError` when there is no such file or preset, or when it is not YAML.
  public static func load(
    _ reference: String, kind: PresetKind
  ) throws(ConfigurationError) -> ConfigurationNode {
    try load(reference, kind: kind, directory: nil, depth: 0)
  }

  /// Whether `reference` is written as a file rather than as a preset name.
  public static func isFile(_ reference: String) -> Bool {
    reference.hasSuffix(".yaml") || reference.hasSuffix(".yml") || reference.contains("/")
  }

  private static func load(
    _ reference: String, kind: PresetKind, directory: String?, depth: Int
  ) throws(ConfigurationError) -> ConfigurationNode {
    guard depth < 8 else {
      throw ConfigurationError("\(reference): 'base' leads in a circle or more than 8 levels deep")
    }
    var node: ConfigurationNode
    var childDirectory: String?
    if isFile(reference) {
      let path = resolve(reference, in: directory)
      node = try ConfigurationNode(yaml: try readText(path), name: path)
      childDirectory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    } else {
      if let known = parsed.withLock({ $0[Preset(kind: kind, name: reference)] }) { return known }
      guard let text = text(of: kind, name: reference) else {
        let names = names(of: kind)
        let near = nearestName(to: reference, among: names).map { "; did you mean '\($0)'?" } ?? ""
        throw ConfigurationError(
          "no preset '\(reference)' among \(kind.rawValue) (\(names.joined(separator: ", ")))"
            + "\(near) (a file is written with its ending .yaml)")
      }
      node = try ConfigurationNode(yaml: text, name: "\(kind.rawValue)/\(reference)")
    }
    if case .mapping(var entries) = node.value,
      let index = entries.firstIndex(where: { $0.key == "base" })
    {
      guard let base = entries[index].value.text else {
        throw ConfigurationError(
          "\(entries[index].value.origin): base must name one configuration")
      }
      entries.remove(at: index)
      node.value = .mapping(entries)
      let lower = try load(base, kind: kind, directory: childDirectory, depth: depth + 1)
      node = lower.overlaid(with: node)
    }
    // A preset of the program stands on nothing but presets, so it never changes.
    if !isFile(reference) {
      parsed.withLock { $0[Preset(kind: kind, name: reference)] = node }
    }
    return node
  }

  private struct Preset: Hashable {
    let kind: PresetKind
    let name: String
  }

  /// Presets that were read before: sweeps ask for the same ones at every point.
  private static let parsed = Mutex<[Preset: ConfigurationNode]>([:])

  private static func resolve(_ reference: String, in directory: String?) -> String {
    guard let directory, !reference.hasPrefix("/") else { return reference }
    return directory + "/" + reference
  }

  private static func readText(_ path: String) throws(ConfigurationError) -> String {
    guard let file = fopen(path, "rb") else {
      throw ConfigurationError("\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= 16 << 20 else {
        throw ConfigurationError("\(path): larger than 16 MiB; this is no configuration")
      }
    }
    guard ferror(file) == 0 else {
      throw ConfigurationError("\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError("\(path): not UTF-8 text")
    }
    return text
  }
}
