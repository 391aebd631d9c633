internal import Numerics
internal import Units
internal import Workload

/// Why the text of a switch cannot be used.
public struct SwitchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: the switch, its text, what is wrong and how to mend it.
  public let description: String

  init(_ key: String, _ text: String, _ what: String) {
    description = "switch \(key): '\(text)': \(what)"
  }

  init(unknown key: String) {
    let names = ArchitectureSwitches.keys
    let near = nearestName(to: key, among: names).map { "did you mean '\($0)'?" }
    description =
      "unknown switch '\(key)'; \(near ?? "known: " + names.joined(separator: ", "))"
  }
}

/// A text of the form `name:first,key=value,...`, or without the name.
struct SwitchArguments {
  let key: String
  let text: String
  let first: String
  private var named: [(key: String, value: String)] = []

  init(key: String, text: String, _ body: Substring) throws(SwitchError) {
    self.key = key
    self.text = text
    var first = ""
    for (index, part) in body.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      guard let equals = part.firstIndex(of: "=") else {
        guard index == 0 else { throw SwitchError(key, text, "'\(part)' needs a key: name=value") }
        first = String(part)
        continue
      }
      let name = String(part[..<equals])
      if named.contains(where: { $0.key == name }) {
        throw SwitchError(key, text, "'\(name)' stands twice")
      }
      named.append((name, String(part[part.index(after: equals)...])))
    }
    self.first = first
  }

  func fail(_ what: String) -> SwitchError { SwitchError(key, text, what) }

  mutating func take(_ name: String) -> String? {
    guard let index = named.firstIndex(where: { $0.key == name }) else { return nil }
    return named.remove(at: index).value
  }

  /// The remaining named values, in order.
  mutating func takeAll() -> [(key: String, value: String)] {
    defer { named = [] }
    return named
  }

  func whole(_ text: String, _ what: String) throws(SwitchError) -> Int {
    guard let value = Int(text), value >= 0, value <= 1 << 40 else {
      throw fail("'\(text)' is not \(what), a whole number")
    }
    return value
  }

  func number(_ text: String, _ what: String) throws(SwitchError) -> Double {
    guard let value = Double(text), value.isFinite else {
      throw fail("'\(text)' is not \(what), a number")
    }
    return value
  }

  mutating func whole(named name: String) throws(SwitchError) -> Int? {
    guard let text = take(name) else { return nil }
    return try whole(text, name)
  }

  /// Whole numbers joined by `+`.
  func wholes(_ text: String, _ what: String) throws(SwitchError) -> [Int] {
    var values: [Int] = []
    for part in text.split(separator: "+", omittingEmptySubsequences: false) {
      values.append(try whole(String(part), what))
    }
    return values
  }

  func finish(_ known: String) throws(SwitchError) {
    if let rest = named.first { throw fail("'\(rest.key)' is not known here; \(known)") }
  }
}

extension ArchitectureSwitches {
  /// The keys of all switches, in the order in which they are written.
  public static let keys = [
    "dropped_layers", "dropped_attention", "dropped_feed_forward", "norm_placement", "kv_shift",
    "ffn_shift", "attention", "active_heads", "kv_policy", "kv_dtype", "weight_dtype",
  ]

  /// Sets the switch `key` from its text.
  ///
  /// - Throws: `SwitchError` for an unknown switch or a text that it does not understand.
  public mutating func set(_ key: String, _ text: String) throws(SwitchError) {
    switch key {
    case "dropped_layers":
      let layers = try Self.layers(key, text)
      droppedAttention.formUnion(layers)
      droppedFeedForward.formUnion(layers)
    case "dropped_attention": droppedAttention.formUnion(try Self.layers(key, text))
    case "dropped_feed_forward": droppedFeedForward.formUnion(try Self.layers(key, text))
    case "norm_placement":
      guard let placement = NormPlacement(rawValue: text) else {
        throw SwitchError(key, text, "write pre, post or peri")
      }
      normPlacement = placement
    case "kv_shift":
      var arguments = try SwitchArguments(key: key, text: text, text[...])
      if !arguments.first.isEmpty {
        keyShift = try arguments.number(arguments.first, "a share")
        valueShift = keyShift
      }
      if let share = arguments.take("key") { keyShift = try arguments.number(share, "a share") }
      if let share = arguments.take("value") { valueShift = try arguments.number(share, "a share") }
      try arguments.finish("write SHARE or key=SHARE,value=SHARE")
    case "ffn_shift":
      let arguments = try SwitchArguments(key: key, text: text, text[...])
      feedForwardShift = try arguments.number(text, "a share")
    case "attention":
      let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
      guard text == "softmax" || parts.first == "linear" else {
        throw SwitchError(key, text, "write softmax, linear or linear:DECAY")
      }
      linearDecay = nil
      if text != "softmax" {
        let arguments = try SwitchArguments(key: key, text: text, "")
        linearDecay = parts.count == 2 ? try arguments.number(parts[1], "a decay") : 1
      }
    case "active_heads": headRouting = try HeadRouting(key: key, text: text)
    case "kv_policy": kvPolicy = try KVPolicy(text)
    case "kv_dtype": kvType = try Self.type(key, text)
    case "weight_dtype": weightTypes = try WeightTypes(key: key, text: text)
    default: throw SwitchError(unknown: key)
    }
  }

