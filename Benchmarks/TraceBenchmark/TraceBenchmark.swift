import TraceFormat
import Units
import Workload

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes and reads a trace of decode steps and prints records per CPU second and resident memory.
///
/// Usage: `trace-benchmark FILE [RECORDS [LEVEL]]`.
@main
struct TraceBenchmark {
  static func main() {
    do {
      try run()
    } catch {
      print("trace-benchmark: \(error)")
      exit(1)
    }
  }

  static func run() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 1 else {
      print("usage: trace-benchmark FILE [RECORDS [LEVEL]]")
      exit(2)
    }
    let records = arguments.count > 2 ? Int(arguments[2]) ?? 1_000_000 : 1_000_000
    let level = arguments.count > 3 ? Int(arguments[3]) ?? 1 : TraceWriter.defaultLevel

    let idle = DecodeSteps(records: records).drain()
    let header = TraceHeader(
      model: "benchmark", architecture: "llama", layers: DecodeSteps.layers, dtype: "f16",
      generator: "trace-benchmark")
    var steps = DecodeSteps(records: records)
    let writeStart = cpuSeconds()
    var writer = try TraceWriter(path: arguments[1], header: header, level: level)
    while let next = steps.next() { try writer.emit(next) }
    try writer.finish()
    let writeTime = cpuSeconds() - writeStart - idle.seconds

    let readStart = cpuSeconds()
    var reader = try TraceReader(path: arguments[1])
    var sum = 0
    while let next = try reader.next() { sum &+= next.id &+ next.inputs.count }
    let readTime = cpuSeconds() - readStart
    guard reader.count == records, sum == idle.sum else {
      print("read back something else than was written")
      exit(1)
    }
    var usage = rusage()
    // 0 is RUSAGE_SELF, whose type differs between systems.
    _ = getrusage(0, &usage)
    print("records            \(records)")
    print("level              \(level)")
    print("write records/s    \(Int(Double(records) / writeTime))")
    print("read records/s     \(Int(Double(records) / readTime))")
    print("resident MB        \(Int(usage.ru_maxrss) / 1_000)")
  }

  static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Decode steps of a Llama-like model, as the reference transformer emits them: named weights, KV
/// tensors, activations with new ids in each step, one operator after the other.
struct DecodeSteps {
  static let layers = 32
  let records: Int
  private var layerTemplates: [[Operator]] = []
  private var id = 0
  private var step = 0
  private var layer = 0
  private var place = 0
  private var layersDone = 0
  private var requests: [RequestRun] = []

  init(records: Int) {
    self.records = records
    requests = [RequestRun(first: 0, count: 64, query: 1, kv: 1_025)]
    for layer in 0..<DecodeSteps.layers { layerTemplates.append(DecodeSteps.makeLayer(layer)) }
  }

  /// The time that making the operators takes by itself, and the sum that reading must give.
  func drain() -> (seconds: Double, sum: Int) {
    var copy = self
    var sum = 0
    let start = TraceBenchmark.cpuSeconds()
    while let next = copy.next() { sum &+= next.id &+ next.inputs.count }
    return (TraceBenchmark.cpuSeconds() - start, sum)
  }

  mutating func next() -> Operator? {
    if id == records { return nil }
    var result = layerTemplates[layer][place]
    result.id = id
    result.step = step
    result.requests = requests
    for index in result.inputs.indices { place(&result.inputs[index]) }
    for index in result.outputs.indices { place(&result.outputs[index]) }
    if id > 0 { result.dataDependences = place == 4 && id > 2 ? [id - 3, id - 1] : [id - 1] }
    id += 1
    place += 1
    if place == layerTemplates[layer].count {
      place = 0
      layer += 1
      layersDone += 1
      if layer == DecodeSteps.layers {
        layer = 0
        step += 1
        requests = [RequestRun(first: 0, count: 64, query: 1, kv: 1_025 + step % 1_000)]
      }
    }
    return result
  }

  /// Gives an activation, whose id is its number within the layer, its id in the trace, and an
  /// address in a ring of activation memory.
  private func place(_ tensor: inout Tensor) {
    guard tensor.role == .activation else { return }
    let number = layersDone * DecodeSteps.activationsInLayer + tensor.id
    tensor.id = 10_000 + number
    tensor.address = 1 << 36 + (number % 4_096) << 20
  }

