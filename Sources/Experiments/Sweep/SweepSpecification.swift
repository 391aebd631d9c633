public import Configuration
internal import Foundation
public import ResultsStore
internal import Systems
internal import Units

/// A sweep as its file describes it; `docs/sweeps.md` documents each key.
public struct SweepSpecification: Sendable {
  /// How points are chosen from the axes.
  enum Sampling: Hashable, Sendable {
    /// Every combination.
    case grid
    /// Independent uniform draws.
    case random(points: Int, seed: UInt64)
    /// As many strata of each axis as points, each hit once.
    case latinHypercube(points: Int, seed: UInt64)
  }

  /// The name in stores, reports and file names.
  public let name: String
  /// What it is about, in one line.
  public let title: String
  /// The file as it was read.
  public let text: String
  /// What it looks for.
  public let objectives: [Objective]
  /// Runs of each point, with consecutive seeds.
  public let repetitions: Int
  /// The first seed of repetitions.
  public let seed: UInt64

  /// The folder that relative paths start from.
  let folder: String
  let system: String
  /// Where the key `system` stands.
  let systemOrigin: String
  let systemOverrides: [String]
  /// A mapping whose one key is `trace`, so that key paths apply to it.
  let trace: ConfigurationNode
  /// Where the key `trace` stands.
  var traceOrigin: String { trace["trace"]?.origin ?? trace.origin }
  let fidelity: String
  let allowsOversubscription: Bool
  let axes: [SweepAxis]
  /// The axes in groups: those of a group advance together.
  let groups: [[Int]]
  let sampling: Sampling
  let conditions: [SweepCondition]

  /// Reads a sweep from a preset name or a `.yaml` file.
  ///
  /// - Parameter folder: where relative paths start; the file's own folder when nil.
  /// - Throws: `ConfigurationError`.
  public static func load(
    _ reference: String, folder: String? = nil
  ) throws(ConfigurationError) -> SweepSpecification {
    let node = try PresetLibrary.load(reference, kind: .sweeps)
    let isFile = PresetLibrary.isFile(reference)
    let own = isFile ? reference.lastIndex(of: "/").map { String(reference[..<$0]) } ?? "." : "."
    var text = isFile ? nil : PresetLibrary.text(of: .sweeps, name: reference)
    if let data = isFile ? FileManager.default.contents(atPath: reference) : nil {
      text = String(decoding: data, as: UTF8.self)
    }
    // A file with a base is kept as what the two come to, so that it can be read elsewhere.
    var needsBase = false
    if let text { needsBase = try ConfigurationNode(yaml: text, name: reference)["base"] != nil }
    return try SweepSpecification(
      node, text: needsBase ? flowYAML(node) + "\n" : text ?? flowYAML(node) + "\n",
      folder: folder ?? own)
  }

