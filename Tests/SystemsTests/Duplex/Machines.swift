import Devices
import Systems
import Units
import Workload

/// Machines with the numbers of the authors' simulator.
enum Machines {
  static let clock = ClockSpec(name: "dram", frequency: Frequency(hertz: 1_309_375_000))

  static let logicPIM = PIMUnitSpec(
    level: .logicDie, bandwidthMultiple: 4, modules: 32, multipliersPerModule: 512,
    frequency: Frequency(hertz: 654_687_500))

  static let bankPIM = PIMUnitSpec(
    level: .bank, bandwidthMultiple: 16, modules: 1024, multipliersPerModule: 8,
    frequency: Frequency(hertz: 654_687_500))

  static func device(
    pim: PIMUnitSpec?,
    epilogues: [OperatorKind] = [
      .rope, .activation, .elementwise, .topK, .softmax, .gather, .embedding, .memoryMove,
    ]
  ) -> HybridDeviceSpec {
    HybridDeviceSpec(
      stacks: 5,
      stack: StackSpec(
        capacity: ByteCount(16 << 30), bandwidth: Bandwidth(bytesPerSecond: 670_400_000_000)),
      xpu: RooflineDeviceSpec(
        matrixRate: [
          "f16": ComputeRate(flopsPerSecond: 989_400_000_000_000),
          "f32": ComputeRate(flopsPerSecond: 66_900_000_000_000),
        ]), chargesScores: true, epilogues: epilogues, pim: pim)
  }

  static let energy = MemoryEnergySpec(
    name: "test", source: "arXiv 2409.01141's simulator", activation: Energy(picojoules: 909),
    rowBytes: ByteCount(1024), xpuBit: Energy(picojoules: 3.48),
    pimBit: Energy(picojoules: 1.81), operation: Energy(picojoules: 0.23))

  static func spec(
    pim: PIMUnitSpec? = logicPIM, devices: Int = 4, node: Int = 8, pe: Bool = false,
    et: Bool = false, rule: ExpertSplitRule = .mostToXPU, parallelism: ParallelismSpec? = nil
  ) -> XPUPIMSystemSpec {
    XPUPIMSystemSpec(
      name: "test", source: "a test", clock: clock, devices: devices, nodeDevices: node,
      device: device(pim: pim),
      link: LinkSpec(
        bandwidth: Bandwidth(bytesPerSecond: 450_000_000_000),
        latency: Duration(picoseconds: 800_000)),
      nodeLink: LinkSpec(
        bandwidth: Bandwidth(bytesPerSecond: 50_000_000_000),
        latency: Duration(picoseconds: 130_000)), parallelism: parallelism,
      schedule: HybridScheduleSpec(
        coprocessesExperts: pe, coprocessesAttention: pe, expertSplit: rule, memorySpaces: 4,
        dividesExpertsInNode: et, expertTensorReductions: 2), energy: [energy])
  }

  static func run(_ spec: XPUPIMSystemSpec, _ operators: [Operator]) throws -> SystemRun {
    try XPUPIMSystem(spec: spec).run(
      OperatorSequence(operators),
      header: TraceHeader(
        model: "test", layers: (operators.compactMap(\.layer).max() ?? -1) + 1, dtype: "f16",
        generator: "a test"),
      options: RunOptions())
  }
}
