import Configuration
import Experiments
import Systems
import Testing

@Suite("Measured kernels")
struct MeasuredComparisonTests {
  private func compare(
    _ kernels: String, system: String = "h100", overrides: [String] = [],
    fidelities: [Fidelity] = [.analytic]
  ) throws -> MeasuredComparison {
    let text = "name: t\ndevice: d\nsource: s\ndtype: bf16\nkernels:\n" + kernels
    let node = try ConfigurationNode(yaml: text, name: "t.yaml")
    let system = try SystemLoader.load(SystemLoader.configuration(system, overrides: overrides))
    return try MeasuredComparison(
      MeasuredKernels(node), on: system, fidelities: fidelities)
  }

  @Test("each kind moves and computes what its formula says")
  func closedForms() throws {
    // 2 bytes an element at 3.352 TB/s; every kernel here is bound by memory.
    let rows: [(yaml: String, elements: Int)] = [
      ("{kind: gemm, m: 2, k: 4096, n: 8192, microseconds: 1}", 2 * 4096 + 4096 * 8192 + 2 * 8192),
      (
        "{kind: gemm, count: 3, m: 2, k: 4096, n: 512, microseconds: 1}",
        3 * (2 * 4096 + 4096 * 512 + 2 * 512)
      ),
      ("{kind: copy, rows: 100, columns: 4096, microseconds: 1}", 2 * 100 * 4096),
      (
        "{kind: gather, rows: 100, columns: 4096, table_rows: 9999, microseconds: 1}",
        2 * 100 * 4096 + 4 * 100
      ),
      ("{kind: add, rows: 100, columns: 4096, microseconds: 1}", 3 * 100 * 4096),
      ("{kind: gated_silu, rows: 100, columns: 4096, microseconds: 1}", 3 * 100 * 4096),
      ("{kind: rms_norm, rows: 100, columns: 4096, microseconds: 1}", 2 * 100 * 4096),
      ("{kind: softmax, rows: 100, columns: 4096, microseconds: 1}", 2 * 100 * 4096),
      (
        "{kind: decode_attention, batch: 5, heads: 16, kv_heads: 4, context: 300, head_dim: 64, microseconds: 1}",
        2 * 5 * 300 * 4 * 64 + 2 * 5 * 16 * 64
      ),
    ]
    let result = try compare(rows.map { "  - \($0.yaml)\n" }.joined())
    for (row, expected) in zip(result.rows, rows) {
      let microseconds = Double(2 * expected.elements) / 3.352e12 * 1e6
      #expect(abs(row.microseconds[0] / microseconds - 1) < 1e-5, "\(expected.yaml)")
    }
    #expect(result.summaries.map(\.count).reduce(0, +) == rows.count)
  }

  @Test("no measured kernel beats the roofline of the datasheet")
  func floor() throws {
    let node = try SystemLoader.configuration("h100", overrides: [])
    let comparison = try MeasuredComparison(
      try MeasuredKernels.load("h100-sxm"), on: try SystemLoader.load(node),
      fidelities: [.analytic])
    #expect(comparison.rows.count > 100)
    for row in comparison.rows {
      #expect(row.ratio(0) <= 1, "\(row.kernel)")
    }
  }

  @Test("a decode layer has its products, norms, attention and sums")
  func layer() throws {
    let result = try compare(
      "  - {kind: decode_layer, model: llama3-8b, batch: 1, context: 1024, microseconds: 180}\n")
    // Weights of a layer and the keys and values of 1024 tokens, in bf16.
    let weights = 4096 * (6144 + 4096 + 3 * 14336) + 2 * 4096
    let least = Double(2 * (weights + 2 * 1024 * 8 * 128)) / 3.352e12 * 1e6
    #expect(result.rows[0].microseconds[0] > least)
    #expect(result.rows[0].microseconds[0] < 1.01 * least)
  }

  @Test("a kernel that does not fit the memory is refused")
  func capacity() {
    let error = #expect(throws: SimulationRefusal.self) {
      try compare("  - {kind: copy, rows: 268435456, columns: 4096, microseconds: 1}\n")
    }
    #expect(error?.description.contains("use a larger memory") == true)
  }

  @Test(
    "wrong files are refused in one line",
    arguments: [
      ("  - {kind: gemm, m: 2, k: 4, microseconds: 1}\n", "kernels[0]: gemm needs 'n'"),
      ("  - {kind: gemm, m: 0, k: 4, n: 4, microseconds: 1}\n", "m must lie between 1 and 2^28"),
      ("  - {kind: copy, rows: 4, columns: 4, microseconds: 0}\n", "microseconds must be positive"),
      (
        "  - {kind: decode_attention, batch: 1, heads: 6, kv_heads: 4, context: 4, head_dim: 4, microseconds: 1}\n",
        "heads must be a multiple of kv_heads"
      ),
      (
        "  - {kind: gemm, m: 268435456, k: 268435456, n: 268435456, microseconds: 1}\n",
        "the product of its sizes must lie below 2^60"
      ),
      ("  - {kind: copy, rows: 4, columns: 4, microseconds: 1e400}\n", "positive and finite"),
      (
        "  - {kind: copy, rows: 4, columns: 4, microseconds: 1, minimum: 2}\n",
        "must lie between minimum and maximum"
      ),
      ("  - {kind: gem, m: 2, k: 4, n: 2, microseconds: 1}\n", "gem"),
      ("  - {kind: copy, rows: 4, columns: 4, microsecond: 1}\n", "did you mean 'microseconds'"),
    ])
  func refusals(kernels: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try compare(kernels) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }
}
