import StreamingFabric
import Testing

@Suite struct GraphBuilderTests {
  @Test func unconnectedPortsAreNamed() {
    var builder = GraphBuilder("open")
    _ = builder.source("x", rows: .uniform(rows: 1, length: 4))
    let error = #expect(throws: GraphError.self) { try builder.build() }
    #expect(error?.code == .unconnectedPort && error?.message.contains("x.out") == true)
  }

  @Test func elementTypesMustAgree() {
    var builder = GraphBuilder("types")
    let x = builder.vectorSource("x", width: 4, rows: .uniform(rows: 1, length: 4))
    let node = builder.add(
      NodeSpecification(
        "y", .sink, rows: x.rows, inputs: [PortSpecification("in", .everyFiring, .vector(8))]))
    builder.attach(x.fifo(.bounded(2)), to: node, input: 0)
    let error = #expect(throws: GraphError.self) { try builder.build() }
    #expect(error?.code == .elementType)
  }

  @Test(arguments: [0, 1])
  func loopsNeedAnInitialToken(tokens: Int) throws {
    var builder = GraphBuilder("loop")
    for name in ["a", "b"] {
      builder.add(
        NodeSpecification(
          name, .map, rows: .uniform(rows: 1, length: 10), inputs: [PortSpecification("in")],
          outputs: [PortSpecification("out")]))
    }
    builder.connect(
      OutputPort(node: 0, port: 0), to: InputPort(node: 1, port: 0), depth: .bounded(2))
    builder.connect(
      OutputPort(node: 1, port: 0), to: InputPort(node: 0, port: 0), depth: .bounded(2),
      initialTokens: tokens)
    if tokens == 0 {
      let error = #expect(throws: GraphError.self) { try builder.build() }
      #expect(error?.code == .unprimedLoop)
    } else {
      // One token goes round in two cycles.
      #expect(try builder.build().run().cycles == 20)
    }
  }

  @Test func zeroLatencyIsRejected() {
    var builder = GraphBuilder("zero")
    let x = builder.source(
      "x", rows: .uniform(rows: 1, length: 4), timing: Timing(interval: 1, latency: 0))
    builder.sink("y", x.fifo(.bounded(2)))
    let error = #expect(throws: GraphError.self) { try builder.build() }
    #expect(error?.code == .zeroDelay)
  }

  @Test func tokenCountsMustBalance() {
    var builder = GraphBuilder("rates")
    let x = builder.source("x", rows: .uniform(rows: 2, length: 4))
    let y = builder.source("y", rows: .uniform(rows: 3, length: 4))
    let z = builder.zip(
      "z", x.fifo(.bounded(2)), y.fifo(.bounded(2)), to: .scalar, as: Scalar.self)
    builder.sink("out", z.fifo(.bounded(2)))
    let error = #expect(throws: GraphError.self) { try builder.build() }
    #expect(error?.code == .tokenBalance)
  }

  @Test func graphvizNamesEveryNodeAndFIFO() throws {
    var builder = GraphBuilder("picture")
    let x = builder.source("x", rows: .uniform(rows: 1, length: 4))
    builder.sink("out", x.fifo(.bounded(2), name: "link"))
    let text = try builder.build().graphviz
    #expect(text.contains("x\\nsource") && text.contains("link [2]") && text.contains("n0 -> n1"))
  }

  @Test func valuesFlowThroughFoldsMapsAndRepeats() throws {
    let rows = RowShape.uniform(rows: 3, length: 700)
    var builder = GraphBuilder("mean removed")
    let x = builder.source(
      "x", rows: rows, operation: GeneratorOperation { Double($0 % 700) * Double(1 + $0 / 700) })
    let sum = builder.reduce("sum", x.fifo(.bounded(2)), operation: FoldOperation(0, +))
    let repeated = builder.repeat("repeat", sum.fifo(.bounded(2)), rows: rows)
    let copy = builder.broadcast("copy", x.fifo(.bounded(800)))
    let centred = builder.zip(
      "centred", copy.fifo(.bounded(2)), repeated.fifo(.bounded(2)), to: .scalar, as: Scalar.self,
      operation: ScalarOperation { $0 - $1 / 700 })
    let recorder = TokenRecorder()
    builder.sink("out", centred.fifo(.bounded(2)), operation: recorder)
    _ = try builder.build().run(FabricRunOptions(carriesValues: true))
    #expect(recorder.elements.count == 2100)
    #expect(recorder.elements[0] == -349.5 && recorder.elements[700] == -699)
    #expect(recorder.elements[2099] == 3 * 349.5)
  }

  @Test func mergeOfFourMillionTakesOneCycleEach() throws {
    let half = 2 * 1024 * 1024
    var builder = GraphBuilder("merge")
    let a = builder.source(
      "a", rows: .uniform(rows: 1, length: half), operation: GeneratorOperation { Double(2 * $0) })
    let b = builder.source(
      "b", rows: .uniform(rows: 1, length: half),
      operation: GeneratorOperation { Double(2 * $0 + 1) })
    let merged = builder.merge("merge", a.fifo(.bounded(32)), b.fifo(.bounded(32)))
    let count = TokenCounter()
    builder.sink("out", merged.fifo(.bounded(32)), operation: count)
    let result = try builder.build().run()
    #expect(result.cycles == 4_194_306)
    #expect(count.isAscending && count.count == 2 * half)
  }

  @Test(arguments: [(256, 4096, 4105), (1024, 2048, 2059)])
  func adderTreesAddOneCyclePerLevel(leaves: Int, length: Int, cycles: Int) throws {
    var builder = GraphBuilder("tree")
    var level = (0..<leaves).map {
      builder.source("leaf\($0)", rows: .uniform(rows: 1, length: length))
    }
    var names = 0
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { index in
        names += 1
        return builder.zip(
          "add\(names)", level[index].fifo(.bounded(8)), level[index + 1].fifo(.bounded(8)),
          to: .scalar, as: Scalar.self)
      }
    }
    builder.sink("out", level[0].fifo(.bounded(8)))
    #expect(try builder.build().run(FabricRunOptions(stepping: .step)).cycles == cycles)
  }
}

/// Counts tokens and watches that they ascend.
final class TokenCounter: ValueOperation, @unchecked Sendable {
  var count = 0
  var isAscending = true
  var last = -Double.infinity

  func makeKernel() -> ValueKernel { Kernel(self) }

  final class Kernel: ValueKernel {
    let counter: TokenCounter

    init(_ counter: TokenCounter) {
      self.counter = counter
    }

    override func fire(_ block: FiringBlock) {
      for index in 0..<block.count {
        if block.inputs[0][index] <= counter.last { counter.isAscending = false }
        counter.last = block.inputs[0][index]
      }
      counter.count += block.count
    }
  }
}
