public import ResultsStore
internal import SimulationCore
internal import Units
internal import Workload

/// The numbers of a result, as the store keeps them.
///
/// Every number of the result's JSON outside its lists is a metric under its key path, so that what
/// later versions of results add is stored without a change here.
public enum ResultMetrics {
  /// Metrics of every simulation that has them; families with open names come beside.
  public static let fixedNames = [
    "time_ps", "bound_ps", "tokens_per_second",
    "tokens", "prompt_tokens", "energy_joules", "energy_per_token_joules", "area_mm2",
    "power_watts", "clock.hz", "clock.cycles", "memory.bytes_read", "memory.bytes_written",
    "memory.bandwidth_bytes_per_second", "memory.peak_bandwidth_bytes_per_second",
    "memory.peak_fraction", "memory.capacity_bytes", "memory.footprint_bytes.weights",
    "memory.footprint_bytes.kv", "memory.footprint_bytes.state",
    "memory.footprint_bytes.activations", "compute.flops", "compute.matrix_flops",
    "compute.vector_flops", "compute.flops_per_second", "compute.peak_flops_per_second",
    "compute.peak_fraction",
  ]

  /// Whether results may have a metric of this name.
  public static func isKnown(_ name: String) -> Bool {
    if fixedNames.contains(name) || name.hasPrefix("memory.dram.") { return true }
    guard let dot = name.firstIndex(of: ".") else { return false }
    let member = String(name[name.index(after: dot)...])
    switch name[..<dot] {
    case "causes": return Cause(name: member) != nil
    case "kinds": return OperatorKind(rawValue: member) != nil
    // Units, energy shares and PIM figures carry the names of the system at hand.
    case "utilization", "energy", "pim", "streaming", "experts", "added_area":
      return !member.isEmpty
    default: return false
    }
  }

  /// The metrics of a result, by name.
  ///
  /// - Throws: `StoreError` when the text is not JSON.
  public static func metrics(ofJSON text: String) throws(StoreError) -> [Metric] {
    let value: JSONValue
    do { value = try JSONValue.parse(text) } catch {
      throw StoreError("a result is not JSON: \(error.message)")
    }
    var metrics: [Metric] = []
    collect(value, path: "", into: &metrics)
    metrics += derived(value)
    return metrics.sorted { $0.name < $1.name }
  }

  private static func collect(_ value: JSONValue, path: String, into metrics: inout [Metric]) {
    switch value {
    case .number(let text):
      if let whole = Int(text) {
        metrics.append(Metric(name: path, value: .integer(whole), unit: unit(of: path)))
      } else if let real = Double(text) {
        metrics.append(Metric(name: path, value: .real(real), unit: unit(of: path)))
      }
    case .object(let members):
      for (key, member) in members {
        collect(member, path: path.isEmpty ? key : "\(path).\(key)", into: &metrics)
      }
    case .null, .bool, .string, .array: break
    }
  }

  /// Energy, power and area as objectives name them, from the first set of coefficients, that of headlines.
  private static func derived(_ value: JSONValue) -> [Metric] {
    var metrics: [Metric] = []
    func add(_ name: String, _ value: Double) {
      metrics.append(Metric(name: name, value: .real(value), unit: unit(of: name)))
    }
    if let energy = value["energy"]?.arrayValue?.first {
      if let picojoules = energy["picojoules"]?.doubleValue {
        add("energy_joules", picojoules * 1e-12)
        if let time = value["time_ps"]?.doubleValue, time > 0 {
          add("power_watts", picojoules / time)
        }
      }
      if let perToken = energy["picojoules_per_token"]?.doubleValue {
        add("energy_per_token_joules", perToken * 1e-12)
      }
      for (part, picojoules) in energy["parts"]?.objectValue ?? [:] {
        if let picojoules = picojoules.doubleValue { add("energy.\(part)", picojoules * 1e-12) }
      }
    }
    if let area = value["added_area"]?["square_millimetres"]?.doubleValue { add("area_mm2", area) }
    return metrics
  }

  /// The unit of a metric, from its key path; `1` for counts and fractions.
  public static func unit(of name: String) -> String {
    if name.hasPrefix("causes.") || name.hasPrefix("kinds.") { return "ps" }
    if name.hasPrefix("energy.") { return "J" }
    let last = name.split(separator: ".").last.map(String.init) ?? name
    for (suffix, unit) in suffixes where last == suffix || last.hasSuffix("_" + suffix) {
      return unit
    }
    if name.contains("joules.") { return name.contains("picojoules.") ? "pJ" : "J" }
    if name.contains("bytes") { return "B" }
    return "1"
  }

  /// Longer endings stand before their own ends.
  private static let suffixes = [
    ("bytes_per_second", "B/s"), ("flops_per_second", "FLOP/s"), ("tokens_per_second", "tokens/s"),
    ("requests_per_second", "requests/s"), ("per_second", "1/s"), ("fraction", "1"), ("ps", "ps"),
    ("ms", "ms"), ("hz", "Hz"), ("picojoules", "pJ"), ("joules", "J"), ("watts", "W"),
    ("mm2", "mm2"), ("bytes", "B"),
    ("flops", "FLOP"), ("cycles", "cycles"), ("tokens", "tokens"),
  ]
}
