internal import DRAM
internal import Devices

/// Where the operands of one operator lie in a device's memory.
struct OperandPlaces {
  /// Rows of tokens: an address, the distance of rows, and bytes before the operand within a row.
  struct Matrix: Hashable {
    var base: Int
    var rowBytes: Int
    var column = 0
    /// The row of the first token of the group that runs.
    var firstRow = 0
  }

  /// A table whose rows are picked by token.
  struct Table {
    var base: Int
    var rowBytes: Int
    /// The row that each token picks.
    var picked: [Int]
  }

  /// Requests whose keys and values the NPU reads or writes.
  struct Requests {
    var map: KeyValueStore
    var layer: Int
    /// Number, new tokens and all tokens of each.
    var list: [(request: Int, query: Int, kv: Int)]
  }

  var input: Matrix?
  var second: Matrix?
  /// Parts of the newest tokens' rows, where several tensors are read.
  var newest: [(matrix: Matrix, bytes: Int)] = []
  var output: Matrix?
  var weights = 0
  var parameters: [Int] = []
  var tables: [Table] = []
  var requests: Requests?

  /// Adds the accesses of a piece to a batch and counts its bytes.
  func add(
    _ piece: NPUPiece, isWrite: Bool, to batch: Int, _ memory: PIMMemory,
    _ ledger: inout TrafficLedger
  ) {
    switch piece.operand {
    case .input: add(piece, in: input, isWrite, batch, memory, &ledger)
    case .second: add(piece, in: second ?? input, isWrite, batch, memory, &ledger)
    case .output: add(piece, in: output, isWrite, batch, memory, &ledger)
    case .newest:
      for part in newest {
        var piece = piece
        piece.bytes = part.bytes
        add(piece, in: part.matrix, isWrite, batch, memory, &ledger)
      }
    case .weights:
      let bursts = memory.add(
        Extent(offset: weights + piece.column, length: piece.bytes), to: batch, isWrite: isWrite)
      ledger.add(piece.bytes, bursts: bursts, piece.kind, isWrite: isWrite)
    case .parameters:
      let base = parameters.indices.contains(piece.row) ? parameters[piece.row] : weights
      let bursts = memory.add(
        Extent(offset: base + piece.column, length: piece.bytes), to: batch, isWrite: isWrite)
      ledger.add(piece.bytes, bursts: bursts, piece.kind, isWrite: isWrite)
    case .table:
      guard tables.indices.contains(piece.column) else { return }
      let table = tables[piece.column]
      let row = table.picked.isEmpty ? 0 : table.picked[piece.row % table.picked.count]
      let bursts = memory.add(
        Extent(offset: table.base + row * table.rowBytes, length: piece.bytes), to: batch,
        isWrite: isWrite)
      ledger.add(piece.bytes, bursts: bursts, piece.kind, isWrite: isWrite)
    case .keys, .values, .kept:
      guard let requests else { return }
      requests.map.add(piece, requests, to: batch, memory, &ledger)
    }
  }

  private func add(
    _ piece: NPUPiece, in matrix: Matrix?, _ isWrite: Bool, _ batch: Int, _ memory: PIMMemory,
    _ ledger: inout TrafficLedger
  ) {
    guard let matrix else { return }
    let start = matrix.base + matrix.column + piece.column
    let row = matrix.firstRow + piece.row
    if piece.bytes == matrix.rowBytes || piece.rows == 1 {
      let bursts = memory.add(
        Extent(offset: start + row * matrix.rowBytes, length: piece.size), to: batch,
        isWrite: isWrite)
      ledger.add(piece.size, bursts: bursts, piece.kind, isWrite: isWrite)
      return
    }
    var bursts = 0
    for index in row..<(row + piece.rows) {
      bursts += memory.add(
        Extent(offset: start + index * matrix.rowBytes, length: piece.bytes), to: batch,
        isWrite: isWrite)
    }
    ledger.add(piece.size, bursts: bursts, piece.kind, isWrite: isWrite)
  }
}

/// What keeps the keys and values that the NPU reads and writes.
enum KeyValueStore {
  /// Rows of the PIM units.
  case rows(KeyValueMap)
  /// Blocks of addresses, for attention on the NPU alone.
  case blocks(KeyValueBlocks)

  func add(
    _ piece: NPUPiece, _ requests: OperandPlaces.Requests, to batch: Int, _ memory: PIMMemory,
    _ ledger: inout TrafficLedger
  ) {
    let request = requests.list[piece.row]
    let key = KeyValueMap.Key(layer: requests.layer, request: request.request)
    switch self {
    case .rows(let map): map.add(piece, key, request, to: batch, memory, &ledger)
    case .blocks(let blocks): blocks.add(piece, key, request, to: batch, memory, &ledger)
    }
  }
}

