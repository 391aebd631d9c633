import Numerics
import ReferenceTransformer
import Testing
import Workload

/// What holds for every switch: all ways of running agree, and traces do not depend on weights.
@Suite struct SwitchAgreementTests {
  static let settings: [[String]] = [
    ["kv_policy=window:5,sinks=2"],
    ["kv_policy=budgets:9+4,sinks=1"],
    ["kv_policy=pyramid:6,beta=3,sinks=1"],
    ["kv_policy=retrieval:0.5,window=4,sinks=1"],
    ["kv_policy=retrieval:1/1,window=3"],
    ["kv_policy=persistent:5,select=0"],
    ["kv_policy=blocks:4,k=2"],
    ["kv_policy=recycled:4,period=3"],
    ["active_heads=0.5"],
    ["attention=linear:0.9", "kv_shift=0.5"],
    ["active_heads=0.5,aligned=true", "kv_dtype=i8"],
    ["ffn_shift=0.5", "kv_shift=0.25"],
    ["weight_dtype=i4,group=16,embedding=f16,vectors=bf16", "kv_policy=blocks:4,k=3"],
    ["norm_placement=peri", "dropped_attention=0", "active_heads=0.5"],
  ]

  @Test(arguments: ["tiny-llama-gqa", "tiny-mixtral-moe", "tiny-gpt2", "tiny-opt"], settings)
  func chunksSingleRequestsAndDecodingGiveTheBitsOfOnePrefill(name: String, texts: [String]) throws
  {
    let runs = SwitchRuns(name)
    let model = try runs.golden.load()
    var options = GenerationOptions()
    options.switches = try SwitchRuns.switches(texts)
    let prompts = try runs.golden.prompts()
    let ragged = [Array(prompts[0].prefix(13)), prompts[1]]
    var sink = DiscardingSink()
    let batched = try model.generate(batch: ragged, steps: 4, options: options, into: &sink)
    for chunk in [1, 5] {
      options.chunk = chunk
      let pieces = try model.generate(batch: ragged, steps: 4, options: options, into: &sink)
      #expect(pieces.promptLogits == batched.promptLogits)
      #expect(pieces.stepLogits == batched.stepLogits)
    }
    options.chunk = nil
    for (index, prompt) in ragged.enumerated() {
      let alone = try model.generate(tokens: prompt, steps: 4, options: options)
      #expect(alone.promptLogits[0] == batched.promptLogits[index])
      #expect(alone.stepLogits[0] == batched.stepLogits[index])
      // Decoding gives the logits of one longer prefill.
      let longer = prompt + alone.tokens[0].dropLast()
      let whole = try model.generate(tokens: longer, steps: 1, options: options)
      #expect(
        whole.promptLogits[0].elements.suffix(alone.stepLogits[0].elements.count)
          .elementsEqual(alone.stepLogits[0].elements))
    }
  }

  @Test(
    arguments: ["tiny-llama-gqa", "tiny-mixtral-moe", "tiny-gpt2", "tiny-qwen3-qknorm"], settings)
  func executedAndShapeOnlyTracesAgree(name: String, texts: [String]) throws {
    let model = try SwitchRuns(name).golden.load()
    for (steps, fusion) in [
      (TraceEmission.Steps.both, OperatorFusion.attention), (.decode, .none), (.decode, .full),
    ] {
      var emission = TraceEmission()
      emission.batch = 2
      emission.prompts = [7, 16]
      emission.contexts = [6]
      emission.generate = 4
      emission.chunk = 9
      emission.steps = steps
      emission.fusion = fusion
      emission.switches = try SwitchRuns.switches(texts)
      var executed = OperatorCollector()
      var shapes = OperatorCollector()
      try emission.emit(model, isExecuted: true, into: &executed)
      try emission.emit(model, isExecuted: false, into: &shapes)
      #expect(executed.operators.withoutRouting == shapes.operators.withoutRouting)
      TraceEmissionTests().checkConsistency(executed.operators)
    }
  }

  @Test(arguments: settings)
  func everySwitchChangesLogitsAndRoundTripsAsText(texts: [String]) throws {
    let runs = SwitchRuns("tiny-llama-gqa")
    let plain = try runs.run([])
    let other = try runs.run(texts)
    #expect(plain.generation.promptLogits != other.generation.promptLogits)
    let switches = try SwitchRuns.switches(texts)
    var again = ArchitectureSwitches()
    for (key, text) in switches.texts { try again.set(key, text) }
    #expect(again == switches)
    #expect(!switches.texts.isEmpty)
  }

  @Test(arguments: settings)
  func everyFusionHasTheSameMatrixWork(texts: [String]) throws {
    let model = try SwitchRuns("tiny-llama-gqa").golden.load()
    var work: [Int] = []
    for fusion in OperatorFusion.allCases {
      var emission = TraceEmission()
      emission.batch = 2
      emission.prompts = [7, 16]
      emission.fusion = fusion
      emission.switches = try SwitchRuns.switches(texts)
      var collector = OperatorCollector()
      try emission.emit(model, isExecuted: true, into: &collector)
      work.append(collector.operators.reduce(0) { $0 + $1.work.flops })
    }
    #expect(Set(work).count == 1)
  }

  @Test(
    arguments: [
      ("kv_polcy", "full", "kv_policy"), ("kv_policy", "windw:5", "'window'"),
      ("kv_policy", "window:x", "a number of keys"), ("kv_policy", "window:5,sink=1", "'sink'"),
      ("kv_policy", "blocks:64", "number of blocks is missing"),
      ("kv_policy", "recycled:64", "period is missing"),
      ("kv_policy", "retrieval:0.5", "window of the other heads"),
      ("kv_policy", "retrieval:1/x,window=4", "LAYER/HEAD"),
      ("kv_policy", "window:4,5", "needs a key"), ("kv_policy", "full:3", "no parameters"),
      ("kv_policy", "persistent:8,prefill=no", "dense or sparse"),
      ("active_heads", "many", "number of heads"), ("active_heads", "4,aligned=1", "true or false"),
      ("weight_dtype", "int8", "f32, f16"), ("weight_dtype", "i8,atention=i4", "'attention'"),
      ("weight_dtype", "group=64", "name a type"), ("kv_dtype", "int8", "i8"),
      ("norm_placement", "mid", "peri"), ("kv_shift", "a", "a number"),
      ("kv_shift", "keys=1", "'keys'"), ("ffn_shift", "x", "a number"),
      ("attention", "linr", "linear:DECAY"), ("attention", "linear:x", "a decay"),
      ("dropped_layers", "1+b", "no layer"), ("dropped_layers", "5-2", "no layer"),
    ])
  func aWrongTextIsOneLineThatSaysWhatToWrite(key: String, text: String, word: String) {
    var switches = ArchitectureSwitches()
    let error = #expect(throws: SwitchError.self) { try switches.set(key, text) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\n") == false)
  }
}
