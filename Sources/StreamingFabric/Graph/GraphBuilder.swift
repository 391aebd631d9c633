/// The kind of element that a typed stream carries.
public protocol TokenElement: Sendable {}
/// Streams of single elements.
public enum Scalar: TokenElement {}
/// Streams of vectors of one fixed width.
public enum Vector: TokenElement {}

/// An output in a graph that is being built; the compiler keeps scalars and vectors apart.
public struct Stream<Element: TokenElement>: Sendable {
  public let port: OutputPort
  public let type: TokenType
  /// How the tokens of this stream fall into rows.
  public let rows: RowShape

  /// This stream through a FIFO of its own.
  public func fifo(
    _ depth: FIFODepth, name: String? = nil, sendLatency: Int = 1, responseLatency: Int = 1
  ) -> Wire<Element> {
    Wire(
      stream: self, depth: depth, name: name, sendLatency: sendLatency,
      responseLatency: responseLatency)
  }
}

/// A stream together with the FIFO through which a consumer will read it.
public struct Wire<Element: TokenElement>: Sendable {
  let stream: Stream<Element>
  let depth: FIFODepth
  let name: String?
  let sendLatency: Int
  let responseLatency: Int

  public var rows: RowShape { stream.rows }
  public var type: TokenType { stream.type }
}

/// Timing of a node.
public struct Timing: Hashable, Sendable {
  public var interval: Int
  public var latency: Int

  public init(interval: Int = 1, latency: Int = 1) {
    self.interval = interval
    self.latency = latency
  }
}

/// Builds dataflow graphs from typed streams.
///
/// ```swift
/// var builder = GraphBuilder("row sums")
/// let x = builder.source("x", rows: .uniform(rows: 4, length: 8))
/// let sum = builder.reduce("sum", x.fifo(.bounded(2)))
/// builder.sink("out", sum.fifo(.bounded(2)))
/// let graph = try builder.build()
/// ```
public struct GraphBuilder: Sendable {
  public let name: String
  /// How nodes with several outgoing FIFOs wait for space.
  public var fork: ForkMode
  public private(set) var nodes: [NodeSpecification] = []
  public private(set) var fifos: [FIFOSpecification] = []

  public init(_ name: String, fork: ForkMode = .atomic) {
    self.name = name
    self.fork = fork
  }

  /// Validates the graph.
  public func build() throws(GraphError) -> DataflowGraph {
    try DataflowGraph(name: name, nodes: nodes, fifos: fifos)
  }

  /// Adds any node; the typed methods below are made of this one.
  @discardableResult
  public mutating func add(_ node: NodeSpecification) -> Int {
    var node = node
    node.fork = fork
    nodes.append(node)
    return nodes.count - 1
  }

  /// Connects two ports; loops are made with this, and need an initial token.
  public mutating func connect(
    _ producer: OutputPort, to consumer: InputPort, name: String? = nil, depth: FIFODepth,
    sendLatency: Int = 1, responseLatency: Int = 1, initialTokens: Int = 0
  ) {
    let fallback = "\(nodes[producer.node].name)_\(nodes[consumer.node].name)_\(fifos.count)"
    fifos.append(
      FIFOSpecification(
        name: name ?? fallback, producer: producer, consumer: consumer, depth: depth,
        sendLatency: sendLatency, responseLatency: responseLatency, initialTokens: initialTokens))
  }

  /// The stream of an output of a node that was added with `add`.
  public func stream<E>(_ type: E.Type, node: Int, output: Int) -> Stream<E> {
    let specification = nodes[node].outputs[output]
    let rows = nodes[node].rows
    return Stream(
      port: OutputPort(node: node, port: output), type: specification.type,
      rows: specification.rate == .everyFiring ? rows : .uniform(rows: rows.rows, length: 1))
  }

  /// Connects a wire to an input of a node that was added with `add`.
  public mutating func attach<E>(_ wire: Wire<E>, to node: Int, input: Int) {
    connect(
      wire.stream.port, to: InputPort(node: node, port: input), name: wire.name,
      depth: wire.depth, sendLatency: wire.sendLatency, responseLatency: wire.responseLatency)
  }
}

