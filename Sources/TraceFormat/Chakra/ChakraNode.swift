/// Types of nodes in Chakra's execution traces; raw values are those of schema 1.0.0.
enum ChakraNodeType: UInt64 {
  case invalid = 0
  case metadata, memoryLoad, memoryStore, compute, send, receive, collective
}

/// Patterns of communication in Chakra; raw values are those of schema 1.0.0.
enum ChakraCollective: UInt64 {
  case allReduce = 0
  case reduce, allGather, gather, scatter, broadcast, allToAll, reduceScatter, reduceScatterBlock
  case barrier
}

/// An attribute with its value as it lies in the file, so that its type survives a rewrite.
struct ChakraAttribute: Hashable, Sendable {
  /// Field numbers of the value types that are written here (even neighbours are their lists).
  enum Field {
    static let int32 = 7
    static let int64 = 9
    static let int64List = 10
    static let uint64 = 13
    static let bool = 27
    static let string = 29
    static let last = 32
  }

  var name: String
  var documentation = ""
  /// The field of the value; nil when the attribute has none.
  var field: Int?
  var value = ProtobufReader.Payload.varint(0)

  /// The value as an integer, of whichever integer type; nil when it is none or out of range.
  var integer: Int? {
    guard let field else { return nil }
    switch (field, value) {
    case (7, .varint(let bits)): return Int(Int32(truncatingIfNeeded: bits))
    case (9, .varint(let bits)): return Int(Int64(bitPattern: bits))
    case (11, .varint(let bits)), (13, .varint(let bits)), (27, .varint(let bits)):
      return Int(exactly: bits)
    case (15, .varint(let bits)), (17, .varint(let bits)):
      return Int(Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1))
    case (19, .fixed32(let bits)): return Int(bits)
    case (21, .fixed64(let bits)): return Int(exactly: bits)
    case (23, .fixed32(let bits)): return Int(Int32(bitPattern: bits))
    case (25, .fixed64(let bits)): return Int(Int64(bitPattern: bits))
    default: return nil
    }
  }

  var string: String? { field == Field.string ? value.text : nil }

  /// The numbers of a list of integers or truth values, or nil when it is no such list.
  var integers: [Int]? {
    guard let field, [8, 10, 12, 14, 28].contains(field), case .bytes(let bytes) = value else {
      return nil
    }
    var reader = ProtobufReader(bytes[...])
    var list: [Int] = []
    do throws(ProtobufError) {
      while let (inner, payload) = try reader.next() {
        guard inner == 1 else { return nil }
        for number in try payload.numbers() {
          guard let value = Int(exactly: Int64(bitPattern: number)) else { return nil }
          list.append(value)
        }
      }
    } catch { return nil }
    return list
  }

  static func int64(_ name: String, _ value: Int) -> ChakraAttribute {
    ChakraAttribute(
      name: name, field: Field.int64, value: .varint(UInt64(bitPattern: Int64(value))))
  }

  static func int32(_ name: String, _ value: Int) -> ChakraAttribute {
    ChakraAttribute(
      name: name, field: Field.int32, value: .varint(UInt64(bitPattern: Int64(value))))
  }

  static func uint64(_ name: String, _ value: Int) -> ChakraAttribute {
    ChakraAttribute(name: name, field: Field.uint64, value: .varint(UInt64(value)))
  }

  static func bool(_ name: String, _ value: Bool) -> ChakraAttribute {
    ChakraAttribute(name: name, field: Field.bool, value: .varint(value ? 1 : 0))
  }

  static func string(_ name: String, _ value: String) -> ChakraAttribute {
    ChakraAttribute(name: name, field: Field.string, value: .bytes(Array(value.utf8)))
  }

  static func int64List(_ name: String, _ values: [Int]) -> ChakraAttribute {
    var list = ProtobufWriter()
    list.packed(1, values.map { UInt64(bitPattern: Int64($0)) })
    return ChakraAttribute(name: name, field: Field.int64List, value: .bytes(list.bytes))
  }
}

/// Inputs or outputs of a node: texts that hold lists.
struct ChakraTensors: Hashable, Sendable {
  var values = ""
  var shapes = ""
  var types = ""
}

/// One node of a Chakra execution trace, schema 1.0.0.
struct ChakraNode: Hashable, Sendable {
  var id: UInt64 = 0
  var name = ""
  var type: ChakraNodeType = .invalid
  var controlDependences: [UInt64] = []
  var dataDependences: [UInt64] = []
  var startMicroseconds: UInt64 = 0
  var durationMicroseconds: UInt64 = 0
  var inputs: ChakraTensors?
  var outputs: ChakraTensors?
  var attributes: [ChakraAttribute] = []

  func attribute(_ name: String) -> ChakraAttribute? { attributes.first { $0.name == name } }
}

/// The execution trace of one rank.
struct ChakraTrace: Hashable, Sendable {
  /// The version that this build reads and writes.
  static let version = "1.0.0"

  var version = ChakraTrace.version
  var attributes: [ChakraAttribute] = []
  var nodes: [ChakraNode] = []
}
