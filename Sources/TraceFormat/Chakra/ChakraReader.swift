/// Reads a Chakra execution trace: messages behind their lengths, the metadata first.
struct ChakraReader {
  private let file: String
  private let bytes: [UInt8]

  /// - Parameter bytes: the file, decompressed.
  init(bytes: [UInt8], name: String) {
    self.bytes = bytes
    file = name
  }

  /// The whole trace.
  ///
  /// - Throws: `TraceError` for a file that is cut short or corrupt, or another version.
  func read() throws(TraceError) -> ChakraTrace {
    var reader = ProtobufReader(bytes[...])
    var trace = ChakraTrace()
    var message = 0
    do throws(ProtobufError) {
      while !reader.isAtEnd {
        let content = try reader.delimited()
        if content.isEmpty {
          throw ProtobufError(offset: reader.position, what: "message \(message) is empty")
        }
        if message == 0 {
          trace = try metadata(content)
        } else {
          trace.nodes.append(try node(content))
        }
        message += 1
      }
    } catch {
      throw TraceError(
        file: file, what: "byte \(error.offset): \(error.what)",
        remedy: "the file is cut short, corrupt, or no Chakra execution trace")
    }
    guard message > 0 else {
      throw TraceError(file: file, what: "is empty", remedy: "name a Chakra execution trace (.et)")
    }
    guard trace.version == ChakraTrace.version else {
      throw TraceError(
        file: file,
        what:
          "Chakra schema '\(trace.version)' is not \(ChakraTrace.version), which this build reads",
        remedy: "convert the trace again with a Chakra of that version")
    }
    return trace
  }

  private func metadata(_ content: ArraySlice<UInt8>) throws(ProtobufError) -> ChakraTrace {
    var reader = ProtobufReader(content)
    var trace = ChakraTrace(version: "")
    while let (field, payload) = try reader.next() {
      switch field {
      case 1: trace.version = try text(payload, reader, "version")
      case 2: trace.attributes.append(try attribute(payload, reader))
      default: throw unknown(field, "GlobalMetadata", reader)
      }
    }
    return trace
  }

  private func node(_ content: ArraySlice<UInt8>) throws(ProtobufError) -> ChakraNode {
    var reader = ProtobufReader(content)
    var node = ChakraNode()
    while let (field, payload) = try reader.next() {
      switch field {
      case 1: node.id = try number(payload, reader, "id")
      case 2: node.name = try text(payload, reader, "name")
      case 3:
        let value = try number(payload, reader, "type")
        guard let type = ChakraNodeType(rawValue: value) else {
          throw ProtobufError(
            offset: reader.position, what: "node type \(value) is not in schema 1.0.0")
        }
        node.type = type
      case 4: node.controlDependences += try payload.numbers()
      case 5: node.dataDependences += try payload.numbers()
      case 6: node.startMicroseconds = try number(payload, reader, "start_time_micros")
      case 7: node.durationMicroseconds = try number(payload, reader, "duration_micros")
      case 8: node.inputs = try tensors(payload, reader)
      case 9: node.outputs = try tensors(payload, reader)
      case 10: node.attributes.append(try attribute(payload, reader))
      default: throw unknown(field, "Node", reader)
      }
    }
    return node
  }

  private func tensors(
    _ payload: ProtobufReader.Payload, _ outer: ProtobufReader
  ) throws(ProtobufError) -> ChakraTensors {
    var reader = ProtobufReader(try bytes(payload, outer, "IOInfo")[...])
    var tensors = ChakraTensors()
    while let (field, payload) = try reader.next() {
      switch field {
      case 1: tensors.values = try text(payload, outer, "values")
      case 2: tensors.shapes = try text(payload, outer, "shapes")
      case 3: tensors.types = try text(payload, outer, "types")
      default: throw unknown(field, "IOInfo", outer)
      }
    }
    return tensors
  }

  private func attribute(
    _ payload: ProtobufReader.Payload, _ outer: ProtobufReader
  ) throws(ProtobufError) -> ChakraAttribute {
    var reader = ProtobufReader(try bytes(payload, outer, "AttributeProto")[...])
    var attribute = ChakraAttribute(name: "")
    while let (field, payload) = try reader.next() {
      switch field {
      case 1: attribute.name = try text(payload, outer, "name")
      case 2: attribute.documentation = try text(payload, outer, "doc")
      case 3...ChakraAttribute.Field.last:
        attribute.field = field
        attribute.value = payload
      default: throw unknown(field, "AttributeProto", outer)
      }
    }
    return attribute
  }

  private func text(
    _ payload: ProtobufReader.Payload, _ reader: ProtobufReader, _ field: String
  ) throws(ProtobufError) -> String {
    guard let text = payload.text else {
      throw ProtobufError(offset: reader.position, what: "\(field) is no text in UTF-8")
    }
    return text
  }

  private func number(
    _ payload: ProtobufReader.Payload, _ reader: ProtobufReader, _ field: String
  ) throws(ProtobufError) -> UInt64 {
    guard let number = payload.number else {
      throw ProtobufError(offset: reader.position, what: "\(field) is no integer")
    }
    return number
  }

  private func bytes(
    _ payload: ProtobufReader.Payload, _ reader: ProtobufReader, _ field: String
  ) throws(ProtobufError) -> [UInt8] {
    guard case .bytes(let bytes) = payload else {
      throw ProtobufError(offset: reader.position, what: "\(field) is no message")
    }
    return bytes
  }

  private func unknown(_ field: Int, _ message: String, _ reader: ProtobufReader) -> ProtobufError {
    ProtobufError(
      offset: reader.position, what: "\(message) has no field \(field) in schema 1.0.0")
  }
}