extension GraphBuilder {
  /// A source of one scalar per firing.
  public mutating func source(
    _ name: String, rows: RowShape, timing: Timing = Timing(),
    operation: (any ValueOperation)? = nil
  ) -> Stream<Scalar> {
    source(name, type: .scalar, rows: rows, timing: timing, operation: operation)
  }

  /// A source of one vector per firing.
  ///
  /// - Parameter transfers: what it reads from the memory; absent, its data are on the chip.
  public mutating func vectorSource(
    _ name: String, width: Int, rows: RowShape, timing: Timing = Timing(),
    operation: (any ValueOperation)? = nil, transfers: MemoryTransfers? = nil
  ) -> Stream<Vector> {
    source(
      name, type: .vector(width), rows: rows, timing: timing, operation: operation,
      transfers: transfers)
  }

  private mutating func source<E>(
    _ name: String, type: TokenType, rows: RowShape, timing: Timing,
    operation: (any ValueOperation)?, transfers: MemoryTransfers? = nil
  ) -> Stream<E> {
    let node = add(
      NodeSpecification(
        name, transfers == nil ? .source : .memoryReader, rows: rows,
        outputs: [PortSpecification("out", .everyFiring, type)], interval: timing.interval,
        latency: timing.latency, operation: operation, transfers: transfers))
    return stream(E.self, node: node, output: 0)
  }

  /// One output for each input.
  public mutating func map<A, B>(
    _ name: String, _ input: Wire<A>, to output: TokenType, as _: B.Type = B.self,
    timing: Timing = Timing(), operation: (any ValueOperation)? = nil
  ) -> Stream<B> {
    let node = add(
      NodeSpecification(
        name, .map, rows: input.rows,
        inputs: [PortSpecification("in", .everyFiring, input.type)],
        outputs: [PortSpecification("out", .everyFiring, output)],
        interval: timing.interval, latency: timing.latency, operation: operation))
    attach(input, to: node, input: 0)
    return stream(B.self, node: node, output: 0)
  }

  /// One output for each pair of inputs.
  public mutating func zip<A, B, C>(
    _ name: String, _ a: Wire<A>, _ b: Wire<B>, to output: TokenType, as _: C.Type = C.self,
    timing: Timing = Timing(), operation: (any ValueOperation)? = nil
  ) -> Stream<C> {
    binary(
      name, .zip, a, b, rates: (.everyFiring, .everyFiring), rows: a.rows,
      output: PortSpecification("out", .everyFiring, output), timing, 0, operation)
  }

  /// One output for each `a`, combined with a `b` that is held for a whole row.
  public mutating func mapHeld<A, B, C>(
    _ name: String, _ a: Wire<A>, held b: Wire<B>, to output: TokenType, as _: C.Type = C.self,
    timing: Timing = Timing(), operation: (any ValueOperation)? = nil
  ) -> Stream<C> {
    binary(
      name, .map, a, b, rates: (.everyFiring, .firstOfRow), rows: a.rows,
      output: PortSpecification("out", .everyFiring, output), timing, b.type.width, operation)
  }

  /// One output for each row of inputs, emitted with the row's last input.
  ///
  /// - Parameter interleaved: results of this many sequences that take turns within a row.
  public mutating func reduce<E>(
    _ name: String, _ input: Wire<E>, timing: Timing = Timing(), interleaved: Int = 1,
    operation: (any ValueOperation)? = nil
  ) -> Stream<E> {
    let node = add(
      NodeSpecification(
        name, .reduce, rows: input.rows,
        inputs: [PortSpecification("in", .everyFiring, input.type)],
        outputs: [
          PortSpecification("out", .lastOfRow, TokenType(width: interleaved * input.type.width))
        ], interval: timing.interval, latency: timing.latency,
        stateElements: interleaved * input.type.width, operation: operation))
    attach(input, to: node, input: 0)
    return stream(E.self, node: node, output: 0)
  }

  /// Sums of scalar times vector over each row.
  public mutating func accumulate(
    _ name: String, weights: Wire<Scalar>, vectors: Wire<Vector>, timing: Timing = Timing(),
    interleaved: Int = 1, operation: (any ValueOperation)? = nil
  ) -> Stream<Vector> {
    let width = interleaved * vectors.type.width
    return binary(
      name, .accumulate, weights, vectors, rates: (.everyFiring, .everyFiring),
      rows: weights.rows, output: PortSpecification("out", .lastOfRow, TokenType(width: width)),
      timing, width, operation)
  }

