internal import Units
internal import Workload

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Parses tensors, and remembers the text of recent ones: a weight or an activation is named again
/// and again with the same text, and comparing is several times faster than parsing.
struct TensorParser: ~Copyable {
  private static let places = 1 << 13
  /// The longest text that is remembered; not above `LineReader.padding`.
  private static let longestText = 192

  private static let keyTable = NameTable(["id", "name", "shape", "dtype", "role", "address"])
  private static let dataTypeTable = NameTable(of: DataType.self)
  private static let roleTable = NameTable(of: TensorRole.self)
  // Copies of the statics, whose every use would check whether they are made.
  private let keys = TensorParser.keyTable
  private let dataTypes = TensorParser.dataTypeTable
  private let roles = TensorParser.roleTable
  private let dataTypeValues = ContiguousArray(DataType.allCases)
  private let roleValues = ContiguousArray(TensorRole.allCases)
  private let texts: UnsafeMutablePointer<UInt8>
  private let lengths: UnsafeMutablePointer<Int>
  private let tensors: UnsafeMutablePointer<Tensor>

  init() {
    let places = TensorParser.places
    texts = .allocate(capacity: places * TensorParser.longestText)
    lengths = .allocate(capacity: places)
    lengths.initialize(repeating: 0, count: places)
    tensors = .allocate(capacity: places)
    tensors.initialize(
      repeating: Tensor(id: -1, shape: [], dtype: .u8, role: .state, address: 0), count: places)
  }

  deinit {
    texts.deallocate()
    lengths.deallocate()
    tensors.deinitialize(count: TensorParser.places)
    tensors.deallocate()
  }

  /// Parses the tensor at the cursor, which stands on its `{`, and appends it.
  mutating func parse(
    _ scanner: inout JSONScanner, strings: inout StringTable,
    into list: inout [Tensor]
  ) throws {
    let start = scanner.cursor
    if let id = TensorParser.leadingID(start) {
      let place = id & (TensorParser.places - 1)
      let length = lengths[place]
      if length > 0 && tensors[place].id == id
        && memcmp(texts + place * TensorParser.longestText, start, length) == 0
      {
        scanner.cursor += length
        list.append(tensors[place])
        return
      }
    }
    let tensor = try parseObject(&scanner, strings: &strings)
    try remember(tensor, text: start, length: scanner.cursor - start)
    list.append(tensor)
  }

  /// The id of a text that starts as the writer writes it, `{"id":123,`; else nil.
  @inline(__always)
  private static func leadingID(_ start: UnsafePointer<UInt8>) -> Int? {
    let word = UnsafeRawPointer(start).loadUnaligned(as: UInt64.self).littleEndian
    // The bytes {"id": as a little-endian word.
    if word & 0xFFFF_FFFF_FFFF != 0x3A22_6469_227B { return nil }
    var id = 0
    var cursor = start + 6
    while cursor.pointee &- 0x30 < 10 {
      id = id &* 10 &+ Int(cursor.pointee &- 0x30)
      cursor += 1
    }
    return id
  }

  private func remember(_ tensor: Tensor, text: UnsafePointer<UInt8>, length: Int) throws {
    let place = tensor.id & (TensorParser.places - 1)
    if lengths[place] > 0 && tensors[place].id == tensor.id && tensors[place] != tensor {
      throw LineError(
        "tensor \(tensor.id) has another name, shape, dtype, role or address than before",
        remedy: "give each tensor its own id")
    }
    if length > TensorParser.longestText { return }
    memcpy(texts + place * TensorParser.longestText, text, length)
    lengths[place] = length
    tensors[place] = tensor
  }

  private func parseObject(
    _ scanner: inout JSONScanner, strings: inout StringTable
  ) throws -> Tensor {
    try scanner.expect(0x7B, "")
    var tensor = Tensor(id: 0, shape: [], dtype: .u8, role: .state, address: 0)
    var present = 0
    var hint = 0
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
        case 0: tensor.id = try scanner.integer("id")
        case 1: tensor.name = try scanner.string("name", strings: &strings)
        case 2: tensor.shape = try shape(&scanner)
        case 3: tensor.dtype = try dataTypeValues[scanner.choice("dtype", dataTypes)]
        case 4: tensor.role = try roleValues[scanner.choice("role", roles)]
        default: tensor.address = try scanner.integer("address", limit: Int.max)
        }
      } while try scanner.hasMore(until: 0x7D, "")
    }
    // Everything but the name is required.
    let missing = ~present & 0b11_1101
    if missing != 0 {
      throw LineError(
        "a tensor needs '\(keys.name(missing.trailingZeroBitCount))'",
        remedy: "add it: a tensor has id, shape, dtype, role and address")
    }
    return tensor
  }

  private func shape(_ scanner: inout JSONScanner) throws -> TensorShape {
    try scanner.expect(0x5B, "shape")
    var extents = (0, 0, 0, 0)
    var rank = 0
    if !scanner.accept(0x5D) {
      repeat {
        let extent = try scanner.integer("shape")
        switch rank {
        case 0: extents.0 = extent
        case 1: extents.1 = extent
        case 2: extents.2 = extent
        case 3: extents.3 = extent
        default:
          throw LineError(
            "a tensor has at most \(TensorShape.maximumRank) dimensions", field: "shape",
            remedy: "merge dimensions")
        }
        rank += 1
      } while try scanner.hasMore(until: 0x5D, "shape")
    }
    switch rank {
    case 0: return []
    case 1: return TensorShape(CollectionOfOne(extents.0))
    case 2: return [extents.0, extents.1]
    case 3: return [extents.0, extents.1, extents.2]
    default: return [extents.0, extents.1, extents.2, extents.3]
    }
  }
}
