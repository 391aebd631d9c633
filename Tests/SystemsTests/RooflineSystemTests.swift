import Devices
import SimulationCore
import Systems
import Testing
import Units
import Workload

private func spec(link: Bool = true) -> RooflineSystemSpec {
  RooflineSystemSpec(
    name: "toy", source: "a test", clock: ClockSpec(name: "c", frequency: Frequency(hertz: 1)),
    device: RooflineDeviceSpec(
      matrixRate: ["f16": ComputeRate(flopsPerSecond: 1_000_000_000_000)]),
    memory: MemorySpec(
      capacity: ByteCount(1 << 30), bandwidth: Bandwidth(bytesPerSecond: 1_000_000_000_000)),
    link: link
      ? LinkSpec(bandwidth: Bandwidth(bytesPerSecond: 1_000_000_000_000), latency: .zero) : nil)
}

/// An operator that takes `bytes` picoseconds on the toy system.
private func move(_ id: Int, bytes: Int, after: [Int] = [], step: Int = 0) -> Operator {
  Operator(
    id: id, name: "move\(id)", operation: .memoryMove(MemoryMove(function: .copy)), step: step,
    inputs: [Tensor(id: id, shape: [bytes], dtype: .i8, role: .activation, address: 0)],
    dataDependences: after)
}

private func allReduce(_ id: Int, bytes: Int, after: [Int] = []) -> Operator {
  Operator(
    id: id, name: "reduce\(id)",
    operation: .collective(Collective(function: .allReduce, group: [0, 1], bytes: bytes)),
    dataDependences: after)
}

private func run(_ operators: [Operator], link: Bool = true) throws -> SystemRun {
  try RooflineSystem(spec: spec(link: link)).run(
    OperatorSequence(operators),
    header: TraceHeader(model: "toy", dtype: "f16", generator: "a test"),
    options: RunOptions())
}

@Suite struct RooflineSystemTests {
  @Test func operatorsOfOneUnitFollowEachOther() throws {
    let result = try run([move(0, bytes: 10), move(1, bytes: 20), move(5, bytes: 5, after: [0])])
    #expect(result.operators.map(\.start.picoseconds) == [0, 10, 30])
    #expect(result.operators.map(\.end.picoseconds) == [10, 30, 35])
    #expect(result.makespan == Duration(picoseconds: 35))
    #expect(result.causes[.dramBus] == result.makespan)
    #expect(result.units[0].busy == result.makespan)
  }

  @Test func aCollectiveOverlapsWhatDoesNotNeedIt() throws {
    // Two hops of half the bytes each: a collective takes its bytes in picoseconds.
    let result = try run([
      move(0, bytes: 10), allReduce(1, bytes: 100, after: [0]), move(2, bytes: 30),
      move(3, bytes: 5, after: [1]),
    ])
    #expect(result.operators.map(\.start.picoseconds) == [0, 10, 10, 110])
    #expect(result.makespan == Duration(picoseconds: 115))
    #expect(result.causes[.link] == Duration(picoseconds: 100))
    #expect(result.causes[.dramBus] == Duration(picoseconds: 15))
    #expect(result.causes.total == result.makespan)
  }

  @Test func aCollectiveWithoutLinksIsRefused() {
    #expect(throws: SystemError.self) { try run([allReduce(0, bytes: 8)], link: false) }
  }

  @Test func causesSumToTheMakespanAndWorkIsConserved() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<50 {
      var operators: [Operator] = []
      for id in 0..<200 {
        let after = id == 0 ? [] : [generator.next(below: id)]
        operators.append(
          generator.next(below: 4) == 0
            ? allReduce(id, bytes: 2 * generator.next(below: 50), after: after)
            : move(id, bytes: generator.next(below: 50), after: after, step: id / 50))
      }
      let result = try run(operators)
      #expect(result.causes.total == result.makespan)
      #expect(result.operatorCount == 200)
      #expect(result.traffic.read == operators.reduce(ByteCount.zero) { $0 + $1.traffic.read })
      for record in result.operators {
        for dependence in operators[record.id].dataDependences {
          #expect(result.operators[dependence].end <= record.start)
        }
      }
      // No operator order beats the busiest unit, and in-order units never idle both at once.
      let busiest = result.units.map(\.busy).max() ?? .zero
      let all = result.units.reduce(Duration.zero) { $0 + $1.busy }
      #expect(busiest <= result.makespan && result.makespan <= all)
    }
  }

  @Test func stepsCountTheTokensOfTheirHeads() throws {
    func head(_ id: Int, step: Int, requests: [RequestRun], phase: Phase) -> Operator {
      Operator(
        id: id, name: "head",
        operation: .head(Embedding(tokens: 1, hidden: 1, vocabulary: 1)), step: step, phase: phase,
        requests: requests)
    }
    func embed(_ id: Int, step: Int, requests: [RequestRun], phase: Phase) -> Operator {
      Operator(
        id: id, name: "embed",
        operation: .embedding(Embedding(tokens: 1, hidden: 1, vocabulary: 1)), step: step,
        phase: phase, requests: requests)
    }
    let prompt = [RequestRun(first: 0, count: 3, query: 7, kv: 7)]
    let decode = [RequestRun(first: 0, count: 3, query: 1, kv: 8)]
    let mixed = [
      RequestRun(first: 0, count: 3, query: 1, kv: 9),
      RequestRun(first: 3, count: 1, query: 5, kv: 5),
    ]
    let result = try run([
      embed(0, step: 0, requests: prompt, phase: .prefill),
      head(1, step: 0, requests: prompt, phase: .prefill),
      embed(2, step: 1, requests: decode, phase: .decode),
      head(3, step: 1, requests: decode, phase: .decode),
      embed(4, step: 2, requests: mixed, phase: .mixed),
      head(5, step: 2, requests: mixed, phase: .mixed),
    ])
    #expect(result.steps.map(\.tokens) == [3, 3, 4])
    #expect(result.promptTokens == 21 + 5)
  }

  @Test func longTracesStreamThroughTheWindow() throws {
    let result = try RooflineSystem(spec: spec()).run(
      OperatorSequence((0..<20_000).map { move($0, bytes: 1) }),
      header: TraceHeader(model: "toy", dtype: "f16", generator: "a test"),
      options: RunOptions(keepsOperators: false))
    #expect(result.makespan == Duration(picoseconds: 20_000))
    #expect(result.operators.isEmpty && result.slowest.count == 10)
  }

  @Test func theFootprintCountsEachTensorOnce() throws {
    func op(_ id: Int, _ inputs: [Tensor]) -> Operator {
      Operator(
        id: id, name: "o", operation: .memoryMove(MemoryMove(function: .copy)), inputs: inputs)
    }
    let weight = Tensor(id: 0, shape: [100], dtype: .f16, role: .weight, address: 0)
    let kv = Tensor(id: 1, shape: [50], dtype: .f16, role: .kv, address: 0)
    let small = Tensor(id: 2, shape: [5], dtype: .f16, role: .activation, address: 0)
    let large = Tensor(id: 3, shape: [9], dtype: .f16, role: .activation, address: 0)
    let result = try run([op(0, [weight, small]), op(1, [weight, kv, large]), op(2, [kv])])
    #expect(result.footprint.weights == ByteCount(200))
    #expect(result.footprint.kv == ByteCount(100))
    #expect(result.footprint.activations == ByteCount(18))
  }
}
