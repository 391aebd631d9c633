public import Numerics

/// An attention graph with the sinks that receive its output.
public struct AttentionGraph: Sendable {
  public let options: AttentionOptions
  public let precision: AttentionPrecision
  public let graph: DataflowGraph
  let recorders: [(lane: AttentionLane, recorder: TokenRecorder)]

  /// Builds the graph; with a problem, its nodes carry values.
  ///
  /// - Throws: `GraphError` naming the option at fault.
  public init(
    _ options: AttentionOptions, problem: AttentionProblem? = nil,
    precision: AttentionPrecision = .f64
  ) throws(GraphError) {
    if let fault = options.fault { throw GraphError(.value, fault) }
    if let problem, problem.shape != options.shape {
      throw GraphError(.shape, "the problem's shape differs from the graph's")
    }
    self.options = options
    self.precision = precision
    if let buffer = options.kvBuffer {
      let least = AttentionMemory.leastBuffer(options, elementBytes: precision.storage.bytes)
      guard buffer >= least else {
        throw GraphError(
          .value, "the KV buffer has \(buffer) bytes; one key and one value a stream need \(least)")
      }
    }
    let rounded = problem?.rounded(to: precision.storage)
    var assembly = AttentionAssembly(options, precision, hasValues: problem != nil)
    var recorders: [(AttentionLane, TokenRecorder)] = []
    func lane(_ heads: [Int]) -> AttentionLane {
      AttentionLane(
        shape: options.shape, heads: heads, skipsMasked: options.maskMode == .skip,
        queryBlock: options.queryBlock, problem: rounded)
    }
    if options.variant == .linear {
      let heads = Array(0..<options.shape.heads)
      if options.headMapping == .time || heads.count == 1 {
        recorders.append(assembly.addLinearLane(lane(heads), suffix: ""))
      } else {
        for head in heads {
          recorders.append(assembly.addLinearLane(lane([head]), suffix: "\(head)"))
        }
      }
    } else if options.headMapping == .time || options.shape.heads == 1 {
      assembly.addStreams(lane(Array(0..<options.shape.heads)), suffix: "")
      recorders.append(assembly.addLane(lane(Array(0..<options.shape.heads)), suffix: ""))
    } else {
      let group = options.shape.heads / options.shape.kvHeads
      for kvHead in 0..<options.shape.kvHeads {
        assembly.addStreams(lane([kvHead * group]), suffix: "\(kvHead)")
        for head in (kvHead * group)..<((kvHead + 1) * group) {
          recorders.append(assembly.addLane(lane([head]), suffix: "\(head)"))
        }
      }
    }
    graph = try assembly.builder.build()
    self.recorders = recorders.map { (lane: $0.0, recorder: $0.1) }
  }

  /// A timing-only graph whose rows have the given numbers of pairs, in this order.
  ///
  /// - Parameter options: everything but the numbers of rows and keys.
  /// - Throws: `GraphError` naming the option at fault.
  public init(_ options: AttentionOptions, rowLengths: [Int]) throws(GraphError) {
    if let fault = options.fault { throw GraphError(.value, fault) }
    guard options.kvBuffer == nil, options.variant != .linear else {
      throw GraphError(.value, "rows of given lengths have no place in a memory or a sequence")
    }
    self.options = options
    precision = .f32
    var assembly = AttentionAssembly(options, precision, hasValues: false)
    let lane = AttentionLane(
      lengths: rowLengths, queryBlock: options.queryBlock, shape: options.shape)
    assembly.addStreams(lane, suffix: "")
    _ = assembly.addLane(lane, suffix: "")
    graph = try assembly.builder.build()
    recorders = []
  }

  /// [heads, rows, dimension], after a run with values.
  public var output: [Double] {
    let shape = options.shape
    let d = shape.dimension
    var output = [Double](repeating: 0, count: shape.heads * shape.rows * d)
    for entry in recorders {
      let token = options.queryBlock * d
      guard entry.recorder.elements.count == entry.lane.blocks.count * token else { return [] }
      for (index, block) in entry.lane.blocks.enumerated() {
        for (place, row) in block.enumerated() {
          let from = index * token + place * d
          let to = (entry.lane.head(ofRow: row) * shape.rows + row % shape.rows) * d
          output.replaceSubrange(
            to..<(to + d), with: entry.recorder.elements[from..<(from + d)])
        }
      }
    }
    return output
  }

  /// Bytes of FIFO peaks and node state in the accumulator's format; sources are left out.
  public func intermediateBytes(peaks: [Int]) -> Int {
    let element = precision.accumulator.bytes
    let sources = graph.sourceFIFOs
    var elements = graph.nodes.reduce(0) { $0 + ($1.kind.isSource ? 0 : $1.stateElements) }
    for (index, fifo) in graph.fifos.enumerated() where !sources.contains(index) {
      let width = graph.nodes[fifo.producer.node].outputs[fifo.producer.port].type.width
      elements += peaks[index] * width
    }
    return elements * element
  }

