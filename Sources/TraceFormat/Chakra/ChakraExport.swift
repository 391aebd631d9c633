internal import Units
internal import Workload

/// Turns operators into the execution trace of one rank.
enum ChakraExport {
  /// An attribute of ours that lists the devices of a collective, which Chakra keeps elsewhere.
  static let groupAttribute = "orrery_group"

  /// The trace of `rank`.
  static func convert(_ trace: ImportedTrace, rank: Int) -> ChakraTrace {
    var result = ChakraTrace()
    result.attributes = [
      .string("schema", "1.0.2-chakra.1.0.0"), .string("model", trace.header.model),
    ]
    result.nodes = trace.operators.map { node($0, rank: rank) }
    return result
  }

  private static func node(_ op: Operator, rank: Int) -> ChakraNode {
    var node = ChakraNode()
    node.id = UInt64(op.id)
    node.name = op.name.isEmpty ? op.kind.rawValue : op.name
    node.dataDependences = op.dataDependences.map(UInt64.init)
    node.controlDependences = op.controlDependences.map(UInt64.init)
    if let measured = op.measured {
      node.durationMicroseconds = UInt64((measured.duration.picoseconds + 500_000) / 1_000_000)
    }
    node.attributes = [.bool("is_cpu_op", false)]
    if !op.inputs.isEmpty { node.inputs = ChakraTensors(op.inputs) }
    if !op.outputs.isEmpty { node.outputs = ChakraTensors(op.outputs) }
    switch op.operation {
    case .collective(let collective): communicate(collective, rank: rank, &node)
    case .memoryMove(let move)
    where move.function == .copy && op.inputs.isEmpty != op.outputs.isEmpty:
      node.type = op.outputs.isEmpty ? .memoryLoad : .memoryStore
      node.attributes.append(.uint64("tensor_size", op.traffic.total.count))
    default:
      node.type = .compute
      node.attributes += [
        .int64("num_ops", op.work.flops), .uint64("tensor_size", op.traffic.total.count),
      ]
    }
    return node
  }

  private static func communicate(_ collective: Collective, rank: Int, _ node: inout ChakraNode) {
    let type: ChakraCollective
    switch collective.function {
    case .send, .receive:
      node.type = collective.function == .send ? .send : .receive
      node.attributes += [
        .int64("comm_size", collective.bytes),
        .int32("comm_src", collective.group.first ?? rank),
        .int32("comm_dst", collective.group.last ?? rank),
        .int32("comm_tag", 0),
      ]
      return
    case .allReduce: type = .allReduce
    case .allGather: type = .allGather
    case .reduceScatter: type = .reduceScatter
    case .allToAll: type = .allToAll
    case .broadcast: type = .broadcast
    }
    node.type = .collective
    node.attributes += [
      .int64("comm_type", Int(type.rawValue)), .int64("comm_size", collective.bytes),
      .string("pg_name", "0"), .int64List(groupAttribute, collective.group),
    ]
  }
}
