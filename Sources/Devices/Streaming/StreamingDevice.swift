internal import Numerics
public import StreamingFabric
public import Units
public import Workload

/// What one attention operator takes on the pipelines of a streaming device.
public struct StreamingAttentionCost: Hashable, Sendable {
  /// Cycles of the pipeline that ends last.
  public var cycles: Int
  /// Pipelines that have work.
  public var pipelines: Int
  /// Bytes of FIFO peaks and node state of all these pipelines, accumulators in f32.
  public var intermediateBytes: Int
  /// Bytes of K and V that are streamed again because they do not stay on the chip.
  public var restreamed: ByteCount
}

/// A streaming dataflow device: attention on graphs of nodes and FIFOs, the rest on map and reduce
/// units.
///
/// Attention is divided into blocks of query rows over the pipelines; the cycles are those of the
/// fabric's engine. K and V of a (request, KV head) are read once when they fit the on-chip memory;
/// otherwise each pass of pipelines × query block rows streams what it sees, sent to all pipelines at
/// once. It leaves out: placement and routing on the die, reconfiguration between operators other
/// than their fixed cost, and the overlap of operators.
public struct StreamingDevice: Sendable {
  public let spec: StreamingFabricSpec
  /// The map and reduce units as a roofline.
  public let units: RooflineDevice
  public let clock: ClockDomain
  public let bandwidth: Bandwidth

  /// - Throws: `DeviceError` for a value out of range or a name that is not known.
  public init(
    spec: StreamingFabricSpec, mapReduce: MapReduceSpec, clock: ClockDomain, bandwidth: Bandwidth
  ) throws(DeviceError) {
    try spec.validate()
    for (key, value) in [("units", mapReduce.units), ("lanes", mapReduce.lanes)]
    where value < 1 || value > 1 << 20 {
      throw DeviceError("map_reduce.\(key) is \(value); it must lie between 1 and 1048576")
    }
    let products = mapReduce.units * mapReduce.lanes * clock.frequency.hertz
    var rates: [String: ComputeRate] = [:]
    for type in mapReduce.types { rates[type] = ComputeRate(flopsPerSecond: 2 * products) }
    units = try RooflineDevice(
      spec: RooflineDeviceSpec(
        matrixRate: rates, vectorRate: ComputeRate(flopsPerSecond: products),
        launch: mapReduce.launch, launchByKind: mapReduce.launchByKind, tile: mapReduce.tile),
      bandwidth: bandwidth)
    self.spec = spec
    self.clock = clock
    self.bandwidth = bandwidth
  }

  /// The graph that one pipeline runs for attention of these dimensions.
  public func options(
    _ function: AttentionFunction, headDim: Int, valueDim: Int, keys: Int
  ) throws(DeviceError) -> AttentionOptions {
    let variant: AttentionVariant =
      switch function {
      case .softmax: try spec.softmaxVariant()
      case .sigmoid: .sigmoid
      case .relu: .relu
      }
    var options = AttentionOptions(
      variant, shape: AttentionShape(rows: 1, keys: max(1, keys), dimension: max(1, headDim)),
      latencies: (spec.latency ?? [:]).filter { variant.nodeNames.contains($0.key) },
      fork: try spec.forkMode(), lanes: spec.lanes, queryBlock: spec.queryBlock)
    for node in ["pv", "ew"] where variant.nodeNames.contains(node) {
      options.intervals[node] = (max(1, valueDim) + spec.lanes - 1) / spec.lanes
    }
    options.depths = options.fullThroughputDepths
    if let depth = spec.shortDepth { options.depths.short = .bounded(depth) }
    if let depth = spec.longDepth {
      (options.depths.long1, options.depths.long2) = (.bounded(depth), .bounded(depth))
    }
    return options
  }

  /// What attention over these requests takes.
  ///
  /// - Throws: `DeviceError` when the graph cannot be built or ends in deadlock.
  public func attention(
    _ attention: Attention, _ requests: [RequestRun], kvBytes: Int
  ) throws(DeviceError) -> StreamingAttentionCost {
    let dimensions = attention.headDim + attention.valueDim
    let shares = PipelineShares(
      attention, requests, pipelines: spec.pipelines, queryBlock: spec.queryBlock,
      keepsKeys: { $0 * dimensions * kvBytes <= spec.onChipKV.count })
    let longest = shares.rows.reduce(1) { $1.reduce($0, max) }
    let keys = (longest + spec.queryBlock - 1) / spec.queryBlock
    do {
      let timing = try AttentionRowTiming(
        options(
          attention.function, headDim: attention.headDim, valueDim: attention.valueDim,
          keys: keys))
      var cost = StreamingAttentionCost(
        cycles: 0, pipelines: shares.rows.count, intermediateBytes: 0,
        restreamed: ByteCount(shares.restreamedElements * kvBytes))
      var known: [[Int]: AttentionRowTiming.Outcome] = [:]
      for rows in shares.rows {
        let outcome = try known[rows] ?? timing.run(rowLengths: rows)
        known[rows] = outcome
        cost.cycles = max(cost.cycles, outcome.cycles)
        cost.intermediateBytes +=
          outcome.intermediateElements * AttentionPrecision.Format.f32.bytes
      }
      return cost
    } catch let error as DeviceError {
      throw error
    } catch {
      throw DeviceError("fabric: \(error)")
    }
  }
}
