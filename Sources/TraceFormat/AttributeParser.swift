internal import Units
internal import Workload

/// Parses the `attributes` of an operator, whose keys depend on the kind.
struct AttributeParser {
  private static let keyTable = NameTable(of: AttributeKey.self)
  // A copy of the static, whose every use would check whether it is made.
  private let keys = AttributeParser.keyTable
  private let keyValues = ContiguousArray(AttributeKey.allCases)
  private let schemas = ContiguousArray(OperatorKind.allCases.map(AttributeSchema.init(of:)))
  private static let attentionFunctions = NameTable(of: AttentionFunction.self)
  private static let attentionParts = NameTable(of: AttentionPart.self)
  private static let normFunctions = NameTable(of: NormFunction.self)
  private static let activationFunctions = NameTable(of: ActivationFunction.self)
  private static let elementwiseFunctions = NameTable(of: ElementwiseFunction.self)
  private static let collectiveFunctions = NameTable(of: CollectiveFunction.self)
  private static let moveFunctions = NameTable(of: MemoryMoveFunction.self)

  /// The values of one object, by the index of the key.
  private var present = AttributeKeys([])
  private var numbers: ContiguousArray<Int>
  private var list: [Int] = []
  private var function = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private var part = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

  init() {
    numbers = ContiguousArray(repeating: 0, count: AttributeKey.allCases.count)
  }

  /// Parses the object at the cursor into the operation of kind `kind`.
  mutating func parse(
    _ scanner: inout JSONScanner, kind: OperatorKind, kindIndex: Int
  ) throws -> Operation {
    try readValues(&scanner, kind: kind)
    var schema = schemas[kindIndex]
    if kind == .softmax && present.isDisjoint(with: schema.required) { schema = .attention }
    let missing = schema.required.subtracting(present)
    if !missing.isEmpty {
      throw LineError(
        "a \(kind.rawValue) needs '\(missing.names[0])'",
        remedy: "add it: the keys are \(schema.required.names.joined(separator: ", "))")
    }
    let unknown = present.subtracting(schema.required.union(schema.optional))
    if !unknown.isEmpty {
      let allowed = schema.required.union(schema.optional).names
      throw LineError(
        "a \(kind.rawValue) has no key '\(unknown.names[0])'",
        remedy: nameRemedy(for: unknown.names[0], among: allowed, verb: "use"))
    }
    return try operation(kind)
  }

  private mutating func readValues(_ scanner: inout JSONScanner, kind: OperatorKind) throws {
    present = AttributeKeys([])
    try scanner.expect(0x7B, "attributes")
    if scanner.accept(0x7D) { return }
    var hint = 0
    repeat {
      let index: Int
      if scanner.peek() == 0x22, let length = keys.match(hint, at: scanner.cursor + 1) {
        scanner.cursor += length + 1
        index = hint
      } else {
        guard let other = try otherKey(&scanner, kind: kind) else { continue }
        index = other
      }
      hint = index + 1
      let bit = AttributeKeys(rawValue: 1 &<< UInt32(index))
      if present.contains(bit) {
        throw LineError(
          "the key '\(keys.name(index))' stands twice", remedy: "keep one of them")
      }
      present.insert(bit)
      switch keyValues[index] {
      case .causal: numbers[index] = try scanner.boolean("causal") ? 1 : 0
      case .gated: numbers[index] = try scanner.boolean("gated") ? 1 : 0
      case .function: function = try scanner.rawString("function").bytes
      case .part: part = try scanner.rawString("part").bytes
      case .tokensPerExpert: list = try scanner.integers("tokens_per_expert")
      case .kvHeadsRead: list = try scanner.integers("kv_heads_read")
      case .group: list = try scanner.integers("group")
      default:
        do {
          numbers[index] = try scanner.integer("")
        } catch let error as LineError {
          throw LineError(error.what, field: keys.name(index), remedy: error.remedy)
        }
      }
    } while try scanner.hasMore(until: 0x7D, "")
  }

  /// Moves past a key that is not the expected one; nil past an ignored one.
  private func otherKey(_ scanner: inout JSONScanner, kind: OperatorKind) throws -> Int? {
    let (bytes, _) = try scanner.rawString("")
    try scanner.expect(0x3A, "")
    if let index = keys.index(of: bytes) { return index }
    let name = String(decoding: bytes, as: UTF8.self)
    if name.hasPrefix("x-") {
      try scanner.skipValue("x-")
      return nil
    }
    let schema = AttributeSchema(of: kind)
    let known = schema.required.union(schema.optional).names
    throw LineError(
      "a \(kind.rawValue) has no key '\(name)'",
      remedy: nameRemedy(for: name, among: known, verb: "use"))
  }

  private func number(_ key: AttributeKey) -> Int {
    numbers[AttributeParser.index(key)]
  }

  private func number(_ key: AttributeKey, default value: Int) -> Int {
    optional(key) ?? value
  }

  private func optional(_ key: AttributeKey) -> Int? {
    let index = AttributeParser.index(key)
    return present.rawValue >> UInt32(index) & 1 != 0 ? numbers[index] : nil
  }

