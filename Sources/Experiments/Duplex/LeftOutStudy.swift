internal import DRAM
internal import Devices
internal import ReferenceTransformer
internal import SimulationCore
internal import Systems
internal import Units
internal import Workload

/// What the paper leaves out, switch by switch: two stages of Mixtral at cycle fidelity.
///
/// 32 requests that decode, and the same with a prompt of 1024 tokens in place of one of them, on the
/// four devices of `duplex-paper-pe-et`, and on Bank-PIM with both processors at once.
struct LeftOutStudy {
  /// One switch and what the stage takes with it.
  struct Row {
    var group: String
    var name: String
    /// What is overridden; nothing in the stage that others are compared with.
    var overrides: [String]
    /// The stages in the order of `stages`.
    var runs: [SystemRun]
  }

  private static let stages: [(name: String, phase: Phase)] = [
    ("decode", .decode), ("mixed", .mixed),
  ]

  var seed: UInt64

  private static let coprocessing = [
    "schedule.coprocesses_experts=true", "schedule.coprocesses_attention=true",
    "schedule.divides_experts_in_node=true", "schedule.expert_split=optimal",
  ]

  /// The machines with their switches; the first of each is the preset as it is.
  private static let groups:
    [(preset: String, always: [String], switches: [(name: String, overrides: [String])])] = [
      (
        "duplex-paper-pe-et", [],
        [
          ("as it is", []),
          ("no conflicts of xPU and PIM", ["command_level.charges_conflicts=false"]),
          ("PIM first where both want a bank", ["command_level.priority=pim"]),
          ("xPU first where both want a bank", ["command_level.priority=host"]),
          ("experts over all banks", ["command_level.experts_in_bundles=false"]),
          ("refresh goes before PIM", ["command_level.pim_refresh=first"]),
          ("xPU refreshes bank by bank", ["command_level.refresh=per-bank"]),
          ("no refresh", ["command_level.refresh=none", "command_level.pim_refresh=none"]),
          ("PIM limited to 40 W a stack", ["device.pim.power_limit_watts=40"]),
          ("PIM limited to 20 W a stack", ["device.pim.power_limit_watts=20"]),
          ("queries and scores move on PIM", ["device.pim.charges_scores=true"]),
          (
            "softmax unit of 333 GFLOPS a stack (assumption)", ["device.pim.vector_rate=333 GFLOPS"]
          ),
          ("scores of the xPU in memory", ["device.charges_scores=true"]),
          ("keys and values of prompts migrate", ["schedule.charges_migration=true"]),
          ("sums over stacks for nothing", ["schedule.reduces_stacks=false"]),
          ("best division of experts", ["schedule.expert_split=optimal"]),
        ]
      ),
      (
        "bank-pim-paper", coprocessing,
        [
          ("as it is, both at once", []),
          ("no conflicts of xPU and PIM", ["command_level.charges_conflicts=false"]),
        ]
      ),
    ]

  /// Runs every switch.
  ///
  /// - Throws: `ConfigurationError`, `SystemError` when a preset has been broken.
  func run() throws -> [Row] {
    let architecture = try ModelPresets.load("mixtral-8x7b")
    var emission = try StepEmission(
      ModelConfiguration(architecture: architecture), slots: 32, capacity: 2048, fusion: .full,
      routing: Routing(.uniform, seed: seed))
    let operators = try Self.stages.map { stage in
      let lengths = (0..<32).map { slot in
        slot == 0 && stage.phase == .mixed
          ? (query: 1024, kv: 1024) : (query: 1, kv: 1024 + 31 * (slot + 1))
      }
      return try emission.operators(phase: stage.phase, runs: makeRuns(lengths))
    }
    let header = TraceHeader(
      model: architecture.name, architecture: architecture.family.rawValue,
      layers: architecture.layers, dtype: architecture.dtype.rawValue, generator: "reproduce",
      seed: seed)
    var rows: [Row] = []
    for group in Self.groups {
      for choice in group.switches {
        let system = try SystemLoader.load(
          try SystemLoader.configuration(
            group.preset, overrides: group.always + choice.overrides))
        let runs = try operators.map { operators in
          try system.run(
            OperatorSequence(operators), header: header,
            options: RunOptions(
              fidelity: .cycle, keepsOperators: false, slowest: 0, channels: .symmetric))
        }
        rows.append(
          Row(
            group: group.preset, name: choice.name, overrides: choice.overrides, runs: runs))
      }
    }
    return rows
  }

  /// The rows as a section of a report.
  static func section(_ rows: [Row]) -> ReproductionSection {
    var lines: [String] = []
    var base: [SystemRun] = []
    for row in rows {
      if row.overrides.isEmpty {
        base = row.runs
        let times = zip(stages, base).map { stage, run in
          "\(stage.name) \(text(run.makespan.seconds * 1e6)) us"
        }
        lines.append("\(row.group), \(row.name): " + times.joined(separator: ", "))
        continue
      }
      let changes = zip(stages, zip(base, row.runs)).map { stage, pair in
        "\(stage.name) " + change(pair.0, pair.1)
      }
      lines.append("  \(row.name): " + changes.joined(separator: ", "))
      lines.append("    --set " + row.overrides.joined(separator: " --set "))
    }
    return ReproductionSection(
      title: "What the paper leaves out: stages of Mixtral, batch 32, cycle fidelity",
      lines: lines)
  }

  /// How one stage changes: its time, the cause that changes most, its energy.
  private static func change(_ base: SystemRun, _ run: SystemRun) -> String {
    func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + text(value) }
    var parts: [String] = []
    if let (cause, time) = largestChange(base, run) {
      parts.append("\(cause.name) \(signed(time)) us")
    }
    if let energy = energyChange(base, run), abs(energy) >= 0.005 {
      parts.append("energy \(signed(energy)) %")
    }
    let percent = 100 * (run.makespan.seconds / base.makespan.seconds - 1)
    return "\(signed(percent)) %"
      + (parts.isEmpty ? "" : " (" + parts.joined(separator: ", ") + ")")
  }

  /// The rows as points of the JSON form.
  static func points(_ rows: [Row]) -> [ReproductionPoint] {
    rows.flatMap { row in
      zip(stages, row.runs).map { stage, run in
        var values = [("time_ps", Double(run.makespan.picoseconds))]
        for (cause, time) in run.causes.charges {
          values.append(("\(cause.name)_ps", Double(time.picoseconds)))
        }
        if let energy = run.energy.first?.parts.total { values.append(("picojoules", energy)) }
        return ReproductionPoint(
          labels: [
            ("study", "left_out"), ("system", row.group), ("stage", stage.name),
            ("switch", row.name), ("overrides", row.overrides.joined(separator: " ")),
          ], values: values)
      }
    }
  }

  /// The cause whose time changes most, in microseconds.
  private static func largestChange(
    _ base: SystemRun, _ run: SystemRun
  ) -> (cause: Cause, microseconds: Double)? {
    let changes = Cause.allCases.map { cause in
      (cause, (run.causes[cause].seconds - base.causes[cause].seconds) * 1e6)
    }
    return changes.max { abs($0.1) < abs($1.1) }.flatMap { abs($0.1) >= 0.005 ? $0 : nil }
  }

  /// Percent of energy by the first set of coefficients.
  private static func energyChange(_ base: SystemRun, _ run: SystemRun) -> Double? {
    guard let one = base.energy.first?.parts.total, let other = run.energy.first?.parts.total
    else { return nil }
    return 100 * (other / one - 1)
  }
}
