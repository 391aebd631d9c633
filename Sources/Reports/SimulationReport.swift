internal import Devices
public import Experiments
internal import SimulationCore
internal import Systems
internal import Units
internal import Workload

/// The text that `orrery simulate` prints.
public struct SimulationReport {
  private let result: SimulationResult

  public init(_ result: SimulationResult) {
    self.result = result
  }

  /// The whole report, ended by a newline.
  public var text: String {
    var lines: [String] = []
    let trace = result.model.isEmpty ? result.trace : "\(result.model) (\(result.trace))"
    lines.append("\(trace) on \(result.system), \(result.fidelity) fidelity")
    lines.append("")
    lines += summary
    lines.append("")
    lines.append("Why it takes this long")
    lines += causes
    lines.append("")
    lines.append("Time by kind of operator")
    lines += kinds
    if result.run.steps.count > 1 {
      lines.append("")
      lines.append("Steps")
      lines += steps
    }
    lines.append("")
    lines.append("Slowest operators")
    lines += slowest
    return lines.joined(separator: "\n") + "\n"
  }

  private var summary: [String] {
    let run = result.run
    var table = TextTable([.left, .right, .left])
    table.add([
      "simulated time", NumberText.time(result.time),
      "\(NumberText.grouped(result.cycles.count)) cycles of \(result.clock.name) at "
        + result.clock.frequency.text,
    ])
    if let tokensPerSecond = result.tokensPerSecond {
      table.add([
        "throughput", "\(NumberText.amount(tokensPerSecond, digits: 1)) tokens/s",
        "\(NumberText.grouped(run.tokens)) generated"
          + (run.promptTokens > 0
            ? ", \(NumberText.grouped(run.promptTokens)) prompt tokens" : ""),
      ])
    }
    if let bandwidth = result.bandwidth, let fraction = result.bandwidthFraction {
      table.add([
        "memory bandwidth", NumberText.bandwidth(bandwidth),
        "\(NumberText.percent(fraction)) of the peak of "
          + NumberText.bandwidth(Double(result.peakBandwidth.bytesPerSecond))
          + "; \(NumberText.bytes(Double(run.traffic.read.count))) read, "
          + "\(NumberText.bytes(Double(run.traffic.written.count))) written",
      ])
    }
    if let rate = result.flopsPerSecond, run.work.flops > 0 {
      var remark = "no matrix peak for the trace's element type"
      if let peak = result.peakCompute, let fraction = result.computeFraction {
        remark =
          "\(NumberText.percent(fraction)) of the \(peak.dtype.rawValue) matrix peak of "
          + NumberText.rate(Double(peak.rate.flopsPerSecond))
      }
      table.add(["compute", NumberText.rate(rate), remark])
    }
    let footprint = run.footprint
    table.add([
      "memory needed", NumberText.binaryBytes(Double(footprint.total.count)),
      "of \(result.capacity.text): weights \(NumberText.binaryBytes(Double(footprint.weights.count)))"
        + ", KV \(NumberText.binaryBytes(Double(footprint.kv.count)))"
        + ", activations \(NumberText.binaryBytes(Double(footprint.activations.count)))",
    ])
    if let bound = run.bound, result.time > .zero {
      let share = Double(bound.picoseconds) / Double(result.time.picoseconds)
      table.add([
        "lower bound", NumberText.time(bound),
        "every resource at its peak: \(NumberText.percent(share)) of the simulated time",
      ])
    }
    if let detail = run.memory {
      let accesses = detail.rowHits + detail.rowMisses + detail.rowConflicts
      let hits = accesses > 0 ? Double(detail.rowHits) / Double(accesses) : 0
      table.add([
        "row hits", NumberText.percent(hits),
        "of \(NumberText.grouped(accesses)) bursts; \(detail.channels) channels of "
          + "\(detail.standard), \(detail.simulatedChannels) simulated",
      ])
    }
    addMemoryProcessing(to: &table)
    for (unit, fraction) in result.utilization {
      table.add(["busy: \(unit)", NumberText.percent(fraction), "of the simulated time"])
    }
    return table.lines(indent: 0)
  }

