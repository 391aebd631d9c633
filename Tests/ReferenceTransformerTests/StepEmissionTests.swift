import ReferenceTransformer
import Testing
import Units
import Workload

private let tiny = TransformerArchitecture(
  name: "tiny", family: .mixtral, source: "a test", layers: 3, hidden: 64, heads: 4, kvHeads: 2,
  headDim: 16, intermediate: 96, vocabulary: 100, positions: 64,
  positionEmbedding: .rope(theta: 10_000), norm: .rms, normEpsilon: 1e-5, activation: .silu,
  gated: true, tiedEmbeddings: false, experts: MixtureOfExperts(count: 4, topK: 2), dtype: .f16)

@Suite struct StepEmissionTests {
  @Test func aStepCarriesTheRequestsOfItsBatch() throws {
    var emission = try StepEmission(
      ModelConfiguration(architecture: tiny), slots: 4, capacity: 32)
    let runs = [
      RequestRun(first: 9, count: 1, query: 7, kv: 7, slot: 0),
      RequestRun(first: 3, count: 2, query: 1, kv: 12, slot: 2),
    ]
    let operators = try emission.operators(phase: .mixed, runs: runs)
    for op in operators where op.kind == .attention { #expect(op.requests == runs) }
    #expect(operators.count { $0.kind == .attention } == 3)
    let head = try #require(operators.last { $0.kind == .head })
    #expect(head.requests.requestCount == 3)
    for op in operators {
      if case .expertFFN(let ffn) = op.operation {
        #expect(ffn.tokensPerExpert.reduce(0, +) == 2 * 9)
      }
    }
  }

  @Test func stepsShareTheTensorsOfOneModel() throws {
    var emission = try StepEmission(
      ModelConfiguration(architecture: tiny), slots: 2, capacity: 32)
    func persistent(_ kv: Int) throws -> Set<Tensor> {
      let operators = try emission.operators(
        phase: .decode, runs: [RequestRun(first: 0, count: 2, query: 1, kv: kv)])
      return Set(
        operators.flatMap { $0.inputs + $0.outputs }.filter { $0.role == .weight || $0.role == .kv }
      )
    }
    let first = try persistent(5)
    #expect(try persistent(6) == first)
    let weights = first.filter { $0.role == .weight }.reduce(0) { $0 + $1.shape.elements }
    #expect(weights == tiny.parameterCount)
  }

  @Test func requestsThatDoNotFitTheirSlotsAreRefused() throws {
    var emission = try StepEmission(
      ModelConfiguration(architecture: tiny), slots: 2, capacity: 32)
    for run in [
      RequestRun(first: 0, count: 3, query: 1, kv: 5),
      RequestRun(first: 0, count: 1, query: 1, kv: 33),
      RequestRun(first: 0, count: 1, query: 6, kv: 5),
    ] {
      #expect(throws: ModelError.self) {
        try emission.operators(phase: .decode, runs: [run])
      }
    }
    #expect(throws: ModelError.self) {
      try StepEmission(ModelConfiguration(architecture: tiny), slots: 2, capacity: 65)
    }
  }
}
