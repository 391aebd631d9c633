import DRAM
import Devices
import SimulationCore
import Systems
import Testing
import Units
import Workload

@Suite struct NeuPIMsIdealTests {
  private func complete(_ spec: inout NeuPIMsSpec) {
    spec.npu.traffic = .complete
    spec.attention.rowHold = .held
  }

  @Test(arguments: [IdealLimit.refresh, .row, .link, .balance])
  func withoutALimitALayerIsFaster(limit: IdealLimit) throws {
    let layer = NeuPIMsLayer.layer(try NeuPIMsLayer.lengths("64-rr"))
    let base = try NeuPIMsLayer.run(layer, complete)
    let ideal = try NeuPIMsLayer.run(layer, ideal: [limit], complete)
    #expect(ideal.makespan < base.makespan)
    #expect(ideal.causes.total == ideal.makespan)
    if limit == .link { #expect(ideal.causes[.link] == .zero) }
  }

  @Test func evenWorkIsTheWorkOfTheBatch() throws {
    let layer = NeuPIMsLayer.layer(try NeuPIMsLayer.lengths("64-rr"))
    let base = try NeuPIMsLayer.run(layer, complete)
    let ideal = try NeuPIMsLayer.run(layer, ideal: [.balance], complete)
    for command in ["GWRITE", "HEADER", "GEMV", "G_ACT"] {
      #expect(ideal.pim?.count(of: command) == base.pim?.count(of: command), "\(command)")
    }
    #expect(ideal.pim?.columnSteps == base.pim?.columnSteps)
  }

  @Test func aLimitThatIsNotThereIsRefusedByName() throws {
    let error = #expect(throws: SystemError.self) {
      try NeuPIMsLayer.run(NeuPIMsLayer.layer([64]), ideal: [.power], complete)
    }
    #expect(
      try #require(error).description.contains("no limit 'power' to remove; it has: tfaw, row"))
  }

  @Test func aPowerLimitSpacesColumnStepsAndCanBeRemoved() throws {
    var memory = try NeuPIMsLayer.memory("dual")
    let layer = NeuPIMsLayer.layer([500, 600])
    let base = try NeuPIMsLayer.run(layer, memory: memory, complete)
    // 3216 pJ a column step at 0.4 W: one in 8.04 clocks.
    memory.pim?.powerLimitWatts = 0.4
    let limited = try NeuPIMsLayer.run(layer, memory: memory, complete)
    let ideal = try NeuPIMsLayer.run(layer, ideal: [.power], memory: memory, complete)
    #expect(limited.makespan > base.makespan)
    #expect(ideal.makespan == base.makespan)
    let peaks = [base, limited].compactMap { $0.pim?.internalPeak.bytesPerSecond }
    // Rounded down to whole bytes a second in each channel.
    #expect(abs(peaks[0] * 2 / 9 - peaks[1]) < 4 * 32)
  }

  @Test func spreadKeysAndValuesLoadOperandsInEveryChannel() throws {
    let layer = NeuPIMsLayer.layer([2000, 30])
    let one = try NeuPIMsLayer.run(layer, complete)
    let spread = try NeuPIMsLayer.run(layer) {
      complete(&$0)
      $0.attention.mapping = .spread
    }
    #expect(spread.makespan < one.makespan)
    #expect(spread.pim?.columnSteps == one.pim?.columnSteps)
    let loads = [one, spread].compactMap { $0.pim?.count(of: "GWRITE") }
    #expect(loads[1] > loads[0])
  }
}
