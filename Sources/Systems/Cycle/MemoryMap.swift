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
            let place = KVPlace(
              tensor: tensor, slot: run.slot + request, sinks: move.sinks, share: (1, 1))
            addRows(place, first: run.kv - run.query, count: run.query, to: &extents)
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

  /// The keys or values that attention sees, in the heads that it reads.
  ///
  /// Windows read the sinks and the last keys. Which granules a sparse policy picks and which heads a
  /// router picks is not in a trace: the granules are spread evenly, the newest among them, and
  /// the heads are the first ones of each token (assumptions).
  private func addKeys(
    _ attention: Attention, of op: Operator, in tensor: Tensor, to extents: inout [Extent]
  ) {
    for (index, run) in op.requests.enumerated() {
      let keys = attention.keysRead(of: run)
      let sinks = keys < run.kv ? min(attention.sinks, keys) : 0
      for request in 0..<run.count {
        let slot = run.slot + request
        var share = (heads: attention.kvHeads, of: attention.kvHeads)
        if let read = attention.kvHeadsRead, read.count == op.requests.count {
          // The run's heads spread over its requests.
          share.heads = read[index] * (request + 1) / run.count - read[index] * request / run.count
        }
        let place = KVPlace(tensor: tensor, slot: slot, sinks: attention.sinks, share: share)
        if attention.selected != nil && keys < run.kv {
          addGranules(place, keys: keys, of: run.kv, granule: attention.granule, to: &extents)
          continue
        }
        addRows(place, first: 0, count: sinks, to: &extents)
        addRows(place, first: run.kv - (keys - sinks), count: keys - sinks, to: &extents)
      }
    }
  }

  /// `keys` of `kv` keys in whole granules: the newest, perhaps partial, and others evenly before it.
  private func addGranules(
    _ place: KVPlace, keys: Int, of kv: Int, granule: Int, to extents: inout [Extent]
  ) {
    let newest = min(keys, (kv - 1) % granule + 1)
    let available = (kv - newest) / granule
    let wanted = (keys - newest) / granule
    for pick in 0..<wanted {
      addRows(
        place, first: pick * available / wanted * granule, count: granule, to: &extents)
    }
    // What does not fill a granule lies before the newest.
    let rest = keys - wanted * granule
    addRows(place, first: kv - rest, count: rest, to: &extents)
  }

  /// A request's rows in a KV tensor.
  private struct KVPlace {
    let tensor: Tensor
    let slot: Int
    /// The first tokens, which keep their places when the tensor is shorter than the context.
    let sinks: Int
    /// The heads of each row that are touched.
    let share: (heads: Int, of: Int)
  }

  private func addRows(
    _ place: KVPlace, first: Int, count: Int, to extents: inout [Extent]
  ) {
    let capacity = place.tensor.shape[1]
    var position = first
    var left = count
    while left > 0 {
      // Beyond the capacity tokens go round behind the sinks.
      let ring = max(capacity - place.sinks, 1)
      let row =
        position < capacity ? position : place.sinks + (position - place.sinks) % ring
      let piece = max(min(left, capacity - row), 1)
      addBytes(place, row: row, count: piece, to: &extents)
      position += piece
      left -= piece
    }
  }

  private func addBytes(_ place: KVPlace, row: Int, count: Int, to extents: inout [Extent]) {
    let tensor = place.tensor
    let width = tensor.dtype.bytes(tensor.tokenElements)
    let start = tensor.address + (place.slot * tensor.shape[1] + row) * width
    if place.share.heads == place.share.of {
      add(start, count * width, to: &extents)
    } else if place.share.heads > 0 {
      let part = tensor.dtype.bytes(
        tensor.tokenElements / place.share.of * place.share.heads)
      for token in 0..<count { add(start + token * width, part, to: &extents) }
    }
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
