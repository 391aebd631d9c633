import Devices
import SimulationCore
import Systems
import Testing
import Units
import Workload

private func isNear(_ value: Double, _ expected: Double, within fraction: Double) -> Bool {
  abs(value - expected) <= fraction * expected
}

/// Mean microseconds over seeded router draws, the whole stage and operators by name.
private func meanStage(
  _ spec: XPUPIMSystemSpec, draws: Int = 24, stage: DecodeStage = DecodeStage()
) throws -> (whole: Double, parts: [String: Double]) {
  var whole = 0.0
  var parts: [String: Double] = [:]
  for seed in 0..<draws {
    var stage = stage
    stage.seed = UInt64(777 + seed)
    let run = try Machines.run(spec, stage.operators)
    whole += run.makespan.seconds * 1e6 / Double(draws)
    for record in run.operators {
      parts[record.name, default: 0] +=
        (record.end - record.start).seconds * 1e6 / Double(draws)
    }
  }
  return (whole, parts)
}

@Suite struct XPUPIMSystemTests {
  /// Validation case V12: microseconds of a Mixtral decode stage, batch 32, KV 2145, 4 devices.
  /// The router draws differ from the reference's, so the mean over draws is within 3 %.
  @Test(arguments: [
    (name: "GPU", expected: 8050.8), (name: "Duplex", expected: 2920.8),
    (name: "+PE", expected: 2920.8), (name: "+PE+ET", expected: 2659.5),
    (name: "Bank-PIM", expected: 4938.6),
  ])
  func mixtralDecodeStageTakesTheMeasuredTime(name: String, expected: Double) throws {
    let spec =
      switch name {
      case "GPU": Machines.spec(pim: nil)
      case "Duplex": Machines.spec()
      case "+PE": Machines.spec(pe: true)
      case "+PE+ET": Machines.spec(pe: true, et: true)
      default: Machines.spec(pim: Machines.bankPIM)
      }
    let (whole, _) = try meanStage(spec)
    #expect(isNear(whole, expected, within: 0.03), "\(name): \(whole) us")
  }

  /// The deterministic columns of V12: exact within the rounding of the reference.
  @Test func partsOfTheMixtralStageTakeTheMeasuredTimes() throws {
    let gpu = try Machines.run(Machines.spec(pim: nil), DecodeStage().operators)
    let duplex = try Machines.run(Machines.spec(), DecodeStage().operators)
    func time(_ run: SystemRun, _ name: String) -> Double {
      run.operators.filter { $0.name == name }.reduce(0) {
        $0 + ($1.end - $1.start).seconds * 1e6
      }
    }
    #expect(isNear(time(gpu, "qkv"), 123.6, within: 0.001))
    #expect(isNear(time(gpu, "attention"), 693.7, within: 0.001))
    #expect(isNear(time(duplex, "attention"), 167.8, within: 0.001))
    #expect(isNear(time(gpu, "norm"), 10.2, within: 0.004))
    // The output projection is followed by one all-reduce, as are the experts: 363.1 us in all.
    let allReduce = 363.1 / 2
    #expect(isNear(time(gpu, "o_proj") - allReduce, 83.2, within: 0.001))
    let link = try #require(gpu.units.first { $0.name == "link" }).busy.seconds * 1e6
    #expect(isNear(link, 363.1, within: 0.001))
    let divided = try Machines.run(
      Machines.spec(pe: true, et: true), DecodeStage().operators)
    let links = try #require(divided.units.first { $0.name == "link" }).busy.seconds * 1e6
    #expect(isNear(links, 544.7, within: 0.001))
  }