  private static let activationsInLayer = 15

  private static func makeLayer(_ layer: Int) -> [Operator] {
    let prefix = "model.layers.\(layer)"
    let tokens = 64
    let hidden = 4_096
    var weight = layer * 20
    func activation(_ number: Int, _ columns: Int) -> Tensor {
      Tensor(id: number, shape: [tokens, columns], dtype: .f16, role: .activation, address: 0)
    }
    func parameter(_ name: String, _ shape: TensorShape) -> Tensor {
      weight += 1
      return Tensor(
        id: weight, name: "\(prefix).\(name).weight", shape: shape, dtype: .f16, role: .weight,
        address: weight << 28)
    }
    func cache(_ name: String) -> Tensor {
      weight += 1
      return Tensor(
        id: weight, name: "\(prefix).self_attn.\(name)", shape: [64, 2_048, 8, 128], dtype: .f16,
        role: .kv, address: weight << 28)
    }
    func make(
      _ name: String, _ operation: Operation, _ inputs: [Tensor], _ outputs: [Tensor]
    ) -> Operator {
      Operator(
        id: 0, name: "\(prefix).\(name)", operation: operation, layer: layer, phase: .decode,
        inputs: inputs, outputs: outputs)
    }
    func product(_ name: String, _ input: Tensor, _ output: Tensor) -> Operator {
      let (k, n) = (input.shape[1], output.shape[1])
      return make(
        name, .gemm(MatrixProduct(m: tokens, k: k, n: n)), [input, parameter(name, [n, k])],
        [output])
    }
    func norm(_ name: String, _ input: Tensor, _ output: Tensor) -> Operator {
      make(
        name, .norm(Norm(rows: tokens, columns: hidden, function: .rms)),
        [input, parameter(name, TensorShape([hidden]))], [output])
    }
    func add(_ name: String, _ left: Tensor, _ right: Tensor, _ output: Tensor) -> Operator {
      make(
        name, .elementwise(Elementwise(rows: tokens, columns: hidden, function: .add)),
        [left, right], [output])
    }
    let wide = 14_336
    let (keyCache, valueCache) = (cache("k_cache"), cache("v_cache"))
    let (start, normed) = (activation(0, hidden), activation(1, hidden))
    let (queries, keys, values) = (
      activation(2, hidden), activation(3, 1_024), activation(4, 1_024)
    )
    let (turnedQueries, turnedKeys) = (activation(5, hidden), activation(6, 1_024))
    let (attended, projected) = (activation(7, hidden), activation(8, hidden))
    let (middle, normedMiddle) = (activation(9, hidden), activation(10, hidden))
    let (gate, up, gated) = (activation(11, wide), activation(12, wide), activation(13, wide))
    let (down, end) = (activation(14, hidden), activation(activationsInLayer, hidden))
    return [
      norm("input_layernorm", start, normed),
      product("self_attn.q_proj", normed, queries),
      product("self_attn.k_proj", normed, keys),
      product("self_attn.v_proj", normed, values),
      make(
        "self_attn.rope", .rope(Rope(tokens: tokens, heads: 40, headDim: 128)),
        [queries, keys], [turnedQueries, turnedKeys]),
      make(
        "self_attn.kv_append", .memoryMove(MemoryMove(function: .kvAppend)),
        [turnedKeys, values], [keyCache, valueCache]),
      make(
        "self_attn.attention", .attention(Attention(heads: 32, kvHeads: 8, headDim: 128)),
        [turnedQueries, keyCache, valueCache], [attended]),
      product("self_attn.o_proj", attended, projected),
      add("self_attn.residual", start, projected, middle),
      norm("post_attention_layernorm", middle, normedMiddle),
      product("mlp.gate_proj", normedMiddle, gate),
      product("mlp.up_proj", normedMiddle, up),
      make(
        "mlp.act",
        .activation(Activation(rows: tokens, columns: wide, function: .silu, gated: true)),
        [gate, up], [gated]),
      product("mlp.down_proj", gated, down),
      add("mlp.residual", middle, down, end),
    ]
  }
}
