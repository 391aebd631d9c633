import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

/// Runs of a golden model under switches.
struct SwitchRuns {
  let golden: GoldenModel

  init(_ name: String) { golden = GoldenModel(name: name) }

  static func switches(_ texts: [String]) throws -> ArchitectureSwitches {
    var switches = ArchitectureSwitches()
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      try switches.set(parts[0], parts[1])
    }
    return switches
  }

  /// Generates from both prompts of the golden model.
  func run(
    _ texts: [String], chunk: Int? = nil, steps: Int = 4
  ) throws -> (generation: Generation, operators: [Operator]) {
    var options = GenerationOptions()
    options.switches = try Self.switches(texts)
    options.chunk = chunk
    var collector = OperatorCollector()
    let generation = try golden.load().generate(
      batch: try golden.prompts(), steps: steps, options: options, into: &collector)
    return (generation, collector.operators)
  }

  /// One shape-only decode step of a preset's first layers at context `context - 1`.
  static func decode(
    _ preset: String, _ texts: [String], batch: Int = 4, context: Int, layers: Int? = nil
  ) throws -> [Operator] {
    var emission = TraceEmission()
    emission.batch = batch
    emission.contexts = [context - 1]
    emission.steps = .decode
    emission.layers = layers
    emission.switches = try switches(texts)
    var collector = OperatorCollector()
    try emission.emit(try TraceEmissionTests.preset(preset), into: &collector)
    return collector.operators
  }
}

extension [Operator] {
  /// Bytes of keys and values that attention reads.
  var attentionKVBytes: Int {
    filter { $0.kind == .attention }.flatMap(\.accesses)
      .filter { $0.tensor.role == .kv }.reduce(0) { $0 + Int($1.bytes.count) }
  }

  var attentionFLOPs: Int {
    filter { $0.kind == .attention }.reduce(0) { $0 + $1.work.flops }
  }

  var matrixFLOPs: Int { reduce(0) { $0 + $1.work.matrix } }

  /// The size of all tensors of a role.
  func resident(_ role: TensorRole) -> Int {
    Set(flatMap { $0.inputs + $0.outputs }.filter { $0.role == role })
      .reduce(0) { $0 + Int($1.bytes.count) }
  }

  /// With the counts that depend on data taken out.
  var withoutRouting: [Operator] {
    map { noted in
      var noted = noted
      switch noted.operation {
      case .attention(var attention):
        attention.kvHeadsRead = nil
        noted.operation = .attention(attention)
      case .softmax(.attention(var attention)):
        attention.kvHeadsRead = nil
        noted.operation = .softmax(.attention(attention))
      case .expertFFN(var ffn):
        ffn.tokensPerExpert = []
        noted.operation = .expertFFN(ffn)
      default: break
      }
      return noted
    }
  }
}