  /// Reads a sweep from a configuration.
  ///
  /// - Throws: `ConfigurationError` for unknown keys, axes that are empty or of mixed units, zips of
  ///   unequal lengths, conditions that make no sense, objectives that no result has.
  public init(
    _ node: ConfigurationNode, text: String, folder: String
  ) throws(ConfigurationError) {
    let form = try node.decode(SweepForm.self)
    func fail(_ key: String, _ what: String) -> ConfigurationError {
      ConfigurationError("\(node[key]?.origin ?? node.origin): \(key): \(what)")
    }
    name = form.name
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) })
    else { throw fail("name", "'\(name)' may hold letters, digits, '-', '_' and '.' only") }
    title = form.title ?? form.name
    self.text = text
    self.folder = folder
    system = form.system
    systemOrigin = node["system"]?.origin ?? node.origin
    fidelity = form.fidelity ?? Fidelity.analytic.rawValue
    guard Fidelity(rawValue: fidelity) != nil else {
      throw fail("fidelity", SweepSpecification.unknownFidelity(fidelity))
    }
    allowsOversubscription = form.allowsOversubscription ?? false
    repetitions = form.repetitions ?? 1
    seed = form.seed ?? 0
    guard repetitions >= 1 && repetitions <= 1_000_000 else {
      throw fail("repetitions", "must lie between 1 and 1000000")
    }
    guard case .mapping(let entries) = node.value, node["trace"] != nil else {
      throw fail("trace", "the key is missing; name a trace file or what to emit")
    }
    trace = ConfigurationNode(
      value: .mapping(entries.filter { $0.key == "trace" }), origin: node.origin)
    var overrides: [String] = []
    if let set = node["set"] {
      guard case .mapping(let entries) = set.value else {
        throw fail("set", "must be a mapping of key paths and values")
      }
      for entry in entries { overrides.append("\(entry.key)=\(try AxisValue(entry.value).yaml)") }
    }
    systemOverrides = overrides
    axes = try SweepSpecification.axes(node)
    groups = try SweepSpecification.groups(form.zip ?? [], axes: axes) { fail("zip", $0) }
    sampling = try form.sample?.sampling { fail("sample", $0) } ?? .grid
    if sampling == .grid {
      for axis in axes {
        guard case .interval = axis.domain else { continue }
        throw ConfigurationError(
          "\(axis.origin): axis '\(axis.name)': a range without 'points' or 'step' is an interval, "
            + "which needs 'sample'")
      }
    }
    var names: [String] = []
    for axis in axes { names += [axis.name] + axis.targets }
    var conditions: [SweepCondition] = []
    for text in form.conditions ?? [] {
      conditions.append(
        try SweepCondition(text, origin: node["where"]?.origin ?? node.origin, names: names))
    }
    self.conditions = conditions
    var objectives: [Objective] = []
    for objective in form.objectives ?? [] {
      objectives.append(try objective.objective { fail("objectives", $0) })
    }
    self.objectives = objectives
  }

  static func unknownFidelity(_ text: String) -> String {
    let known = Fidelity.allCases.map(\.rawValue)
    let near = nearestName(to: text, among: known).map { "; did you mean '\($0)'?" } ?? ""
    return "'\(text)' is not one of \(known.joined(separator: ", "))\(near)"
  }

  private static func axes(_ node: ConfigurationNode) throws(ConfigurationError) -> [SweepAxis] {
    guard let list = node["axes"] else { return [] }
    guard case .mapping(let entries) = list.value else {
      throw ConfigurationError(
        "\(list.origin): axes must be a mapping, such as 'batch: {vary: trace.batch, values: [1, 2]}'"
      )
    }
    var axes: [SweepAxis] = []
    var owners: [String: String] = [:]
    for entry in entries {
      let axis = try SweepAxis(name: entry.key, node: entry.value)
      for target in axis.targets {
        try check(target, axis: axis)
        if let owner = owners.updateValue(axis.name, forKey: target) {
          throw ConfigurationError(
            "\(axis.origin): axis '\(axis.name)': '\(target)' is varied by axis '\(owner)' already")
        }
      }
      axes.append(axis)
    }
    return axes
  }

  /// Throws when a key path starts with nothing that a sweep has.
  private static func check(_ target: String, axis: SweepAxis) throws(ConfigurationError) {
    let head = String(target.prefix { $0 != "." })
    let isWhole = head == target
    switch head {
    case "system", "trace": return
    case "fidelity" where isWhole: return
    default:
      let known = ["system", "trace", "fidelity"]
      let near = nearestName(to: head, among: known).map { "; did you mean '\($0)'?" } ?? ""
      throw ConfigurationError(
        "\(axis.origin): axis '\(axis.name)': unknown axis: '\(target)' is no key path of a sweep; "
          + "it must be 'system', 'system.KEY...', 'trace', 'trace.KEY' or 'fidelity'\(near)")
    }
  }

  private static func groups(
    _ zips: [[String]], axes: [SweepAxis], fail: (String) -> ConfigurationError
  ) throws(ConfigurationError) -> [[Int]] {
    var zipOf: [Int: Int] = [:]
    for (zip, names) in zips.enumerated() {
      var count: (name: String, count: Int)?
      for name in names {
        guard let index = axes.firstIndex(where: { $0.name == name }) else {
          let near = nearestName(to: name, among: axes.map(\.name))
          throw fail(
            "unknown axis '\(name)'\(near.map { "; did you mean '\($0)'?" } ?? "")")
        }
        guard zipOf.updateValue(zip, forKey: index) == nil else {
          throw fail("axis '\(name)' stands in it twice")
        }
        guard case .values(let values) = axes[index].domain else {
          throw fail("axis '\(name)' is an interval and has no values to zip")
        }
        if let count, count.count != values.count {
          throw fail(
            "axis '\(name)' has \(values.count) values and '\(count.name)' has \(count.count)")
        }
        count = (name, values.count)
      }
    }
    var groups: [[Int]] = []
    var groupOfZip: [Int: Int] = [:]
    for index in axes.indices {
      if let zip = zipOf[index], let group = groupOfZip[zip] {
        groups[group].append(index)
      } else {
        if let zip = zipOf[index] { groupOfZip[zip] = groups.count }
        groups.append([index])
      }
    }
    return groups
  }
}