  /// Validation case V19: orderings by queries per key head.
  @Test func denseModelsOrderAsTheirOperationsPerByte() throws {
    let llama = DecodeStage(
      layers: 80, hidden: 8192, heads: 64, kvHeads: 8, intermediate: 28672, experts: 0, kv: 2142)
    let opt = DecodeStage(
      layers: 64, hidden: 9216, heads: 72, kvHeads: 72, intermediate: 36864, matrices: 2,
      experts: 0, kv: 1118)
    func time(_ stage: DecodeStage, _ pim: PIMUnitSpec?) throws -> Double {
      try Machines.run(Machines.spec(pim: pim), stage.operators).makespan.seconds * 1e6
    }
    let llamaGPU = try time(llama, nil)
    let llamaDuplex = try time(llama, Machines.logicPIM)
    let llamaBank = try time(llama, Machines.bankPIM)
    #expect(llamaDuplex < llamaBank && llamaBank < llamaGPU)
    // Measured: 13306.9 us, 1.115x and 1.077x.
    #expect(isNear(llamaGPU, 13306.9, within: 0.01), "\(llamaGPU)")
    #expect(isNear(llamaGPU / llamaDuplex, 1.115, within: 0.01))
    #expect(isNear(llamaGPU / llamaBank, 1.077, within: 0.01))
    let optGPU = try time(opt, nil)
    let optDuplex = try time(opt, Machines.logicPIM)
    let optBank = try time(opt, Machines.bankPIM)
    #expect(optBank < optDuplex && optDuplex < optGPU)
    // Measured: 17178.0 us, 1.39x and 1.53x.
    #expect(isNear(optGPU, 17178.0, within: 0.01), "\(optGPU)")
    #expect(isNear(optGPU / optDuplex, 1.39, within: 0.01))
    #expect(isNear(optGPU / optBank, 1.53, within: 0.01))
  }

  @Test func causesSumToTheMakespanOnEveryMachine() throws {
    let specs = [
      Machines.spec(pim: nil), Machines.spec(), Machines.spec(pe: true, et: true),
      Machines.spec(devices: 16, node: 8, pe: true),
      Machines.spec(devices: 16, node: 8, pe: true, et: true),
      Machines.spec(devices: 8, parallelism: ParallelismSpec(pipeline: 2)),
    ]
    for spec in specs {
      let run = try Machines.run(spec, DecodeStage(layers: 4).operators)
      #expect(run.causes.total == run.makespan)
      #expect(run.makespan > .zero)
    }
  }

  @Test func workOfAllDevicesIsTheWorkOfTheTrace() throws {
    let operators = DecodeStage(layers: 2).operators
    let matrix = operators.reduce(0) { $0 + $1.work.matrix }
    let gate = operators.reduce(0) { $0 + ($1.kind == .gate ? $1.work.matrix : 0) }
    for (et, pe) in [(false, false), (true, true)] {
      let run = try Machines.run(Machines.spec(pe: pe, et: et), operators)
      // Every device computes the router by itself; everything else is divided.
      #expect(run.work.matrix == matrix + 3 * gate)
    }
  }

  @Test func noStageBeatsTheRooflineOfAllProcessors() throws {
    let operators = DecodeStage(layers: 2).operators
    let bytes = operators.reduce(0) { sum, op in
      sum + op.accesses.reduce(0) { $0 + ($1.tensor.role == .weight ? $1.bytes.count : 0) }
    }
    let spec = Machines.spec(pe: true, et: true)
    let system = try XPUPIMSystem(spec: spec)
    let run = try Machines.run(spec, operators)
    let fastest =
      Double(bytes) / (Double(system.peakBandwidth.bytesPerSecond) * 5)
    #expect(run.makespan.seconds >= fastest)
  }

  @Test func coprocessingNeverSlowsAndTheOptimumIsABound() throws {
    for seed in 0..<6 {
      let stage = DecodeStage(layers: 4, batch: 96, seed: UInt64(seed))
      func time(_ spec: XPUPIMSystemSpec) throws -> Duration {
        try Machines.run(spec, stage.operators).makespan
      }
      let plain = try time(Machines.spec())
      let paper = try time(Machines.spec(pe: true, rule: .fewestToPIM))
      let code = try time(Machines.spec(pe: true))
      let optimal = try time(Machines.spec(pe: true, rule: .optimal))
      #expect(optimal <= paper)
      #expect(optimal <= code)
      #expect(optimal <= plain)
    }
  }

