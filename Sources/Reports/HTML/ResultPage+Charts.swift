internal import Experiments
internal import ResultsStore
internal import SimulationCore
internal import Units

extension ResultPage {
  var causeChart: Chart? {
    .bars(
      result.family("causes."), id: "causes", title: "What the time goes on",
      caption: "Simulated time by cause along the critical path; the causes sum to the whole.",
      unit: "ms", scale: 1e-9, total: result.metric("time_ps"))
  }

  var kindChart: Chart? {
    .bars(
      result.family("kinds."), id: "kinds", title: "Time by kind of operator",
      caption: "Summed time of the operators of each kind.", unit: "ms", scale: 1e-9, total: nil)
  }

  var energyChart: Chart? {
    let whole = result.family("energy.")
    let memory = result.family("memory.dram.energy_joules.")
    return .bars(
      whole.isEmpty ? memory : whole, id: "energy",
      title: whole.isEmpty ? "What the memory's energy goes on" : "What the energy goes on",
      caption: "Energy by consumer.", unit: "J", scale: 1, total: result.metric("energy_joules"))
  }

  var utilizationChart: Chart? {
    .bars(
      result.family("utilization."), id: "utilization", title: "Utilisation of the units",
      caption: "Share of the simulated time in which a unit is busy.", unit: "%", scale: 100,
      total: nil)
  }

  var footprintChart: Chart? {
    let parts = result.family("memory.footprint_bytes.").filter { $0.value > 0 }
    guard let capacity = result.metric("memory.capacity_bytes") else { return nil }
    return .bars(
      parts, id: "footprint", title: "Memory that the tensors take",
      caption: "Of \(NumberText.binaryBytes(capacity)); activations are the largest set that one "
        + "operator needs.", unit: "GiB", scale: 0x1p-30, total: capacity)
  }

  /// Every operator over its arithmetic intensity, under the roof.
  ///
  /// Operators that agree in kind, work, bytes and time stand for one mark, which counts them.
  var rooflineChart: Chart? {
    struct Key: Hashable {
      var kind: String
      var flops: Int
      var bytes: Int
      var time: Int
    }
    var groups: [Key: (count: Int, name: String)] = [:]
    for op in result.operators {
      guard let flops = op.flops, let bytes = op.bytes, flops > 0, bytes > 0, op.end > op.start
      else { continue }
      let key = Key(kind: op.kind, flops: flops, bytes: bytes, time: op.end - op.start)
      groups[key, default: (0, op.name)].count += 1
    }
    guard !groups.isEmpty,
      let peakBandwidth = result.metric("memory.peak_bandwidth_bytes_per_second")
    else { return nil }
    let ordered = groups.sorted {
      ($0.key.kind, $0.key.flops, $0.key.bytes, $0.key.time)
        < ($1.key.kind, $1.key.flops, $1.key.bytes, $1.key.time)
    }
    let rows = ordered.prefix(4_000).map { key, group -> ChartSpec in
      [
        "kind": .text(key.kind), "x": ChartSpec(Double(key.flops) / Double(key.bytes)),
        "y": ChartSpec(Double(key.flops) / Double(key.time)), "count": .integer(group.count),
        "name": .text(group.name), "ms": ChartSpec(Double(key.time) * 1e-9),
      ]
    }
    let intensities = ordered.map { Double($0.key.flops) / Double($0.key.bytes) }
    let peak = result.metric("compute.peak_flops_per_second")
    let ridge = peak.map { $0 / peakBandwidth }
    let low = min(intensities.min() ?? 1, ridge ?? 1) / 2
    let high = max(intensities.max() ?? 1, (ridge ?? 1) * 4) * 2
    var roof: [ChartSpec] = [["x": ChartSpec(low), "y": ChartSpec(low * peakBandwidth * 1e-12)]]
    if let ridge, let peak {
      roof.append(["x": ChartSpec(ridge), "y": ChartSpec(peak * 1e-12)])
      roof.append(["x": ChartSpec(max(high, ridge)), "y": ChartSpec(peak * 1e-12)])
    } else {
      roof.append(["x": ChartSpec(high), "y": ChartSpec(high * peakBandwidth * 1e-12)])
    }
    let log: ChartSpec = ["type": "log", "nice": false]
    let axis: ChartSpec = ["grid": false, "tickCount": 5, "format": "~g"]
    return Chart(
      id: "roofline", title: "Roofline",
      caption:
        "Each mark is an operator, larger where several agree; the line is the peak of memory "
        + "(\(NumberText.bandwidth(peakBandwidth)))"
        + (peak.map { " and of the matrix units (\(NumberText.rate($0)))" } ?? "")
        + ". Operators whose data stays on chip, or that use vector units, have roofs of their own.",
      body: [
        "width": "container", "height": 300,
        "layer": [
          [
            "data": ["values": .array(roof)],
            "mark": ["type": "line", "color": "#8C8C8C", "strokeWidth": 2],
            "encoding": [
              "x": [
                "field": "x", "type": "quantitative", "scale": log, "axis": axis,
                "title": "arithmetic intensity (FLOP/B)",
              ],
              "y": [
                "field": "y", "type": "quantitative", "scale": log, "axis": axis,
                "title": "compute (TFLOP/s)",
              ],
            ],
          ],
          [
            "data": ["values": .array(Array(rows))],
            "mark": ["type": "point", "filled": true, "opacity": 0.85],
            "encoding": [
              "x": ["field": "x", "type": "quantitative", "scale": log],
              "y": ["field": "y", "type": "quantitative", "scale": log],
              "color": [
                "field": "kind", "type": "nominal", "title": "kind",
                "scale": ["range": Palette.colors],
              ],
              "shape": ["field": "kind", "type": "nominal", "title": "kind"],
              "size": [
                "field": "count", "type": "quantitative", "title": "operators",
                "scale": ["range": [40, 220]], "legend": .null,
              ],
              "tooltip": [
                ["field": "name", "title": "one of them"], ["field": "kind"],
                ["field": "count", "title": "operators"],
                ["field": "x", "title": "FLOP/B", "format": ".4~g"],
                ["field": "y", "title": "TFLOP/s", "format": ".4~g"],
                ["field": "ms", "title": "time (ms)", "format": ".4~g"],
              ],
            ],
          ],
        ],
      ])
  }