  /// The position of a key in the list: the order of the cases.
  private static func index(_ key: AttributeKey) -> Int {
    switch key {
    case .m: 0
    case .k: 1
    case .n: 2
    case .batch: 3
    case .heads: 4
    case .kvHeads: 5
    case .headDim: 6
    case .valueDim: 7
    case .causal: 8
    case .window: 9
    case .sinks: 10
    case .selected: 11
    case .function: 12
    case .part: 13
    case .rows: 14
    case .columns: 15
    case .gated: 16
    case .tokens: 17
    case .hidden: 18
    case .experts: 19
    case .state: 20
    case .intermediate: 21
    case .matrices: 22
    case .tokensPerExpert: 23
    case .vocabulary: 24
    case .group: 25
    case .bytes: 26
    case .block: 27
    case .period: 28
    case .activeHeads: 29
    case .kvHeadsRead: 30
    }
  }

  private func choice<Value: CaseIterable & RawRepresentable<String>>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ table: NameTable, _ field: String,
    _ type: Value.Type
  ) throws -> Value {
    if let index = table.index(of: bytes), let value = Value(rawValue: table.name(index)) {
      return value
    }
    let name = String(decoding: bytes, as: UTF8.self)
    throw LineError(
      "'\(name)' is not known", field: field,
      remedy: nameRemedy(for: name, among: table.names, verb: "write"))
  }

  private func attention() throws -> Attention {
    var attention = Attention(
      heads: number(.heads), kvHeads: number(.kvHeads), headDim: number(.headDim),
      valueDim: optional(.valueDim), causal: number(.causal) != 0, window: optional(.window),
      sinks: number(.sinks, default: 0), selected: optional(.selected),
      block: optional(.block), period: optional(.period), activeHeads: optional(.activeHeads),
      kvHeadsRead: optional(.kvHeadsRead) == nil ? nil : list)
    if optional(.function) != nil {
      attention.function = try choice(
        function, AttributeParser.attentionFunctions, "function", AttentionFunction.self)
    }
    if optional(.part) != nil {
      attention.part = try choice(part, AttributeParser.attentionParts, "part", AttentionPart.self)
    }
    return attention
  }

  private func operation(_ kind: OperatorKind) throws -> Operation {
    switch kind {
    case .gemm, .gemv:
      let product = MatrixProduct(
        m: number(.m, default: 1), k: number(.k), n: number(.n), batch: number(.batch, default: 1))
      return kind == .gemm ? .gemm(product) : .gemv(product)
    case .attention: return .attention(try attention())
    case .softmax:
      if let rows = optional(.rows) {
        return .softmax(.plain(rows: rows, columns: number(.columns)))
      }
      return .softmax(.attention(try attention()))
    case .norm:
      return .norm(
        Norm(
          rows: number(.rows), columns: number(.columns),
          function: try choice(
            function, AttributeParser.normFunctions, "function", NormFunction.self)))
    case .rope:
      return .rope(
        Rope(tokens: number(.tokens), heads: number(.heads), headDim: number(.headDim)))
    case .activation:
      return .activation(
        Activation(
          rows: number(.rows), columns: number(.columns),
          function: try choice(
            function, AttributeParser.activationFunctions, "function", ActivationFunction.self),
          gated: number(.gated, default: 0) != 0))
    case .elementwise:
      return .elementwise(
        Elementwise(
          rows: number(.rows), columns: number(.columns),
          function: try choice(
            function, AttributeParser.elementwiseFunctions, "function", ElementwiseFunction.self)))
    case .gate:
      return .gate(
        Gate(tokens: number(.tokens), hidden: number(.hidden), experts: number(.experts)))
    case .topK:
      return .topK(TopK(rows: number(.rows), columns: number(.columns), k: number(.k)))
    case .gather: return .gather(Gather(rows: number(.rows), columns: number(.columns)))
    case .scan:
      return .scan(Scan(rows: number(.rows), columns: number(.columns), state: number(.state)))
    case .expertFFN:
      return .expertFFN(
        ExpertFFN(
          hidden: number(.hidden), intermediate: number(.intermediate),
          matrices: number(.matrices),
          function: try choice(
            function, AttributeParser.activationFunctions, "function", ActivationFunction.self),
          tokensPerExpert: list))
    case .embedding, .head:
      let table = Embedding(
        tokens: number(.tokens), hidden: number(.hidden), vocabulary: number(.vocabulary))
      return kind == .embedding ? .embedding(table) : .head(table)
    case .collective:
      return .collective(
        Collective(
          function: try choice(
            function, AttributeParser.collectiveFunctions, "function", CollectiveFunction.self),
          group: list, bytes: number(.bytes)))
    case .memoryMove:
      return .memoryMove(
        MemoryMove(
          function: try choice(
            function, AttributeParser.moveFunctions, "function", MemoryMoveFunction.self),
          sinks: number(.sinks, default: 0)))
    }
  }
}

extension JSONScanner {
  /// An array of non-negative integers.
  mutating func integers(_ field: StaticString) throws -> [Int] {
    try expect(0x5B, field)
    if accept(0x5D) { return [] }
    let first = try integer(field)
    if accept(0x5D) { return [first] }
    var values = [first]
    while try hasMore(until: 0x5D, field) { values.append(try integer(field)) }
    return values
  }
}
