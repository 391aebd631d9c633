internal import Units
internal import Workload

/// Turns the execution trace of one rank into operators.
struct ChakraImport {
  /// How many ranks take part; a process group without a list of its own holds them all.
  var ranks: Int
  /// The rank whose trace it is.
  var rank: Int
  /// The element type where the trace names none.
  var dtype: DataType?
  private var tensors = ImportedTensors()
  private var type = DataType.f16
  private var groupsOfOne = 0

  init(ranks: Int, rank: Int, dtype: DataType?) {
    self.ranks = ranks
    self.rank = rank
    self.dtype = dtype
  }

  /// The operators of a trace, in an order that respects its dependences.
  mutating func convert(_ trace: ChakraTrace, name: String) throws(ImportError) -> ImportedTrace {
    let named = trace.nodes.lazy.compactMap { $0.inputs?.firstType ?? $0.outputs?.firstType }.first
    type = dtype ?? named ?? .f16
    var order = try ChakraOrder(trace.nodes)
    let ids = order.identifiers(trace.nodes)
    var operators: [Operator] = []
    var layers = 0
    for index in order.sorted {
      let node = trace.nodes[index]
      var op: Operator
      do {
        op = try convert(node)
      } catch {
        throw ImportError("node \(node.id) ('\(node.name)'): \(error.what)", remedy: error.remedy)
      }
      op.id = ids[index] ?? operators.count
      op.dataDependences = order.data[index].compactMap { ids[$0] }.sorted()
      let data = Set(op.dataDependences)
      op.controlDependences =
        order.control[index].compactMap { ids[$0] }.filter { !data.contains($0) }.sorted()
      op.layer = Operation.layer(of: node.name)
      layers = max(layers, (op.layer ?? -1) + 1)
      operators.append(op)
    }
    let header = TraceHeader(
      model: name, layers: layers, dtype: type.rawValue, generator: "Chakra \(trace.version)")
    var result = ImportedTrace(header: header, operators: operators)
    if groupsOfOne > 0 {
      result.notes.append(
        "operators that communicate within a group of one device, which takes no time: "
          + "\(groupsOfOne); give --ranks N")
    }
    return result
  }

  private mutating func convert(_ node: ChakraNode) throws(ImportError) -> Operator {
    var op = Operator(
      id: 0, name: node.name, operation: .memoryMove(MemoryMove(function: .copy)))
    if node.durationMicroseconds > 0 {
      guard node.durationMicroseconds < 1 << 33 else {
        throw ImportError("a duration of \(node.durationMicroseconds) us is out of range")
      }
      op.measured = MeasuredDuration(
        Duration(picoseconds: Int(node.durationMicroseconds) * 1_000_000), source: .chakra)
    }
    let bytes = try size(node, "tensor_size")
    switch node.type {
    case .memoryLoad: op.inputs = try tensors.bytes(bytes ?? 0, type)
    case .memoryStore: op.outputs = try tensors.bytes(bytes ?? 0, type)
    case .compute: try compute(node, bytes: bytes, into: &op)
    case .send, .receive:
      let source = try size(node, "comm_src") ?? rank
      let target = try size(node, "comm_dst") ?? rank
      op.operation = .collective(
        Collective(
          function: node.type == .send ? .send : .receive,
          group: source == target ? [source] : [source, target],
          bytes: try size(node, "comm_size") ?? bytes ?? 0))
      note(source == target ? 1 : 2)
    default: op.operation = .collective(try collective(node, bytes: bytes))
    }
    return op
  }

  /// The product that shapes describe when it has the operations and bytes of the node, else an
  /// equivalent of them.
  private mutating func compute(
    _ node: ChakraNode, bytes: Int?, into op: inout Operator
  ) throws(ImportError) {
    let flops = try size(node, "num_ops")
    if let inputs = node.inputs?.tensors, let outputs = node.outputs?.tensors, inputs.count >= 2,
      outputs.count == 1,
      let product = MatrixProduct(
        inputs[0].shape, inputs[1].shape, output: outputs[0].shape)
    {
      var all = 0
      for tensor in inputs + outputs {
        all += try ImportError.product(of: tensor.shape + [tensor.dtype.bits / 8])
      }
      let work = try ImportError.product(of: [2, product.m, product.k, product.n, product.batch])
      if flops ?? work == work && bytes ?? all == all {
        op.operation = .gemm(product)
        for tensor in inputs { op.inputs.append(try tensors.make(tensor.shape, tensor.dtype)) }
        op.outputs = [try tensors.make(outputs[0].shape, outputs[0].dtype)]
        return
      }
    }
    if let flops, flops > 0 { op.operation = .equivalent(flops: flops, name: node.name) }
    op.inputs = try tensors.bytes(bytes ?? 0, type)
  }

