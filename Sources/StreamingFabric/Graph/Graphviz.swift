extension DataflowGraph {
  /// The graph in the DOT language of Graphviz; FIFO edges carry name and depth.
  public var graphviz: String {
    var text = "digraph \"\(name)\" {\n  rankdir=LR;\n  node [fontname=\"Helvetica\"];\n"
    for (index, node) in nodes.enumerated() {
      let timing = "II \(node.interval), L \(node.latency)"
      text += "  n\(index) [shape=\(shape(node.kind)), "
      text += "label=\"\(node.name)\\n\(node.kind.rawValue)\\n\(timing)\"];\n"
    }
    for fifo in fifos {
      var label = "\(fifo.name) [\(fifo.depth)]"
      if fifo.initialTokens > 0 { label += " +\(fifo.initialTokens)" }
      text += "  n\(fifo.producer.node) -> n\(fifo.consumer.node) [label=\"\(label)\"];\n"
    }
    return text + "}\n"
  }

  private func shape(_ kind: NodeKind) -> String {
    switch kind {
    case .source, .sink: "ellipse"
    case .memoryReader, .memoryWriter: "cylinder"
    case .reduce, .accumulate, .scan: "trapezium"
    case .broadcast, .repeat: "point"
    default: "box"
    }
  }
}