  /// What systems with processing in memory, energy or experts add.
  private func addMemoryProcessing(to table: inout TextTable) {
    let run = result.run
    if let pim = run.pim, result.time > .zero {
      let bytes = Double(pim.internalTraffic.total.count)
      let rate = bytes / result.time.seconds
      let peak = Double(pim.internalPeak.bytesPerSecond)
      table.add([
        "PIM bandwidth", NumberText.bandwidth(rate),
        "\(NumberText.percent(rate / peak)) of the peak of \(NumberText.bandwidth(peak)); "
          + "\(NumberText.bytes(bytes)) inside the memory",
      ])
      if let rows = pim.rowsOpened {
        let commands = pim.commands.filter { $0.count > 0 }
          .map { "\($0.name) \(NumberText.grouped($0.count))" }
        table.add([
          "rows opened", NumberText.grouped(rows.host + rows.pim),
          "host \(NumberText.grouped(rows.host)), PIM \(NumberText.grouped(rows.pim)); "
            + commands.joined(separator: ", "),
        ])
      }
    }
    for energy in run.energy where run.tokens > 0 {
      let millijoules = energy.parts.total / Double(run.tokens) / 1e9
      table.add([
        "energy (\(energy.name))", "\(NumberText.amount(millijoules, digits: 2)) mJ/token",
        "memory and arithmetic",
      ])
    }
    if let area = run.addedArea {
      let parts = area.parts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map {
          "\($0.key.split(separator: "_").joined(separator: " ")) "
            + NumberText.decimal($0.value, digits: 2)
        }
      table.add([
        "added area", "\(NumberText.decimal(area.total, digits: 2)) mm2",
        "\(NumberText.percent(area.fraction)) of a die: " + parts.joined(separator: ", "),
      ])
    }
    if let imbalance = run.experts?.meanImbalance, let worst = run.experts?.worstImbalance {
      table.add([
        "expert imbalance", NumberText.decimal(imbalance, digits: 2),
        "fullest expert over the mean; worst \(NumberText.decimal(worst, digits: 2))",
      ])
    }
    if let chosen = run.experts?.divisionTime, let best = run.experts?.optimalDivisionTime,
      chosen > .zero
    {
      let loss = Double((chosen - best).picoseconds) / Double(chosen.picoseconds)
      table.add([
        "division of experts", NumberText.time(chosen),
        "over all layers; the best one \(NumberText.time(best)), \(NumberText.percent(loss)) less",
      ])
    }
    if let fullest = run.memorySpaces.max(by: { $0.used < $1.used }) {
      table.add([
        "memory spaces", "\(run.memorySpaces.count)",
        "the fullest, \(fullest.space), holds \(NumberText.binaryBytes(Double(fullest.used.count))) of "
          + fullest.capacity.text,
      ])
    }
  }

  private func share(_ duration: Duration) -> String {
    result.time > .zero
      ? NumberText.percent(Double(duration.picoseconds) / Double(result.time.picoseconds)) : ""
  }

  private var causes: [String] {
    var table = TextTable([.left, .right, .right, .left])
    for (cause, duration) in result.run.causes.charges.sorted(by: { $0.duration > $1.duration }) {
      table.add([cause.name, share(duration), NumberText.time(duration), cause.explanation])
    }
    return table.lines()
  }

  private var kinds: [String] {
    var table = TextTable([.left, .right, .right])
    let times = result.run.timeByKind.sorted {
      $0.value != $1.value ? $0.value > $1.value : $0.key.rawValue < $1.key.rawValue
    }
    for (kind, duration) in times {
      table.add([kind.rawValue, share(duration), NumberText.time(duration)])
    }
    return table.lines()
  }

  private var steps: [String] {
    var table = TextTable([.right, .left, .right, .right])
    let steps = result.run.steps
    let shown = steps.count <= 12 ? steps : Array(steps.prefix(6) + steps.suffix(5))
    for (index, step) in shown.enumerated() {
      if steps.count > 12 && index == 6 { table.add(["...", "", "", ""]) }
      table.add([
        String(step.step), step.phase.rawValue, NumberText.time(step.end - step.start),
        "\(NumberText.grouped(step.tokens)) tokens",
      ])
    }
    return table.lines()
  }

  private var slowest: [String] {
    var table = TextTable([.right, .left, .left, .right, .right, .left])
    for record in result.run.slowest {
      let duration = record.end - record.start
      table.add([
        String(record.id), record.name, record.kind.rawValue, NumberText.time(duration),
        share(duration), result.run.units[record.unit].name,
      ])
    }
    return table.lines()
  }
}