  private mutating func collective(
    _ node: ChakraNode, bytes: Int?
  ) throws(ImportError) -> Collective {
    guard let value = try size(node, "comm_type") else {
      throw ImportError("a collective without comm_type")
    }
    let function: CollectiveFunction
    switch ChakraCollective(rawValue: UInt64(value)) {
    case .allReduce, .barrier: function = .allReduce
    case .allGather: function = .allGather
    case .allToAll: function = .allToAll
    case .reduceScatter, .reduceScatterBlock: function = .reduceScatter
    // One device and all others, in one direction or the other.
    case .broadcast, .reduce, .scatter, .gather: function = .broadcast
    case nil: throw ImportError("comm_type \(value) is not in schema 1.0.0")
    }
    let isBarrier = ChakraCollective(rawValue: UInt64(value)) == .barrier
    let group =
      node.attribute(ChakraExport.groupAttribute)?.integers
      ?? node.attribute("pg_name")?.string.flatMap(Self.group) ?? Array(0..<ranks)
    guard !group.isEmpty, Set(group).count == group.count, group.allSatisfy({ $0 >= 0 }) else {
      throw ImportError("the devices of its group are not distinct: \(group)")
    }
    note(group.count)
    return Collective(
      function: function, group: group,
      bytes: isBarrier ? 0 : try size(node, "comm_size") ?? bytes ?? 0)
  }

  private mutating func note(_ devices: Int) { if devices == 1 { groupsOfOne += 1 } }

  /// The devices of a group whose name lists them, such as `[0, 1]` or `0,1`.
  private static func group(_ name: String) -> [Int]? {
    let inner = name.hasPrefix("[") && name.hasSuffix("]") ? name.dropFirst().dropLast() : name[...]
    let parts = inner.split(separator: ",")
    guard parts.count > 1 else { return nil }
    let devices = parts.map { Int($0.filter { $0 != " " }) }
    return devices.contains(nil) ? nil : devices.compactMap { $0 }
  }

  private func size(_ node: ChakraNode, _ name: String) throws(ImportError) -> Int? {
    guard let attribute = node.attribute(name), attribute.field != nil else { return nil }
    guard let value = attribute.integer, value >= 0, value < 1 << 53 else {
      throw ImportError("\(name) is no integer from 0 to 2^53 − 1")
    }
    return value
  }
}

extension MatrixProduct {
  /// The product of [..., m, k] and [..., k, n] (or [..., n, k]) that gives [..., m, n], or nil.
  init?(_ left: [Int], _ right: [Int], output: [Int]) {
    guard left.count >= 2, right.count == left.count || right.count == 2,
      output.count == left.count, let m = left.dropLast().last, let k = left.last,
      let n = output.last, output.dropLast().last == m
    else { return nil }
    let batch = left.dropLast(2)
    guard output.dropLast(2) == batch, right.count == 2 || right.dropLast(2) == batch,
      [k, n] == Array(right.suffix(2)) || [n, k] == Array(right.suffix(2)),
      ([m, k, n] + left).allSatisfy({ $0 >= 0 && $0 < 1 << 40 })
    else { return nil }
    var count = 1
    for extent in batch {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product < 1 << 53 else { return nil }
      count = product
    }
    // A matrix on the right that all batches share makes one product of more rows.
    if right.count == 2 && left.count > 2 {
      let (rows, overflow) = count.multipliedReportingOverflow(by: m)
      guard !overflow else { return nil }
      self.init(m: rows, k: k, n: n)
    } else {
      self.init(m: m, k: k, n: n, batch: count)
    }
  }
}
