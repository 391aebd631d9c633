import Devices
import Testing
import Units

private let coefficients = MemoryEnergySpec(
  name: "t", source: "arXiv 2409.01141's simulator", activation: Energy(picojoules: 909),
  rowBytes: ByteCount(1024), xpuBit: Energy(picojoules: 3.48),
  pimBit: Energy(picojoules: 1.81), operation: Energy(picojoules: 0.23))

@Suite struct MemoryEnergyTests {
  @Test func anAccessOf32BytesCostsItsBitsAndItsShareOfARow() {
    let onXPU = coefficients.access(bytes: 32, on: .xpu)
    // 0.891 nJ for 32 B in the authors' simulator; a row of 1 KiB serves 32 of them.
    #expect(abs(onXPU - (890.88 + 909.0 / 32)) < 1e-9)
    #expect(abs(coefficients.access(bytes: 32, on: .pim) - (463.36 + 909.0 / 32)) < 1e-9)
  }

  @Test func partsSumToTheTotal() {
    let work = KernelWork(matrix: 1000, vector: 10, read: 2048, written: 1024)
    let energy = coefficients.energy(of: work, on: .pim)
    #expect(energy.xpuAccess == 0)
    #expect(energy.link == nil)
    #expect(abs(energy.activation - 3 * 909) < 1e-9)
    #expect(abs(energy.compute - 232.3) < 1e-9)
    #expect(
      abs(energy.total - (coefficients.access(bytes: 3072, on: .pim) + 232.3)) < 1e-9)
  }

  /// Validation case V2: what Logic-PIM adds to a die of 121 square millimetres.
  @Test func logicPIMAddsFourteenPointSevenPercentOfADie() {
    let area = AddedAreaSpec(
      source: "arXiv 2409.01141", die: 121,
      parts: ["tsv": 10.89, "gemm": 3.02, "buffers": 2.26, "softmax": 1.64])
    #expect(abs(area.total - 17.8) / 17.8 < 0.001)
    #expect(abs(area.fraction - 0.1471) / 0.1471 < 0.001)
    #expect(abs((area.parts["tsv"] ?? 0) / area.die - 0.09) < 0.0001)
  }

  @Test func energyDelayAreaMultipliesItsThreeFactors() {
    let area = AddedAreaSpec(source: "t", die: 10, parts: ["a": 2])
    let product = area.energyDelayArea(
      picojoules: 3e12, delay: Duration(picoseconds: 5_000_000_000_000))
    #expect(product == 30)
  }
}
