import Devices
import SimulationCore
import Testing
import Units
import Workload

private func device(
  multiple: Int, modules: Int, multipliers: Int, hertz: Int = 654_687_500,
  stack: Int = 670_400_000_000, powerLimit: Double? = nil
) throws -> HybridDevice {
  try HybridDevice(
    spec: HybridDeviceSpec(
      stacks: 5,
      stack: StackSpec(
        capacity: ByteCount(16 << 30), bandwidth: Bandwidth(bytesPerSecond: stack)),
      xpu: RooflineDeviceSpec(
        matrixRate: ["f16": ComputeRate(flopsPerSecond: 989_400_000_000_000)]),
      pim: PIMUnitSpec(
        level: .logicDie, bandwidthMultiple: multiple, modules: modules,
        multipliersPerModule: multipliers, frequency: Frequency(hertz: hertz),
        powerLimit: powerLimit)))
}

private func logicPIM() throws -> HybridDevice {
  try device(multiple: 4, modules: 32, multipliers: 512)
}

private func bankPIM() throws -> HybridDevice {
  try device(multiple: 16, modules: 1024, multipliers: 8)
}

private func product(_ m: Int, k: Int = 4096, n: Int = 14336) -> KernelWork {
  .product(m: m, k: k, n: n, weights: .f16, activations: .f16)
}

private func isNear(_ value: Double, _ expected: Double, within fraction: Double) -> Bool {
  abs(value - expected) <= fraction * expected
}

@Suite struct HybridDeviceTests {
  /// Validation case V1: 32 modules of 512 multipliers at 650 MHz.
  @Test func modulesOfAPaperStackReach21Point3TFLOPSAndEightOperationsAByte() throws {
    let paper = try device(
      multiple: 4, modules: 32, multipliers: 512, hertz: 650_000_000, stack: 665_600_000_000)
    let rate = try #require(paper.spec.pim?.stackRate)
    #expect(isNear(Double(rate.flopsPerSecond), 21.30e12, within: 0.005))
    let pimRate = try #require(paper.pimRate)
    let pimBandwidth = try #require(paper.pimBandwidth)
    let ridge = Double(pimRate.flopsPerSecond) / Double(pimBandwidth.bytesPerSecond)
    #expect(isNear(ridge, 8.0, within: 0.005))
  }

  /// Validation case V8: m x 4096 x 14336 in FP16, microseconds on xPU, Logic-PIM and Bank-PIM.
  @Test(arguments: [
    (1, 35.05, 8.76, 2.19), (8, 35.12, 8.78, 17.52), (32, 35.39, 35.04, 70.07),
    (64, 35.74, 70.07, 140.14), (512, 60.77, 560.6, 1121),
  ])
  func productsTakeTheirRooflineTimes(m: Int, xpu: Double, logic: Double, bank: Double) throws {
    let kernel = product(m)
    let onXPU = try logicPIM().xpuCost(kernel, dtype: .f16).duration.seconds * 1e6
    let onLogic = try logicPIM().pimCost(kernel, energy: nil).duration.seconds * 1e6
    let onBank = try bankPIM().pimCost(kernel, energy: nil).duration.seconds * 1e6
    #expect(isNear(onXPU, xpu, within: 0.001))
    #expect(isNear(onLogic, logic, within: 0.001))
    #expect(isNear(onBank, bank, within: 0.001))
  }

  /// Validation case V9: Logic-PIM up to 32 tokens an expert, then the xPU; Bank-PIM up to 4.
  @Test func crossoversLieAtThirtyTwoAndFourTokens() throws {
    let logic = try logicPIM()
    let bank = try bankPIM()
    for tokens in 1...64 {
      let onXPU = try logic.xpuCost(product(tokens), dtype: .f16).duration
      let onLogic = try logic.pimCost(product(tokens), energy: nil).duration
      let onBank = try bank.pimCost(product(tokens), energy: nil).duration
      #expect((onLogic <= onXPU) == (tokens <= 32), "tokens \(tokens)")
      #expect((onBank < onLogic) == (tokens <= 4), "tokens \(tokens)")
    }
  }

  /// Validation case V16: delays of Bank-PIM over BankGroup-PIM, weights 16384 x 4096.
  @Test(arguments: zip([1, 2, 4, 8, 16, 32], [0.25, 0.5, 1, 2, 2, 2]))
  func bankOverBankGroupDelaysFollowTheRoofline(m: Int, ratio: Double) throws {
    let kernel = product(m, k: 4096, n: 16384)
    let group = try logicPIM().pimCost(kernel, energy: nil).duration.seconds
    let bank = try bankPIM().pimCost(kernel, energy: nil).duration.seconds
    #expect(isNear(bank / group, ratio, within: 0.03))
  }

  @Test func timeNeverFallsBelowEitherResource() throws {
    var generator = SeededGenerator(seed: 7)
    let logic = try logicPIM()
    let rate = try #require(logic.pimRate)
    let bandwidth = try #require(logic.pimBandwidth)
    for _ in 0..<200 {
      let kernel = product(
        1 + generator.next(below: 600), k: 1 + generator.next(below: 9000),
        n: 1 + generator.next(below: 9000))
      let cost = try logic.pimCost(kernel, energy: nil)
      #expect(cost.duration >= rate.duration(computing: kernel.matrix))
      #expect(cost.duration >= bandwidth.duration(moving: ByteCount(kernel.bytes)))
      #expect(cost.duration == max(cost.compute, cost.memory))
    }
  }

  @Test func aPowerLimitStretchesAccessToItsEnergyOverTheLimit() throws {
    let energy = MemoryEnergySpec(
      name: "t", source: "t", activation: Energy(picojoules: 0), rowBytes: ByteCount(1024),
      xpuBit: Energy(picojoules: 1), pimBit: Energy(picojoules: 2),
      operation: Energy(picojoules: 0))
    let limited = try device(multiple: 4, modules: 32, multipliers: 512, powerLimit: 10)
    let kernel = product(1)
    let cost = try limited.pimCost(kernel, energy: energy)
    // 16 pJ a byte over 10 W in each of 5 stacks.
    let least = Double(kernel.bytes) * 16e-12 / 50
    #expect(isNear(cost.duration.seconds, least, within: 1e-6))
    #expect(cost.cause == .power)
    let generous = try device(multiple: 4, modules: 32, multipliers: 512, powerLimit: 100)
    #expect(try generous.pimCost(kernel, energy: energy).cause == .dramBus)
  }

  @Test func sizesThatAreNotPositiveAreRefused() {
    let error = #expect(throws: DeviceError.self) {
      try device(multiple: 0, modules: 32, multipliers: 512)
    }
    #expect(error?.description.contains("bandwidth_multiple") == true)
  }
}
