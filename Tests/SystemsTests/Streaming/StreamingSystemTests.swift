import Configuration
import DRAM
import Devices
import SimulationCore
import Systems
import Testing
import Units
import Workload

/// A small streaming device: 4 pipelines of 16 lanes at 1 GHz, 64 GB/s.
private func spec(_ change: (inout StreamingSystemSpec) -> Void = { _ in }) -> StreamingSystemSpec {
  var spec = StreamingSystemSpec(
    name: "toy", source: "a test",
    clock: ClockSpec(name: "fabric", frequency: Frequency(hertz: 1_000_000_000)),
    fabric: StreamingFabricSpec(
      pipelines: 4, lanes: 16, queryBlock: 2, onChipKV: ByteCount(1 << 20),
      latency: ["sum": 2, "pv": 4]),
    mapReduce: MapReduceSpec(units: 8, lanes: 16, types: ["f16"]),
    memory: MemorySpec(
      capacity: ByteCount(1 << 28), bandwidth: Bandwidth(bytesPerSecond: 64_000_000_000),
      dram: CommandLevelMemorySpec(standard: "hbm2-2000", channels: 4)),
    link: LinkSpec(bandwidth: Bandwidth(bytesPerSecond: 1_000_000_000), latency: .zero))
  change(&spec)
  return spec
}

private func system(_ change: (inout StreamingSystemSpec) -> Void = { _ in }) throws
  -> StreamingSystem
{
  let standard = try PresetLibrary.load("hbm2-2000", kind: .memories).decode(MemoryStandard.self)
  return try StreamingSystem(spec: spec(change), standard: standard)
}

/// Attention over requests, with K and V in the memory.
private func attention(
  _ id: Int, _ runs: [RequestRun], heads: Int = 4, kvHeads: Int = 2, dim: Int = 16,
  causal: Bool = true, window: Int? = nil, function: AttentionFunction = .softmax
) -> Operator {
  let slots = runs.map { $0.slot + $0.count }.max() ?? 1
  let capacity = runs.map(\.kv).max() ?? 1
  let tokens = runs.tokenCount
  func cache(_ id: Int, _ address: Int) -> Tensor {
    Tensor(
      id: id, shape: [slots, capacity, kvHeads, dim], dtype: .f16, role: .kv, address: address)
  }
  func activation(_ id: Int, _ address: Int) -> Tensor {
    Tensor(
      id: id, shape: [tokens, heads * dim], dtype: .f16, role: .activation, address: address)
  }
  return Operator(
    id: id, name: "attention\(id)",
    operation: .attention(
      Attention(
        heads: heads, kvHeads: kvHeads, headDim: dim, causal: causal, window: window,
        function: function)),
    requests: runs,
    inputs: [activation(90, 1 << 26), cache(91, 0), cache(92, 1 << 24)],
    outputs: [activation(93, 3 << 25)])
}

private func run(
  _ system: StreamingSystem, _ operators: [Operator], fidelity: Fidelity = .analytic,
  ideal: Set<IdealLimit> = []
) throws -> SystemRun {
  try system.run(
    OperatorSequence(operators),
    header: TraceHeader(model: "toy", dtype: "f16", generator: "a test"),
    options: RunOptions(fidelity: fidelity, ideal: ideal))
}

@Suite struct StreamingSystemTests {
  static let decode = [RequestRun(first: 0, count: 2, query: 1, kv: 300)]
  static let prefill = [RequestRun(first: 0, count: 1, query: 200, kv: 200)]
  static let ragged = makeRuns([(query: 1, kv: 10), (query: 30, kv: 90), (query: 1, kv: 400)])

  /// Ample memory, so that the fabric decides.
  private func fabricCycles(
    _ runs: [RequestRun], causal: Bool = true, window: Int? = nil,
    _ change: (inout StreamingSystemSpec) -> Void = { _ in }
  ) throws -> Int {
    let fast = try system {
      $0.memory.bandwidth = Bandwidth(bytesPerSecond: 1_000_000_000_000_000)
      change(&$0)
    }
    let result = try run(fast, [attention(0, runs, causal: causal, window: window)])
    #expect(result.causes[.compute] == result.makespan)
    return try #require(result.streaming).cycles
  }

