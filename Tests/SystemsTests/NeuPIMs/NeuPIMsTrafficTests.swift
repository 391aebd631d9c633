import DRAM
import Devices
import SimulationCore
import Testing
import Units
import Workload

@testable import Systems

/// Bytes and addresses of whole layers.
@Suite struct NeuPIMsTrafficTests {
  private func complete(_ spec: inout NeuPIMsSpec) {
    spec.npu.traffic = .complete
    spec.attention.rowHold = .held
  }

  private func kinds(_ run: SystemRun) -> [HostTrafficKind: PIMActivity.HostTraffic] {
    var result: [HostTrafficKind: PIMActivity.HostTraffic] = [:]
    for traffic in run.pim?.hostTraffic ?? [] { result[traffic.kind] = traffic }
    return result
  }

  /// GPT-3 7B over four devices: 1024 elements of queries, keys and values a token and device.
  @Test(arguments: [[512], [77, 300, 31, 64], [Int](repeating: 95, count: 40)])
  func everyByteOfACompleteLayerIsWhatTheModelSays(lengths: [Int]) throws {
    let run = try NeuPIMsLayer.run(NeuPIMsLayer.layer(lengths), complete)
    let found = kinds(run)
    let batch = lengths.count
    let (hidden, share) = (4096, 1024)
    func check(
      _ kind: HostTrafficKind, read: Int = 0, written: Int = 0,
      _ location: SourceLocation = #_sourceLocation
    ) {
      #expect(found[kind]?.read ?? 0 == 4 * read, "\(kind)", sourceLocation: location)
      #expect(found[kind]?.written ?? 0 == 4 * written, "\(kind)", sourceLocation: location)
    }
    let weights = hidden * 3 * share + share * hidden + 2 * hidden * 4 * share
    check(.weights, read: 2 * (weights + 2 * 2 * hidden))
    // Inputs of two norms, four products, two sums of two, one activation; queries for the units.
    let inputs = 2 * hidden + (hidden + share + hidden + 4 * share) + 4 * hidden + 4 * share + share
    check(.activations, read: 2 * batch * inputs)
    let outputs = 2 * hidden + (3 * share + hidden + 4 * share + hidden) + 2 * hidden + 4 * share
    check(.outputs, written: 2 * batch * outputs)
    check(.newest, read: 2 * batch * 2 * share)
    check(.queries, written: 2 * batch * share)
    check(.keyAppends, written: 2 * batch * share)
    check(.results, written: 2 * batch * share)
    var staged = (read: 0, written: 0)
    var appended = 0
    var probabilities = 0
    for length in lengths {
      let tokens = length + 1
      let tail = tokens % 32
      // The last token of a burst goes with the 31 before it; otherwise it waits with those that attention reads.
      if tail == 0 {
        staged.read += 31 * share * 2
        appended += share * 64
      } else {
        staged.written += share * 2
        staged.read += (tail - 1) * share * 2
      }
      probabilities += (tokens - tail) * 8 * 2
    }
    check(.stagedValues, read: staged.read, written: staged.written)
    check(.valueAppends, written: appended)
    check(.probabilities, written: probabilities)
    // All of it and nothing else goes over the bus, in whole bursts; a few writes wait at the end.
    let total = found.values.reduce(0) { $0 + $1.read + $1.written }
    #expect(run.traffic.total.count == total)
    let pim = try #require(run.pim)
    let waiting = try #require(pim.waitingBytes)
    #expect(pim.externalTraffic?.read.count == found.values.reduce(0) { $0 + $1.busRead })
    #expect(
      pim.externalTraffic.map { $0.written.count + waiting.count }
        == found.values.reduce(0) { $0 + $1.busWritten })
  }

  /// Items one after the other lead from traffic as released to complete traffic, and change what they say.
  @Test func itemsBetweenReleasedAndCompleteTrafficMoveTheirBytes() throws {
    let layer = NeuPIMsLayer.layer([700, 200])
    func run(_ items: Set<NPUTraffic.Item>) throws -> SystemRun {
      try NeuPIMsLayer.run(layer) { $0.npu.traffic = NPUTraffic(items: items) }
    }
    let base = kinds(try run([]))
    func added(_ item: NPUTraffic.Item) throws -> Set<HostTrafficKind> {
      let found = kinds(try run([item]))
      return Set(
        HostTrafficKind.allCases.filter {
          found[$0]?.read != base[$0]?.read || found[$0]?.written != base[$0]?.written
        })
    }
    #expect(try added(.outputs) == [.outputs])
    #expect(try added(.appends) == [.keyAppends, .valueAppends])
    #expect(try added(.results) == [.results])
    #expect(try added(.addresses) == [])
    #expect(try added(.newestToken) == [.probabilities])
    #expect(try added(.reduction) == [])
    let all = try run(Set(NPUTraffic.Item.allCases))
    let complete = try NeuPIMsLayer.run(layer) { $0.npu.traffic = .complete }
    #expect(all.makespan == complete.makespan && all.pim == complete.pim)
  }

  @Test func trafficIsWrittenAsConfigurationsWriteIt() {
    #expect(NPUTraffic(text: "complete") == .complete)
    #expect(NPUTraffic(text: "as-released") == .asReleased)
    let some = NPUTraffic(items: [.results, .outputs])
    #expect(some.text == "as-released+outputs+results")
    #expect(NPUTraffic(text: some.text) == some)
    for text in ["", "Complete", "as-released+", "as-released+nothing", "outputs"] {
      #expect(NPUTraffic(text: text) == nil, "\(text)")
    }
  }

  /// A steady run: the second step finds every request in its channel and its rows where they were.
  @Test func requestsKeepTheirRowsFromStepToStep() throws {
    func step(_ number: Int) -> [Operator] {
      NeuPIMsLayer.layer([100, 200, 300, 400].map { $0 + number }, firstID: number * 11).map {
        var op = $0
        op.step = number
        return op
      }
    }
    let one = try NeuPIMsLayer.run(step(0), complete)
    let two = try NeuPIMsLayer.run(step(0) + step(1), complete)
    #expect(two.makespan > one.makespan)
    let found = kinds(two)
    #expect(found[.keyAppends]?.written == 2 * (kinds(one)[.keyAppends]?.written ?? 0))
  }

  /// Prompts of 70 and 20 tokens: keys go where they stay, values that fill bursts too, the others wait.
  @Test func aPromptWritesItsKeysAndValuesInTheRowsOfTheUnits() throws {
    var layer = NeuPIMsLayer.layer([69, 69])
    let runs = [
      RequestRun(first: 0, count: 1, query: 70, kv: 70),
      RequestRun(first: 1, count: 1, query: 20, kv: 20),
    ]
    for index in layer.indices {
      layer[index].phase = .prefill
      layer[index].requests = runs
    }
    let run = try NeuPIMsLayer.run(layer, complete)
    let found = kinds(run)
    let token = 1024 * 2
    #expect(found[.keyAppends]?.written == 4 * 90 * token)
    #expect(found[.valueAppends]?.written == 4 * 64 * token)
    #expect(found[.stagedValues]?.written == 4 * 26 * token)
    // Attention of each head reads all keys and values once.
    #expect(found[.stagedValues]?.read == 4 * 26 * token)
    #expect(found[.keysValues]?.read == 4 * (90 + 64) * token)
    #expect(run.pim?.columnSteps == 0)
  }

  @Test func attentionOnTheNPUReadsAndWritesBlocksOfAddresses() throws {
    let run = try NeuPIMsLayer.run(NeuPIMsLayer.layer([99, 699])) {
      complete(&$0)
      $0.attention.unit = .npu
    }
    let found = kinds(run)
    #expect(found[.keysValues]?.read == 4 * 800 * 2 * 2048)
    #expect(found[.keyAppends]?.written == 4 * 2 * 2048)
    #expect(found[.valueAppends]?.written == 4 * 2 * 2048)
    #expect(found[.stagedValues] == nil)
  }

  /// Queries that share keys: each is an operand of its own, over the same rows.
  @Test func queriesThatShareAHeadMultiplyTheWork() throws {
    func run(_ heads: Int) throws -> SystemRun {
      var layer = NeuPIMsLayer.layer([300])
      layer[3].operation = .attention(Attention(heads: heads, kvHeads: 32, headDim: 128))
      return try NeuPIMsLayer.run(layer, complete)
    }
    let (one, four) = (try run(32), try run(128))
    for command in ["GWRITE", "GEMV", "HEADER"] {
      #expect(four.pim?.count(of: command) == 4 * (one.pim?.count(of: command) ?? 0))
    }
    #expect(kinds(four)[.queries]?.written == 4 * (kinds(one)[.queries]?.written ?? 0))
  }

  @Test func keysAndValuesInTheWayOfTheirOwnTrafficTakeLonger() throws {
    let layer = NeuPIMsLayer.layer([Int](repeating: 500, count: 16))
    func attention(_ append: KVAppend) throws -> Int {
      try NeuPIMsLayer.clocks(
        try NeuPIMsLayer.run(layer) {
          complete(&$0)
          $0.attention.append = append
          $0.attention.balance = .roundRobin
        }, "attention")
    }
    // 1024 rows are opened for one token: at four in tFAW = 30 clocks and rank at least 3840 clocks.
    let (staged, masked) = (try attention(.staged), try attention(.masked))
    #expect(masked - staged > 2000, "staged \(staged), masked \(masked)")
  }

  @Test func aMemoryThatIsTooSmallIsRefusedUnlessTensorsMayOverlap() throws {
    var memory = try NeuPIMsLayer.memory("dual")
    memory.organization.rows = 256
    let spec = try NeuPIMsLayer.spec(complete)
    let system = try NeuPIMsSystem(spec: spec, memory: memory)
    let layer = NeuPIMsLayer.layer([Int](repeating: 600, count: 64))
    func run(_ allows: Bool) throws -> SystemRun {
      var options = RunOptions(fidelity: .cycle)
      options.allowsOversubscription = allows
      return try system.run(
        OperatorSequence(layer), header: TraceHeader(model: "m", dtype: "f16", generator: "test"),
        options: options)
    }
    let error = #expect(throws: SystemError.self) { try run(false) }
    let text = try #require(error).description
    #expect(text.contains("channel") && text.contains("request"), "\(text)")
    #expect(text.contains("--allow-oversubscription"))
    #expect(try run(true).makespan > .zero)
  }
}
