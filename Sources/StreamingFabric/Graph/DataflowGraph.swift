/// A validated graph of nodes and FIFOs; only such a graph can run.
public struct DataflowGraph: Sendable {
  public let name: String
  public let nodes: [NodeSpecification]
  public let fifos: [FIFOSpecification]
  /// The nodes, producers before consumers where no loop forbids it.
  public let order: [Int]
  /// FIFOs into each input port, by node.
  let inputFIFOs: [[Int]]
  /// FIFOs out of each output port in order of connection, by node and port.
  let outputFIFOs: [[[Int]]]

  /// Checks the graph completely before cycle 0.
  ///
  /// - Throws: the first fault found: unconnected ports, differing element types, latencies and
  ///   intervals below 1, loops without an initial token, unequal token counts at a FIFO's ends.
  public init(
    name: String, nodes: [NodeSpecification], fifos: [FIFOSpecification]
  ) throws(GraphError) {
    self.name = name
    self.nodes = nodes
    self.fifos = fifos
    try Self.validateNodes(nodes)
    (inputFIFOs, outputFIFOs) = try Self.connections(nodes, fifos)
    for fifo in fifos { try Self.validate(fifo, nodes) }
    try Self.validateLoops(nodes, fifos)
    order = Self.dataOrder(nodes, fifos)
  }

  /// The same graph with other FIFO depths.
  ///
  /// - Precondition: one depth, of at least 1, for each FIFO.
  public func withDepths(_ depths: [FIFODepth]) -> DataflowGraph {
    precondition(depths.count == fifos.count)
    var changed = fifos
    for index in changed.indices { changed[index].depth = depths[index] }
    return DataflowGraph(copying: self, fifos: changed)
  }

  private init(copying other: DataflowGraph, fifos: [FIFOSpecification]) {
    name = other.name
    nodes = other.nodes
    self.fifos = fifos
    order = other.order
    inputFIFOs = other.inputFIFOs
    outputFIFOs = other.outputFIFOs
  }

  /// The index of the FIFO called `name`.
  public func fifo(named name: String) -> Int? { fifos.firstIndex { $0.name == name } }

  /// The FIFOs that leave a source: they may run ahead, and memory figures leave them out.
  public var sourceFIFOs: Set<Int> {
    Set(fifos.indices.filter { nodes[fifos[$0].producer.node].kind.isSource })
  }

  /// The tokens that a port passes in `rows` of its node.
  static func tokens(_ rate: PortRate, _ rows: RowShape) -> Int {
    rate == .everyFiring ? rows.firings : rows.rows
  }
}
