internal import DRAM
internal import Devices
internal import Units
internal import Workload

/// One memory map of a device: weights, activations, tables, and the rows of keys and values.
///
/// Tensors of the trace get addresses as they are first seen: a weight once, packed by tile; an activation by the place
/// that the trace gives it (places are reused layer after layer), rows of tokens padded to whole bursts. Results that
/// the trace splits into tensors (queries, keys, values) lie side by side in a row.
struct DeviceMap {
  let rows: DeviceRows
  private let burstBytes: Int
  private var weights: [String: Int] = [:]
  private var places: [String: (base: Int, bytes: Int)] = [:]
  private var matrices: [Int: OperandPlaces.Matrix] = [:]

  init(rows: DeviceRows, burstBytes: Int) {
    self.rows = rows
    self.burstBytes = burstBytes
  }

  /// Forgets which tensors wrote where; places stay.
  mutating func endStep() { matrices.removeAll(keepingCapacity: true) }

  private func padded(_ bytes: Int) -> Int { (bytes + burstBytes - 1) / burstBytes * burstBytes }

  /// The address of a weight of the device's `bytes`.
  private mutating func weight(_ name: String, bytes: Int) throws -> Int {
    if let base = weights[name] { return base }
    let base = try rows.allocate(bytes: bytes, owner: "weights '\(name)'")
    weights[name] = base
    return base
  }

  /// Rows for `tokens` tokens of `rowBytes` at a place that the trace names, or that stands under `name`.
  private mutating func matrix(
    _ tensor: Tensor?, name: String, rowBytes: Int, tokens: Int
  ) throws -> OperandPlaces.Matrix {
    let row = padded(rowBytes)
    let owner = tensor.map { "\($0.address)" } ?? name
    let key = "\(owner)/\(row)"
    if let place = places[key], place.bytes >= row * tokens {
      return OperandPlaces.Matrix(base: place.base, rowBytes: row)
    }
    // A larger batch later takes a new place, at least twice as large.
    let bytes = max(row * tokens, 2 * (places[key]?.bytes ?? 0))
    let base = try rows.allocate(bytes: bytes, owner: "activations of '\(name)'")
    places[key] = (base, bytes)
    return OperandPlaces.Matrix(base: base, rowBytes: row)
  }

  /// Where an input was written, or rows of its own when nothing wrote it.
  private mutating func input(
    _ op: Operator, _ index: Int, rowBytes: Int, tokens: Int
  ) throws -> OperandPlaces.Matrix {
    let tensors = op.inputs.filter { $0.role == .activation }
    let tensor = tensors.indices.contains(index) ? tensors[index] : nil
    if let tensor, let matrix = matrices[tensor.id] { return matrix }
    let matrix = try matrix(
      tensor, name: "\(op.name) input \(index)", rowBytes: rowBytes, tokens: tokens)
    if let tensor { matrices[tensor.id] = matrix }
    return matrix
  }

  /// Rows for an operator's results, side by side in the order of the trace.
  private mutating func output(
    _ op: Operator, rowBytes: Int, tokens: Int
  ) throws -> OperandPlaces.Matrix {
    let tensors = op.outputs.filter { $0.role == .activation }
    let matrix = try matrix(
      tensors.first, name: "\(op.name) output", rowBytes: rowBytes, tokens: tokens)
    let total = tensors.reduce(0) { $0 + max($1.tokenWidth, 1) }
    var column = 0
    for tensor in tensors {
      var part = matrix
      part.column = column
      matrices[tensor.id] = part
      column += rowBytes * max(tensor.tokenWidth, 1) / max(total, 1) / burstBytes * burstBytes
    }
    return matrix
  }

  /// Where the operands of a task lie; `tokens` are those of the whole batch, `firstRow` is the group's first.
  ///
  /// - Throws: `SystemError` when the memory is full.
  mutating func places(
    of task: LayerProgram.Task, tokens: Int, firstRow: Int
  ) throws -> OperandPlaces {
    let op = task.op
    let bytes = op.computeBytes
    let tensors = op.inputs.filter { $0.role == .weight }
    var result = OperandPlaces()
    func name(_ index: Int) -> String {
      guard tensors.indices.contains(index) else {
        return "\(op.name) \(index) of layer \(op.layer ?? -1)"
      }
      return tensors[index].name.isEmpty ? "tensor \(tensors[index].id)" : tensors[index].name
    }
    switch task.work {
    case .product(let k, let n, let hasBias):
      result.input = try input(op, 0, rowBytes: k * bytes, tokens: tokens)
      result.weights = try weight(name(0), bytes: k * n * bytes)
      if hasBias { result.parameters = [try weight(name(1), bytes: n * bytes)] }
      result.output = try output(op, rowBytes: n * bytes, tokens: tokens)
    case .rows(_, let columns, let inputs, let parameters):
      result.input = try input(op, 0, rowBytes: columns * bytes, tokens: tokens)
      if inputs > 1 {
        result.second = try input(op, 1, rowBytes: columns * bytes, tokens: tokens)
      }
      for index in 0..<parameters {
        result.parameters.append(try weight(name(index), bytes: columns * bytes))
      }
      result.output = try output(op, rowBytes: columns * bytes, tokens: tokens)
    case .gather(let rowBytes, let tables, let vocabulary):
      var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(op.id)))
      for index in 0..<tables {
        let count = tensors.indices.contains(index) ? tensors[index].shape[0] : vocabulary
        let base = try weight(name(index), bytes: count * rowBytes)
        // Which rows are picked is not in a trace (assumption: evenly drawn).
        let picked = (0..<tokens).map { _ in generator.next(below: max(count, 1)) }
        result.tables.append(
          OperandPlaces.Table(base: base, rowBytes: rowBytes, picked: picked))
      }
      result.output = try output(op, rowBytes: rowBytes, tokens: tokens)
    }
    result.input?.firstRow = firstRow
    result.second?.firstRow = firstRow
    result.output?.firstRow = firstRow
    return result
  }

  /// Where attention reads queries and the newest keys and values, and writes its results.
  ///
  /// - Throws: `SystemError` when the memory is full.
  mutating func places(
    of attention: Operator, append: Operator?, queryBytes: Int, keyBytes: Int, tokens: Int,
    firstRow: Int
  ) throws -> OperandPlaces {
    var result = OperandPlaces()
    result.input = try input(attention, 0, rowBytes: queryBytes, tokens: tokens)
    result.input?.firstRow = firstRow
    if let append {
      for index in 0...1 {
        var part = try input(append, index, rowBytes: keyBytes, tokens: tokens)
        part.firstRow = firstRow
        result.newest.append((part, keyBytes))
      }
    }
    result.output = try output(attention, rowBytes: queryBytes, tokens: tokens)
    result.output?.firstRow = firstRow
    return result
  }
}

extension Tensor {
  /// Elements of one row of tokens.
  fileprivate var tokenWidth: Int { shape.elements / max(shape[0], 1) }
}
