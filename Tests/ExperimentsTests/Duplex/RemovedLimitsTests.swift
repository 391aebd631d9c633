import DRAM
import Devices
import Experiments
import SimulationCore
import Systems
import Testing
import Units
import Workload

private func load(_ preset: String, _ overrides: [String] = []) throws -> any TraceSystem {
  try SystemLoader.load(try SystemLoader.configuration(preset, overrides: overrides))
}

/// A product, attention of decoding requests and experts with uneven loads.
private var operators: [Operator] {
  let runs = [RequestRun(first: 0, count: 32, query: 1, kv: 2145)]
  func tensor(_ id: Int, _ shape: TensorShape, _ role: TensorRole) -> Tensor {
    Tensor(id: id, shape: shape, dtype: .f16, role: role, address: 0)
  }
  let x = tensor(0, [32, 4096], .activation)
  let y = tensor(3, [32, 4096], .activation)
  let attention = Operator(
    id: 0, name: "attention",
    operation: .attention(Attention(heads: 32, kvHeads: 8, headDim: 128)), layer: 0,
    phase: .decode, requests: runs,
    inputs: [
      x, tensor(1, [32, 4096, 8, 128], .kv), tensor(2, [32, 4096, 8, 128], .kv),
    ], outputs: [y], dataDependences: [])
  let z = tensor(5, [32, 4096], .activation)
  let product = Operator(
    id: 1, name: "o_proj", operation: .gemm(MatrixProduct(m: 32, k: 4096, n: 4096)), layer: 0,
    phase: .decode, requests: runs, inputs: [y, tensor(4, [4096, 4096], .weight)], outputs: [z],
    dataDependences: [0])
  let experts = Operator(
    id: 2, name: "experts",
    operation: .expertFFN(
      ExpertFFN(
        hidden: 4096, intermediate: 14336, matrices: 3, function: .silu,
        tokensPerExpert: [20, 3, 5, 9, 0, 12, 8, 7])), layer: 0, phase: .decode, requests: runs,
    inputs: [z] + (6..<9).map { tensor($0, [8, 4096, 14336], .weight) },
    outputs: [tensor(9, [32, 4096], .activation)], dataDependences: [1])
  return [attention, product, experts]
}

private func run(
  _ preset: String, _ ideal: Set<IdealLimit> = [], _ overrides: [String] = [],
  fidelity: Fidelity = .cycle, channels: ChannelMode = .symmetric
) throws -> SystemRun {
  try load(preset, overrides).run(
    OperatorSequence(operators),
    header: TraceHeader(model: "test", layers: 1, dtype: "f16", generator: "a test"),
    options: RunOptions(fidelity: fidelity, ideal: ideal, channels: channels))
}

@Suite struct RemovedLimitsTests {
  @Test(arguments: ["duplex-paper", "duplex-paper-pe-et", "gpu-paper", "bank-pim-paper"])
  func allChannelsAndNoReuseGiveTheSameRun(preset: String) throws {
    let short = try run(preset)
    let long = try run(
      preset, [], ["command_level.reuses_kernels=false"], channels: .all)
    #expect(short.makespan == long.makespan)
    #expect(short.causes == long.causes)
    #expect(short.operators == long.operators)
    #expect(short.energy.map(\.parts) == long.energy.map(\.parts))
  }

  /// What a removed limit gives and what the causes say of it agree.
  @Test func removingRefreshGivesBackItsCause() throws {
    let with = try run("duplex-paper")
    let without = try run("duplex-paper", [.refresh])
    #expect(with.causes[.refresh] > .zero)
    #expect(without.causes[.refresh] == .zero)
    let gain = with.makespan - without.makespan
    #expect(abs(gain.picoseconds - with.causes[.refresh].picoseconds) < gain.picoseconds / 20)
  }

  @Test func rowsAreACeilingOfTheirOwn() throws {
    let with = try run("duplex-paper")
    let without = try run("duplex-paper", [.row])
    let gain = with.makespan - without.makespan
    #expect(gain > .zero)
    #expect(without.causes[.rowActivation] < with.causes[.rowActivation])
    #expect(try run("duplex-paper", [.row, .refresh]).makespan < without.makespan)
  }

