import Numerics
import ReferenceTransformer
import Testing
import Units
import Workload

@Suite struct WeightTypesTests {
  @Test(arguments: [
    ("f16", 0.02), ("bf16", 0.2), ("i8", 0.2), ("i8,group=8", 0.1), ("i4,group=16", 3.0),
  ])
  func narrowerWeightsRoundLogits(text: String, tolerance: Double) throws {
    for name in ["tiny-llama-gqa", "tiny-mixtral-moe", "tiny-gpt2", "tiny-opt"] {
      let runs = SwitchRuns(name)
      let plain = try runs.run([])
      let rounded = try runs.run(["weight_dtype=\(text)"])
      let metrics = ErrorMetrics(
        actual: rounded.generation.promptLogits[0].elements,
        reference: plain.generation.promptLogits[0].elements)
      #expect(metrics.maximumAbsolute > 0 && metrics.maximumAbsolute < tolerance, "\(name)")
    }
  }

  @Test(arguments: [(DataType.i8, 128), (.i4, 64), (.f16, 128)])
  func bytesAreThoseOfTheTypesAndTheirScales(type: DataType, group: Int) throws {
    let texts = ["weight_dtype=\(type.rawValue),group=\(group)"]
    let full = try SwitchRuns.decode("mixtral-8x7b", [], context: 10, layers: 2)
    let narrow = try SwitchRuns.decode("mixtral-8x7b", texts, context: 10, layers: 2)
    let a = try TraceEmissionTests.preset("mixtral-8x7b").architecture
    let matrices =
      2
      * (2 * a.hidden * a.heads * a.headDim + 2 * a.hidden * a.kvHeads * a.headDim
        + 8 * 3 * a.hidden * a.intermediate)
    let scales = type == .f16 ? 0 : matrices / group * 2
    #expect(
      full.resident(.weight) - narrow.resident(.weight)
        == matrices * (16 - type.bits) / 8 - scales)
    #expect(narrow.matrixFLOPs == full.matrixFLOPs)
    // What is read: the same, but for experts that no token visits.
    func read(_ operators: [Operator]) -> Int {
      operators.filter { [.gemm, .expertFFN].contains($0.kind) }.flatMap(\.accesses)
        .filter { $0.tensor.role == .weight }.reduce(0) { $0 + Int($1.bytes.count) }
    }
    let ratio = Double(type.bits) / 16 + (type == .f16 ? 0 : 1 / Double(group))
    #expect(abs(Double(read(narrow)) / Double(read(full)) - ratio) < 1e-12)
  }

  @Test func rolesHaveTypesOfTheirOwn() throws {
    let texts = ["weight_dtype=attention=i8,experts=i4,router=f32,head=i8,vectors=f32,group=32"]
    let operators = try SwitchRuns.decode("mixtral-8x7b", texts, context: 10, layers: 1)
    func types(_ suffix: String) -> Set<DataType> {
      Set(
        operators.flatMap(\.inputs).filter { $0.role == .weight && $0.name.hasSuffix(suffix) }
          .map(\.dtype))
    }
    #expect(types("q_proj.weight") == [.i8])
    #expect(types("w1.weight") == [.i4])
    #expect(types("gate.weight") == [.f32])
    #expect(types("lm_head.weight") == [.i8])
    #expect(types("embed_tokens.weight") == [.bf16])
    #expect(types("layernorm.weight") == [.f32])
    #expect(types("_scale") == [.f16])
  }

  @Test func theHeadOfATiedModelHasTheTypeOfItsTable() throws {
    let runs = SwitchRuns("tiny-gpt2")
    #expect(throws: ModelError.self) { try runs.run(["weight_dtype=head=i8"]) }
    let tied = try runs.run(["weight_dtype=embedding=i8"])
    let tables = Set(
      tied.operators.filter { $0.kind == .head || $0.kind == .embedding }.flatMap(\.inputs)
        .filter { $0.name == "transformer.wte.weight" })
    #expect(tables.count == 1 && tables.first?.dtype == .i8)
  }

  /// Every value of a quantised matrix is a whole number of scales.
  @Test func groupsShareOneScale() throws {
    let model = try GoldenModel(name: "tiny-opt").load()
    var options = GenerationOptions()
    options.switches.weightTypes = WeightTypes(.i8, group: 16)
    let probe = Probe(places: ["layer.0.feed_forward"])
    let plain = Probe(places: ["layer.0.feed_forward"])
    options.switches.droppedAttention = [0, 1]
    _ = try model.generate(tokens: [3], steps: 1, options: options, probe: probe)
    options.switches.weightTypes = nil
    _ = try model.generate(tokens: [3], steps: 1, options: options, probe: plain)
    // The same input: embedding and norms are not rounded; the outputs differ a little.
    #expect(probe.captures[0].array == plain.captures[0].array)
    let metrics = ErrorMetrics(
      actual: probe.captures[1].array.elements, reference: plain.captures[1].array.elements)
    #expect(metrics.maximumAbsolute > 0 && metrics.maximumAbsolute < 0.05)
  }
}