  @Test func prefillAndDecodeAttentionOverlapWhenTheyAreCoprocessed() throws {
    let stage = DecodeStage(
      layers: 1,
      runs: [
        RequestRun(first: 0, count: 1, query: 2048, kv: 2048),
        RequestRun(first: 1, count: 31, query: 1, kv: 3000),
      ], phase: .mixed)
    func attention(_ spec: XPUPIMSystemSpec) throws -> Duration {
      let run = try Machines.run(spec, stage.operators)
      let record = try #require(run.operators.first { $0.name == "attention" })
      return record.end - record.start
    }
    let serial = try attention(Machines.spec())
    let together = try attention(Machines.spec(pe: true))
    var prompts = stage
    prompts.runs = [RequestRun(first: 0, count: 1, query: 2048, kv: 2048)]
    prompts.phase = .prefill
    let alone = try #require(
      try Machines.run(Machines.spec(), prompts.operators).operators.first {
        $0.name == "attention"
      })
    let prefill = alone.end - alone.start
    #expect(together == max(prefill, serial - prefill))
    #expect(together < serial)
  }

  @Test func unevenExpertsAreChargedToImbalance() throws {
    let even = DecodeStage(layers: 1, tokensPerExpert: [8, 8, 8, 8, 8, 8, 8, 8])
    let uneven = DecodeStage(layers: 1, tokensPerExpert: [32, 32, 0, 0, 0, 0, 0, 0])
    let spec = Machines.spec()
    let flat = try Machines.run(spec, even.operators)
    let steep = try Machines.run(spec, uneven.operators)
    #expect(flat.causes[.loadImbalance] == .zero)
    #expect(steep.causes[.loadImbalance] > .zero)
    #expect(flat.experts?.meanImbalance == 1)
    #expect(steep.experts?.meanImbalance == 4)
    // One device does everything: three quarters of its time are imbalance.
    let record = try #require(steep.operators.first { $0.name == "experts" })
    let experts = (record.end - record.start).seconds - 5.674e-6
    #expect(isNear(steep.causes[.loadImbalance].seconds, 0.75 * experts, within: 0.01))
  }

  @Test func energyOfAPIMStageIsLowerAndCountsEveryByteOnce() throws {
    let operators = DecodeStage(layers: 2).operators
    let gpu = try Machines.run(Machines.spec(pim: nil), operators)
    let duplex = try Machines.run(Machines.spec(), operators)
    let onGPU = try #require(gpu.energy.first)
    let onDuplex = try #require(duplex.energy.first)
    #expect(onDuplex.parts.total < onGPU.parts.total)
    for (run, energy) in [(gpu, onGPU), (duplex, onDuplex)] {
      let inside = run.pim?.internalTraffic.total.count ?? 0
      let outside = run.traffic.total.count
      let expected =
        Machines.energy.access(bytes: outside, on: .xpu)
        + Machines.energy.access(bytes: inside, on: .pim)
        + Double(run.work.flops) * 0.23
      #expect(isNear(energy.parts.total, expected, within: 1e-9))
      let kinds = energy.byKind.values.reduce(0, +)
      #expect(isNear(kinds, energy.parts.total, within: 1e-9))
    }
  }

  @Test func theFullestDeviceDecidesTheFootprint() throws {
    // Eight experts on four devices: two each; everything else is divided by four.
    let operators = DecodeStage(layers: 1).operators
    let run = try Machines.run(Machines.spec(), operators)
    let experts = 3 * 8 * 4096 * 14336 * 2
    let shared = (4096 * 6144 + 4096 * 4096) * 2
    let router = 8 * 4096 * 2
    #expect(run.footprint.weights.count == experts + shared + 4 * router)
    #expect(run.footprint.kv.count == 2 * 32 * 8192 * 8 * 128 * 2)
  }

  @Test func machinesThatCannotBeAreRefused() {
    let odd = #expect(throws: SystemError.self) {
      try XPUPIMSystem(spec: Machines.spec(devices: 5, parallelism: ParallelismSpec(tensor: 2)))
    }
    #expect(odd?.description.contains("parallelism.tensor") == true)
    var lonely = Machines.spec(pim: nil)
    lonely.schedule.experts = .pim
    let error = #expect(throws: SystemError.self) { try XPUPIMSystem(spec: lonely) }
    #expect(error?.description.contains("device.pim") == true)
  }
}