  @Test func theBoundIsBelowAndCausesSum() throws {
    for ideal in [[], [.refresh], [.row, .tfaw, .turnaround, .refresh]] as [Set<IdealLimit>] {
      let run = try run("duplex-paper", ideal)
      let bound = try #require(run.bound)
      #expect(bound <= run.makespan)
      #expect(run.causes.total == run.makespan)
    }
    #expect(try run("duplex-paper", fidelity: .analytic).bound == nil)
  }

  @Test func limitsOfTheMachineGoAtBothFidelities() throws {
    for fidelity in Fidelity.allCases {
      let with = try run("duplex-paper", fidelity: fidelity)
      for (name, cause) in [("link", Cause.link), ("balance", .loadImbalance)] {
        guard let limit = IdealLimit(rawValue: name) else { continue }
        let without = try run("duplex-paper", [limit], fidelity: fidelity)
        #expect(with.causes[cause] > .zero)
        #expect(without.causes[cause] == .zero)
        #expect(with.makespan - without.makespan == with.causes[cause])
      }
      if let power = IdealLimit(rawValue: "power") {
        let limited = ["device.pim.power_limit_watts=30"]
        let hot = try run("duplex-paper", [], limited, fidelity: fidelity)
        #expect(hot.causes[.power] > .zero)
        #expect(
          try run("duplex-paper", [power], limited, fidelity: fidelity).makespan == with.makespan)
      }
    }
  }

  @Test func limitsOfTheMemoryNeedCycleFidelity() throws {
    let error = #expect(throws: SystemError.self) {
      try run("duplex-paper", [.row], fidelity: .analytic)
    }
    #expect(error?.description.contains("--fidelity cycle") == true)
  }

  /// xPU and PIM at once wait for each other, unless the switch is off.
  @Test func conflictsOfCoprocessingWaitInQueues() throws {
    let with = try run("duplex-paper-pe-et")
    let without = try run("duplex-paper-pe-et", [], ["command_level.charges_conflicts=false"])
    #expect(with.causes[.queue] > .zero || with.makespan > without.makespan)
    #expect(without.causes[.queue] == .zero)
    #expect(without.makespan <= with.makespan)
    #expect(with.causes.total == with.makespan)
    // One processor at a time has none.
    #expect(try run("duplex-paper").causes[.queue] == .zero)
  }

  @Test func expertsInTheLayoutOfPIMCostTheXPURows() throws {
    let onXPU = ["schedule.experts=xpu"]
    let bundled = try run("duplex-paper", [], onXPU)
    let interleaved = try run(
      "duplex-paper", [], onXPU + ["command_level.experts_in_bundles=false"])
    #expect(bundled.makespan > interleaved.makespan)
    #expect(bundled.causes[.rowActivation] > interleaved.causes[.rowActivation])
    #expect(bundled.traffic == interleaved.traffic)
  }

  @Test func migrationOfPromptsIsASwitch() throws {
    var prompts = operators
    prompts[0].requests = [RequestRun(first: 0, count: 2, query: 16, kv: 16)]
    prompts[0].phase = .prefill
    func time(_ overrides: [String]) throws -> SystemRun {
      try load("duplex-paper", overrides).run(
        OperatorSequence(prompts),
        header: TraceHeader(model: "test", layers: 1, dtype: "f16", generator: "a test"),
        options: RunOptions(fidelity: .cycle, channels: .symmetric))
    }
    let free = try time([])
    let charged = try time(["schedule.charges_migration=true"])
    #expect(charged.makespan > free.makespan)
    // Keys and values of 32 tokens, 8 heads of 128, two bytes, read and written once.
    let bytes = 32 * 8 * 256 * 2
    #expect(charged.traffic.read.count - free.traffic.read.count == bytes)
    #expect(charged.traffic.written.count - free.traffic.written.count == bytes)
  }

  /// Units and cache count at cycle fidelity only, and every wrong size is named.
  @Test func unitsOfTheXPUCountAtCycleFidelity() throws {
    let slow = ["device.units.efficiency=0.001"]
    #expect(try run("duplex-paper", [], slow).makespan > run("duplex-paper").makespan)
    #expect(
      try run("duplex-paper", [], slow, fidelity: .analytic).makespan
        == run("duplex-paper", fidelity: .analytic).makespan)
    let cached = try run("gpu-paper", [], ["device.units.cache=64 kB"])
    #expect(cached.traffic.read > (try run("gpu-paper")).traffic.read)
    let error = #expect(throws: DeviceError.self) {
      try run("duplex-paper", [], ["device.units.depth=0"])
    }
    #expect(error?.description.contains("device.units") == true)
  }
}
