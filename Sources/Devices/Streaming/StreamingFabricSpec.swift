internal import StreamingFabric
public import Units

/// The attention pipelines of a streaming device: graphs of nodes and FIFOs, side by side.
public struct StreamingFabricSpec: Hashable, Sendable, Codable {
  /// Attention graphs that run at once.
  public var pipelines: Int
  /// Multipliers of each vector node (scores, weighted sum, last division).
  public var lanes: Int
  /// The graph of softmax attention: naive, scaled, reordered or memory-free.
  public var variant: String
  /// Query rows of a KV head that take each key in turn in one pipeline.
  public var queryBlock: Int
  /// On-chip memory in which the K and V of a request's KV head are kept while its queries pass.
  public var onChipKV: ByteCount
  /// Depth of the short FIFOs; enough for full throughput when left out.
  public var shortDepth: Int?
  /// Depth of the long FIFOs; enough for full throughput when left out.
  public var longDepth: Int?
  /// How a fork waits for space; atomic when left out.
  public var fork: String?
  /// Latencies by node, where they differ from one cycle (and 1 + floor(log2 d) for scores).
  public var latency: [String: Int]?

  public init(
    pipelines: Int, lanes: Int, variant: String = "memory-free", queryBlock: Int = 1,
    onChipKV: ByteCount, shortDepth: Int? = nil, longDepth: Int? = nil, fork: String? = nil,
    latency: [String: Int]? = nil
  ) {
    self.pipelines = pipelines
    self.lanes = lanes
    self.variant = variant
    self.queryBlock = queryBlock
    self.onChipKV = onChipKV
    self.shortDepth = shortDepth
    self.longDepth = longDepth
    self.fork = fork
    self.latency = latency
  }

  enum CodingKeys: String, CodingKey {
    case pipelines, lanes, variant, fork, latency
    case queryBlock = "query_block"
    case onChipKV = "on_chip_kv"
    case shortDepth = "short_depth"
    case longDepth = "long_depth"
  }
}

/// The map and reduce units that run everything but attention.
public struct MapReduceSpec: Hashable, Sendable, Codable {
  /// Units, and the multiply-accumulate lanes of each: one product and sum a lane and cycle.
  public var units: Int
  public var lanes: Int
  /// Element types that the lanes multiply, all at the same rate.
  public var types: [String]
  /// The fixed cost of every operator, attention included; zero when left out.
  public var launch: Duration?
  /// Fixed costs of single kinds, which replace `launch`.
  public var launchByKind: [String: Duration]?
  /// At cycle fidelity, the bytes of one of the two buffers that tiles go through.
  public var tile: ByteCount?

  public init(
    units: Int, lanes: Int, types: [String], launch: Duration? = nil,
    launchByKind: [String: Duration]? = nil, tile: ByteCount? = nil
  ) {
    self.units = units
    self.lanes = lanes
    self.types = types
    self.launch = launch
    self.launchByKind = launchByKind
    self.tile = tile
  }

  enum CodingKeys: String, CodingKey {
    case units, lanes, types, launch, tile
    case launchByKind = "launch_by_kind"
  }
}

extension StreamingFabricSpec {
  /// The softmax graph, checked.
  func softmaxVariant() throws(DeviceError) -> AttentionVariant {
    let known = [AttentionVariant.naive, .scaled, .reordered, .memoryFree]
    guard let named = AttentionVariant(rawValue: variant), known.contains(named) else {
      let names = known.map(\.rawValue)
      let near = nearestName(to: variant, among: names).map { "; did you mean '\($0)'?" } ?? ""
      throw DeviceError(
        "fabric.variant: '\(variant)' is not one of \(names.joined(separator: ", "))\(near)")
    }
    return named
  }

  func forkMode() throws(DeviceError) -> ForkMode {
    guard let fork else { return .atomic }
    guard let mode = ForkMode(rawValue: fork) else {
      throw DeviceError("fabric.fork: '\(fork)' is neither atomic nor sequential")
    }
    return mode
  }

  /// Checks all values.
  func validate() throws(DeviceError) {
    for (key, value) in [
      ("pipelines", pipelines), ("lanes", lanes), ("query_block", queryBlock),
      ("short_depth", shortDepth ?? 1), ("long_depth", longDepth ?? 1),
    ] where value < 1 || value > 1 << 20 {
      throw DeviceError("fabric.\(key) is \(value); it must lie between 1 and 1048576")
    }
    _ = try softmaxVariant()
    _ = try forkMode()
    let nodes = ["qk", "max", "exp", "sum", "div", "pv", "scan", "ew"]
    for (node, cycles) in (latency ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard nodes.contains(node) else {
        throw DeviceError(
          "fabric.latency: no graph has a node '\(node)' (\(nodes.joined(separator: ", ")))")
      }
      guard cycles >= 1 else {
        throw DeviceError("fabric.latency.\(node) is \(cycles); it must be at least 1")
      }
    }
  }
}