  @Test func decodeTakesThePairsOfAPipelineAndTheLatencies() throws {
    // 2 requests x 2 KV heads = 4 blocks of the 2 rows of a group: one a pipeline.
    // qk 1 + log2 16 = 5, scan 1, max(sum 2, pv 4), ew 1, and 1.
    #expect(try fabricCycles(Self.decode) == 2 * 300 + 1 + 5 + 1 + 4 + 1)
    // One row a block: two blocks a pipeline, the same pairs.
    #expect(try fabricCycles(Self.decode) { $0.fabric.queryBlock = 1 } == 600 + 12)
    // Half the pipelines, twice the pairs.
    #expect(try fabricCycles(Self.decode) { $0.fabric.pipelines = 2 } == 1200 + 12)
    // Eight lanes: every vector node takes two cycles a pair.
    let slow = try fabricCycles(Self.decode) { $0.fabric.lanes = 8 }
    #expect(slow >= 1200 && slow < 1230)
  }

  @Test func causalPrefillTakesHalfThePairs() throws {
    // 400 rows of a KV head in blocks of two positions-heads; two KV heads over four pipelines.
    let pairs = 2 * 2 * 200 * 201 / 2
    let cycles = try fabricCycles(Self.prefill)
    #expect(cycles >= pairs / 4 && cycles < pairs / 4 + 450)
    let full = try fabricCycles(Self.prefill, causal: false)
    #expect(full >= 200 * 200 && full < 200 * 200 + 450)
    let windowed = try fabricCycles(Self.prefill, window: 16)
    #expect(windowed >= 4 * 200 * 15 / 4 && windowed < 4 * 200 * 16 / 4 + 100)
  }

  @Test func aMemoryBoundDecodeStepTakesItsBytes() throws {
    let slow = try system { $0.memory.bandwidth = Bandwidth(bytesPerSecond: 1_000_000_000) }
    let op = attention(0, Self.decode)
    let result = try run(slow, [op])
    #expect(result.makespan.picoseconds == op.traffic.total.count * 1000)
    #expect(result.causes[.dramBus] == result.makespan)
  }

  @Test func keysThatDoNotStayAreStreamedAgainOnceAPass() throws {
    let small = try system { $0.fabric.onChipKV = ByteCount(1024) }
    let op = attention(0, [RequestRun(first: 0, count: 3, query: 20, kv: 100)], causal: false)
    // 40 rows of a KV head in passes of 4 pipelines x 2 rows: five passes, four more than one.
    let again = 4 * 3 * 2 * 100 * 32 * 2
    for fidelity in Fidelity.allCases {
      let result = try run(small, [op], fidelity: fidelity)
      #expect(result.streaming?.restreamedBytes == ByteCount(again))
      #expect(result.traffic.total == op.traffic.total + ByteCount(again))
      let kept = try run(system(), [op], fidelity: fidelity)
      #expect(kept.streaming?.restreamedBytes == .zero)
      #expect(kept.traffic.total == op.traffic.total)
    }
  }

  @Test(arguments: Fidelity.allCases)
  func causesSumAndTheBoundHolds(fidelity: Fidelity) throws {
    let device = try system { $0.fabric.onChipKV = ByteCount(4096) }
    var gemm = try Operator.singleGEMM(m: 20, k: 64, n: 64, dtype: .f16)
    gemm.id = 5
    let operators = [
      attention(0, Self.decode), attention(1, Self.prefill), attention(2, Self.ragged),
      attention(3, Self.ragged, function: .sigmoid), attention(4, Self.prefill, function: .relu),
      gemm,
    ]
    let result = try run(device, operators, fidelity: fidelity)
    #expect(result.causes.total == result.makespan)
    #expect(try #require(result.bound) <= result.makespan + Duration(picoseconds: 6))
    #expect(result.streaming?.operators == 5)
    #expect(try run(device, operators, fidelity: fidelity).makespan == result.makespan)
    if fidelity == .cycle {
      let ideal = try run(device, operators, fidelity: .cycle, ideal: [.refresh, .row])
      #expect(ideal.makespan < result.makespan && ideal.causes[.refresh] == .zero)
    }
  }

