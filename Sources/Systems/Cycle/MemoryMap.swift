internal import DRAM
internal import Units
internal import Workload

/// Where the bytes that an operator touches lie in the device's memory.
///
/// The logical address space of a trace is dense (weights, then KV, then reused activations), so it
/// is laid into the device's memory as it is; addresses at and beyond the capacity wrap, which only
/// happens with oversubscription. Which rows an embedding or a gather picks is not in a trace: they
/// are drawn from a generator seeded with the operator's id (assumption).
struct MemoryMap {
  /// The bytes of the memory.
  let capacity: Int

  /// The extents of all inputs (`isWrite` false) or all outputs of `op`, in their order.
  func extents(of op: Operator, isWrite: Bool) -> [Extent] {
    var extents: [Extent] = []
    let tensors = isWrite ? op.outputs : op.inputs
    for (index, tensor) in tensors.enumerated() {
      let bytes = isWrite ? op.bytesWritten(of: tensor) : op.bytesRead(of: tensor, input: index)
      guard bytes > .zero else { continue }
      switch op.operation {
      case .attention(let attention) where tensor.role == .kv && !isWrite:
        addKeys(attention, of: op, in: tensor, to: &extents)
      case .memoryMove(let move)
      where move.function == .kvAppend && tensor.role == .kv && isWrite:
        for run in op.requests {
          for request in 0..<run.count {
            addRows(
              tensor, slot: run.slot + request, first: run.kv - run.query, count: run.query,
              to: &extents)
          }
        }
      case .embedding(let embedding) where tensor.role == .weight && !isWrite:
        let elements = tensor.shape.elements / max(tensor.shape[0], 1)
        addPicked(
          tensor, rows: embedding.tokens, rowElements: elements, seed: op.id, to: &extents)
      case .gather(let gather) where index == 0 && !isWrite:
        addPicked(
          tensor, rows: gather.rows, rowElements: gather.columns, seed: op.id, to: &extents)
      case .expertFFN(let ffn) where tensor.role == .weight && tensor.shape.rank == 3 && !isWrite:
        let expert = tensor.dtype.bytes(tensor.shape[1] * tensor.shape[2])
        for (number, tokens) in ffn.tokensPerExpert.enumerated() where tokens > 0 {
          add(tensor.address + number * expert, expert, to: &extents)
        }
      default:
        add(tensor.address, bytes.count, to: &extents)
      }
    }
    return extents
  }

  /// The keys and values that attention sees, over and over until `bytes` are read.
  func keyValueExtents(of op: Operator, repeatedTo bytes: Int) -> [Extent] {
    guard case .attention(let attention) = op.operation else { return [] }
    var once: [Extent] = []
    for tensor in op.inputs where tensor.role == .kv {
      addKeys(attention, of: op, in: tensor, to: &once)
    }
    var result: [Extent] = []
    var left = once.isEmpty ? 0 : bytes
    while left > 0 {
      for extent in once where left > 0 {
        result.append(Extent(offset: extent.offset, length: min(extent.length, left)))
        left -= min(extent.length, left)
      }
    }
    return result
  }

  /// The keys or values that attention sees: the sinks and the window of each request, else all.
  private func addKeys(
    _ attention: Attention, of op: Operator, in tensor: Tensor, to extents: inout [Extent]
  ) {
    for run in op.requests {
      let keys = attention.keysRead(of: run)
      let sinks = keys < run.kv ? min(attention.sinks, keys) : 0
      for request in 0..<run.count {
        let slot = run.slot + request
        addRows(tensor, slot: slot, first: 0, count: sinks, to: &extents)
        addRows(
          tensor, slot: slot, first: run.kv - (keys - sinks), count: keys - sinks, to: &extents)
      }
    }
  }

  private func addRows(
    _ tensor: Tensor, slot: Int, first: Int, count: Int, to extents: inout [Extent]
  ) {
    let row = tensor.dtype.bytes(tensor.tokenElements)
    let position = slot * tensor.shape[1] + first
    add(tensor.address + position * row, count * row, to: &extents)
  }

  private func addPicked(
    _ tensor: Tensor, rows: Int, rowElements: Int, seed: Int, to extents: inout [Extent]
  ) {
    let row = tensor.dtype.bytes(rowElements)
    let available = max(tensor.bytes.count / max(row, 1), 1)
    var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(seed)))
    for _ in 0..<rows {
      add(tensor.address + generator.next(below: available) * row, row, to: &extents)
    }
  }

  /// Adds a range, joined with the one before where they touch, cut where it wraps.
  private func add(_ address: Int, _ length: Int, to extents: inout [Extent]) {
    var offset = address % capacity
    var left = length
    while left > 0 {
      let piece = min(left, capacity - offset)
      if let last = extents.last, last.offset + last.length == offset {
        extents[extents.count - 1].length += piece
      } else {
        extents.append(Extent(offset: offset, length: piece))
      }
      left -= piece
      offset = 0
    }
  }
}

extension [Extent] {
  /// The sum of the lengths.
  var totalBytes: Int { reduce(0) { $0 + $1.length } }

  /// These extents cut into `parts` consecutive pieces of nearly equal size, on burst boundaries.
  func split(into parts: Int, burst: Int) -> [[Extent]] {
    guard parts > 1 else { return [self] }
    let total = totalBytes
    var result: [[Extent]] = []
    var index = startIndex
    var used = 0
    var done = 0
    for part in 1...parts {
      let target = part == parts ? total : total / parts * part / burst * burst
      var piece: [Extent] = []
      while done < target, index < endIndex {
        let available = self[index].length - used
        let take = Swift.min(available, target - done)
        piece.append(Extent(offset: self[index].offset + used, length: take))
        done += take
        used += take
        if used == self[index].length {
          index += 1
          used = 0
        }
      }
      result.append(piece)
    }
    return result
  }
}