@Suite struct HybridSpecTests {
  /// Each field of the specification that is not a name or a source changes something in the run.
  @Test func everyFieldChangesAnObservable() throws {
    let mixed = DecodeStage(
      layers: 2,
      runs: [
        RequestRun(first: 0, count: 2, query: 500, kv: 500),
        RequestRun(first: 2, count: 41, query: 1, kv: 900),
      ], phase: .mixed
    ).operators
    var base = Machines.spec(devices: 8, node: 4)
    base.energy = [Machines.energy]
    base.device.xpu.vectorRate = ComputeRate(flopsPerSecond: 66_900_000_000_000)
    func observed(_ spec: XPUPIMSystemSpec) throws -> [String] {
      let system = try XPUPIMSystem(spec: spec)
      let run = try Machines.run(spec, mixed)
      return [
        "\(run.makespan)", "\(run.causes)", "\(run.units)", "\(run.energy.map(\.parts))",
        "\(system.capacity)", "\(system.peakBandwidth)", "\(run.footprint)",
        "\(run.addedArea.map(\.total) ?? -1)", "\(run.traffic)",
      ]
    }
    let plain = try observed(base)
    let changes: [(String, (inout XPUPIMSystemSpec) -> Void)] = [
      ("devices", { $0.devices = 4 }),
      ("node_devices", { $0.nodeDevices = 8 }),
      ("stacks", { $0.device.stacks = 4 }),
      ("stack.capacity", { $0.device.stack.capacity = ByteCount(1 << 30) }),
      (
        "stack.bandwidth",
        { $0.device.stack.bandwidth = Bandwidth(bytesPerSecond: 600_000_000_000) }
      ),
      (
        "xpu.matrix_rate",
        { $0.device.xpu.matrixRate["f16"] = ComputeRate(flopsPerSecond: 1_000_000_000_000) }
      ),
      (
        "xpu.vector_rate", { $0.device.xpu.vectorRate = ComputeRate(flopsPerSecond: 1_000_000_000) }
      ),
      ("xpu.launch", { $0.device.xpu.launch = Duration(picoseconds: 1_000_000) }),
      (
        "xpu.launch_by_kind",
        { $0.device.xpu.launchByKind = ["gemm": Duration(picoseconds: 5)] }
      ),
      ("charges_scores", { $0.device.chargesScores = false }),
      ("epilogues", { $0.device.epilogues = [.norm] }),
      ("pim", { $0.device.pim = nil }),
      ("pim.level", { $0.device.pim?.level = .bank }),
      ("pim.bandwidth_multiple", { $0.device.pim?.bandwidthMultiple = 3 }),
      ("pim.modules", { $0.device.pim?.modules = 7 }),
      ("pim.multipliers", { $0.device.pim?.multipliersPerModule = 64 }),
      ("pim.frequency", { $0.device.pim?.frequency = Frequency(hertz: 100_000_000) }),
      ("pim.data_types", { $0.device.pim?.dataTypes = [.bf16] }),
      ("pim.charges_scores", { $0.device.pim?.chargesScores = true }),
      ("pim.power_limit", { $0.device.pim?.powerLimit = 1 }),
      ("link.bandwidth", { $0.link.bandwidth = Bandwidth(bytesPerSecond: 1_000_000_000) }),
      ("link.latency", { $0.link.latency = .zero }),
      (
        "node_link.bandwidth",
        { $0.nodeLink?.bandwidth = Bandwidth(bytesPerSecond: 1_000_000_000) }
      ),
      ("node_link.latency", { $0.nodeLink?.latency = .zero }),
      ("parallelism.tensor", { $0.parallelism = ParallelismSpec(tensor: 2) }),
      ("parallelism.pipeline", { $0.parallelism = ParallelismSpec(pipeline: 2) }),
      ("parallelism.expert", { $0.parallelism = ParallelismSpec(expert: 2) }),
      ("decode_attention", { $0.schedule.decodeAttention = .xpu }),
      ("experts", { $0.schedule.experts = .pim }),
      ("coprocesses_attention", { $0.schedule.coprocessesAttention = true }),
      ("divides_experts_in_node", { $0.schedule.dividesExpertsInNode = true }),
      ("reduces_stacks", { $0.schedule = HybridScheduleSpec(experts: .pim, reducesStacks: true) }),
      ("energy", { $0.energy?[0].operation = Energy(picojoules: 1) }),
      ("energy.link", { $0.energy?[0].linkBit = Energy(picojoules: 1) }),
      ("area", { $0.area = AddedAreaSpec(source: "t", die: 121, parts: ["a": 3]) }),
    ]
    for (name, change) in changes {
      var spec = base
      change(&spec)
      #expect(try observed(spec) != plain, "\(name)")
    }
    // Rules of division matter while both processors work and a device has several experts.
    var divided = base
    divided.schedule.coprocessesExperts = true
    divided.schedule.dividesExpertsInNode = true
    let shared = try observed(divided)
    let rules: [(String, (inout XPUPIMSystemSpec) -> Void)] = [
      ("split_efficiency", { $0.schedule.splitEfficiency = 0.1 }),
      ("expert_tensor_reductions", { $0.schedule.expertTensorReductions = 1 }),
    ]
    for (name, change) in rules {
      var spec = divided
      change(&spec)
      #expect(try observed(spec) != shared, "\(name)")
    }
  }

