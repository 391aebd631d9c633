internal import Configuration
public import Systems
internal import Units
internal import Workload

/// The published claims of Duplex (arXiv 2409.01141) beside ours.
///
/// Configurations, grids and assumptions are fixed here before any run; nothing is fitted.
public struct DuplexReproduction: Sendable {
  /// Router draws for each kind of stage.
  public var samples: Int
  /// The seed of the router draws.
  public var seed: UInt64
  /// Whose numbers the devices have.
  public var devices: Numbers
  /// How closely the memory is modelled.
  public var fidelity: Fidelity

  /// Whose numbers the devices have.
  public enum Numbers: String, CaseIterable, Hashable, Sendable {
    /// The authors' public simulator.
    case code
    /// The paper.
    case paper
  }

  public init(
    samples: Int = 4, seed: UInt64 = 777, devices: Numbers = .code, fidelity: Fidelity = .analytic
  ) {
    self.samples = samples
    self.seed = seed
    self.devices = devices
    self.fidelity = fidelity
  }

  /// The models with their devices and grids of prompt and output lengths.
  static let models: [(name: String, devices: Int, lengths: [Int])] = [
    ("mixtral-8x7b", 4, [256, 1024, 4096]),
    ("glam-143b", 8, [512, 1024, 2048]),
    ("grok1-314b", 16, [256, 1024, 4096]),
  ]
  static let batches = [32, 64, 128]

  /// Names in the claims, presets with what is changed in them, and how many times the devices of a
  /// model.
  var machines: [(name: String, preset: String, overrides: [String], factor: Int)] {
    let numbers = devices.rawValue
    let pe = ["schedule.coprocesses_experts=true", "schedule.coprocesses_attention=true"]
    return [
      ("gpu", "gpu-\(numbers)", [], 1), ("2xgpu", "gpu-\(numbers)", [], 2),
      ("duplex", "duplex-\(numbers)", [], 1), ("+pe", "duplex-\(numbers)", pe, 1),
      ("+pe+et", "duplex-\(numbers)-pe-et", [], 1), ("bank-pim", "bank-pim-\(numbers)", [], 1),
    ]
  }

  /// Runs everything.
  ///
  /// - Throws: `ConfigurationError` or `SystemError` when a preset has been broken.
  public func run() throws -> Reproduction {
    var table = MeasurementTable()
    for model in DuplexReproduction.models {
      let study = try study(model.name, devices: model.devices)
      for length in model.lengths {
        for batch in DuplexReproduction.batches {
          try table.add(
            study,
            ServingPoint(model: model.name, prompt: length, output: length, batch: batch))
        }
      }
    }
    let mixtral = try study("mixtral-8x7b", devices: 4)
    try table.add(
      mixtral, ServingPoint(model: "mixtral-8x7b", prompt: 4096, output: 512, batch: 128))
    for (name, length) in [("llama3-70b", 1024), ("opt-66b", 512)] {
      let dense = try study(name, devices: 4)
      try table.add(
        dense, ServingPoint(model: name, prompt: length, output: length, batch: 32))
    }
    var result = Reproduction(
      paper: "Duplex: xPU and Logic-PIM for mixtures of experts (arXiv 2409.01141)",
      setup: [
        "presets \(Set(machines.map(\.preset)).sorted().joined(separator: ", ")), "
          + "\(fidelity.rawValue) fidelity",
        "devices: mixtral-8x7b 4, glam-143b 8, grok1-314b 16 in nodes of 8, dense models 4",
        "\(samples) router draws for each kind of stage, uniform distinct experts, seed \(seed)",
        "closed loop of equal requests in its steady state; batch exact, capacity not enforced",
      ],
      claims: DuplexClaims(table: table, systems: try machineSystems(mixtral)).all)
    let leftOut = try LeftOutStudy(seed: seed).run()
    result.points = LeftOutStudy.points(leftOut)
    result.sections = [LeftOutStudy.section(leftOut)]
    return result
  }

  private func machineSystems(
    _ study: SteadyStateStudy
  ) throws -> [String: any TraceSystem] {
    var systems = Dictionary(study.systems.map { ($0.name, $0.system) }) { first, _ in first }
    systems["bankgroup-pim"] = try SystemLoader.load(
      try SystemLoader.configuration("bankgroup-pim-\(devices.rawValue)", overrides: []))
    return systems
  }

  private func study(_ model: String, devices count: Int) throws -> SteadyStateStudy {
    var systems: [(name: String, system: any TraceSystem)] = []
    for machine in machines {
      let node = try SystemLoader.configuration(
        machine.preset,
        overrides: ["devices=\(count * machine.factor)"] + machine.overrides)
      systems.append((machine.name, try SystemLoader.load(node)))
    }
    return SteadyStateStudy(
      architecture: try ModelPresets.load(model), systems: systems, samples: samples, seed: seed,
      fidelity: fidelity)
  }
}

/// Measured points by system.
struct MeasurementTable {
  private var entries: [ServingPoint: [String: SteadyState]] = [:]
  /// The points in the order of measuring.
  private(set) var points: [ServingPoint] = []

  mutating func add(_ study: SteadyStateStudy, _ point: ServingPoint) throws {
    entries[point] = try study.measure(point)
    points.append(point)
  }

  /// The state of a system at a point.
  ///
  /// - Precondition: it was measured.
  func state(_ system: String, _ point: ServingPoint) -> SteadyState {
    guard let state = entries[point]?[system] else {
      preconditionFailure("\(system) was not measured at \(point)")
    }
    return state
  }

  /// Throughput of one system over another at a point.
  func gain(_ system: String, over other: String, _ point: ServingPoint) -> Double {
    state(system, point).tokensPerSecond / state(other, point).tokensPerSecond
  }

  /// The points of a model's square grid.
  func grid(_ model: String) -> [ServingPoint] {
    points.filter { $0.model == model && $0.prompt == $0.output }
  }
}