  /// Bytes that the sources stream, in the storage format: q once per row, k and v per pair.
  public var streamedBytes: Int {
    let sources = graph.nodes.filter(\.kind.isSource)
    return sources.reduce(0) { $0 + $1.rows.firings * $1.outputs[0].type.width }
      * precision.storage.bytes
  }
}

/// The nodes and FIFOs of attention graphs, lane by lane.
struct AttentionAssembly {
  var builder: GraphBuilder
  let options: AttentionOptions
  let precision: AttentionPrecision
  let hasValues: Bool
  private let memory: AttentionMemory?
  private var keys: Stream<Vector>?
  private var values: Stream<Vector>?

  init(_ options: AttentionOptions, _ precision: AttentionPrecision, hasValues: Bool) {
    self.options = options
    self.precision = precision
    self.hasValues = hasValues
    memory = options.kvBuffer.map {
      AttentionMemory(options, buffer: $0, elementBytes: precision.storage.bytes)
    }
    builder = GraphBuilder("\(options.variant.rawValue) attention", fork: options.fork)
  }

  /// The K and V streams that the next lanes read.
  mutating func addStreams(_ lane: AttentionLane, suffix: String) {
    keys = keyValueStream("k" + suffix, lane, ofValues: false)
    values = keyValueStream("v" + suffix, lane, ofValues: true)
  }

  private mutating func keyValueStream(
    _ name: String, _ lane: AttentionLane, ofValues: Bool
  ) -> Stream<Vector> {
    builder.vectorSource(
      name, width: options.shape.dimension, rows: lane.pairs,
      operation: hasValues ? KeyValueSource(lane: lane, readsValues: ofValues) : nil,
      transfers: memory?.fetches(lane, ofValues: ofValues))
  }

  /// One set of compute nodes, from Q to the output.
  mutating func addLane(
    _ lane: AttentionLane, suffix: String
  ) -> (AttentionLane, TokenRecorder) {
    let d = options.shape.dimension
    let query = builder.vectorSource(
      "q" + suffix, width: d * lane.queryBlock, rows: lane.queries,
      operation: hasValues ? QuerySource(lane: lane) : nil)
    guard let keys, let values else { preconditionFailure("streams come before lanes") }
    let parts = Lane(suffix: suffix, lane: lane)
    let score = builder.mapHeld(
      "qk" + suffix, short(keys, "k", parts), held: short(query, "q", parts), to: .scalar,
      as: Scalar.self, timing: options.timing("qk"),
      operation: operation(.score(scoreFunction), parts))
    let output: Stream<Vector>
    switch options.variant {
    case .naive: output = naive(score, values, parts)
    case .scaled: output = scaled(score, values, parts)
    case .reordered: output = reordered(score, values, parts)
    case .memoryFree: output = memoryFree(score, values, parts)
    case .sigmoid, .relu, .linear:
      output = weightedSum(short(score, "p", parts), values, isOutput: true, parts)
    }
    let recorder = TokenRecorder(width: d * lane.queryBlock)
    builder.sink(
      "o" + suffix, short(output, "o", parts), operation: hasValues ? recorder : nil,
      transfers: memory?.stores(lane))
    return (lane, recorder)
  }

  private struct Lane {
    let suffix: String
    let lane: AttentionLane
  }

  private var scoreFunction: ScoreFunction {
    switch options.variant {
    case .naive, .reordered: .exponential
    case .scaled, .memoryFree, .linear: .identity
    case .sigmoid: .sigmoid
    case .relu: .relu
    }
  }

  private func operation(_ step: AttentionStep, _ parts: Lane) -> (any ValueOperation)? {
    hasValues ? AttentionOperation(step: step, lane: parts.lane, precision: precision) : nil
  }

  private func short<E>(_ stream: Stream<E>, _ name: String, _ parts: Lane) -> Wire<E> {
    stream.fifo(options.depths.short, name: name + parts.suffix)
  }

  private mutating func weightedSum(
    _ weights: Wire<Scalar>, _ values: Stream<Vector>, isOutput: Bool, _ parts: Lane
  ) -> Stream<Vector> {
    builder.accumulate(
      "pv" + parts.suffix, weights: weights, vectors: short(values, "v", parts),
      timing: options.timing("pv"), interleaved: options.queryBlock,
      operation: operation(.accumulate(isOutput: isOutput), parts))
  }

