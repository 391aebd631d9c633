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
      { (switches: inout ArchitectureSwitches) in switches.kvPolicy = .window(128) },
      { $0.kvPolicy = KVPolicy(.budgets([100, 90], sinks: 0)) },
      { $0.kvPolicy = .window(17, sinks: 3) },
      { $0.kvPolicy = KVPolicy(.pyramid(mean: 100, beta: 4, sinks: 2)) },
      { $0.kvPolicy = KVPolicy(.retrieval(.share(1), window: 2, sinks: 0)) },
      { $0.kvPolicy = KVPolicy(.retrieval(.share(0.5), window: 20, sinks: 0)) },
      { $0.kvPolicy = KVPolicy(.persistent(keys: 100, select: nil)) },
      { $0.kvPolicy = KVPolicy(.blocks(size: 4, keep: 8)) },
      { $0.kvPolicy = KVPolicy(.blocks(size: 128, keep: 1)) },
      { $0.kvPolicy = KVPolicy(.recycled(keys: 100, period: 5)) },
      { $0.kvPolicy = KVPolicy(.recycled(keys: 1, period: 1)) },
      { $0.headRouting = HeadRouting(.share(1)) },
      { $0.headRouting = HeadRouting(.share(1), isAligned: true) },
      { $0.weightTypes = WeightTypes(.f32) },
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
      $0.kvPolicy = KVPolicy(.budgets([7, 5], sinks: 2))
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

  @Test(arguments: GoldenModel.all)
  func normPlacementsHaveTwoTwoAndFourNormsALayer(golden: GoldenModel) throws {
    let plain = try run(golden) { _ in }
    let architecture = try golden.load().architecture
    // Two requests of 16 tokens, then three decode steps.
    let tokens = 2 * 16 + 3 * 2
    let norm = 4 * tokens * architecture.hidden
    var results: [NormPlacement: Generation] = [:]
    for placement in NormPlacement.allCases {
      let other = try run(golden) { $0.normPlacement = placement }
      results[placement] = other.generation
      let norms = other.operators.count { $0.kind == .norm }
      let perLayer = (placement == .peri ? 4 : 2) + (architecture.queryKeyNorm ? 2 : 0)
      #expect(norms == 4 * (architecture.layers * perLayer + (placement == .post ? 0 : 1)))
      let difference = totals(other.operators).flops - totals(plain.operators).flops
      switch placement {
      case .pre:
        #expect(difference == 0)
        #expect(other.generation.promptLogits == plain.generation.promptLogits)
      case .post: #expect(difference == -norm)
      case .peri: #expect(difference == 2 * architecture.layers * norm)
      }
    }
    #expect(results[.post]?.promptLogits != results[.pre]?.promptLogits)
    #expect(results[.peri]?.promptLogits != results[.pre]?.promptLogits)
  }

  @Test(arguments: ["tiny-llama-gqa", "tiny-gpt2"])
  func shiftedKeysAndValuesAreThoseOfTheTokenBefore(name: String) throws {
    let golden = GoldenModel(name: name)
    let model = try golden.load()
    let prompt = try golden.prompts()[0]
    func generate(_ shift: Double, chunk: Int? = nil, _ probe: Probe? = nil) throws -> Generation {
      var options = GenerationOptions()
      options.switches.keyShift = shift
      options.switches.valueShift = shift
      options.chunk = chunk
      return try model.generate(tokens: prompt, steps: 3, options: options, probe: probe)
    }
    let plain = try generate(0)
    let full = try generate(1)
    let half = try generate(0.5)
    // The first layer sees the same input, so its values are the plain ones, one token later.
    let width = model.architecture.kvHeads * model.architecture.headDim
    let (before, after) = (plain.values[0][0].elements, full.values[0][0].elements)
    #expect(after[..<width].allSatisfy { $0 == 0 })
    #expect(Array(after[width..<16 * width]) == Array(before[..<(15 * width)]))
    for place in width..<16 * width {
      let mixed = 0.5 * before[place] + 0.5 * before[place - width]
      #expect(half.values[0][0].elements[place] == mixed)
    }
    for chunk in [1, 5] {
      let pieces = try generate(0.5, chunk: chunk)
      #expect(pieces.promptLogits == half.promptLogits)
      #expect(pieces.stepLogits == half.stepLogits)
    }
  }

  @Test func shiftingCostsOneOperatorAndOneTokenOfStateALayer() throws {
    let golden = GoldenModel(name: "tiny-llama-gqa")
    let plain = try run(golden) { _ in }
    let shifted = try run(golden) { $0.keyShift = 0.25 }
    let added = shifted.operators.filter { $0.name.hasSuffix(".kv_shift") }
    #expect(added.count == 2 * 4)
    #expect(shifted.operators.count == plain.operators.count + added.count)
    // 38 tokens, 2 layers, keys and values of 2 heads of 8.
    #expect(totals(shifted.operators).flops - totals(plain.operators).flops == 38 * 2 * 2 * 16)
    let state = Set(shifted.operators.flatMap(\.inputs).filter { $0.role == .state })
    #expect(state.count == 2)
    #expect(state.allSatisfy { $0.shape == [2, 32] })
    let cache = { (operators: [Operator]) in
      Set(operators.flatMap(\.inputs).filter { $0.role == .kv }.map(\.bytes.count))
    }
    #expect(cache(shifted.operators) == cache(plain.operators))
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
    #expect(
      message { $0.kvPolicy = KVPolicy(.budgets([1, 2, 3], sinks: 0)) }
        .contains("3 budgets for 2 layers"))
    #expect(message { $0.kvPolicy = .window(0) }.contains("must be positive"))
    #expect(
      message { $0.kvPolicy = KVPolicy(.pyramid(mean: 8, beta: 8, sinks: 1)) }
        .contains("leaves no key"))
    #expect(
      message {
        $0.kvPolicy = KVPolicy(.retrieval(.list([.init(layer: 1, head: 2)]), window: 1, sinks: 0))
      }
      .contains("head 1/2"))
    #expect(
      message { $0.kvPolicy = KVPolicy(.persistent(keys: 1, select: [2])) }
        .contains("layer 2 cannot select"))
    #expect(message { $0.headRouting = HeadRouting(.count(9)) }.contains("9 heads"))
    #expect(
      message { $0.headRouting = HeadRouting(.count(3), isAligned: true) }.contains("whole groups"))
    #expect(message { $0.weightTypes = WeightTypes(.f64) }.contains("weights of f64"))
    #expect(
      message { $0.weightTypes = WeightTypes(types: [.vectors: .i8]) }.contains("norms and biases"))
    #expect(message { $0.feedForwardShift = 2 }.contains("ffn_shift"))
    #expect(message { $0.keyShift = 1.5 }.contains("between 0 and 1"))
    #expect(message { $0.kvType = .f64 }.contains("KV cache of f64"))
  }
}
