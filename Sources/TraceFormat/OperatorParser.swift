internal import Units
internal import Workload

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Parses one operator line.
struct OperatorParser: ~Copyable {
  private static let keyTable = NameTable([
    "id", "kind", "name", "layer", "step", "phase", "requests", "attributes", "inputs", "outputs",
    "data_dependences", "control_dependences", "measured",
  ])
  /// id, kind, name, step, phase and attributes.
  private static let required = 0b1011_0111

  private static let measuredKeys = NameTable(["ps", "source"])
  private static let sourceTable = NameTable(of: MeasurementSource.self)
  private static let kindTable = NameTable(of: OperatorKind.self)
  private static let phaseTable = NameTable(of: Phase.self)
  // Copies of the statics, whose every use would check whether they are made.
  private let keys = OperatorParser.keyTable
  private let kinds = OperatorParser.kindTable
  private let phases = OperatorParser.phaseTable
  private let kindValues = ContiguousArray(OperatorKind.allCases)
  private let phaseValues = ContiguousArray(Phase.allCases)
  private var strings = StringTable()
  private var tensors = TensorParser()
  private var attributes = AttributeParser()

  /// The last request list and its text, which following operators share.
  private var requests: [RequestRun] = []
  private var requestText = ContiguousArray<UInt8>()

  /// Parses a line, which must be followed as `LineReader.next` says.
  mutating func parse(_ line: UnsafeBufferPointer<UInt8>) throws -> Operator {
    guard let start = line.baseAddress else {
      throw LineError("the line is empty", remedy: "remove it")
    }
    let end = start + line.count
    var scanner = JSONScanner(start)
    if scanner.peek() == 0x0A && scanner.cursor == end {
      throw LineError("the line is empty", remedy: "remove it")
    }
    try scanner.expect(0x7B, "")
    var (id, step, phase) = (0, 0, Phase.prefill)
    var layer: Int?
    var name = ""
    var operation = Operation.memoryMove(MemoryMove(function: .copy))
    var runs: [RequestRun] = []
    var inputs: [Tensor] = []
    var outputs: [Tensor] = []
    var dataDependences: [Int] = []
    var controlDependences: [Int] = []
    var measured: MeasuredDuration?
    var present = 0
    var hint = 0
    var kind = -1
    var attributesAt: JSONScanner?
    if !scanner.accept(0x7D) {
      repeat {
        guard let index = try scanner.key(keys, hint: hint) else { continue }
        if present & 1 << index != 0 {
          throw LineError(
            "the key '\(keys.name(index))' stands twice", remedy: "keep one")
        }
        present |= 1 << index
        hint = index + 1
        switch index {
        case 0: id = try scanner.integer("id")
        case 1: kind = try scanner.choice("kind", kinds)
        case 2: name = try scanner.string("name", strings: &strings)
        case 3: layer = try scanner.integer("layer")
        case 4: step = try scanner.integer("step")
        case 5: phase = try phaseValues[scanner.choice("phase", phases)]
        case 6: runs = try parseRequests(&scanner, end: end)
        case 7:
          if kind < 0 {
            // The kind says what the attributes mean: come back when it is known.
            attributesAt = scanner
            try scanner.skipValue("attributes")
          } else {
            operation = try parseAttributes(&scanner, kind: kind)
          }
        case 8: inputs = try parseTensors(&scanner, "inputs")
        case 9: outputs = try parseTensors(&scanner, "outputs")
        case 10: dataDependences = try scanner.integers("data_dependences")
        case 11: controlDependences = try scanner.integers("control_dependences")
        default: measured = try parseMeasured(&scanner)
        }
      } while try scanner.hasMore(until: 0x7D, "")
    }
    let missing = OperatorParser.required & ~present
    if missing != 0 {
      throw LineError(
        "an operator needs '\(keys.name(missing.trailingZeroBitCount))'",
        remedy: "add it: id, kind, name, step, phase and attributes are required")
    }
    if var deferred = attributesAt { operation = try parseAttributes(&deferred, kind: kind) }
    if scanner.peek() != 0x0A || scanner.cursor != end {
      throw scanner.unexpected(wanted: "the end of the line", "")
    }
    return Operator(
      id: id, name: name, operation: operation, layer: layer, step: step, phase: phase,
      requests: runs, inputs: inputs, outputs: outputs, dataDependences: dataDependences,
      controlDependences: controlDependences, measured: measured)
  }

