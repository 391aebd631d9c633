import Configuration
import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

@Suite struct TraceEmissionTests {
  static let presets = PresetLibrary.names(of: .models)

  static func preset(_ name: String) throws -> ModelConfiguration {
    ModelConfiguration(
      architecture: try PresetLibrary.load(name, kind: .models)
        .decode(TransformerArchitecture.self))
  }

  /// What must hold in every trace.
  func checkConsistency(_ operators: [Operator]) {
    var tensors: [Int: Workload.Tensor] = [:]
    var produced: [Int: Int] = [:]
    var step = 0
    for (index, noted) in operators.enumerated() {
      #expect(noted.id == index)
      #expect(noted.step >= step)
      step = noted.step
      for dependence in noted.dataDependences + noted.controlDependences {
        #expect(dependence < noted.id)
      }
      for tensor in noted.inputs + noted.outputs {
        if let known = tensors.updateValue(tensor, forKey: tensor.id) { #expect(known == tensor) }
      }
      for input in noted.inputs where input.role == .activation {
        #expect(
          produced[input.id].map { noted.dataDependences.contains($0) } == true,
          "\(noted.name) reads tensor \(input.id) without depending on its writer")
      }
      for output in noted.outputs where output.role == .activation {
        #expect(produced.updateValue(noted.id, forKey: output.id) == nil)
      }
    }
    // Weights and KV tensors never overlap; activations lie behind both.
    let resident = tensors.values.filter { $0.role != .activation }.sorted {
      $0.address < $1.address
    }
    for (left, right) in zip(resident, resident.dropFirst()) {
      #expect(left.address + Int(left.bytes.count) <= right.address)
    }
    let end = resident.last.map { $0.address + Int($0.bytes.count) } ?? 0
    for tensor in tensors.values where tensor.role == .activation {
      #expect(tensor.address >= end)
    }
  }

