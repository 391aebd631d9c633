import StreamingFabric
import Units

/// Random layered graphs over one row shape: every rate, fork, latency, interval and depth.
struct RandomGraph {
  var generator: SeededGenerator

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  private mutating func pick(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + generator.next(below: range.count)
  }

  private mutating func chance(_ percent: Int) -> Bool { generator.next(below: 100) < percent }

  private mutating func timing() -> Timing {
    Timing(interval: chance(60) ? 1 : pick(1...4), latency: chance(50) ? 1 : pick(1...7))
  }

  private mutating func depth(_ rowLength: Int) -> FIFODepth {
    switch pick(0...9) {
    case 0: .unbounded
    case 1...4: .bounded(pick(1...3))
    case 5...6: .bounded(pick(1...8))
    default: .bounded(max(1, rowLength + pick(-2...6)))
    }
  }

  private mutating func wire<E>(_ stream: Stream<E>, _ rowLength: Int) -> Wire<E> {
    stream.fifo(
      depth(rowLength), sendLatency: chance(80) ? 1 : pick(1...4),
      responseLatency: chance(80) ? 1 : pick(1...4))
  }

  /// A valid graph; with `ragged`, rows differ in length.
  mutating func make(ragged: Bool, rows: Int, longest: Int) throws -> DataflowGraph {
    let length = pick(1...longest)
    let shape: RowShape =
      ragged
      ? .ragged((0..<rows).map { _ in pick(1...longest) })
      : .uniform(rows: rows, length: length)
    var builder = GraphBuilder("random", fork: chance(50) ? .atomic : .sequential)
    var everyFiring: [Stream<Scalar>] = []
    var perRow: [Stream<Scalar>] = []
    var unread: Set<Int> = []
    var names = 0
    func name(_ kind: String) -> String {
      names += 1
      return "\(kind)\(names)"
    }
    for _ in 0..<pick(1...3) {
      everyFiring.append(builder.source(name("src"), rows: shape, timing: timing()))
    }
    if chance(50) {
      perRow.append(
        builder.source(name("row"), rows: .uniform(rows: rows, length: 1), timing: timing()))
    }
    for _ in 0..<pick(1...7) {
      let a = everyFiring[generator.next(below: everyFiring.count)]
      let b = everyFiring[generator.next(below: everyFiring.count)]
      switch pick(0...6) {
      case 0:
        everyFiring.append(
          builder.map(name("map"), wire(a, length), to: .scalar, timing: timing()))
      case 1:
        everyFiring.append(
          builder.zip(name("zip"), wire(a, length), wire(b, length), to: .scalar, timing: timing())
        )
      case 2:
        perRow.append(builder.reduce(name("red"), wire(a, length), timing: timing()))
      case 3 where !perRow.isEmpty:
        let held = perRow[generator.next(below: perRow.count)]
        everyFiring.append(
          builder.mapHeld(
            name("held"), wire(a, length), held: wire(held, length), to: .scalar,
            timing: timing()))
      case 4 where !perRow.isEmpty:
        let held = perRow[generator.next(below: perRow.count)]
        everyFiring.append(
          builder.repeat(name("rep"), wire(held, length), rows: shape, timing: timing()))
      case 5:
        everyFiring += builder.scan(
          name("scan"), wire(a, length), outputs: ["x", "y"], timing: timing())
      default:
        let node = builder.add(
          NodeSpecification(
            name("both"), .scan, rows: shape,
            inputs: [PortSpecification("in")],
            outputs: [PortSpecification("each"), PortSpecification("last", .lastOfRow)],
            interval: timing().interval, latency: timing().latency))
        builder.attach(wire(a, length), to: node, input: 0)
        everyFiring.append(builder.stream(Scalar.self, node: node, output: 0))
        perRow.append(builder.stream(Scalar.self, node: node, output: 1))
      }
    }
    unread = Set((everyFiring + perRow).indices)
    let read = Set(builder.fifos.map(\.producer))
    for (index, stream) in (everyFiring + perRow).enumerated()
    where unread.contains(index) && (!read.contains(stream.port) || chance(10)) {
      builder.sink(name("sink"), wire(stream, length), timing: timing())
    }
    if chance(30) { addLoop(&builder, shape) }
    return try builder.build()
  }

  /// A pair of nodes that pass a token round, started by initial tokens.
  private mutating func addLoop(_ builder: inout GraphBuilder, _ shape: RowShape) {
    func node(_ name: String) -> NodeSpecification {
      let timing = timing()
      return NodeSpecification(
        name, .map, rows: shape, inputs: [PortSpecification("in")],
        outputs: [PortSpecification("out")], interval: timing.interval, latency: timing.latency)
    }
    let a = builder.add(node("loopA"))
    let b = builder.add(node("loopB"))
    let tokens = pick(1...3)
    builder.connect(
      OutputPort(node: a, port: 0), to: InputPort(node: b, port: 0), depth: .bounded(pick(1...4)))
    builder.connect(
      OutputPort(node: b, port: 0), to: InputPort(node: a, port: 0),
      depth: .bounded(tokens + pick(0...3)), initialTokens: tokens)
  }
}
