import DRAM
import Experiments
import Numerics
import Testing

@Suite struct ComparePIMTests {
  private func input(keys: Int, heads: Int = 8) throws -> CompareInput {
    try CompareInput.generated(
      shape: "heads=\(heads),rows=1,keys=\(keys),dim=128", data: .normal, seed: 1)
  }

  /// Values and cycles stand in one row, the cycles those of the same memory by itself.
  @Test func aRowHasTheErrorAndTheCyclesOfTheSameCommands() throws {
    let device = try #require(try ComparePIMDevice("neupims"))
    let compare = Compare(precision: AttentionPrecision(storage: .f16), pim: device)
    let input = try input(keys: 300)
    let alone = try PIMAttentionExperiment(
      setup: PIMSetup(), requests: RequestList(lengths: "300"), heads: 8, phases: .apart
    ).run().result
    let key = try compare.run("pim-key", on: input)
    let value = try compare.run("pim-value", on: input)
    let whole = try compare.run("pim-attention", on: input)
    #expect(key.cycles == alone.keyPhaseCycles)
    #expect(value.cycles == alone.valuePhaseCycles)
    #expect(try #require(whole.cycles) > alone.keyPhaseCycles + alone.valuePhaseCycles)
    for row in [key, value, whole] {
      #expect(row.passes && row.device == "neupims")
      #expect(row.error.relativeL2 ?? 0 > 0)
    }
  }

  @Test func blockedModeTakesLongerForTheSameValues() throws {
    let input = try input(keys: 512)
    func run(_ device: String) throws -> CompareRow {
      try Compare(
        precision: AttentionPrecision(storage: .bf16), pim: ComparePIMDevice(device)
      ).run("pim-value", on: input)
    }
    let (dual, single) = (try run("neupims"), try run("npu-pim-blocked"))
    #expect(try #require(dual.cycles) < #require(single.cycles))
    #expect(dual.error.relativeL2 == single.error.relativeL2)
  }

  /// Logic-PIM adds bursts in modules of the logic die; times are those of its bundle commands over the whole device.
  @Test(arguments: [AttentionPrecision.Format.f16, .bf16])
  func bundlesOfBanksHaveAnOrderAndATimeOfTheirOwn(format: AttentionPrecision.Format) throws {
    let input = try input(keys: 1000)
    func run(_ device: String, _ kernel: String) throws -> CompareRow {
      try Compare(
        precision: AttentionPrecision(storage: format), pim: ComparePIMDevice(device)
      ).run(kernel, on: input)
    }
    for kernel in ["pim-key", "pim-value", "pim-attention"] {
      let rows = try ["duplex-paper", "bank-pim-paper", "neupims"].map { try run($0, kernel) }
      for row in rows {
        #expect(row.passes, "\(row.device ?? "") \(kernel) \(row.error.relativeL2 ?? -1)")
        #expect(try #require(row.cycles) > 0)
      }
      #expect(rows.map(\.device) == ["duplex-paper", "bank-pim-paper", "neupims"])
      // Keys are added alike, burst after burst; values in three orders.
      #expect((rows[0].error.relativeL2 == rows[2].error.relativeL2) == (kernel == "pim-key"))
    }
    // Sixteen times the bandwidth against four, for operands that fill every channel.
    let long = try CompareInput.generated(
      shape: "heads=32,rows=1,keys=512,dim=128", data: .normal, seed: 1)
    let times = try ["duplex-paper", "bank-pim-paper"].map {
      try #require(
        Compare(precision: AttentionPrecision(storage: format), pim: ComparePIMDevice($0))
          .run("pim-key", on: long).cycles)
    }
    #expect(times[0] > times[1])
  }

  @Test func whatCannotRunIsSaidInOneLine() throws {
    let input = try input(keys: 64)
    let none = Compare(precision: AttentionPrecision(storage: .f16))
    #expect(throws: CompareError.self) { try none.run("pim-key", on: input) }
    let wide = Compare(precision: .f32, pim: try ComparePIMDevice("neupims"))
    #expect(throws: CompareError.self) { try wide.run("pim-key", on: input) }
    #expect(try ComparePIMDevice("a100") == nil)
    #expect(try ComparePIMDevice("gpu-paper") == nil)
  }
}