  @Test(arguments: presets)
  func presetDecodeTracesDeclareEveryParameterOnce(name: String) throws {
    let configuration = try Self.preset(name)
    var emission = TraceEmission()
    emission.batch = 64
    emission.contexts = [1024]
    emission.steps = .decode
    emission.generate = 1
    var collector = OperatorCollector()
    try emission.emit(configuration, into: &collector)
    checkConsistency(collector.operators)
    var weights: [Int: Int] = [:]
    for noted in collector.operators {
      #expect(noted.phase == .decode)
      for tensor in noted.inputs where tensor.role == .weight {
        weights[tensor.id] = tensor.shape.elements
      }
    }
    #expect(weights.values.reduce(0, +) == configuration.architecture.parameterCount)
    let attention = collector.operators.filter { $0.kind == .attention }
    #expect(attention.count == configuration.architecture.layers)
    #expect(
      attention.allSatisfy { $0.requests == [RequestRun(first: 0, count: 64, query: 1, kv: 1025)] })
  }

  @Test(arguments: presets)
  func emissionTimeDoesNotDependOnLengths(name: String) throws {
    let configuration = try Self.preset(name)
    struct Counter: OperatorSink {
      var count = 0
      mutating func emit(_ operator: Operator) { count += 1 }
    }
    func count(batch: Int, context: Int) throws -> Int {
      var emission = TraceEmission()
      emission.batch = batch
      emission.contexts = [context]
      emission.prompts = [512]
      emission.generate = 4
      var counter = Counter()
      try emission.emit(configuration, into: &counter)
      return counter.count
    }
    let small = try count(batch: 2, context: 0)
    #expect(try count(batch: 256, context: 1024) == small)
  }

  @Test(arguments: GoldenModel.all, [OperatorFusion.none, .attention, .full])
  func executedAndShapeOnlyTracesAreTheSameButForRouting(
    golden: GoldenModel, fusion: OperatorFusion
  ) throws {
    let model = try golden.load()
    for (steps, context) in [(TraceEmission.Steps.both, 0), (.decode, 9), (.prefill, 4)] {
      var emission = TraceEmission()
      emission.batch = 3
      emission.prompts = [5, 16, 1]
      emission.contexts = [context]
      emission.generate = 3
      emission.steps = steps
      emission.fusion = fusion
      emission.chunk = 6
      var executed = OperatorCollector()
      var shapes = OperatorCollector()
      try emission.emit(model, isExecuted: true, into: &executed)
      try emission.emit(model, isExecuted: false, into: &shapes)
      checkConsistency(executed.operators)
      #expect(executed.operators.count == shapes.operators.count)
      for (real, shape) in zip(executed.operators, shapes.operators) {
        guard case .expertFFN(var realFFN) = real.operation,
          case .expertFFN(var shapeFFN) = shape.operation
        else {
          #expect(real == shape)
          continue
        }
        let chosen = real.requests.tokenCount * (model.architecture.experts?.topK ?? 0)
        #expect(realFFN.tokensPerExpert.reduce(0, +) == chosen)
        #expect(shapeFFN.tokensPerExpert.reduce(0, +) == chosen)
        realFFN.tokensPerExpert = []
        shapeFFN.tokensPerExpert = []
        var (realCopy, shapeCopy) = (real, shape)
        realCopy.operation = .expertFFN(realFFN)
        shapeCopy.operation = .expertFFN(shapeFFN)
        #expect(realCopy == shapeCopy)
      }
    }
  }

  @Test(arguments: GoldenModel.all)
  func weightsOfATraceAreTheFilesTensors(golden: GoldenModel) throws {
    let model = try golden.load()
    let file = try SafetensorsFile(path: golden.directory + "/model.safetensors")
    var emission = TraceEmission()
    emission.prompts = [4]
    var collector = OperatorCollector()
    try emission.emit(model, isExecuted: false, into: &collector)
    var named: [String: Int] = [:]
    for noted in collector.operators {
      for tensor in noted.inputs where tensor.role == .weight {
        named[tensor.name] = Int(tensor.bytes.count)
      }
    }
    let stored = Dictionary(
      uniqueKeysWithValues: file.entries.map { ($0.name, $0.byteRange.count) })
    #expect(named == stored)
    #expect(model.parameterCount == model.architecture.parameterCount)
    #expect(model.copiedBytes == 0)
  }

  @Test(arguments: presets)
  func everyFusionHasTheSameWorkAndFusingNeverMovesMoreBytes(name: String) throws {
    let configuration = try Self.preset(name)
    var work: [OperatorFusion: Int] = [:]
    var bytes: [OperatorFusion: Int] = [:]
    for fusion in OperatorFusion.allCases {
      var emission = TraceEmission()
      emission.batch = 4
      emission.prompts = [100, 200, 300, 400]
      emission.generate = 2
      emission.layers = 2
      emission.fusion = fusion
      var collector = OperatorCollector()
      try emission.emit(configuration, into: &collector)
      checkConsistency(collector.operators)
      work[fusion] = collector.operators.reduce(0) { $0 + $1.work.flops }
      bytes[fusion] = collector.operators.reduce(0) { $0 + Int($1.traffic.total.count) }
    }
    #expect(work[.none] == work[.attention])
    #expect(work[.full] == work[.attention])
    let (none, attention, full) = (
      try #require(bytes[.none]), try #require(bytes[.attention]), try #require(bytes[.full])
    )
    // The scores are written and read twice over: by scores, softmax and context.
    let architecture = configuration.architecture
    let prefill = [100, 200, 300, 400].reduce(0) { $0 + $1 * $1 }
    let decode = [100, 200, 300, 400].reduce(0) { $0 + ($1 + 1) + ($1 + 2) }
    let scores = architecture.heads * (prefill + decode) * 2
    #expect(none - attention == 2 * 4 * scores)
    // A merged product reads its input once.
    let tokens = 1000 + 4 * 2
    let rows = tokens * architecture.hidden * 2
    let denseLayers = (0..<2).count { !architecture.hasExperts(layer: $0) }
    var saved = architecture.family == .gpt2 ? 0 : 2 * 2 * rows
    if architecture.gated { saved += denseLayers * rows }
    #expect(attention - full == saved)
  }

  @Test func sameSeedGivesTheSameTraceAndAnotherSeedOtherExperts() throws {
    let configuration = try Self.preset("mixtral-8x7b")
    func operators(_ seed: UInt64, _ routing: RoutingDistribution) throws -> [Operator] {
      var emission = TraceEmission()
      emission.batch = 8
      emission.prompts = [100]
      emission.layers = 3
      emission.seed = seed
      emission.routing = routing
      var collector = OperatorCollector()
      try emission.emit(configuration, into: &collector)
      return collector.operators
    }
    #expect(try operators(7, .uniform) == operators(7, .uniform))
    #expect(try operators(7, .uniform) != operators(8, .uniform))
    #expect(try operators(7, .uniform) != operators(7, .zipf(1)))
  }

  @Test func lengthsThatMakeNoSenseAreNamed() throws {
    let configuration = try Self.preset("llama3-8b")
    func message(_ change: (inout TraceEmission) -> Void) -> String {
      var emission = TraceEmission()
      change(&emission)
      var sink = DiscardingSink()
      let error = #expect(throws: ModelError.self) { try emission.emit(configuration, into: &sink) }
      return error?.message ?? ""
    }
    #expect(message { $0.batch = 0 }.contains("batch of 0"))
    #expect(message { $0.prompts = [1, 2] }.contains("2 prompt lengths for a batch of 1"))
    #expect(message { $0.prompts = [0] }.contains("prompt of 0"))
    #expect(message { $0.contexts = [1 << 20] }.contains("exceeds"))
    #expect(message { $0.layers = 99 }.contains("layers is 99"))
    #expect(message { $0.generate = -1 }.contains("decode steps"))
  }
}
