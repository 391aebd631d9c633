public import Units

/// The bytes of one tensor that an operator touches, each byte once.
public struct TensorAccess: Hashable, Sendable {
  /// The tensor.
  public var tensor: Tensor
  /// Whether the bytes are written.
  public var isWrite: Bool
  /// How many bytes are touched.
  public var bytes: ByteCount

  public init(tensor: Tensor, isWrite: Bool, bytes: ByteCount) {
    self.tensor = tensor
    self.isWrite = isWrite
    self.bytes = bytes
  }
}

/// The bytes that an operator reads and writes when every byte moves once.
public struct OperatorTraffic: Hashable, Sendable {
  /// Bytes read, over all inputs.
  public var read: ByteCount
  /// Bytes written, over all outputs.
  public var written: ByteCount

  public init(read: ByteCount = .zero, written: ByteCount = .zero) {
    self.read = read
    self.written = written
  }

  /// Bytes moved in both directions.
  public var total: ByteCount { read + written }
}

extension Operator {
  /// The bytes of each input and output that are touched, each byte once (compulsory traffic).
  ///
  /// Whole tensors, with these exceptions: an embedding reads a row a token; attention reads the
  /// keys that its queries see, in the heads that are used, and the queries of its own heads; a gate over KV
  /// entries reads `experts` of them a request; a KV append writes the rows of the new tokens; a gather
  /// reads the picked rows of its first input; experts without tokens are not read. What a device reads
  /// again because its buffers are small is the device model's business.
  public var accesses: [TensorAccess] {
    var result: [TensorAccess] = []
    result.reserveCapacity(inputs.count + outputs.count)
    for (index, tensor) in inputs.enumerated() {
      result.append(
        TensorAccess(tensor: tensor, isWrite: false, bytes: bytesRead(of: tensor, input: index)))
    }
    for tensor in outputs {
      result.append(TensorAccess(tensor: tensor, isWrite: true, bytes: bytesWritten(of: tensor)))
    }
    return result
  }

  /// The sums of `accesses`, without building the list.
  public var traffic: OperatorTraffic {
    var traffic = OperatorTraffic()
    for (index, tensor) in inputs.enumerated() {
      traffic.read += bytesRead(of: tensor, input: index)
    }
    for tensor in outputs { traffic.written += bytesWritten(of: tensor) }
    return traffic
  }

  /// Operations per byte of compulsory traffic; infinite when nothing moves, zero without work.
  public var operationsPerByte: Double {
    let work = work.flops
    return work == 0 ? 0 : Double(work) / Double(traffic.total.count)
  }

  /// The bytes of input `index` that are read.
  public func bytesRead(of tensor: Tensor, input index: Int) -> ByteCount {
    switch operation {
    case .embedding(let embedding) where tensor.role == .weight:
      return ByteCount(tensor.dtype.bytes(embedding.tokens * tensor.rowElements))
    case .attention(let attention) where tensor.role == .kv:
      let rows = attention.rowsRead(of: requests)
      return ByteCount(tensor.dtype.bytes(rows * (tensor.shape.last ?? 1)))
    case .attention(let attention)
    where index == 0 && tensor.role == .activation && attention.part != .context:
      // An operator for some of the heads reads their queries only.
      let queries = requests.tokenCount * attention.heads * attention.headDim
      return min(tensor.bytes, ByteCount(tensor.dtype.bytes(queries)))
    case .gate(let gate) where tensor.role == .kv:
      let rows = requests.requestCount * gate.experts
      return min(tensor.bytes, ByteCount(tensor.dtype.bytes(rows * tensor.tokenElements)))
    case .gather(let gather) where index == 0:
      return ByteCount(tensor.dtype.bytes(gather.rows * gather.columns))
    case .expertFFN(let ffn) where tensor.role == .weight:
      let experts = ffn.tokensPerExpert.count
      if tensor.shape.rank == 3 && tensor.shape[0] == experts {
        let active = ffn.tokensPerExpert.count { $0 > 0 }
        return ByteCount(tensor.dtype.bytes(active * tensor.shape[1] * tensor.shape[2]))
      }
      return ffn.tokensPerExpert[expert(ofInput: index, experts: experts)] > 0
        ? tensor.bytes : .zero
    default:
      return tensor.bytes
    }
  }

  /// The bytes of an output that are written.
  public func bytesWritten(of tensor: Tensor) -> ByteCount {
    if case .memoryMove(let move) = operation, move.function == .kvAppend, tensor.role == .kv {
      return ByteCount(tensor.dtype.bytes(requests.tokenCount * tensor.tokenElements))
    }
    return tensor.bytes
  }

  /// Which expert a per-expert weight input belongs to: inputs are ordered expert by expert.
  private func expert(ofInput index: Int, experts: Int) -> Int {
    let weightsBefore = inputs[..<index].count { $0.role == .weight }
    let weights = inputs.count { $0.role == .weight }
    return min(weightsBefore / max(weights / max(experts, 1), 1), experts - 1)
  }
}

extension Tensor {
  /// Elements of one row: everything but the outermost extent.
  var rowElements: Int { shape.dropFirst().reduce(1, *) }

  /// Elements of one token of a KV tensor `[slots, capacity, kv_heads, head_dim]`.
  public var tokenElements: Int { shape.dropFirst(2).reduce(1, *) }
}