/// The keys of a sweep file.
private struct SweepForm: Decodable {
  var name: String
  var title: String?
  var system: String
  var fidelity: String?
  var allowsOversubscription: Bool?
  var zip: [[String]]?
  var sample: SampleForm?
  var conditions: [String]?
  var repetitions: Int?
  var seed: UInt64?
  var objectives: [ObjectiveForm]?
  // Read by hand, in the order of the file.
  var set: Anything?
  var trace: Anything?
  var axes: Anything?

  enum CodingKeys: String, CodingKey {
    case name, title, system, fidelity, zip, sample, repetitions, seed, objectives, set, trace, axes
    case conditions = "where"
    case allowsOversubscription = "allow_oversubscription"
  }
}

private struct Anything: Decodable {
  init(from decoder: any Decoder) {}
}

private struct SampleForm: Decodable {
  enum Method: String, CaseIterable, Decodable {
    case random
    case latinHypercube = "latin_hypercube"
  }

  var method: Method
  var points: Int
  var seed: UInt64

  func sampling(
    fail: (String) -> ConfigurationError
  ) throws(ConfigurationError) -> SweepSpecification.Sampling {
    guard points >= 1 && points <= 1_000_000 else {
      throw fail("'points' must lie between 1 and 1000000")
    }
    switch method {
    case .random: return .random(points: points, seed: seed)
    case .latinHypercube: return .latinHypercube(points: points, seed: seed)
    }
  }
}

private struct ObjectiveForm: Decodable {
  var maximize: String?
  var minimize: String?

  func objective(
    fail: (String) -> ConfigurationError
  ) throws(ConfigurationError) -> Objective {
    switch (maximize, minimize) {
    case (let metric?, nil): return try checked(metric, isMaximized: true, fail: fail)
    case (nil, let metric?): return try checked(metric, isMaximized: false, fail: fail)
    default: throw fail("each is either '{maximize: METRIC}' or '{minimize: METRIC}'")
    }
  }

  private func checked(
    _ metric: String, isMaximized: Bool, fail: (String) -> ConfigurationError
  ) throws(ConfigurationError) -> Objective {
    guard ResultMetrics.isKnown(metric) else {
      let near = nearestName(to: metric, among: ResultMetrics.fixedNames)
      throw fail(
        "no result has the metric '\(metric)'\(near.map { "; did you mean '\($0)'?" } ?? "") "
          + "(docs/results.md lists them)")
    }
    return Objective(metric: metric, isMaximized: isMaximized)
  }
}
