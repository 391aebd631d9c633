import StreamingFabric
import Testing

@testable import Experiments

@Suite struct FabricMemoryGrowthTests {
  @Test func memoryIsConstantOrLinearUpToTwoToTheTwentieth() throws {
    let growth = try FabricMemoryGrowth(
      [.naive, .scaled, .reordered, .memoryFree], from: 1 << 8, to: 1 << 20)
    func bytes(_ variant: AttentionVariant) -> [Int] {
      growth.points.filter { $0.variant == variant }.map(\.intermediateBytes)
    }
    for variant in [AttentionVariant.reordered, .memoryFree] {
      #expect(Set(bytes(variant)).count == 1 && bytes(variant).count == 13)
    }
    // One element more for each key in each long FIFO.
    for (variant, longFIFOs) in [(AttentionVariant.naive, 1), (.scaled, 2)] {
      let values = bytes(variant)
      for exponent in 8..<20 {
        #expect(values[exponent - 7] - values[exponent - 8] == longFIFOs * 4 << exponent)
      }
    }
    for point in growth.points where point.variant == .memoryFree {
      #expect(point.cycles == point.keys * point.keys + 5)
    }
    #expect(growth.chunkedRatio > 55 && growth.chunkedRatio < 64)
  }
}