extension KeyValueMap {
  /// Accesses of the NPU to keys and values in the rows of the units: one head of all tokens, or all newest tokens.
  func add(
    _ piece: NPUPiece, _ key: Key, _ request: (request: Int, query: Int, kv: Int), to batch: Int,
    _ memory: PIMMemory, _ ledger: inout TrafficLedger
  ) {
    guard let entry = entries[key] else { return }
    let head = piece.column
    let size = layout.headDimension
    var port = TrafficPort(ledger: ledger)
    switch piece.operand {
    case .keys:
      let elements = head * size..<(head + 1) * size
      port.add(
        keyRanges(entry, tokens: 0..<request.kv, elements: elements), bytes: piece.bytes,
        .keysValues, isWrite: false, to: batch, memory)
    case .values:
      let inRows = tokensInRows(request.kv)
      let bytes = size * elementBytes
      let staged = (request.kv - inRows) * bytes
      port.add(
        valueRanges(entry, tokens: 0..<inRows, head: head), bytes: piece.bytes - staged,
        .keysValues, isWrite: false, to: batch, memory)
      port.add(
        stagedRanges(entry, tokens: inRows..<request.kv, offset: head * bytes, bytes: bytes),
        bytes: staged, .stagedValues, isWrite: false, to: batch, memory)
    default:
      if let plan = append(key, tokens: request.kv - request.query..<request.kv) {
        port.add(plan, reads: batch, writes: batch, memory)
      }
    }
    ledger = port.ledger
  }
}

/// Keys and values of requests whose attention runs on the NPU: blocks of tokens, head after head within a block.
final class KeyValueBlocks {
  /// Tokens of a block (assumption: a page of a paged cache).
  static let tokens = 256

  private let rows: DeviceRows
  private let heads: Int
  private let headBytes: Int
  private var blocks: [KeyValueMap.Key: [Int]] = [:]
  private var free: [Int] = []

  init(rows: DeviceRows, heads: Int, headBytes: Int) {
    self.rows = rows
    self.heads = heads
    self.headBytes = headBytes
  }

  /// Bytes of the keys, or of the values, of one head in one block.
  private var headBlock: Int { Self.tokens * headBytes }

  /// Frees the blocks of a request in all layers.
  func release(request: Int) {
    for key in blocks.keys.filter({ $0.request == request }).sorted(by: { $0.layer < $1.layer }) {
      free += blocks.removeValue(forKey: key) ?? []
    }
  }

  /// Makes room for `tokens` tokens.
  ///
  /// - Throws: `SystemError` when the memory is full.
  func reserve(_ key: KeyValueMap.Key, tokens: Int) throws {
    var list = blocks[key] ?? []
    while list.count * Self.tokens < tokens {
      if let block = free.popLast() {
        list.append(block)
        continue
      }
      list.append(
        try rows.allocate(
          bytes: 2 * heads * headBlock,
          owner: "keys and values of request \(key.request) (\(tokens) tokens), layer \(key.layer),"
        ))
    }
    blocks[key] = list
  }

  func add(
    _ piece: NPUPiece, _ key: KeyValueMap.Key, _ request: (request: Int, query: Int, kv: Int),
    to batch: Int, _ memory: PIMMemory, _ ledger: inout TrafficLedger
  ) {
    switch piece.operand {
    case .keys, .values:
      let bursts = add(
        key, half: piece.operand == .keys ? 0 : 1, head: piece.column, tokens: 0..<request.kv,
        false, batch, memory)
      ledger.add(piece.bytes, bursts: bursts, .keysValues, isWrite: false)
    default:
      let tokens = request.kv - request.query..<request.kv
      let bytes = tokens.count * heads * headBytes
      for half in 0...1 {
        var bursts = 0
        for head in 0..<heads {
          bursts += add(key, half: half, head: head, tokens: tokens, true, batch, memory)
        }
        ledger.add(
          bytes, bursts: bursts, half == 0 ? .keyAppends : .valueAppends, isWrite: true)
      }
    }
  }

  private func add(
    _ key: KeyValueMap.Key, half: Int, head: Int, tokens: Range<Int>, _ isWrite: Bool,
    _ batch: Int, _ memory: PIMMemory
  ) -> Int {
    guard let list = blocks[key], !tokens.isEmpty else { return 0 }
    var bursts = 0
    for block in tokens.lowerBound / Self.tokens...(tokens.upperBound - 1) / Self.tokens {
      let low = max(tokens.lowerBound - block * Self.tokens, 0)
      let high = min(tokens.upperBound - block * Self.tokens, Self.tokens)
      let start = list[block] + (half * heads + head) * headBlock
      bursts += memory.add(
        Extent(offset: start + low * headBytes, length: (high - low) * headBytes), to: batch,
        isWrite: isWrite)
    }
    return bursts
  }
}