  @Test func coprocessingAndItsRuleMatterWithSeveralExpertsOnADevice() throws {
    // All on PIM looks as good as one on the xPU to the rule, which reckons with 3/4 of the rate.
    let stage = DecodeStage(
      layers: 1, tokensPerExpert: [Int](repeating: 10, count: 8)
    ).operators
    var spec = Machines.spec(devices: 8, node: 4, pe: true, et: true)
    let rule = try Machines.run(spec, stage)
    spec.schedule.expertSplit = .optimal
    let optimal = try Machines.run(spec, stage)
    spec.schedule.coprocessesExperts = false
    let serial = try Machines.run(spec, stage)
    #expect(optimal.makespan < rule.makespan)
    #expect(optimal.makespan < serial.makespan)
  }

  @Test func memorySpacesGroupExperts() throws {
    let stage = DecodeStage(layers: 1, tokensPerExpert: [40, 1, 1, 1, 1, 1, 1, 40]).operators
    var spec = Machines.spec(pe: true, et: true)
    let grouped = try Machines.run(spec, stage)
    spec.schedule.memorySpaces = nil
    let single = try Machines.run(spec, stage)
    // In groups of two, an expert of 40 tokens takes a small one along.
    #expect(grouped.makespan != single.makespan)
  }

  @Test func aPowerLimitNeedsCoefficients() {
    var spec = Machines.spec()
    spec.device.pim?.powerLimit = 10
    spec.energy = nil
    let error = #expect(throws: SystemError.self) { try XPUPIMSystem(spec: spec) }
    #expect(error?.description.contains("energy") == true)
  }

  @Test func separatePIMDevicesMoveActivationsOverLinks() throws {
    let operators = DecodeStage(layers: 2).operators
    var spec = Machines.spec()
    spec.separatePIMDevices = 2
    spec.schedule.experts = .pim
    spec.schedule.decodeAttention = .pim
    let apart = try Machines.run(spec, operators)
    #expect(apart.causes.total == apart.makespan)
    let record = try #require(apart.operators.first { $0.name == "attention" })
    // Half of the heads on each of two devices, and two moves of the activations.
    let together = try Machines.run(Machines.spec(), operators)
    let joint = try #require(together.operators.first { $0.name == "attention" })
    let latencies = 2 * 0.8e-6
    let time = (record.end - record.start).seconds - latencies
    #expect(time > 1.99 * (joint.end - joint.start).seconds)
    #expect(apart.linkBytes > .zero)
  }
}
