public import Units

extension TransformerArchitecture {
  /// Whether layer `layer` has a mixture of experts.
  public func hasExperts(layer: Int) -> Bool {
    guard let experts, layer >= experts.firstLayer else { return false }
    return (layer - experts.firstLayer) % experts.layerStride == 0
  }

  /// The matrices of one feed-forward network or expert.
  public var feedForwardMatrices: Int { gated ? 3 : 2 }

  /// The parameters of the whole model, in closed form; tied embeddings count once.
  ///
  /// The weights that an executor declares must sum to this number; a test says so.
  public var parameterCount: Int {
    let table = vocabulary * (embeddingWidth ?? hidden)
    let projections = 2 * (embeddingWidth ?? 0) * hidden
    let positionRows =
      positionEmbedding.kind == .learned ? positions + (positionEmbedding.offset ?? 0) : 0
    let finalNorm = normPlacement == .post ? 0 : normParameters
    let inLayers = (0..<layers).reduce(0) { $0 + parameterCount(layer: $1) }
    return table * (tiedEmbeddings ? 1 : 2) + projections + positionRows * hidden + finalNorm
      + inLayers
  }

  /// The parameters of one layer.
  public func parameterCount(layer: Int) -> Int {
    let queryWidth = heads * headDim
    let kvWidth = kvHeads * headDim
    var count = hidden * (queryWidth + 2 * kvWidth) + queryWidth * hidden
    if biases.queryKeyValue { count += queryWidth + 2 * kvWidth }
    if biases.attentionOutput { count += hidden }
    if queryKeyNorm { count += 2 * headDim }
    count += normParameters * (normPlacement == .peri ? 4 : 2)
    let network = feedForwardMatrices * hidden * intermediate
    if let experts, hasExperts(layer: layer) {
      count += experts.count * network + experts.count * hidden
    } else {
      count += network
      if biases.feedForward { count += (feedForwardMatrices - 1) * intermediate + hidden }
    }
    return count
  }

  /// The parameters of one norm.
  private var normParameters: Int { norm == .layer ? 2 * hidden : hidden }

  /// The bytes that one token takes in the KV cache of all layers.
  public func kvBytesPerToken(dtype: DataType) -> ByteCount {
    ByteCount(dtype.bytes(2 * layers * kvHeads * headDim))
  }
}

/// Why an architecture makes no sense.
public struct ArchitectureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: the field, its value and what it must be.
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

extension TransformerArchitecture {
  /// Checks that all sizes are positive, fit together, and that their products fit 63 bits.
  ///
  /// - Throws: `ArchitectureError` that names the first wrong field.
  public func validate() throws(ArchitectureError) {
    let sizes: [(String, Int)] = [
      ("layers", layers), ("hidden", hidden), ("heads", heads), ("kv_heads", kvHeads),
      ("head_dim", headDim), ("intermediate", intermediate), ("vocabulary", vocabulary),
      ("positions", positions),
    ]
    for (key, size) in sizes {
      guard size > 0 else { throw ArchitectureError("\(key) is \(size); it must be positive") }
      guard size <= 1 << 28 else {
        throw ArchitectureError("\(key) is \(size); sizes above 2^28 are not supported")
      }
    }
    guard heads % kvHeads == 0 else {
      throw ArchitectureError("heads (\(heads)) is not a multiple of kv_heads (\(kvHeads))")
    }
    if positionEmbedding.kind == .rope {
      guard headDim % 2 == 0 else {
        throw ArchitectureError("head_dim (\(headDim)) is odd; rotary embeddings pair elements")
      }
      guard let theta = positionEmbedding.theta, theta > 0 else {
        throw ArchitectureError("position_embedding: rope needs a positive theta")
      }
    }
    if let window, window <= 0 {
      throw ArchitectureError("window is \(window); it must be positive")
    }
    if let experts {
      guard experts.count > 0, experts.topK > 0, experts.topK <= experts.count else {
        throw ArchitectureError(
          "experts: top_k (\(experts.topK)) must lie between 1 and count (\(experts.count))")
      }
      guard experts.layerStride > 0, experts.firstLayer >= 0 else {
        throw ArchitectureError("experts: layer_stride must be positive, first_layer not negative")
      }
    }
  }
}