  /// Bytes of operators spread over their times, against the peak.
  var bandwidthChart: Chart? {
    let moved = result.operators.filter { ($0.bytes ?? 0) > 0 }
    guard !moved.isEmpty, let time = result.metric("time_ps"), time > 0,
      let peak = result.metric("memory.peak_bandwidth_bytes_per_second")
    else { return nil }
    let windows = 200
    let window = Duration(picoseconds: max(1, Int(time) / windows + 1))
    var series = TimeSeries(
      unit: .bytes, window: window, capacity: 2 * windows)
    for op in moved {
      series.add(
        op.bytes ?? 0, from: Instant(picoseconds: op.start), until: Instant(picoseconds: op.end))
    }
    let seconds = series.window.seconds
    let rows = series.amounts.enumerated().map { index, amount -> ChartSpec in
      [
        "x": ChartSpec(Double(index) * seconds * 1e3),
        "y": ChartSpec(Double(amount) / seconds * 1e-9),
      ]
    }
    return Chart(
      id: "bandwidth", title: "Memory bandwidth over time",
      caption:
        "Mean of each of \(rows.count) windows; the bytes of an operator are spread evenly over "
        + "its time. The dashed line is the peak.",
      body: [
        "width": "container", "height": 300,
        "layer": [
          [
            "data": ["values": .array(rows)],
            "mark": [
              "type": "area", "interpolate": "step-after", "color": "#56B4E9", "opacity": 0.55,
              "line": ["color": "#0072B2", "strokeWidth": 1.2],
            ],
            "encoding": [
              "x": [
                "field": "x", "type": "quantitative", "title": "time (ms)",
                "scale": ["nice": false],
              ],
              "y": ["field": "y", "type": "quantitative", "title": "GB/s"],
              "tooltip": [
                ["field": "x", "title": "ms", "format": ".4~g"],
                ["field": "y", "title": "GB/s", "format": ".4~g"],
              ],
            ],
          ],
          [
            "mark": [
              "type": "rule", "color": "#D55E00", "strokeDash": [6, 4], "strokeWidth": 1.5,
            ],
            "data": ["values": [["peak": ChartSpec(peak * 1e-9)]]],
            "encoding": ["y": ["field": "peak", "type": "quantitative"]],
          ],
        ],
      ])
  }
}
