internal import DRAM
internal import Foundation
public import Systems
internal import Units
internal import Workload

/// Times of real kernels beside those of a system, at one or more fidelities.
public struct MeasuredComparison: Sendable {
  /// The version of the JSON form.
  public static let schema = "orrery.measured/1"

  /// One kernel.
  public struct Row: Hashable, Sendable {
    public let kernel: MeasuredKernel
    /// Microseconds of the system, in the order of `fidelities`.
    public let microseconds: [Double]

    /// Ours over the measured time.
    public func ratio(_ index: Int) -> Double { microseconds[index] / kernel.microseconds }
  }

  /// The kernels of a kind: the median of ours over measured, and the extremes.
  public struct Summary: Hashable, Sendable {
    public let kind: MeasuredKernel.Kind
    public let count: Int
    /// For each fidelity.
    public let ratios: [Ratio]
  }

  /// Ours over the measured time.
  public struct Ratio: Hashable, Sendable {
    public let median: Double
    public let least: Double
    public let most: Double
  }

  public let measured: MeasuredKernels
  public let system: String
  public let fidelities: [Fidelity]
  public let rows: [Row]

  /// Runs every kernel on `system`, alone and with memory at rest.
  ///
  /// - Throws: `SystemError` or `DeviceError` when a kernel cannot run on the system,
  ///   `ConfigurationError` for a model that is not known.
  public init(
    _ measured: MeasuredKernels, on system: any TraceSystem, fidelities: [Fidelity]
  ) throws {
    self.measured = measured
    self.system = system.name
    self.fidelities = fidelities
    let dtype = DataType(rawValue: measured.dtype) ?? .bf16
    let header = TraceHeader(model: "", dtype: dtype.rawValue, generator: "reproduce")
    rows = try measured.kernels.map { kernel in
      let operators = try kernel.operators(dtype: dtype)
      let times = try fidelities.map { fidelity in
        let run = Simulate(
          system: system,
          options: RunOptions(
            fidelity: fidelity, keepsOperators: false, slowest: 0, channels: .symmetric))
        return try run.run(OperatorSequence(operators), header: header, trace: kernel.label)
          .run.makespan.seconds * 1e6
      }
      return Row(kernel: kernel, microseconds: times)
    }
  }

  /// The kinds in the order of their first kernels.
  public var summaries: [Summary] {
    var kinds: [MeasuredKernel.Kind] = []
    for row in rows where !kinds.contains(row.kernel.kind) { kinds.append(row.kernel.kind) }
    return kinds.map { kind in
      let members = rows.filter { $0.kernel.kind == kind }
      let ratios = fidelities.indices.map { index in
        let sorted = members.map { $0.ratio(index) }.sorted()
        let (low, high) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
        return Ratio(
          median: (low + high) / 2, least: sorted[0], most: sorted[sorted.count - 1])
      }
      return Summary(kind: kind, count: members.count, ratios: ratios)
    }
  }
}

extension MeasuredComparison {
  /// As JSON, schema `orrery.measured/1`.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("schema", Self.schema)
      json.field("measured", measured.name)
      json.field("device", measured.device)
      json.field("source", measured.source)
      json.field("system", system)
      json.records("kernels", rows) { json, row in
        json.field("kind", row.kernel.kind.rawValue)
        if let model = row.kernel.model { json.field("model", model) }
        if let count = row.kernel.count { json.field("count", count) }
        for size in row.kernel.sizes { json.field(size.name, size.value ?? 0) }
        json.field("measured_us", row.kernel.microseconds)
        for (index, fidelity) in fidelities.enumerated() {
          json.field("\(fidelity.rawValue)_us", row.microseconds[index])
        }
      }
      json.field("ratios") { json in
        json.array { json in
          for summary in summaries { write(summary, to: &json) }
        }
      }
    }
    return json.utf8
  }

  private func write(_ summary: Summary, to json: inout JSONWriter) {
    json.compact { json in
      json.object { json in
        json.field("kind", summary.kind.rawValue)
        json.field("kernels", summary.count)
        for (fidelity, ratio) in zip(fidelities, summary.ratios) {
          json.field("\(fidelity.rawValue)_median", ratio.median)
          json.field("\(fidelity.rawValue)_least", ratio.least)
          json.field("\(fidelity.rawValue)_most", ratio.most)
        }
      }
    }
  }

  /// As text: a line a kernel, then the ratios by kind.
  public var text: String {
    var lines = ["\(measured.device) beside system '\(system)'", measured.source, ""]
    let names = fidelities.map(\.rawValue)
    lines.append(
      row("kernel", "", "measured us", names.flatMap { ["\($0) us", "of measured"] }))
    for line in rows {
      let values = fidelities.indices.flatMap { index in
        [decimals(line.microseconds[index]), decimals(line.ratio(index))]
      }
      lines.append(
        row(
          line.kernel.kind.rawValue, line.kernel.label, decimals(line.kernel.microseconds), values))
    }
    lines.append("")
    for (index, name) in names.enumerated() {
      lines.append("ours over measured at \(name) fidelity: median (least to most)")
      for summary in summaries {
        let ratio = summary.ratios[index]
        lines.append(
          "  \(summary.kind.rawValue.padded(to: 20))\(decimals(ratio.median)) "
            + "(\(decimals(ratio.least)) to \(decimals(ratio.most))), \(summary.count) kernels")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(
    _ kind: String, _ label: String, _ measured: String, _ values: [String]
  ) -> String {
    kind.padded(to: 19) + label.padded(to: 46)
      + ([measured] + values).map { $0.padded(to: 13, isRight: true) }.joined()
  }

  private func decimals(_ value: Double) -> String { String(format: "%.2f", value) }
}

extension String {
  fileprivate func padded(to width: Int, isRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(1, width - count))
    return isRight ? blanks + self : self + blanks
  }
}