  /// Row sum, division by it, and weighted sum of V.
  private mutating func normalisedSum(
    _ weight: Stream<Scalar>, _ values: Stream<Vector>, long: FIFODepth, _ parts: Lane
  ) -> Stream<Vector> {
    let sum = builder.reduce(
      "sum" + parts.suffix, short(weight, "e_short", parts), timing: options.timing("sum"),
      interleaved: options.queryBlock, operation: operation(.rowSum, parts))
    let normalised = builder.mapHeld(
      "div" + parts.suffix, weight.fifo(long, name: "e_long" + parts.suffix),
      held: short(sum, "sum", parts), to: .scalar, as: Scalar.self,
      timing: options.timing("div"), operation: operation(.normalise, parts))
    return weightedSum(short(normalised, "p", parts), values, isOutput: true, parts)
  }

  private mutating func naive(
    _ weight: Stream<Scalar>, _ values: Stream<Vector>, _ parts: Lane
  ) -> Stream<Vector> {
    normalisedSum(weight, values, long: options.depths.long1, parts)
  }

  private mutating func scaled(
    _ score: Stream<Scalar>, _ values: Stream<Vector>, _ parts: Lane
  ) -> Stream<Vector> {
    let maximum = builder.reduce(
      "max" + parts.suffix, short(score, "s_short", parts), timing: options.timing("max"),
      interleaved: options.queryBlock, operation: operation(.rowMaximum, parts))
    let weight = builder.mapHeld(
      "exp" + parts.suffix, score.fifo(options.depths.long1, name: "s_long" + parts.suffix),
      held: short(maximum, "max", parts), to: .scalar, as: Scalar.self,
      timing: options.timing("exp"), operation: operation(.exponential, parts))
    return normalisedSum(weight, values, long: options.depths.long2, parts)
  }

  private mutating func reordered(
    _ weight: Stream<Scalar>, _ values: Stream<Vector>, _ parts: Lane
  ) -> Stream<Vector> {
    let sum = builder.reduce(
      "sum" + parts.suffix, short(weight, "e_sum", parts), timing: options.timing("sum"),
      interleaved: options.queryBlock, operation: operation(.rowSum, parts))
    let total = weightedSum(short(weight, "e_pv", parts), values, isOutput: false, parts)
    return divided(total, by: sum, parts)
  }

  private mutating func memoryFree(
    _ score: Stream<Scalar>, _ values: Stream<Vector>, _ parts: Lane
  ) -> Stream<Vector> {
    let scanned = builder.scan(
      "scan" + parts.suffix, short(score, "s", parts), outputs: ["delta", "e"],
      timing: options.timing("scan"), interleaved: options.queryBlock,
      operation: operation(.runningMaximum, parts))
    let (delta, weight) = (scanned[0], scanned[1])
    let d = options.shape.dimension
    let b = options.queryBlock
    let rows = lanePairs(parts)
    let sum = builder.add(
      NodeSpecification(
        "sum" + parts.suffix, .reduce, rows: rows,
        inputs: [PortSpecification("delta"), PortSpecification("e")],
        outputs: [PortSpecification("out", .lastOfRow, TokenType(width: b))],
        interval: options.timing("sum").interval, latency: options.timing("sum").latency,
        stateElements: b, operation: operation(.rescaledSum, parts)))
    let total = builder.add(
      NodeSpecification(
        "pv" + parts.suffix, .accumulate, rows: rows,
        inputs: [
          PortSpecification("delta"), PortSpecification("e"),
          PortSpecification("v", .everyFiring, .vector(d)),
        ], outputs: [PortSpecification("out", .lastOfRow, .vector(b * d))],
        interval: options.timing("pv").interval, latency: options.timing("pv").latency,
        stateElements: b * d, operation: operation(.rescaledAccumulate, parts)))
    builder.attach(short(delta, "delta_sum", parts), to: sum, input: 0)
    builder.attach(short(weight, "e_sum", parts), to: sum, input: 1)
    builder.attach(short(delta, "delta_pv", parts), to: total, input: 0)
    builder.attach(short(weight, "e_pv", parts), to: total, input: 1)
    builder.attach(short(values, "v", parts), to: total, input: 2)
    return divided(
      builder.stream(Vector.self, node: total, output: 0),
      by: builder.stream(Scalar.self, node: sum, output: 0), parts)
  }

  private func lanePairs(_ parts: Lane) -> RowShape { parts.lane.pairs }

  private mutating func divided(
    _ total: Stream<Vector>, by sum: Stream<Scalar>, _ parts: Lane
  ) -> Stream<Vector> {
    builder.zip(
      "ew" + parts.suffix, short(total, "pv", parts), short(sum, "sum", parts), to: total.type,
      as: Vector.self, timing: options.timing("ew"), operation: operation(.divide, parts))
  }
}