  /// The switches that are set, as texts that `set` understands.
  public var texts: [String: String] {
    var texts: [String: String] = [:]
    func layers(_ set: Set<Int>) -> String? {
      set.isEmpty ? nil : set.sorted().map(String.init).joined(separator: "+")
    }
    let both = droppedAttention.intersection(droppedFeedForward)
    texts["dropped_layers"] = layers(both)
    texts["dropped_attention"] = layers(droppedAttention.subtracting(both))
    texts["dropped_feed_forward"] = layers(droppedFeedForward.subtracting(both))
    texts["norm_placement"] = normPlacement?.rawValue
    if shiftsKV {
      texts["kv_shift"] =
        keyShift == valueShift ? "\(keyShift)" : "key=\(keyShift),value=\(valueShift)"
    }
    if feedForwardShift != 0 { texts["ffn_shift"] = "\(feedForwardShift)" }
    if let linearDecay { texts["attention"] = "linear:\(linearDecay)" }
    texts["active_heads"] = headRouting?.text
    if kvPolicy.kind != .full { texts["kv_policy"] = kvPolicy.text }
    texts["kv_dtype"] = kvType?.rawValue
    texts["weight_dtype"] = weightTypes?.text
    return texts
  }

  /// Layers joined by `+`, with ranges: `0+4-7`.
  private static func layers(_ key: String, _ text: String) throws(SwitchError) -> Set<Int> {
    var layers: Set<Int> = []
    if text.isEmpty || text == "none" { return layers }
    for part in text.split(omittingEmptySubsequences: false, whereSeparator: { "+,".contains($0) })
    {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard ends.count == 1 || ends.count == 2, let first = ends[0],
        let last = ends[ends.count - 1],
        first <= last, last < 1 << 20
      else { throw SwitchError(key, text, "'\(part)' is no layer; write for example 0+4-7") }
      layers.formUnion(first...last)
    }
    return layers
  }

  static func type(_ key: String, _ text: String) throws(SwitchError) -> DataType {
    guard let type = DataType(rawValue: text) else {
      throw SwitchError(key, text, "write f32, f16, bf16, i8 or i4")
    }
    return type
  }
}

extension HeadRouting {
  /// `24`, `0.75` or `0.75,aligned=true`.
  init(key: String, text: String) throws(SwitchError) {
    var arguments = try SwitchArguments(key: key, text: text, text[...])
    let first = arguments.first
    if first.contains(".") {
      kept = .share(try arguments.number(first, "a share of the heads"))
    } else {
      kept = .count(try arguments.whole(first, "a number of heads"))
    }
    isAligned = false
    if let aligned = arguments.take("aligned") {
      guard aligned == "true" || aligned == "false" else {
        throw arguments.fail("aligned is true or false")
      }
      isAligned = aligned == "true"
    }
    try arguments.finish("write HEADS or SHARE, and perhaps aligned=true")
  }

  var text: String {
    let kept =
      switch kept {
      case .count(let count): "\(count)"
      case .share(let share): "\(share)"
      }
    return kept + (isAligned ? ",aligned=true" : "")
  }
}

extension WeightTypes {
  /// `i4`, `i4,group=64,head=i8` or `attention=i8,experts=i4`.
  init(key: String, text: String) throws(SwitchError) {
    var arguments = try SwitchArguments(key: key, text: text, text[...])
    var types: [WeightRole: DataType] = [:]
    if !arguments.first.isEmpty {
      let type = try ArchitectureSwitches.type(key, arguments.first)
      for role in Self.layerRoles { types[role] = type }
    }
    let group = try arguments.whole(named: "group") ?? Self.defaultGroup
    for (name, value) in arguments.takeAll() {
      guard let role = WeightRole(rawValue: name) else {
        let names = WeightRole.allCases.map(\.rawValue) + ["group"]
        let near = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
        throw arguments.fail(
          "'\(name)' is not known; \(near ?? "known: " + names.joined(separator: ", "))")
      }
      types[role] = try ArchitectureSwitches.type(key, value)
    }
    guard !types.isEmpty else { throw arguments.fail("name a type: f32, f16, bf16, i8 or i4") }
    self.init(types: types, group: group)
  }

  var text: String {
    var parts: [String] = []
    var named = types
    if let type = types[.attention], Self.layerRoles.allSatisfy({ types[$0] == type }) {
      parts.append(type.rawValue)
      for role in Self.layerRoles { named[role] = nil }
    }
    for role in WeightRole.allCases {
      if let type = named[role] { parts.append("\(role.rawValue)=\(type.rawValue)") }
    }
    if group != Self.defaultGroup { parts.append("group=\(group)") }
    return parts.joined(separator: ",")
  }
}
