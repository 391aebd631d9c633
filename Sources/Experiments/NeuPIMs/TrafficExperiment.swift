public import Configuration
public import Devices
internal import SimulationCore
public import Systems
internal import Units
public import Workload

/// What each item of traffic that the authors' simulator leaves out costs on an NPU + PIM system.
///
/// The trace runs with traffic as released, then with one item more each time until all are there; an item's cost is
/// what its run takes more than the one before, with the items before it in place.
public struct TrafficExperiment: Sendable {
  /// The order in which items are added: addresses first, so that the others are at theirs.
  public static let order: [NPUTraffic.Item] = [
    .addresses, .outputs, .vectorRows, .newestToken, .appends, .queries, .results, .reduction,
  ]

  public var configuration: ConfigurationNode
  public var header: TraceHeader
  public var operators: [Operator]

  public init(configuration: ConfigurationNode, header: TraceHeader, operators: [Operator]) {
    self.configuration = configuration
    self.header = header
    self.operators = operators
  }

  /// Runs all steps.
  ///
  /// - Throws: `SystemError` for a system without an NPU beside PIM, and what running throws.
  public func run() throws -> TrafficReport {
    guard try SystemLoader.load(configuration) is NeuPIMsSystem else {
      throw Self.refusal
    }
    var items: Set<NPUTraffic.Item> = []
    var steps = [try step("as-released", items)]
    for item in Self.order {
      items.insert(item)
      steps.append(try step(item.rawValue, items))
    }
    return TrafficReport(experiment: self, steps: steps)
  }

  private static let refusal = SystemError(
    "traffic is told apart by item on systems of type npu_pim only; use --system neupims")

  private func step(_ name: String, _ items: Set<NPUTraffic.Item>) throws -> TrafficReport.Step {
    var node = configuration
    try node.apply(override: "npu.traffic=\(NPUTraffic(items: items).text)")
    guard let system = try SystemLoader.load(node) as? NeuPIMsSystem else { throw Self.refusal }
    let run = try system.run(
      OperatorSequence(operators), header: header,
      options: RunOptions(fidelity: .cycle, keepsOperators: false, slowest: 0))
    return TrafficReport.Step(
      name: name, cycles: system.clock.cycles(covering: run.makespan).count,
      read: run.pim?.externalTraffic?.read.count ?? 0,
      written: (run.pim?.externalTraffic?.written.count ?? 0) + (run.pim?.waitingBytes?.count ?? 0),
      kinds: run.pim?.hostTraffic ?? [])
  }
}

/// The outcome of `TrafficExperiment`, schema `orrery.pim_traffic/1`.
public struct TrafficReport: Sendable {
  /// One run.
  public struct Step: Sendable {
    /// The item that was added, or `as-released`.
    public var name: String
    public var cycles: Int
    /// Bytes of read and write commands over all devices, with the writes that wait at the end.
    public var read: Int
    public var written: Int
    /// What the NPU asked for.
    public var kinds: [PIMActivity.HostTraffic]
  }

  let experiment: TrafficExperiment
  /// As released first, complete last.
  public let steps: [Step]

  /// What `complete` takes more than `as-released`.
  public var cycles: Int { (steps.last?.cycles ?? 0) - (steps.first?.cycles ?? 0) }
  public var bytes: Int { total(steps.last) - total(steps.first) }

  /// The part of the difference in cycles that no item accounts for.
  public var residualCycles: Int { cycles - costs.reduce(0) { $0 + $1.cycles } }

  /// The part of the difference in bytes of commands that no kind of traffic accounts for.
  public var residualBytes: Int {
    func kinds(_ step: Step?) -> Int {
      (step?.kinds ?? []).reduce(0) { $0 + $1.busRead + $1.busWritten }
    }
    return bytes - kinds(steps.last) + kinds(steps.first)
  }

  private func total(_ step: Step?) -> Int { (step?.read ?? 0) + (step?.written ?? 0) }

  /// What each item adds.
  public var costs: [(name: String, cycles: Int, read: Int, written: Int)] {
    zip(steps, steps.dropFirst()).map { before, after in
      (
        after.name, after.cycles - before.cycles, after.read - before.read,
        after.written - before.written
      )
    }
  }

  public var json: String {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", "orrery.pim_traffic/1")
      json.field("model", experiment.header.model)
      for (name, step) in [("as_released", steps.first), ("complete", steps.last)] {
        json.field(name) { json in json.object { json in write(step, to: &json) } }
      }
      json.records("items", costs) { json, cost in
        json.field("item", cost.name)
        json.field("cycles", cost.cycles)
        json.field("bytes_read", cost.read)
        json.field("bytes_written", cost.written)
      }
      json.field("difference") { json in
        json.object { json in
          json.field("cycles", cycles)
          json.field("bytes", bytes)
          json.field("residual_cycles", residualCycles)
          json.field("residual_bytes", residualBytes)
        }
      }
    }
    return json.text
  }

  private func write(_ step: Step?, to json: inout JSONWriter) {
    json.field("cycles", step?.cycles ?? 0)
    json.field("bytes_read", step?.read ?? 0)
    json.field("bytes_written", step?.written ?? 0)
    json.field("kinds") { json in
      json.object { json in
        for kind in step?.kinds ?? [] {
          json.field(kind.kind.rawValue) { json in
            json.compact { json in
              json.object { json in
                json.field("bytes_read", kind.busRead)
                json.field("bytes_written", kind.busWritten)
              }
            }
          }
        }
      }
    }
  }

  public var text: String {
    func row(_ name: String, _ cycles: Int, _ read: Int, _ written: Int) -> String {
      func right(_ value: Int) -> String {
        let text = String(value)
        return String(repeating: " ", count: max(14 - text.count, 1)) + text
      }
      let label = name + String(repeating: " ", count: max(14 - name.count, 1))
      return label + right(cycles) + right(read) + right(written)
    }
    var lines = ["                      cycles    bytes read bytes written"]
    if let first = steps.first {
      lines.append(row(first.name, first.cycles, first.read, first.written))
    }
    for cost in costs { lines.append(row("+ " + cost.name, cost.cycles, cost.read, cost.written)) }
    if let last = steps.last { lines.append(row("complete", last.cycles, last.read, last.written)) }
    lines.append(
      "not itemised: \(residualCycles) of \(cycles) cycles, \(residualBytes) of \(bytes) bytes"
    )
    return lines.joined(separator: "\n") + "\n"
  }
}
