internal import Units
internal import Workload

/// Reads a PyTorch execution trace (`ExecutionTraceObserver`, schemas 1.0.x and 1.1.x).
///
/// The outermost operations that stand for work are kept, in the order in which they started; data
/// dependences follow the storages.
enum ExecutionTraceImport {
  private struct Node {
    var id: Int
    var parent: Int
    var name: String
    var json: JSONValue
  }

  static func convert(_ document: JSONValue, name: String) throws(ImportError) -> ImportedTrace {
    let schema = document["schema"]?.stringValue ?? ""
    guard schema.hasPrefix("1.0.") || schema.hasPrefix("1.1.") else {
      throw ImportError("schema '\(schema)' is neither 1.0.x nor 1.1.x, which this build reads")
    }
    guard let list = document["nodes"]?.arrayValue else { throw ImportError("'nodes' is no list") }
    var nodes: [Node] = []
    for (index, json) in list.enumerated() {
      guard let id = json["id"]?.intValue, let name = json["name"]?.stringValue else {
        throw ImportError("nodes[\(index)] has no id or no name")
      }
      nodes.append(
        Node(
          id: id, parent: (json["ctrl_deps"] ?? json["parent"])?.intValue ?? 0, name: name,
          json: json))
    }
    nodes.sort { $0.id < $1.id }
    var parents: [Int: (parent: Int, name: String)] = [:]
    for node in nodes { parents[node.id] = (node.parent, node.name) }
    var builder = TorchTraceBuilder()
    for node in nodes where node.name.contains("::") {
      var (range, isInside, place) = (String?.none, false, node.parent)
      var steps = 0
      while let above = parents[place], above.parent != place, steps < nodes.count {
        if TorchCall.known(above.name) != nil { isInside = true }
        if !above.name.contains("::") && !above.name.hasPrefix("[") { range = above.name }
        place = above.parent
        steps += 1
      }
      if isInside { continue }
      guard TorchCall.known(node.name) != nil else { continue }
      builder.enter(range: range)
      do {
        _ = try builder.add(try call(node), measured: nil)
      } catch { throw ImportError("node \(node.id): \(error.what)", remedy: error.remedy) }
    }
    guard !builder.operators.isEmpty else { throw ImportError("it holds no operation") }
    return builder.finish(model: name, generator: "PyTorch execution trace \(schema)")
  }

  private static func call(_ node: Node) throws(ImportError) -> TorchCall {
    // Schemas before 1.1 have inputs and input_shapes side by side.
    let inputs = try arguments(
      node.json["inputs"], shapes: node.json["input_shapes"], types: node.json["input_types"])
    let outputs = try arguments(
      node.json["outputs"], shapes: node.json["output_shapes"], types: node.json["output_types"])
    var call = TorchCall(name: node.name, inputs: inputs, outputs: outputs)
    if node.name.contains("scaled_dot_product") {
      let values = node.json["inputs"]?["values"] ?? node.json["inputs"]
      call.isCausal = values?.arrayValue?.dropFirst(4).contains(.bool(true)) ?? false
    }
    return call
  }

  private static func arguments(
    _ io: JSONValue?, shapes: JSONValue?, types: JSONValue?
  ) throws(ImportError) -> [TorchCall.Argument] {
    let values = (io?["values"] ?? io)?.arrayValue ?? []
    let shapes = (io?["shapes"] ?? shapes)?.arrayValue ?? []
    let types = (io?["types"] ?? types)?.arrayValue ?? []
    guard values.count == shapes.count, values.count == types.count else {
      throw ImportError("\(values.count) values, \(shapes.count) shapes and \(types.count) types")
    }
    var result: [TorchCall.Argument] = []
    for ((value, shape), type) in zip(zip(values, shapes), types) {
      guard let type = type.stringValue else { continue }
      if type.hasPrefix("GenericList[Tensor"), let inner = value.arrayValue,
        let extents = shape.arrayValue, inner.count == extents.count
      {
        let names = type.dropFirst(12).dropLast().split(separator: ",").map(String.init)
        for (index, (value, shape)) in zip(inner, extents).enumerated() where index < names.count {
          if let argument = argument(value, shape, names[index]) { result.append(argument) }
        }
      } else if let argument = argument(value, shape, type) {
        result.append(argument)
      }
    }
    return result
  }

  private static func argument(
    _ value: JSONValue, _ shape: JSONValue, _ type: String
  ) -> TorchCall.Argument? {
    guard type.hasPrefix("Tensor("), let dtype = TorchType.parse(type),
      let parts = value.arrayValue, parts.count >= 3, let storage = parts[1].intValue,
      let offset = parts[2].intValue, let extents = shape.arrayValue?.map(\.intValue),
      !extents.contains(nil), extents.allSatisfy({ $0 ?? 0 >= 0 })
    else { return nil }
    return TorchCall.Argument(
      shape: extents.compactMap { $0 }, dtype: dtype, storage: storage, offset: offset)
  }
}