  /// A running state over each row; every input gives one token on each of `outputs`.
  public mutating func scan(
    _ name: String, _ input: Wire<Scalar>, outputs: [String], timing: Timing = Timing(),
    interleaved: Int = 1, operation: (any ValueOperation)? = nil
  ) -> [Stream<Scalar>] {
    let node = add(
      NodeSpecification(
        name, .scan, rows: input.rows, inputs: [PortSpecification("in")],
        outputs: outputs.map { PortSpecification($0) }, interval: timing.interval,
        latency: timing.latency, stateElements: interleaved, operation: operation))
    attach(input, to: node, input: 0)
    return outputs.indices.map { stream(Scalar.self, node: node, output: $0) }
  }

  /// Repeats each token for the whole of a row of `rows`.
  public mutating func `repeat`<E>(
    _ name: String, _ input: Wire<E>, rows: RowShape, timing: Timing = Timing()
  ) -> Stream<E> {
    let node = add(
      NodeSpecification(
        name, .repeat, rows: rows, inputs: [PortSpecification("in", .firstOfRow, input.type)],
        outputs: [PortSpecification("out", .everyFiring, input.type)], interval: timing.interval,
        latency: timing.latency, stateElements: input.type.width,
        operation: RepeatOperation(width: input.type.width)))
    attach(input, to: node, input: 0)
    return stream(E.self, node: node, output: 0)
  }

  /// A node of its own that copies its input; any stream may also be read by several FIFOs.
  public mutating func broadcast<E>(
    _ name: String, _ input: Wire<E>, timing: Timing = Timing()
  ) -> Stream<E> {
    let node = add(
      NodeSpecification(
        name, .broadcast, rows: input.rows,
        inputs: [PortSpecification("in", .everyFiring, input.type)],
        outputs: [PortSpecification("out", .everyFiring, input.type)], interval: timing.interval,
        latency: timing.latency, operation: CopyOperation(width: input.type.width)))
    attach(input, to: node, input: 0)
    return stream(E.self, node: node, output: 0)
  }

  /// Merges two ascending streams into one; which input is taken depends on the values.
  public mutating func merge(
    _ name: String, _ a: Wire<Scalar>, _ b: Wire<Scalar>, timing: Timing = Timing()
  ) -> Stream<Scalar> {
    let node = add(
      NodeSpecification(
        name, .merge, rows: .uniform(rows: a.rows.firings + b.rows.firings, length: 1),
        inputs: [PortSpecification("a", .selected), PortSpecification("b", .selected)],
        outputs: [PortSpecification("out")], interval: timing.interval, latency: timing.latency,
        operation: MergeOperation()))
    attach(a, to: node, input: 0)
    attach(b, to: node, input: 1)
    return stream(Scalar.self, node: node, output: 0)
  }

  /// Takes every token of a stream.
  ///
  /// - Parameter transfers: what it writes to the memory, one a token; absent, tokens stay.
  @discardableResult
  public mutating func sink<E>(
    _ name: String, _ input: Wire<E>, timing: Timing = Timing(),
    operation: (any ValueOperation)? = nil, transfers: MemoryTransfers? = nil
  ) -> Int {
    let node = add(
      NodeSpecification(
        name, transfers == nil ? .sink : .memoryWriter, rows: input.rows,
        inputs: [PortSpecification("in", .everyFiring, input.type)], interval: timing.interval,
        latency: timing.latency, operation: operation, transfers: transfers))
    attach(input, to: node, input: 0)
    return node
  }

  private mutating func binary<A, B, C>(
    _ name: String, _ kind: NodeKind, _ a: Wire<A>, _ b: Wire<B>, rates: (PortRate, PortRate),
    rows: RowShape, output: PortSpecification, _ timing: Timing, _ stateElements: Int,
    _ operation: (any ValueOperation)?
  ) -> Stream<C> {
    let node = add(
      NodeSpecification(
        name, kind, rows: rows,
        inputs: [
          PortSpecification("a", rates.0, a.type), PortSpecification("b", rates.1, b.type),
        ], outputs: [output], interval: timing.interval, latency: timing.latency,
        stateElements: stateElements, operation: operation))
    attach(a, to: node, input: 0)
    attach(b, to: node, input: 1)
    return stream(C.self, node: node, output: 0)
  }
}
