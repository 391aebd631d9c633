public import StreamingFabric
internal import Units

/// The text forms of options of `orrery fabric attention`.
public enum FabricOptionParsing {
  /// `qk=5,max=1`: positive integers by node name.
  public static func perNode(
    _ text: String, option: String, variant: AttentionVariant
  ) throws -> [String: Int] {
    var values: [String: Int] = [:]
    for (name, value) in try pairs(text, option: option) {
      guard variant.nodeNames.contains(name) else {
        let near = nearestName(to: name, among: variant.nodeNames)
        throw GraphError(
          .name,
          "--\(option): the \(variant.rawValue) graph has no node '\(name)'"
            + (near.map { "; did you mean '\($0)'?" } ?? "")
            + " (\(variant.nodeNames.joined(separator: ", ")))")
      }
      guard let number = Int(value), number >= 1 else {
        throw GraphError(.value, "--\(option): '\(value)' for \(name) is not an integer >= 1")
      }
      values[name] = number
    }
    return values
  }

  /// `N` for every compute node, or values by node name.
  public static func intervals(_ text: String, variant: AttentionVariant) throws -> [String: Int] {
    guard !text.contains("=") else { return try perNode(text, option: "ii", variant: variant) }
    guard let number = Int(text), number >= 1 else {
      throw GraphError(.value, "--ii: '\(text)' is not an integer >= 1 nor a list node=N")
    }
    return Dictionary(uniqueKeysWithValues: variant.nodeNames.map { ($0, number) })
  }

  /// `unbounded`, or `short=2,long=66`, `short=2,long1=..,long2=..`; what is missing stays.
  public static func depths(
    _ text: String, variant: AttentionVariant, default depths: AttentionDepths
  ) throws -> AttentionDepths {
    if text == "unbounded" { return .unbounded }
    var depths = depths
    var known = ["short"]
    if variant.longFIFOs >= 1 { known += ["long", "long1"] }
    if variant.longFIFOs >= 2 { known.append("long2") }
    for (name, value) in try pairs(text, option: "depth") {
      let depth = try depth(value, name)
      switch name {
      case "short": depths.short = depth
      // A graph without long FIFOs takes 'long' too, so that sweeps over variants need no cases.
      case "long": (depths.long1, depths.long2) = (depth, depth)
      case "long1" where known.contains("long1"): depths.long1 = depth
      case "long2" where known.contains("long2"): depths.long2 = depth
      default:
        throw GraphError(
          .name,
          "--depth: the \(variant.rawValue) graph has no FIFO class '\(name)' "
            + "(\(known.joined(separator: ", ")), or 'unbounded' or 'auto')")
      }
    }
    return depths
  }

  private static func depth(_ text: String, _ name: String) throws -> FIFODepth {
    if text == "unbounded" { return .unbounded }
    guard let slots = Int(text), slots >= 1 else {
      throw GraphError(
        .value, "--depth: '\(text)' for \(name) is neither an integer >= 1 nor 'unbounded'")
    }
    return .bounded(slots)
  }

  private static func pairs(
    _ text: String, option: String
  ) throws -> [(name: String, value: String)] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw GraphError(.value, "--\(option): '\(part)' is not of the form name=value")
      }
      return (String(sides[0]), String(sides[1]))
    }
  }
}
