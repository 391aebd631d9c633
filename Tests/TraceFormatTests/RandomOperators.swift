import Units
import Workload

/// Valid operators of every kind with random parameters.
struct RandomOperators {
  var generator: SeededGenerator
  private var id = 0
  private var step = 0
  private var phase = Phase.prefill
  private var emitted: [Int] = []
  private var nextTensor = 0
  private var pool: [Tensor] = []

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  mutating func next() -> Operator {
    id += 1 + (chance(5) ? number(40) : 0)
    if chance(6) {
      step += 1 + number(2)
      phase = Phase.allCases[number(3)]
    }
    let kind = OperatorKind.allCases[number(OperatorKind.allCases.count)]
    var result = Operator(
      id: id, name: name(), operation: operation(kind), layer: chance(3) ? nil : number(100),
      step: step, phase: phase)
    if kind == .attention || isAttention(result.operation) || chance(2) { result.requests = runs() }
    if case .attention(var attention) = result.operation, chance(3) {
      attention.kvHeadsRead = result.requests.map { number($0.count * attention.kvHeads + 1) }
      result.operation = .attention(attention)
    }
    for _ in 0..<number(4) { result.inputs.append(tensor()) }
    for _ in 0..<number(3) { result.outputs.append(tensor()) }
    if case .attention(let attention) = result.operation {
      let places = result.requests.map { $0.slot + $0.count }.max() ?? 0
      let keys = result.requests.map { attention.keysRead(of: $0) }.max() ?? 0
      result.inputs.append(
        fresh([places + number(3), keys + number(3), attention.kvHeads, attention.headDim], .kv))
    }
    for earlier in emitted.suffix(6) {
      if chance(3) { result.dataDependences.append(earlier) }
      if chance(8) { result.controlDependences.append(earlier) }
    }
    if emitted.count > 50 && chance(4) { result.dataDependences.insert(emitted[0], at: 0) }
    emitted.append(id)
    return result
  }

  private func isAttention(_ operation: Operation) -> Bool {
    if case .softmax(.attention) = operation { return true }
    return false
  }

  mutating func number(_ bound: Int) -> Int { generator.next(below: bound) }
  mutating func chance(_ one: Int) -> Bool { number(one) == 0 }
  /// A size from one to a few thousand, small ones more often.
  mutating func size() -> Int { 1 + number(1 << (1 + number(12))) }

  private mutating func name() -> String {
    let names = [
      "", "model.layers.\(number(90)).self_attn.q_proj", "quote \" and \\ backslash",
      "tab\tnewline\nbell\u{7}", "größe 模型 🚀", "x", "lm_head", "a/b\u{7F}", "\u{1F}end",
    ]
    return names[number(names.count)]
  }

  private mutating func runs() -> [RequestRun] {
    (0..<1 + number(4)).map { _ in
      let query = number(40)
      return RequestRun(
        first: number(1_000), count: 1 + number(64), query: query, kv: query + number(2_000),
        slot: chance(3) ? number(500) : nil)
    }
  }

  private mutating func tensor() -> Tensor {
    if !pool.isEmpty && chance(2) { return pool[number(pool.count)] }
    let extents = (0..<number(5)).map { _ in number(3) == 0 ? number(2) : size() }
    let created = fresh(
      TensorShape(extents), [TensorRole.weight, .activation, .state][number(3)])
    pool.append(created)
    return created
  }

  private mutating func fresh(_ shape: TensorShape, _ role: TensorRole) -> Tensor {
    nextTensor += 1 + number(3)
    return Tensor(
      id: nextTensor, name: chance(2) ? name() : "", shape: shape,
      dtype: DataType.allCases[number(DataType.allCases.count)], role: role,
      address: number(1 << (1 + number(55))))
  }

  private mutating func pick<Value: CaseIterable>(_ type: Value.Type) -> Value
  where Value.AllCases == [Value] {
    Value.allCases[number(Value.allCases.count)]
  }

  private mutating func attention() -> Attention {
    let groups = 1 + number(8)
    if chance(4) {
      let unit = 1 + number(9)
      let isBlock = chance(2)
      return Attention(
        heads: groups * 4, kvHeads: groups, headDim: size(), selected: unit * (1 + number(9)),
        block: isBlock ? unit : nil, period: isBlock ? nil : 1 + number(9),
        activeHeads: chance(2) ? 1 + number(groups * 4) : nil)
    }
    return Attention(
      heads: groups * (1 + number(8)), kvHeads: groups, headDim: size(),
      valueDim: chance(3) ? size() : nil, causal: chance(2), window: chance(3) ? size() : nil,
      sinks: chance(3) ? number(9) : 0, selected: chance(4) ? size() : nil,
      function: pick(AttentionFunction.self), part: pick(AttentionPart.self))
  }

  private mutating func operation(_ kind: OperatorKind) -> Operation {
    switch kind {
    case .gemm:
      .gemm(MatrixProduct(m: size(), k: size(), n: size(), batch: chance(2) ? 1 : size()))
    case .gemv: .gemv(MatrixProduct(m: 1, k: size(), n: size(), batch: chance(2) ? 1 : size()))
    case .attention: .attention(attention())
    case .softmax:
      chance(2)
        ? .softmax(.plain(rows: size(), columns: size())) : .softmax(.attention(attention()))
    case .norm: .norm(Norm(rows: size(), columns: size(), function: pick(NormFunction.self)))
    case .rope: .rope(Rope(tokens: size(), heads: size(), headDim: size()))
    case .activation:
      .activation(
        Activation(
          rows: size(), columns: size(), function: pick(ActivationFunction.self), gated: chance(2)))
    case .elementwise:
      .elementwise(
        Elementwise(rows: size(), columns: size(), function: pick(ElementwiseFunction.self)))
    case .gate: .gate(Gate(tokens: size(), hidden: size(), experts: size()))
    case .topK: topK()
    case .gather: .gather(Gather(rows: size(), columns: size()))
    case .scan: .scan(Scan(rows: size(), columns: size(), state: size()))
    case .expertFFN: experts()
    case .embedding: .embedding(Embedding(tokens: size(), hidden: size(), vocabulary: size()))
    case .head: .head(Embedding(tokens: size(), hidden: size(), vocabulary: size()))
    case .collective:
      .collective(
        Collective(
          function: pick(CollectiveFunction.self), group: Array(0..<1 + number(8)), bytes: size()))
    case .memoryMove:
      .memoryMove(MemoryMove(function: .copy, sinks: chance(2) ? number(9) : 0))
    }
  }

  private mutating func topK() -> Operation {
    let columns = size()
    return .topK(TopK(rows: size(), columns: columns, k: 1 + number(columns)))
  }

  private mutating func experts() -> Operation {
    .expertFFN(
      ExpertFFN(
        hidden: size(), intermediate: size(), matrices: 2 + number(2),
        function: pick(ActivationFunction.self),
        tokensPerExpert: (0..<1 + number(16)).map { _ in number(50) }))
  }
}
