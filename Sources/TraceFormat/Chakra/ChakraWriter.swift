extension ChakraTrace {
  /// The trace as a file: every message behind its length, fields in ascending order, fields with
  /// their default left out.
  var bytes: [UInt8] {
    var file = ProtobufWriter()
    var metadata = ProtobufWriter()
    metadata.string(1, version)
    for attribute in attributes { metadata.message(2, attribute.bytes) }
    file.delimited(metadata.bytes)
    for node in nodes { file.delimited(node.bytes) }
    return file.bytes
  }
}

extension ChakraNode {
  fileprivate var bytes: [UInt8] {
    var writer = ProtobufWriter()
    if id != 0 { writer.varint(1, id) }
    if !name.isEmpty { writer.string(2, name) }
    if type != .invalid { writer.varint(3, type.rawValue) }
    writer.packed(4, controlDependences)
    writer.packed(5, dataDependences)
    if startMicroseconds != 0 { writer.varint(6, startMicroseconds) }
    if durationMicroseconds != 0 { writer.varint(7, durationMicroseconds) }
    if let inputs { writer.message(8, inputs.bytes) }
    if let outputs { writer.message(9, outputs.bytes) }
    for attribute in attributes { writer.message(10, attribute.bytes) }
    return writer.bytes
  }
}

extension ChakraTensors {
  fileprivate var bytes: [UInt8] {
    var writer = ProtobufWriter()
    if !values.isEmpty { writer.string(1, values) }
    if !shapes.isEmpty { writer.string(2, shapes) }
    if !types.isEmpty { writer.string(3, types) }
    return writer.bytes
  }
}

extension ChakraAttribute {
  fileprivate var bytes: [UInt8] {
    var writer = ProtobufWriter()
    writer.string(1, name)
    if !documentation.isEmpty { writer.string(2, documentation) }
    guard let field else { return writer.bytes }
    switch value {
    case .varint(let bits): writer.varint(field, bits)
    case .fixed32(let bits): writer.fixed32(field, bits)
    case .fixed64(let bits): writer.fixed64(field, bits)
    case .bytes(let bytes): writer.message(field, bytes)
    }
    return writer.bytes
  }
}
