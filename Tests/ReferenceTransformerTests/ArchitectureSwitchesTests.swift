import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

@Suite struct ArchitectureSwitchesTests {
  func run(
    _ golden: GoldenModel, _ change: (inout ArchitectureSwitches) -> Void
  ) throws -> (generation: Generation, operators: [Operator]) {
    var options = GenerationOptions()
    change(&options.switches)
    var collector = OperatorCollector()
    let generation = try golden.load().generate(
      batch: try golden.prompts(), steps: 4, options: options, into: &collector)
    return (generation, collector.operators)
  }

  func totals(_ operators: [Operator]) -> (flops: Int, bytes: Int) {
    operators.reduce((0, 0)) { ($0.0 + $1.work.flops, $0.1 + Int($1.traffic.total.count)) }
  }

  @Test(arguments: GoldenModel.all)
  func fullBudgetsAndNothingDroppedGiveTheSameBits(golden: GoldenModel) throws {
    let plain = try run(golden) { _ in }
    for change in [
      { (switches: inout ArchitectureSwitches) in switches.windows = [128] },
      { $0.windows = [100, 90] },
      {
        $0.windows = [17]
        $0.sinks = 3
      },
      { $0.kvType = .f32 }, { $0.droppedAttention = [] },
    ] {
      let other = try run(golden, change)
      #expect(other.generation.promptLogits == plain.generation.promptLogits)
      #expect(other.generation.stepLogits == plain.generation.stepLogits)
    }
  }

  @Test(arguments: GoldenModel.all)
  func droppedSublayersTakeExactlyTheirWorkAndTraffic(golden: GoldenModel) throws {
    let plain = try run(golden) { _ in }
    let whole = totals(plain.operators)
    // The first layer's operators fall into attention (up to its residual) and the rest.
    let layer = plain.operators.filter { $0.layer == 0 }
    let ends = layer.filter { $0.name.hasSuffix("attention_residual") }.map(\.id)
    #expect(ends.count == 4)
    var attention: [Operator] = []
    var network: [Operator] = []
    for noted in layer {
      let sameStep = layer.first {
        $0.step == noted.step && $0.name.hasSuffix("attention_residual")
      }
      if noted.id <= (sameStep?.id ?? 0) { attention.append(noted) } else { network.append(noted) }
    }
    for (isAttention, part) in [(true, totals(attention)), (false, totals(network))] {
      let dropped = try run(golden) {
        if isAttention { $0.droppedAttention = [0] } else { $0.droppedFeedForward = [0] }
      }
      let rest = totals(dropped.operators)
      #expect(whole.bytes - rest.bytes == part.bytes)
      // Routers of later layers may choose as they like: their work does not depend on it.
      #expect(whole.flops - rest.flops == part.flops)
      #expect(dropped.generation.promptLogits != plain.generation.promptLogits)
    }
    let layerless = try run(golden) {
      $0.droppedAttention = [0]
      $0.droppedFeedForward = [0]
    }
    #expect(!layerless.operators.contains { $0.layer == 0 })
  }

  @Test func windowsWithSinksReadOnlyWhatTheySee() throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    let windowed = try run(golden) {
      $0.windows = [5, 3]
      $0.sinks = 2
    }
    let plain = try run(golden) { _ in }
    #expect(windowed.generation.promptLogits != plain.generation.promptLogits)
    for noted in windowed.operators where noted.kind == .attention && noted.phase == .decode {
      let seen = noted.layer == 0 ? 7 : 5
      for access in noted.accesses where access.tensor.role == .kv {
        // Two requests, kv heads of 8 elements of 4 bytes.
        #expect(access.bytes.count == 2 * seen * 2 * 8 * 4)
      }
    }
  }

  @Test(arguments: [(DataType.f16, 2e-2), (.bf16, 1e-1), (.i8, 1e-1), (.i4, 2)])
  func cacheTypesRoundValuesAndShrinkTraffic(type: DataType, tolerance: Double) throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    let plain = try run(golden) { _ in }
    let rounded = try run(golden) { $0.kvType = type }
    let metrics = ErrorMetrics(
      actual: rounded.generation.promptLogits[0].elements,
      reference: plain.generation.promptLogits[0].elements)
    #expect(metrics.maximumAbsolute > 0 && metrics.maximumAbsolute < tolerance)
    func kvBytes(_ operators: [Operator]) -> Int {
      operators.flatMap(\.accesses).filter { $0.tensor.role == .kv }
        .reduce(0) { $0 + Int($1.bytes.count) }
    }
    // Bits of one head's 8 elements, and of its scale.
    let bits = 8 * type.bits + (type == .i8 || type == .i4 ? 16 : 0)
    #expect(kvBytes(rounded.operators) * 8 * 32 == kvBytes(plain.operators) * bits)
  }

  @Test func roundingKeysAndValuesIsIdempotent() throws {
    let golden = GoldenModel(name: "tiny-qwen3-qknorm")
    for type in [DataType.f16, .bf16] {
      let run = try run(golden) { $0.kvType = type }
      for element in run.generation.keys[0][0].elements {
        let again =
          type == .f16
          ? HalfPrecision.float(fromBits: HalfPrecision.bits(of: element))
          : Float(BFloat16(element))
        #expect(again == element)
      }
    }
  }

  @Test func switchesOutsideTheModelAreNamed() throws {
    let model = try GoldenModel(name: "tiny-llama-gqa").load()
    func message(_ change: (inout ArchitectureSwitches) -> Void) -> String {
      var options = GenerationOptions()
      change(&options.switches)
      let error = #expect(throws: ModelError.self) {
        try model.generate(tokens: [1], steps: 1, options: options)
      }
      return error?.message ?? ""
    }
    #expect(message { $0.droppedAttention = [2] }.contains("layer 2 cannot be dropped"))
    #expect(message { $0.windows = [1, 2, 3] }.contains("3 windows for 2 layers"))
    #expect(message { $0.windows = [0] }.contains("must be positive"))
    #expect(message { $0.kvType = .f64 }.contains("KV cache of f64"))
  }
}
