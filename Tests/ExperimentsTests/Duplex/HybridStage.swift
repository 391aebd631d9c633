import DRAM
import Experiments
import ReferenceTransformer
import Systems
import Units
import Workload

/// Stages of model presets on xPU + PIM systems.
enum HybridStage {
  static func system(_ preset: String, _ overrides: [String] = []) throws -> XPUPIMSystem {
    let system = try SystemLoader.load(
      try SystemLoader.configuration(preset, overrides: overrides))
    guard let hybrid = system as? XPUPIMSystem else {
      throw SystemError("\(preset) is no xpu_pim system")
    }
    return hybrid
  }

  /// The operators of one step of the first layers of a model.
  static func operators(
    _ model: String, batch: Int, context: Int, prompt: Int = 0, layers: Int = 2
  ) throws -> [Operator] {
    var architecture = try ModelPresets.load(model)
    architecture.layers = layers
    var emission = try StepEmission(
      ModelConfiguration(architecture: architecture), slots: batch,
      capacity: max(context, prompt), fusion: .full, routing: Routing(.uniform, seed: 7))
    var lengths = [(query: Int, kv: Int)](repeating: (1, context), count: batch)
    if prompt > 0 { lengths[0] = (prompt, prompt) }
    let phase: Phase = prompt == 0 ? .decode : batch == 1 ? .prefill : .mixed
    return try emission.operators(phase: phase, runs: makeRuns(lengths))
  }

  static func run(
    _ system: XPUPIMSystem, _ operators: [Operator], fidelity: Fidelity = .cycle,
    ideal: Set<IdealLimit> = [], channels: ChannelMode = .symmetric
  ) throws -> SystemRun {
    try system.run(
      OperatorSequence(operators),
      header: TraceHeader(
        model: "test", layers: (operators.compactMap(\.layer).max() ?? -1) + 1, dtype: "f16",
        generator: "a test"),
      options: RunOptions(fidelity: fidelity, ideal: ideal, channels: channels))
  }
}
