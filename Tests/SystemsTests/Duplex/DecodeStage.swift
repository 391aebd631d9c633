import Units
import Workload

/// The operators of one decode stage, as the authors' simulator has them: norms, one product for
/// queries, keys and values, attention, output projection, router and experts.
struct DecodeStage {
  var layers = 32
  var hidden = 4096
  var heads = 32
  var kvHeads = 8
  var headDim = 128
  var intermediate = 14336
  var matrices = 3
  var experts = 8
  var topK = 2
  var batch = 32
  var kv = 2145
  var seed: UInt64 = 777
  /// Fixed tokens of each expert in place of a draw.
  var tokensPerExpert: [Int]?
  var runs: [RequestRun]?
  var phase = Phase.decode

  var operators: [Operator] {
    var builder = Builder(stage: self)
    for layer in 0..<layers { builder.add(layer: layer) }
    builder.addNorm(layer: nil)
    return builder.operators
  }

  private struct Builder {
    let stage: DecodeStage
    var operators: [Operator] = []
    var nextTensor = 0
    var generator: SeededGenerator
    var x: Tensor
    var producer: Int?
    let runs: [RequestRun]
    let tokens: Int

    init(stage: DecodeStage) {
      self.stage = stage
      generator = SeededGenerator(seed: stage.seed)
      runs =
        stage.runs
        ?? [RequestRun(first: 0, count: stage.batch, query: 1, kv: stage.kv)]
      tokens = runs.tokenCount
      x = Tensor(
        id: 0, shape: [tokens, stage.hidden], dtype: .f16, role: .activation, address: 0)
      nextTensor = 1
    }

    mutating func tensor(_ shape: TensorShape, _ role: TensorRole = .activation) -> Tensor {
      defer { nextTensor += 1 }
      return Tensor(id: nextTensor, shape: shape, dtype: .f16, role: role, address: 0)
    }

    mutating func note(
      _ name: String, _ operation: Operation, _ inputs: [Tensor], _ output: Tensor, layer: Int?
    ) {
      let id = operators.count
      operators.append(
        Operator(
          id: id, name: name, operation: operation, layer: layer, phase: stage.phase,
          requests: runs, inputs: inputs, outputs: [output],
          dataDependences: producer.map { [$0] } ?? []))
      x = output
      producer = id
    }

    mutating func addNorm(layer: Int?) {
      let out = tensor([tokens, stage.hidden])
      note(
        "norm", .norm(Norm(rows: tokens, columns: stage.hidden, function: .rms)), [x], out,
        layer: layer)
    }

    mutating func addProduct(_ name: String, _ k: Int, _ n: Int, layer: Int) {
      let weight = tensor([n, k], .weight)
      let out = tensor([tokens, n])
      note(
        name, .gemm(MatrixProduct(m: tokens, k: k, n: n)), [x, weight], out, layer: layer)
    }

    mutating func add(layer: Int) {
      addNorm(layer: layer)
      let width = stage.heads * stage.headDim
      let kvWidth = stage.kvHeads * stage.headDim
      addProduct("qkv", stage.hidden, width + 2 * kvWidth, layer: layer)
      let slots = runs.requestCount
      let keys = tensor([slots, 8192, stage.kvHeads, stage.headDim], .kv)
      let values = tensor([slots, 8192, stage.kvHeads, stage.headDim], .kv)
      let query = Tensor(
        id: x.id, shape: x.shape, dtype: x.dtype, role: .activation, address: 0)
      let attended = tensor([tokens, width])
      note(
        "attention",
        .attention(
          Attention(heads: stage.heads, kvHeads: stage.kvHeads, headDim: stage.headDim)),
        [query, keys, values], attended, layer: layer)
      addProduct("o_proj", width, stage.hidden, layer: layer)
      addNorm(layer: layer)
      if stage.experts == 0 {
        addProduct("up", stage.hidden, stage.intermediate * (stage.matrices - 1), layer: layer)
        let inner = tensor([tokens, stage.intermediate])
        note(
          "activation",
          .activation(
            Activation(
              rows: tokens, columns: stage.intermediate, function: .silu,
              gated: stage.matrices == 3)),
          [x], inner, layer: layer)
        addProduct("down", stage.intermediate, stage.hidden, layer: layer)
      } else {
        addExperts(layer: layer)
      }
    }

    mutating func addExperts(layer: Int) {
      let input = x
      let router = tensor([stage.experts, stage.hidden], .weight)
      let logits = tensor([tokens, stage.experts])
      note(
        "gate",
        .gate(Gate(tokens: tokens, hidden: stage.hidden, experts: stage.experts)),
        [x, router], logits, layer: layer)
      var counts = [Int](repeating: 0, count: stage.experts)
      for _ in 0..<tokens {
        var chosen: Set<Int> = []
        while chosen.count < stage.topK { chosen.insert(generator.next(below: stage.experts)) }
        for expert in chosen { counts[expert] += 1 }
      }
      let weights = (0..<stage.matrices).map { _ in
        tensor([stage.experts, stage.hidden, stage.intermediate], .weight)
      }
      let out = tensor([tokens, stage.hidden])
      note(
        "experts",
        .expertFFN(
          ExpertFFN(
            hidden: stage.hidden, intermediate: stage.intermediate, matrices: stage.matrices,
            function: .silu, tokensPerExpert: stage.tokensPerExpert ?? counts)),
        [input] + weights, out, layer: layer)
    }
  }
}