  private func parseMeasured(_ scanner: inout JSONScanner) throws -> MeasuredDuration {
    try scanner.expect(0x7B, "measured")
    var (picoseconds, source) = (Int?.none, MeasurementSource?.none)
    if !scanner.accept(0x7D) {
      repeat {
        guard let index = try scanner.key(Self.measuredKeys, hint: 0) else { continue }
        if index == 0 {
          picoseconds = try scanner.integer("measured.ps")
        } else {
          source =
            MeasurementSource.allCases[
              try scanner.choice("measured.source", Self.sourceTable)]
        }
      } while try scanner.hasMore(until: 0x7D, "measured")
    }
    guard let picoseconds, let source else {
      throw LineError(
        "a measured duration needs 'ps' and 'source'", field: "measured", remedy: "add both")
    }
    return MeasuredDuration(Duration(picoseconds: picoseconds), source: source)
  }

  private mutating func parseAttributes(
    _ scanner: inout JSONScanner, kind: Int
  ) throws -> Operation {
    do {
      return try attributes.parse(
        &scanner, kind: kindValues[kind], kindIndex: kind)
    } catch let error as LineError {
      throw error.inside("attributes")
    }
  }

  private mutating func parseTensors(
    _ scanner: inout JSONScanner, _ field: StaticString
  ) throws -> [Tensor] {
    try scanner.expect(0x5B, field)
    if scanner.accept(0x5D) { return [] }
    var list: [Tensor] = []
    // Most operators have no more.
    list.reserveCapacity(3)
    repeat {
      _ = scanner.peek()
      do {
        try tensors.parse(&scanner, strings: &strings, into: &list)
      } catch let error as LineError {
        throw error.inside("\(field)[\(list.count)]")
      }
    } while try scanner.hasMore(until: 0x5D, field)
    return list
  }

  private mutating func parseRequests(
    _ scanner: inout JSONScanner, end: UnsafePointer<UInt8>
  ) throws -> [RequestRun] {
    _ = scanner.peek()
    let start = scanner.cursor
    let known = requestText.count
    if known > 0 && known <= end - start
      && requestText.withUnsafeBufferPointer({ memcmp($0.baseAddress ?? start, start, known) }) == 0
    {
      scanner.cursor += known
      return requests
    }
    var runs: [RequestRun] = []
    try scanner.expect(0x5B, "requests")
    if !scanner.accept(0x5D) {
      repeat {
        do {
          runs.append(try parseRun(&scanner))
        } catch let error as LineError {
          throw error.inside("requests[\(runs.count)]")
        }
      } while try scanner.hasMore(until: 0x5D, "requests")
    }
    requests = runs
    requestText.removeAll(keepingCapacity: true)
    requestText.append(
      contentsOf: UnsafeBufferPointer(start: start, count: scanner.cursor - start))
    return runs
  }

  /// A run `[first, count, query, kv]` or `[first, count, query, kv, slot]`.
  private func parseRun(_ scanner: inout JSONScanner) throws -> RequestRun {
    try scanner.expect(0x5B, "")
    let first = try scanner.integer("first")
    try scanner.expect(0x2C, "")
    let count = try scanner.integer("count")
    try scanner.expect(0x2C, "")
    let query = try scanner.integer("query")
    try scanner.expect(0x2C, "")
    let kv = try scanner.integer("kv")
    let slot = try scanner.hasMore(until: 0x5D, "") ? try scanner.integer("slot") : nil
    if slot != nil { try scanner.expect(0x5D, "") }
    return RequestRun(first: first, count: count, query: query, kv: kv, slot: slot)
  }
}
