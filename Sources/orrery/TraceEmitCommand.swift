import ArgumentParser
import Experiments
import ReferenceTransformer
import Units
import Workload

/// `orrery trace emit`.
struct TraceEmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emit",
    abstract: "Emit the operator trace of a model, a preset, or one matrix product.",
    discussion: """
      Without weights (presets) the model's code runs over shapes only. Examples:
        orrery trace emit --model llama3-8b --batch 64 --context 1024 --generate 4 -o t.jsonl.zst
        orrery trace emit --model gpt3-7b --prompt 512,300 --batch 2 -o t.jsonl.zst
        orrery trace emit --model gpt3-7b --lengths sharegpt-like --batch 256 --seed 1 -o t.jsonl.zst
        orrery trace emit --gemm 32,4096,14336 -o t.jsonl.zst
      """)

  @Option(
    help: ArgumentHelp(
      "A model directory (config.json, safetensors), a preset or a .yaml file.",
      valueName: "dir|preset"))
  var model: String?

  @Option(help: ArgumentHelp("Emit one matrix product instead.", valueName: "m,k,n"))
  var gemm: IntegerList?

  @Option(help: "The number of requests; 1, or as many as --requests has.")
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      """
      Requests by length, a CSV file: seq_len[,ch_idx] or plain lengths. They are cached tokens in a decode trace, \
      the default, else prompts. Channels are left to the system.
      """, valueName: "file.csv"))
  var requests: String?

  @Option(
    help: """
      Draw lengths like those of a data set, by --seed: sharegpt-like or alpaca-like; cached tokens of requests being \
      served in a decode trace, the default, else prompts.
      """)
  var lengths: RequestDataset?

  @Option(help: ArgumentHelp("Prompt tokens: one number, or one a request.", valueName: "l[,l...]"))
  var prompt: IntegerList?

  @Option(help: "The number of decode steps.")
  var generate = 1

  @Option(
    help: ArgumentHelp(
      "Cached tokens before the first step: one number, or one a request.", valueName: "l[,l...]"))
  var context: IntegerList?

  @Option(
    help: """
      prefill, decode or both. When left out: both with --prompt, decode with --context alone.
      """)
  var phase: TraceEmission.Steps?

  @Option(help: "Emit only the first N layers.")
  var layers: Int?

  @Option(help: "The seed of expert routing and of random prompts.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      """
      How tokens spread over experts without weights: uniform, zipf:S, or replay:TRACE, the counts \
      of another trace.
      """,
      valueName: "distribution"))
  var routing: RoutingArgument = .drawn(.uniform)

  @Option(
    help: """
      How operators are cut: none (attention in three parts), attention, or full (projections of \
      one input as one product).
      """)
  var fuse: OperatorFusion = .attention

  @Option(help: "Prompt tokens that a prefill step takes from each request; all when left out.")
  var chunk: Int?

  @Option(help: "Element type of a preset, or of --gemm (f16 when left out).")
  var dtype: DataType?

  @OptionGroup(title: "Architecture switches") var switches: SwitchOptions

  @Flag(help: "Run the model of a directory on random prompts, so that its router chooses experts.")
  var execute = false

  @Option(name: .shortAndLong, help: "The trace to write; - is standard output.")
  var output: String

  func validate() throws {
    guard (model == nil) != (gemm == nil) else {
      throw ValidationError("Give either --model or --gemm.")
    }
    let sources = [requests != nil, lengths != nil, prompt != nil || context != nil]
    guard sources.count(where: { $0 }) < 2 else {
      throw ValidationError("Give --requests, --lengths, or --prompt and --context: one of them.")
    }
    if let gemm, gemm.values.count != 3 {
      throw ValidationError("--gemm takes three sizes: M,K,N.")
    }
  }

  func run() throws {
    if let gemm {
      try TraceEmitter.emitGEMM(
        m: gemm.values[0], k: gemm.values[1], n: gemm.values[2], dtype: dtype ?? .f16,
        generator: BuildInformation.generator, to: output)
      report(operators: 1)
      return
    }
    var emission = TraceEmission()
    emission.batch = batch ?? 1
    emission.prompts = prompt?.values ?? [128]
    emission.contexts = context?.values ?? [0]
    emission.generate = generate
    emission.steps = phase ?? (prompt == nil && !isDefaultLength ? .decode : .both)
    emission.layers = layers
    emission.seed = seed
    emission.routing = try routing.read()
    emission.fusion = fuse
    emission.chunk = chunk
    emission.switches = try switches.read()
    if let source {
      let list = try emission.take(source, batch: batch)
      Log.note(list.summary)
      if list.entries.contains(where: { $0.channel != nil }) {
        Log.note(
          "channels are not part of a trace: systems place requests (attention.balance); 'orrery pim attention' keeps them"
        )
      }
    }
    let emitter = TraceEmitter(
      emission: emission, dtype: dtype, isExecuted: execute,
      generator: BuildInformation.generator, note: { Log.note($0) })
    report(operators: try emitter.emit(model: model ?? "", to: output))
  }

  private var source: RequestSource? {
    requests.map { .file($0) } ?? lengths.map { .dataset($0) }
  }

  /// Whether nothing says how long requests are.
  private var isDefaultLength: Bool { context == nil && requests == nil && lengths == nil }

  private func report(operators: Int) {
    guard output != "-" else { return }
    Log.note("\(output): \(operators) operator\(operators == 1 ? "" : "s")")
  }
}