  @Test func everyFieldChangesSomething() throws {
    struct Outcome: Equatable {
      var run: Duration
      var cycle: Duration
      var streaming: StreamingRecord?
      var facts: [Int]
    }
    let operators = [
      attention(0, Self.ragged),
      Operator(
        id: 1, name: "reduce",
        operation: .collective(Collective(function: .allReduce, group: [0, 1], bytes: 4000))),
      try {
        var gemm = try Operator.singleGEMM(m: 64, k: 256, n: 256, dtype: .f16)
        gemm.id = 2
        return gemm
      }(),
    ]
    func outcome(_ change: (inout StreamingSystemSpec) -> Void) throws -> Outcome {
      let device = try system {
        $0.fabric.onChipKV = ByteCount(2048)
        change(&$0)
      }
      let analytic = try run(device, operators)
      return Outcome(
        run: analytic.makespan, cycle: try run(device, operators, fidelity: .cycle).makespan,
        streaming: analytic.streaming,
        facts: [device.capacity.count, device.clock.frequency.hertz])
    }
    let base = try outcome { _ in }
    let changes: [(String, (inout StreamingSystemSpec) -> Void)] = [
      ("clock", { $0.clock.frequency = Frequency(hertz: 500_000_000) }),
      ("pipelines", { $0.fabric.pipelines = 3 }), ("lanes", { $0.fabric.lanes = 5 }),
      ("variant", { $0.fabric.variant = "scaled" }),
      ("query_block", { $0.fabric.queryBlock = 1 }),
      ("on_chip_kv", { $0.fabric.onChipKV = ByteCount(1 << 20) }),
      ("short_depth", { $0.fabric.shortDepth = 1 }),
      ("latency", { $0.fabric.latency = ["pv": 40] }),
      ("units", { $0.mapReduce.units = 2 }), ("map lanes", { $0.mapReduce.lanes = 4 }),
      ("launch", { $0.mapReduce.launch = Duration(picoseconds: 777_000) }),
      ("launch_by_kind", { $0.mapReduce.launchByKind = ["gemm": Duration(picoseconds: 9_000)] }),
      ("tile", { $0.mapReduce.tile = ByteCount(8192) }),
      ("bandwidth", { $0.memory.bandwidth = Bandwidth(bytesPerSecond: 1_000_000_000) }),
      ("capacity", { $0.memory.capacity = ByteCount(1 << 27) }),
      ("dram", { $0.memory.dram?.channels = 2 }),
      ("link", { $0.link?.latency = Duration(picoseconds: 5_000) }),
    ]
    for (name, change) in changes { #expect(try outcome(change) != base, "\(name)") }
    // A long FIFO below a row deadlocks, and a sequential fork needs one slot less.
    func naive(_ depth: Int, _ fork: String) throws -> SystemRun {
      try run(
        system {
          $0.fabric.variant = "naive"
          $0.fabric.queryBlock = 1
          $0.fabric.longDepth = depth
          $0.fabric.fork = fork
        }, [attention(0, [RequestRun(first: 0, count: 1, query: 1, kv: 64)])])
    }
    #expect(throws: DeviceError.self) { try naive(63, "atomic") }
    #expect(try naive(63, "sequential").makespan > .zero)
    #expect(throws: DeviceError.self) { try naive(62, "sequential") }
  }

  @Test func valuesOutOfRangeAreNamed() {
    let changes: [(String, (inout StreamingSystemSpec) -> Void)] = [
      ("fabric.pipelines", { $0.fabric.pipelines = 0 }),
      ("fabric.variant", { $0.fabric.variant = "memory-fre" }),
      ("fabric.latency", { $0.fabric.latency = ["foo": 1] }),
      ("fabric.fork", { $0.fabric.fork = "both" }),
      ("map_reduce.units", { $0.mapReduce.units = 0 }),
      ("matrix_rate", { $0.mapReduce.types = ["f17"] }),
    ]
    for (name, change) in changes {
      let error = #expect(throws: DeviceError.self) { try StreamingSystem(spec: spec(change)) }
      #expect(error?.description.contains(name) == true, "\(name): \(error?.description ?? "")")
    }
  }
}
